// What follows the events that passed, where another model goes on with them: the items that are open under their own names,
// numbers without a gap, and the provider's own response around all of it at the end.
import { describe, expect, test } from 'bun:test';
import { contextOf, METADATA } from '../../../test/contracts/example-reply.ts';
import { framesOf, streamBreaks } from '../../../test/contracts/responses-stream-law.ts';
import type { Encoder, ReplyContext } from '../../core/dialect.ts';
import { GatewayError } from '../../core/errors.ts';
import type { BlockDelta, BlockStart, ChatEvent } from '../../core/event.ts';
import { UNKNOWN_USAGE } from '../../core/usage.ts';
import { asObject, asObjects, type JsonObject } from '../../lib/json.ts';
import { sseText } from '../../lib/sse.ts';
import { FrameRelay } from './relay.ts';

const RESPONSE = {
  id: 'resp_theirs',
  object: 'response',
  created_at: 1_800_000_000,
  status: 'in_progress',
  completed_at: null,
  error: null,
  incomplete_details: null,
  instructions: 'Be brief.',
  model: 'their-model-2026',
  output: [],
  tools: [{ type: 'web_search', search_context_size: 'medium' }],
  text: { format: { type: 'text' }, verbosity: 'medium' },
  previous_response_id: null,
  usage: null,
  metadata: { of: 'the caller' },
};
const CREATED = { type: 'response.created', response: RESPONSE };
const UNDER_WAY = { type: 'response.in_progress', response: RESPONSE };
const MESSAGE = {
  id: 'msg_theirs',
  type: 'message',
  status: 'in_progress',
  content: [],
  phase: 'final_answer',
  role: 'assistant',
};
const PART = { type: 'output_text', annotations: [], logprobs: [], text: '' };
const REASONING = { id: 'rs_theirs', type: 'reasoning', summary: [], encrypted_content: 'gAAA' };

const added = (output_index: number, item: object) => ({
  type: 'response.output_item.added',
  output_index,
  item,
});
const done = (output_index: number, item: object) => ({
  type: 'response.output_item.done',
  output_index,
  item,
});
const inside = (type: string, output_index: number, item_id: string, members: object) => ({
  type: `response.${type}`,
  item_id,
  output_index,
  ...members,
});
const texts = (type: string, output_index: number, members: object) =>
  inside(type, output_index, 'msg_theirs', { content_index: 0, ...members });

const START: ChatEvent = {
  type: 'start',
  id: 'resp_theirs',
  model: 'their-model-2026',
  created: 1,
};
const FINISH: ChatEvent = {
  type: 'finish',
  reason: 'stop',
  raw: null,
  stopSequence: null,
  usage: { ...UNKNOWN_USAGE, input: 30, output: 4 },
};
const opens = (index: number, block: BlockStart): ChatEvent => ({
  type: 'block-start',
  index,
  block,
});
const says = (index: number, delta: BlockDelta): ChatEvent => ({
  type: 'block-delta',
  index,
  delta,
});
const text = (said: string): BlockDelta => ({ kind: 'text', text: said });
const thought = (said: string): BlockDelta => ({ kind: 'reasoning', text: said });
const ends = (index: number): ChatEvent => ({ type: 'block-end', index });

interface GoneOn {
  readonly whole: string;
  /** The events after the break. */
  readonly sent: readonly JsonObject[];
  /** The response that the last of them holds. */
  readonly response: JsonObject;
}

/** What is sent after these events of the provider's, which say what was delivered. */
function goneOn(
  passed: readonly object[],
  delivered: readonly ChatEvent[],
  next: (encoder: Encoder) => string,
  changes: Partial<ReplyContext> = {},
): GoneOn {
  const relay = new FrameRelay(contextOf([], changes), () => METADATA);
  const numbered = passed.map((event, at) => ({ ...event, sequence_number: at }) as JsonObject);
  const came = numbered.map((event) => sseText(JSON.stringify(event), String(event.type))).join('');
  const before = framesOf(came)
    .map((frame) => relay.push(frame))
    .join('');
  const encoder = relay.continued(delivered);
  const text = next(encoder);
  const late =
    framesOf(came)
      .map((frame) => relay.push(frame))
      .join('') + relay.end();
  const sent = framesOf(text).flatMap(({ json }) => (json === undefined ? [] : [json]));
  const response = asObject(sent.at(-1)?.response) ?? {};
  return { whole: before + text + late, sent, response };
}

