// A call's `extra_content` on its way through the hub, through a caller of the other dialect, and back to its maker.
import { describe, expect, test } from 'bun:test';
import { contextOf, METADATA, targetOf } from '../../../test/contracts/example-reply.ts';
import { collect } from '../../core/collect.ts';
import type { Quirks } from '../../core/provider.ts';
import { asArray, asObjects, type Json, type JsonObject } from '../../lib/json.ts';
import { SseFrame, SseParser } from '../../lib/sse.ts';
import { DIALECTS } from '../index.ts';

const chat = DIALECTS['openai-chat'];
const messages = DIALECTS['anthropic-messages'];

const STAND_IN = { maker: { signature: 'none' } };
const SIGNED: Quirks = {
  callExtras: true,
  callExtrasStandIn: STAND_IN,
  modelRules: [{ match: 'old-2', bareCalls: true }],
};
const signature = (of: string) => ({ maker: { signature: `sig:"${of}"` } });
const call = (id: string, extra?: JsonObject) => ({
  id,
  type: 'function',
  function: { name: `f-${id}`, arguments: '{"a":1}' },
  ...(extra ? { extra_content: extra } : {}),
});
const reply = (...calls: JsonObject[]): JsonObject => ({
  id: 'r',
  model: 'm',
  choices: [
    {
      index: 0,
      finish_reason: 'tool_calls',
      message: { role: 'assistant', content: 'So:', tool_calls: calls as Json },
    },
  ] as Json,
});
/** As Gemini streams them: each call whole in one delta, not always numbered. */
const chunks = (...calls: JsonObject[]): JsonObject[] => [
  { choices: [{ index: 0, delta: { role: 'assistant', content: 'So:' } }] as Json },
  ...calls.map((entry) => ({ choices: [{ index: 0, delta: { tool_calls: [entry] } }] as Json })),
  { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] as Json },
];

function streamed(...calls: JsonObject[]) {
  const decoder = chat.decoder();
  const frames = chunks(...calls).map((body) => new SseFrame(null, JSON.stringify(body), ''));
  return [...frames.flatMap((frame) => [...decoder.push(frame)]), ...decoder.end()];
}

/** The calls of the assistant turn as the target gets them, and what is named as lost. */
function sentOn(
  dialect: typeof chat | typeof messages,
  turn: JsonObject,
  quirks: Quirks,
  to = 'm',
) {
  const body = { model: 'p/m', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }, turn] };
  const { body: text, losses } = chat.encodeCall(
    dialect.decodeCall(body as JsonObject),
    targetOf(to, { quirks }),
  );
  const sent = asObjects((JSON.parse(text) as JsonObject).messages);
  return {
    calls: asArray(sent[1]?.tool_calls),
    losses: losses.filter((loss) => !loss.includes('beginning of an answer')),
  };
}

describe('decoded', () => {
  const expected = [
    ['text', undefined],
    ['redacted-reasoning', JSON.stringify(signature('a'))],
    ['tool-use', undefined],
    ['tool-use', undefined],
    ['redacted-reasoning', JSON.stringify(signature('c'))],
    ['tool-use', undefined],
  ];
  const calls = [call('a', signature('a')), call('b'), call('c', signature('c'))];
  const told = (events: ReturnType<typeof streamed>) =>
    collect(events).blocks.map((block) => [
      block.kind,
      block.kind === 'redacted-reasoning' ? block.data : undefined,
    ]);

  test('it stands right before its call, whole and streamed', () => {
    expect(told([...chat.decodeReply(reply(...calls))])).toEqual(expected);
    expect(told(streamed(...calls))).toEqual(expected);
    expect(told(streamed(...calls.map((entry, index) => ({ index, ...entry }))))).toEqual(expected);
  });

  test('nothing, or what is no object, is none', () => {
    const bare = [
      call('a'),
      { ...call('b'), extra_content: null },
      { ...call('c'), extra_content: 'x' },
    ];
    expect(told(streamed(...bare)).map(([kind]) => kind)).toEqual([
      'text',
      'tool-use',
      'tool-use',
      'tool-use',
    ]);
  });
});

