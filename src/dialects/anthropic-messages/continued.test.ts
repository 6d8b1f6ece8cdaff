// What follows the frames that passed, where another model goes on with them: the open block, the next index, one end.
import { describe, expect, test } from 'bun:test';
import { contextOf, METADATA } from '../../../test/contracts/example-reply.ts';
import { framesOf, streamBreaks } from '../../../test/contracts/messages-stream-law.ts';
import type { BlockStart, ChatEvent } from '../../core/event.ts';
import { UNKNOWN_USAGE } from '../../core/usage.ts';
import { FrameRelay } from './relay.ts';

const f = (type: string, rest = '') => `event: ${type}\ndata: {"type":"${type}"${rest}}\n\n`;
const MESSAGE = f(
  'message_start',
  ',"message":{"id":"a","type":"message","role":"assistant","model":"m","content":[],"usage":{"input_tokens":9,"output_tokens":1}}',
);
const block = (index: number, type: string, rest = '') =>
  f('content_block_start', `,"index":${index},"content_block":{"type":"${type}"${rest}}`);
const text = (index: number, said: string) =>
  f('content_block_delta', `,"index":${index},"delta":{"type":"text_delta","text":"${said}"}`);
const stop = (index: number) => f('content_block_stop', `,"index":${index}`);

const START: ChatEvent = { type: 'start', id: 'a', model: 'm', created: null };
const opens = (index: number, start: BlockStart): ChatEvent => ({
  type: 'block-start',
  index,
  block: start,
});
const says = (index: number, said: string): ChatEvent => ({
  type: 'block-delta',
  index,
  delta: { kind: 'text', text: said },
});
const ends = (index: number): ChatEvent => ({ type: 'block-end', index });
const FINISH: ChatEvent = {
  type: 'finish',
  reason: 'stop',
  raw: null,
  stopSequence: null,
  usage: { ...UNKNOWN_USAGE, input: 30, output: 4 },
};

/** What is sent before and after the break. */
function goneOn(
  passed: string,
  delivered: readonly ChatEvent[],
  events: readonly ChatEvent[],
  excludeReasoning = false,
): { readonly whole: string; readonly sent: string } {
  const relay = new FrameRelay(contextOf([], { excludeReasoning }), () => METADATA);
  const before = framesOf(passed).map((frame) => relay.push(frame));
  const encoder = relay.continued(delivered);
  const sent = events.map((event) => encoder.push(event)).join('');
  const late = framesOf(passed).map((frame) => relay.push(frame));
  return { whole: [...before, sent, ...late, relay.end()].join(''), sent };
}

const END = `${f(
  'message_delta',
  `,"delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":30,"cache_creation_input_tokens":null,"cache_read_input_tokens":null,"output_tokens":4},"metadata":${JSON.stringify(METADATA)}`,
)}${f('message_stop')}`;

describe('a stream of this wire that is gone on with', () => {
  test('goes on in the block that is open, and closes it once', () => {
    const { whole, sent } = goneOn(
      MESSAGE + block(0, 'text', ',"text":""') + text(0, 'Hi'),
      [START, opens(0, { kind: 'text' }), says(0, 'Hi')],
      [says(0, ' on'), ends(0), FINISH],
    );
    expect(sent).toBe(text(0, ' on') + stop(0) + END);
    expect(streamBreaks(whole)).toEqual([]);
  });

  test('drops a message_delta that was held: the answer did not end so', () => {
    const held = f('message_delta', ',"delta":{"stop_reason":null},"usage":{"output_tokens":1}');
    const { whole, sent } = goneOn(
      MESSAGE + block(0, 'text') + text(0, 'Hi') + stop(0) + held,
      [START, opens(0, { kind: 'text' }), says(0, 'Hi'), ends(0)],
      [opens(1, { kind: 'text' }), says(1, ' on'), ends(1), FINISH],
    );
    expect(sent).toBe(block(1, 'text', ',"text":""') + text(1, ' on') + stop(1) + END);
    expect(streamBreaks(whole)).toEqual([]);
  });

  test('closes a hosted call that nobody else knows of', () => {
    const search = block(0, 'server_tool_use', ',"id":"s","name":"web_search","input":{}');
    const { whole, sent } = goneOn(
      MESSAGE + search,
      [START],
      [opens(0, { kind: 'text' }), says(0, 'Hi'), ends(0), FINISH],
    );
    expect(sent).toBe(stop(0) + block(1, 'text', ',"text":""') + text(1, 'Hi') + stop(1) + END);
    expect(streamBreaks(whole)).toEqual([]);
  });

  test('closes a block that was taken for closed', () => {
    const { whole, sent } = goneOn(
      MESSAGE + block(0, 'thinking', ',"thinking":"","signature":""'),
      [START, opens(0, { kind: 'reasoning' }), ends(0)],
      [FINISH],
    );
    expect(sent).toBe(stop(0) + END);
    expect(streamBreaks(whole)).toEqual([]);
  });

  test('counts blocks as the caller does who is shown no thinking', () => {
    const passed = MESSAGE + block(0, 'thinking') + stop(0) + block(1, 'text') + text(1, 'Hi');
    const { whole, sent } = goneOn(
      passed,
      [START, opens(0, { kind: 'reasoning' }), ends(0), opens(1, { kind: 'text' }), says(1, 'Hi')],
      [says(1, ' on'), ends(1), opens(2, { kind: 'text' }), says(2, '!'), ends(2), FINISH],
      true,
    );
    const next = block(1, 'text', ',"text":""') + text(1, '!') + stop(1);
    expect(sent).toBe(text(0, ' on') + stop(0) + next + END);
    expect(streamBreaks(whole)).toEqual([]);
  });

  test('does not show the rest of thinking that was not shown', () => {
    const thinks: ChatEvent = {
      type: 'block-delta',
      index: 0,
      delta: { kind: 'reasoning', text: 'hm' },
    };
    const { sent } = goneOn(
      MESSAGE + block(0, 'thinking'),
      [START, opens(0, { kind: 'reasoning' })],
      [thinks, ends(0), FINISH],
      true,
    );
    expect(sent).toBe(END);
  });

  test('is all ours where nothing passed', () => {
    const { whole } = goneOn(
      '',
      [START],
      [opens(0, { kind: 'text' }), says(0, 'Hi'), ends(0), FINISH],
    );
    expect(whole).toContain('"id":"reply-1"');
    expect(streamBreaks(whole)).toEqual([]);
  });
});