const pushing =
  (...events: readonly ChatEvent[]) =>
  (encoder: Encoder) =>
    events.map((event) => encoder.push(event)).join('');

const HALF_TEXT = [
  CREATED,
  UNDER_WAY,
  added(0, MESSAGE),
  texts('content_part.added', 0, { part: PART }),
  texts('output_text.delta', 0, { delta: 'Hel' }),
];
const HALF_SAID = [START, opens(0, { kind: 'text' }), says(0, text('Hel'))];

describe('a message that is gone on with', () => {
  test('keeps its id, its members and its place, and ends with the joined text', () => {
    const { whole, sent, response } = goneOn(
      HALF_TEXT,
      HALF_SAID,
      pushing(says(0, text('lo')), ends(0), FINISH),
    );
    expect(streamBreaks(whole)).toEqual([]);
    const part = { ...PART, text: 'Hello' };
    const item = { ...MESSAGE, status: 'completed', content: [part] };
    const expected = [
      texts('output_text.delta', 0, { delta: 'lo', logprobs: [] }),
      texts('output_text.done', 0, { text: 'Hello', logprobs: [] }),
      texts('content_part.done', 0, { part }),
      done(0, item),
    ];
    expect(sent.slice(0, -1)).toEqual(
      expected.map((event, at) => ({ ...event, sequence_number: 5 + at })) as never,
    );
    expect(response).toEqual({
      ...RESPONSE,
      status: 'completed',
      completed_at: 1_800_000_000,
      output: [item],
      usage: expect.objectContaining({ input_tokens: 30, output_tokens: 4, total_tokens: 34 }),
      gateway_metadata: { ...METADATA },
    } as never);
  });

  test('keeps the annotations it was told of', () => {
    const annotation = {
      type: 'url_citation',
      url: 'https://a.example',
      title: 'A',
      start_index: 0,
      end_index: 3,
    };
    const { sent, response } = goneOn(
      [...HALF_TEXT, texts('output_text.annotation.added', 0, { annotation_index: 0, annotation })],
      [...HALF_SAID, says(0, { kind: 'citation', dialect: 'openai-chat', value: annotation })],
      pushing(says(0, text('lo')), ends(0), FINISH),
    );
    expect(sent.some(({ type }) => type === 'response.output_text.annotation.added')).toBe(false);
    const [message] = asObjects(response.output);
    expect(asObjects(message?.content)).toEqual([
      { ...PART, annotations: [annotation], text: 'Hello' },
    ] as never);
  });

  test('whose text was whole takes more in a part of its own', () => {
    const { whole, sent, response } = goneOn(
      [...HALF_TEXT, texts('output_text.done', 0, { text: 'Hel', logprobs: [] })],
      HALF_SAID,
      pushing(says(0, text('lo')), ends(0), FINISH),
    );
    expect(streamBreaks(whole)).toEqual([]);
    expect(sent.map(({ type, content_index }) => [type, content_index]).slice(0, 3)).toEqual([
      ['response.content_part.done', 0],
      ['response.content_part.added', 1],
      ['response.output_text.delta', 1],
    ]);
    const [message] = asObjects(response.output);
    expect(asObjects(message?.content).map((part) => part.text)).toEqual(['Hel', 'lo']);
  });

  test('that was begun and says nothing yet takes the next text', () => {
    const { whole, response } = goneOn(
      HALF_TEXT.slice(0, 4),
      [START],
      pushing(opens(0, { kind: 'text' }), says(0, text('Hello')), ends(0), FINISH),
    );
    expect(streamBreaks(whole)).toEqual([]);
    expect(response.output).toEqual([
      { ...MESSAGE, status: 'completed', content: [{ ...PART, text: 'Hello' }] },
    ] as never);
  });

  test('is told of from the start where the provider never said that it began', () => {
    const { sent } = goneOn(
      [CREATED, UNDER_WAY, texts('output_text.delta', 0, { delta: 'Hel' })],
      HALF_SAID,
      pushing(says(0, text('lo')), ends(0), FINISH),
    );
    expect(sent.map(({ type }) => type).slice(0, 2)).toEqual([
      'response.output_item.added',
      'response.content_part.added',
    ]);
  });
});

