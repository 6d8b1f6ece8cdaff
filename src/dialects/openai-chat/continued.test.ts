// What follows the chunks that passed, where another model goes on with them: in their words, and nothing twice.
import { describe, expect, test } from 'bun:test';
import { contextOf, METADATA } from '../../../test/contracts/example-reply.ts';
import type { ReplyContext } from '../../core/dialect.ts';
import type { BlockDelta, BlockStart, ChatEvent } from '../../core/event.ts';
import { UNKNOWN_USAGE } from '../../core/usage.ts';
import type { JsonObject } from '../../lib/json.ts';
import { SseParser, sseText } from '../../lib/sse.ts';
import { StreamRelay } from './relay.ts';

const START: ChatEvent = { type: 'start', id: 'theirs', model: 'their-model', created: 5 };
const TEXT: readonly ChatEvent[] = block(0, { kind: 'text' }, { kind: 'text', text: 'Hi' });
const FINISH: ChatEvent = {
  type: 'finish',
  reason: 'stop',
  raw: null,
  stopSequence: null,
  usage: { ...UNKNOWN_USAGE, input: 30, output: 4 },
};

function block(index: number, start: BlockStart, ...deltas: readonly BlockDelta[]): ChatEvent[] {
  return [
    { type: 'block-start', index, block: start },
    ...deltas.map((delta): ChatEvent => ({ type: 'block-delta', index, delta })),
  ];
}

function chunk(delta: JsonObject, members: JsonObject = {}): JsonObject {
  const choices = [{ index: 0, delta, finish_reason: null }];
  return {
    id: 'theirs',
    object: 'chat.completion.chunk',
    created: 5,
    model: 'm',
    choices,
    ...members,
  } as JsonObject;
}

/** What is sent after these chunks for these events. */
function goneOn(
  chunks: readonly JsonObject[],
  delivered: readonly ChatEvent[],
  events: readonly ChatEvent[],
  context: ReplyContext = contextOf([], { includeUsage: false }),
): { readonly sent: (JsonObject | undefined)[]; readonly late: string } {
  const relay = new StreamRelay(context, () => METADATA);
  const parser = new SseParser();
  const frames = parser.push(chunks.map((one) => sseText(JSON.stringify(one))).join(''));
  for (const frame of frames) relay.push(frame);
  const encoder = relay.continued(delivered);
  const text = events.map((event) => encoder.push(event)).join('');
  const late = frames.map((frame) => relay.push(frame)).join('') + relay.end();
  return { sent: new SseParser().push(text).map(({ json }) => json), late };
}

const AND_ON: ChatEvent = { type: 'block-delta', index: 0, delta: { kind: 'text', text: ' on' } };
const END: ChatEvent = { type: 'block-end', index: 0 };
const METADATA_OF = { ...METADATA };

describe('a stream of this wire that is gone on with', () => {
  test('goes on under the id, object, time and model of the chunks that passed', () => {
    const passed = [chunk({ role: 'assistant', content: '' }), chunk({ content: 'Hi' })];
    const { sent, late } = goneOn(passed, [START, ...TEXT], [AND_ON, END, FINISH]);
    const { choices: _, ...head } = chunk({});
    expect(sent).toEqual([
      chunk({ content: ' on' }),
      {
        ...head,
        choices: [{ index: 0, delta: {}, finish_reason: 'stop' }],
        usage: expect.objectContaining({ prompt_tokens: 30, completion_tokens: 4 }),
        metadata: METADATA_OF,
      } as never,
      undefined,
    ]);
    expect(late).toBe('');
  });

  test('keeps an empty id, and leaves out an object that never was there', () => {
    const { object: _, ...odd } = chunk({ role: 'assistant', content: 'Hi' }, { id: '' });
    const { sent } = goneOn([odd], [START, ...TEXT], [AND_ON]);
    expect(sent).toEqual([{ ...odd, choices: chunk({ content: ' on' }).choices } as never]);
  });

  test('takes the words of the first chunk that said something, not of one before the answer', () => {
    const before = { ...chunk({}), id: '', model: '', choices: [], prompt_filter_results: [] };
    const { sent } = goneOn(
      [before, chunk({ role: 'assistant', content: 'Hi' })],
      [START, ...TEXT],
      [AND_ON],
    );
    expect(sent).toEqual([chunk({ content: ' on' })]);
  });

  test('forgets the usage that was told of the part alone', () => {
    const told = { ...chunk({}), choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } };
    for (const includeUsage of [false, true]) {
      const context = contextOf([], { includeUsage });
      const passed = [chunk({ role: 'assistant', content: 'Hi' }), told as JsonObject];
      const { sent } = goneOn(passed, [START, ...TEXT], [END, FINISH], context);
      const usages = sent.flatMap((body) => (body?.usage ? [body.usage] : []));
      expect(usages).toEqual([
        expect.objectContaining({ prompt_tokens: 30, completion_tokens: 4, total_tokens: 34 }),
      ]);
    }
  });

  test('numbers its tool calls after those that passed', () => {
    const call = (index: number) => ({
      tool_calls: [
        { index, id: `c${index}`, type: 'function', function: { name: 'f', arguments: '{}' } },
      ],
    });
    const passed = [
      chunk({ role: 'assistant', ...call(0) } as JsonObject),
      chunk(call(3) as JsonObject),
    ];
    const { sent } = goneOn(
      passed,
      [START, ...block(0, { kind: 'tool-use', id: 'c0', name: 'f' })],
      [...block(1, { kind: 'tool-use', id: 'next', name: 'g' }, { kind: 'arguments', json: '{}' })],
    );
    expect(JSON.stringify(sent)).toContain('"tool_calls":[{"index":4,"id":"next"');
    expect(JSON.stringify(sent)).not.toContain('"index":3');
  });

  test('says nothing again of what was cited', () => {
    const url_citation = { url: 'https://a.example', title: 'A', start_index: 0, end_index: 2 };
    const cited: BlockDelta = {
      kind: 'citation',
      dialect: 'openai-chat',
      value: { type: 'url_citation', url_citation },
    };
    const passed = [chunk({ role: 'assistant', content: 'Hi', annotations: [cited.value] })];
    const said = [START, ...TEXT, { type: 'block-delta', index: 0, delta: cited } as const];
    const { sent } = goneOn(passed, said, [END, FINISH]);
    expect(JSON.stringify(sent)).not.toContain('a.example');
  });

  test('is all ours where nothing passed', () => {
    const hidden = chunk({ reasoning_content: 'hm' });
    const context = contextOf([], { excludeReasoning: true });
    const said = [START, ...block(0, { kind: 'reasoning' }, { kind: 'reasoning', text: 'hm' })];
    const events: ChatEvent[] = [END, ...block(1, { kind: 'text' }, { kind: 'text', text: 'Hi' })];
    const { sent } = goneOn([hidden], said, events, context);
    expect(sent.map((body) => [body?.id, JSON.stringify(body?.choices)])).toEqual([
      ['reply-1', '[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]'],
      ['reply-1', '[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]'],
    ]);
  });
});