describe('a caller of the same dialect', () => {
  const calls = [call('a', signature('a')), call('b')];

  test('gets it on its call, even where reasoning is not shown', () => {
    const context = contextOf([], { excludeReasoning: true });
    const body = chat.encodeReply(chat.decodeReply(reply(...calls)), context, () => METADATA);
    const message = asObjects(body.choices)[0]?.message as JsonObject;
    expect(message.tool_calls).toEqual(calls as Json);
    expect(message.reasoning_details).toBeUndefined();

    const encoder = chat.encoder(context, () => METADATA);
    const text = streamed(...calls)
      .map((event) => encoder.push(event))
      .join('');
    const deltas = new SseParser()
      .push(text)
      .flatMap(({ json }) => asObjects(json?.choices))
      .flatMap(({ delta }) => asObjects((delta as JsonObject).tool_calls))
      .filter(({ id }) => id !== undefined);
    expect(deltas.map(({ id, extra_content }) => [id, extra_content])).toEqual([
      ['a', signature('a')],
      ['b', undefined],
    ]);
  });

  test('who brings it to a target of the hub has it sent on, or named', () => {
    const turn = { role: 'assistant', content: 'So:', tool_calls: calls };
    expect(sentOn(chat, turn, SIGNED)).toEqual({ calls, losses: [] });
    const { calls: bare, losses } = sentOn(chat, turn, {});
    expect(bare).toEqual([call('a'), call('b')]);
    expect(losses).toEqual([expect.stringContaining('tool call')]);
  });
});

describe('a caller of the other dialect', () => {
  const calls = [call('a', signature('a')), call('b'), call('c', signature('c'))];

  /** The turn as a client puts it together from a stream. */
  function assembled(text: string): JsonObject {
    const content: { [key: string]: Json | undefined }[] = [];
    for (const { json } of new SseParser().push(text)) {
      if (json?.type === 'content_block_start')
        content.push({ ...(json.content_block as JsonObject) });
      const delta = json?.type === 'content_block_delta' ? (json.delta as JsonObject) : {};
      const block = content.at(-1);
      if (block && delta.type === 'text_delta') block.text = `${block.text}${delta.text}`;
      if (block && delta.type === 'input_json_delta')
        block.input = JSON.parse(String(delta.partial_json)) as Json;
    }
    return { role: 'assistant', content };
  }

  test('carries it there and back, whole and streamed', () => {
    const lost: string[] = [];
    const whole = messages.encodeReply(
      chat.decodeReply(reply(...calls)),
      contextOf(lost),
      () => METADATA,
    );
    const encoder = messages.encoder(contextOf(lost), () => METADATA);
    const text = streamed(...calls)
      .map((event) => encoder.push(event))
      .join('');
    for (const turn of [{ role: 'assistant', content: whole.content as Json }, assembled(text)]) {
      expect(asObjects(turn.content).map(({ type }) => type)).toEqual([
        'text',
        'redacted_thinking',
        'tool_use',
        'tool_use',
        'redacted_thinking',
        'tool_use',
      ]);
      expect(sentOn(messages, turn, SIGNED)).toEqual({ calls, losses: [] });
      // To anybody else it goes without, and that is said.
      const elsewhere = sentOn(messages, turn, {
        reasoningField: 'reasoning_details',
        reasoningReplay: 'accepted',
      });
      expect(elsewhere.calls).toEqual([call('a'), call('b'), call('c')]);
      expect(elsewhere.losses.length).toBe(2);
    }
    expect(lost).toEqual([]);
  });
});

describe('calls without any', () => {
  const turn = { role: 'assistant', tool_calls: [call('a'), call('b')] };
  const stoodIn = [call('a', STAND_IN), call('b')];

  test('the first of a turn gets the stand-in, where the model insists', () => {
    expect(sentOn(chat, turn, SIGNED)).toEqual({ calls: stoodIn, losses: [] });
    expect(sentOn(chat, turn, SIGNED, 'old-2').calls).toEqual(turn.tool_calls);
    expect(sentOn(chat, turn, { callExtras: true }).calls).toEqual(turn.tool_calls);
    expect(sentOn(chat, turn, { callExtrasStandIn: STAND_IN }).calls).toEqual(turn.tool_calls);
  });

  function forwarded(message: JsonObject, model = 'm'): { before: string; after: string } {
    const before = JSON.stringify({ model, messages: [{ role: 'user', content: 'é' }, message] });
    const target = targetOf(model, { quirks: SIGNED });
    const { body, losses } = chat.forwardCall(before, JSON.parse(before) as JsonObject, target);
    expect(losses).toEqual([]);
    return { before, after: body };
  }

  test('in a caller’s own text too, which stays as it is otherwise', () => {
    const { before, after } = forwarded(turn);
    expect(after).toBe(before.replace(JSON.stringify(turn.tool_calls), JSON.stringify(stoodIn)));
    for (const [message, model] of [
      [{ role: 'assistant', tool_calls: [call('a'), call('b', signature('b'))] }, 'm'],
      [{ ...turn, extra_content: signature('turn') }, 'm'],
      [{ role: 'assistant', content: 'x', tool_calls: [] }, 'm'],
      [turn, 'old-2'],
    ] as const) {
      const same = forwarded(message as JsonObject, model);
      expect(same.after).toBe(same.before);
    }
  });
});