describe('the output of a response that is gone on with', () => {
  const thinking = [
    CREATED,
    UNDER_WAY,
    added(0, REASONING),
    inside('reasoning_summary_part.added', 0, 'rs_theirs', {
      summary_index: 0,
      part: { type: 'summary_text', text: '' },
    }),
    inside('reasoning_summary_text.delta', 0, 'rs_theirs', { summary_index: 0, delta: 'hm' }),
  ];
  const thought_ = [
    START,
    opens(0, { kind: 'reasoning', format: 'openai-responses-v1' }),
    says(0, thought('hm')),
  ];
  const answer = [opens(1, { kind: 'text' }), says(1, text('Hi')), ends(1), FINISH];

  test('closes reasoning that was cut, without its state', () => {
    const { whole, sent, response } = goneOn(thinking, thought_, pushing(ends(0), ...answer));
    expect(streamBreaks(whole)).toEqual([]);
    const part = { type: 'summary_text', text: 'hm' };
    const cut = { id: 'rs_theirs', type: 'reasoning', summary: [part], status: 'incomplete' };
    const at = { item_id: 'rs_theirs', output_index: 0, summary_index: 0 };
    expect(sent.slice(0, 3)).toEqual([
      { type: 'response.reasoning_summary_text.done', sequence_number: 5, ...at, text: 'hm' },
      { type: 'response.reasoning_summary_part.done', sequence_number: 6, ...at, part },
      { type: 'response.output_item.done', sequence_number: 7, output_index: 0, item: cut },
    ] as never);
    expect(response.output).toEqual([cut, expect.objectContaining({ type: 'message' })] as never);
  });

  test('does not tell again that a summary is whole', () => {
    const { whole, sent } = goneOn(
      [
        ...thinking,
        inside('reasoning_summary_text.done', 0, 'rs_theirs', { summary_index: 0, text: 'hm' }),
      ],
      thought_,
      pushing(ends(0), ...answer),
    );
    expect(streamBreaks(whole)).toEqual([]);
    expect(sent[0]?.type).toBe('response.reasoning_summary_part.done');
  });

  test('closes thoughts that a router ends only after the message', () => {
    const thoughts = { id: 'rs_tmp', type: 'reasoning', summary: [] };
    const { sent, response } = goneOn(
      [
        CREATED,
        UNDER_WAY,
        added(0, thoughts),
        inside('content_part.added', 0, 'rs_tmp', {
          content_index: 0,
          part: { type: 'reasoning_text', text: '' },
        }),
        inside('reasoning_text.delta', 0, 'rs_tmp', { content_index: 0, delta: 'hm' }),
        added(1, MESSAGE),
        texts('content_part.added', 1, { part: PART }),
        texts('output_text.delta', 1, { delta: 'Hel' }),
      ],
      [
        START,
        opens(0, { kind: 'reasoning' }),
        says(0, thought('hm')),
        ends(0),
        opens(1, { kind: 'text' }),
        says(1, text('Hel')),
      ],
      pushing(says(1, text('lo')), ends(1), FINISH),
    );
    expect(sent.map(({ type, output_index }) => [type, output_index]).slice(0, 4)).toEqual([
      ['response.reasoning_text.done', 0],
      ['response.content_part.done', 0],
      ['response.output_item.done', 0],
      ['response.output_text.delta', 1],
    ]);
    expect(asObjects(response.output)).toEqual([
      { ...thoughts, status: 'incomplete', content: [{ type: 'reasoning_text', text: 'hm' }] },
      { ...MESSAGE, status: 'completed', content: [{ ...PART, text: 'Hello' }] },
    ] as never);
  });

  test('has what was over exactly as it came', () => {
    const over = {
      ...REASONING,
      summary: [{ type: 'summary_text', text: 'hm' }],
      not_known_yet: 1,
    };
    const { whole, response } = goneOn(
      [
        ...thinking,
        inside('reasoning_summary_text.done', 0, 'rs_theirs', { summary_index: 0, text: 'hm' }),
        inside('reasoning_summary_part.done', 0, 'rs_theirs', {
          summary_index: 0,
          part: { type: 'summary_text', text: 'hm' },
        }),
        done(0, over),
      ],
      [...thought_, ends(0)],
      pushing(...answer),
    );
    expect(streamBreaks(whole)).toEqual([]);
    expect(asObjects(response.output)[0]).toEqual(over as never);
    expect(asObjects(response.output).map(({ id }) => id)).toEqual(['rs_theirs', 'msg_reply-1_1']);
  });

  test('counts as the caller does who is shown no reasoning', () => {
    const { whole, response } = goneOn(
      [
        ...thinking,
        done(0, REASONING),
        added(1, MESSAGE),
        texts('content_part.added', 1, { part: PART }),
        texts('output_text.delta', 1, { delta: 'Hel' }),
      ],
      [...thought_, ends(0), opens(1, { kind: 'text' }), says(1, text('Hel'))],
      pushing(
        says(1, text('lo')),
        ends(1),
        opens(2, { kind: 'tool-use', id: 'c', name: 'f' }),
        ends(2),
        FINISH,
      ),
      { excludeReasoning: true },
    );
    expect(streamBreaks(whole)).toEqual([]);
    expect(asObjects(response.output).map(({ type }) => type)).toEqual([
      'message',
      'function_call',
    ]);
  });

  test('has a hosted call that was cut as one that failed', () => {
    const search = { id: 'ws_1', type: 'web_search_call', status: 'in_progress' };
    const { whole, response } = goneOn(
      [CREATED, UNDER_WAY, added(0, search)],
      [START],
      pushing(opens(0, { kind: 'text' }), says(0, text('Hi')), ends(0), FINISH),
    );
    expect(streamBreaks(whole)).toEqual([]);
    expect(asObjects(response.output)[0]).toEqual({ ...search, status: 'failed' });
  });

  test('ends a call that was begun under its own name', () => {
    const call = {
      id: 'fc_1',
      type: 'function_call',
      status: 'in_progress',
      arguments: '',
      call_id: 'c',
      name: 'f',
    };
    const { whole, response } = goneOn(
      [
        CREATED,
        UNDER_WAY,
        added(0, call),
        inside('function_call_arguments.delta', 0, 'fc_1', { delta: '{"a"' }),
      ],
      [
        START,
        opens(0, { kind: 'tool-use', id: 'c', name: 'f' }),
        says(0, { kind: 'arguments', json: '{"a"' }),
      ],
      pushing(says(0, { kind: 'arguments', json: ':1}' }), ends(0), FINISH),
    );
    expect(streamBreaks(whole)).toEqual([]);
    expect(response.output).toEqual([{ ...call, status: 'completed', arguments: '{"a":1}' }]);
  });
});

