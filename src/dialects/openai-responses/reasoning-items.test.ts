// Reasoning state of any maker goes out in an item and comes back as it was, to whom it belongs.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { contextOf, METADATA } from '../../../test/contracts/example-reply.ts';
import type { ChatEvent } from '../../core/event.ts';
import { UNKNOWN_USAGE } from '../../core/usage.ts';
import { asObjects, type JsonObject } from '../../lib/json.ts';
import { decodeCall } from './decode-call.ts';
import { encodeReply } from './encode-reply.ts';
import { isOurId, itemId } from './items.ts';
import { ownReasoningItem, packState, unpackState } from './reasoning-items.ts';

/** The output item of a block, and the part it is when the caller sends it back. */
function thereAndBack(...events: ChatEvent[]) {
  const whole: ChatEvent[] = [
    ...events,
    { type: 'block-end', index: 0 },
    { type: 'finish', reason: 'stop', raw: null, stopSequence: null, usage: UNKNOWN_USAGE },
  ];
  const [item] = asObjects(encodeReply(whole, contextOf(), () => METADATA).output);
  const { messages } = decodeCall({ model: 'm', input: item === undefined ? [] : [item] });
  return { item, part: messages[0]?.parts[0] };
}

const format = fc.option(
  fc.constantFrom('anthropic-claude-v1', 'google-gemini-v1', 'openai-responses-v1', 'x'),
  { nil: undefined },
);

describe('state', () => {
  test('any signature of any maker comes back as it left', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 1 }), format, (text, signature, maker) => {
        const block = {
          kind: 'reasoning' as const,
          ...(maker === undefined ? {} : { format: maker }),
        };
        const { part } = thereAndBack(
          { type: 'block-start', index: 0, block },
          { type: 'block-delta', index: 0, delta: { kind: 'reasoning', text } },
          { type: 'block-delta', index: 0, delta: { kind: 'signature', signature } },
        );
        expect(part).toEqual({
          type: 'reasoning',
          text,
          signature,
          ...(maker === undefined ? {} : { format: maker }),
        });
      }),
    );
  });

  test('hidden reasoning stays hidden reasoning', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), format, (data, maker) => {
        const made = maker === undefined ? {} : { format: maker };
        const { item, part } = thereAndBack({
          type: 'block-start',
          index: 0,
          block: { kind: 'redacted-reasoning', data, ...made },
        });
        expect(item?.summary).toEqual([]);
        expect(part).toEqual({ type: 'redacted-reasoning', data, ...made });
      }),
    );
  });
});

describe('this maker’s own', () => {
  const read = (item: JsonObject) =>
    decodeCall({ model: 'm', input: [{ type: 'reasoning', ...item }] }).messages[0]?.parts[0];

  test('id and state travel together and come out as the item they came from', () => {
    const item = {
      type: 'reasoning',
      id: 'rs_1',
      summary: [{ type: 'summary_text', text: 'hm' }],
      encrypted_content: 'g|A=',
    };
    const part = read(item);
    expect(part).toEqual({
      type: 'reasoning',
      text: 'hm',
      signature: 'rs_1|g|A=',
      format: 'openai-responses-v1',
    });
    expect(part?.type === 'reasoning' && ownReasoningItem(part)).toEqual(item);
    expect(unpackState(packState('rs_1', 'g|A='))).toEqual({ id: 'rs_1', encrypted: 'g|A=' });
    expect(unpackState('gA')).toEqual({ id: null, encrypted: 'gA' });
  });

  test('another’s is not written as this maker’s', () => {
    expect(
      ownReasoningItem({
        type: 'reasoning',
        text: 'x',
        signature: 's',
        format: 'google-gemini-v1',
      }),
    ).toBeNull();
    expect(ownReasoningItem({ type: 'reasoning', text: 'x' })).toBeNull();
  });

  test('several summaries are told apart by a blank line', () => {
    const summary = ['a', 'b'].map((text) => ({ type: 'summary_text', text }));
    expect(read({ summary })).toEqual({ type: 'reasoning', text: 'a\n\nb' });
  });
});

test('ids we gave are told from a provider’s', () => {
  const ours = itemId('reasoning', 'resp_01a203f4-12b8-7302-b8b6-ae82b8e98faa', 12);
  expect(ours).toBe('rs_01a203f4-12b8-7302-b8b6-ae82b8e98faa_12');
  expect(isOurId(ours)).toBe(true);
  for (const id of ['', 'rs_', 'rs_01830d662ab3856501693c321405c88190be3ab04d5782d5f9', 'rs_tmp_1'])
    expect(isOurId(id)).toBe(false);
});