describe('a response that is gone on with', () => {
  test('is kept as the caller got it, after the one its caller named', () => {
    const kept: JsonObject[] = [];
    const { response } = goneOn(HALF_TEXT, HALF_SAID, pushing(ends(0), FINISH), {
      request: { previous_response_id: 'resp_before' },
      keep: (reply) => kept.push(reply),
    });
    const { gateway_metadata: _, ...plain } = response;
    expect(kept).toEqual([plain]);
    expect(plain).toMatchObject({ id: 'resp_theirs', previous_response_id: 'resp_before' });
  });

  test('that was only created is under way first', () => {
    const { whole } = goneOn([CREATED], [START], pushing(FINISH));
    expect(streamBreaks(whole)).toEqual([]);
  });

  test('fails in order, whoever broke off', () => {
    const error = new GatewayError('upstream_overloaded', 'why-mark');
    for (const next of [
      (encoder: Encoder) => encoder.fail?.(error) ?? '',
      (encoder: Encoder) => pushing(says(0, text('lo')))(encoder) + (encoder.fail?.(error) ?? ''),
      pushing({ type: 'error', error }),
    ]) {
      const { whole, response } = goneOn(HALF_TEXT, HALF_SAID, next);
      expect(streamBreaks(whole)).toEqual([]);
      expect(response).toMatchObject({ id: 'resp_theirs', status: 'failed', output: [] });
    }
  });

  test('is all ours where nothing passed', () => {
    const { whole, response } = goneOn([], [START], pushing(FINISH));
    expect(streamBreaks(whole)).toEqual([]);
    expect(response.id).toBe('reply-1');
  });
});
