// Going on with an answer that was begun, on every wire: as a last assistant message, and when a user turn asks for it.
import { afterAll, describe, expect, test } from 'bun:test';
import { asArray, asObject, asString, type JsonObject } from '../src/lib/json.ts';
import { startSim } from './start-sim.ts';

const sims = [startSim({ seed: 1 }), startSim({ seed: 2 })] as const;
afterAll(async () => {
  for (const sim of sims) await sim.stop();
});

type Turn = readonly [role: 'user' | 'assistant', text: string];

interface Spoken {
  readonly text: string;
  readonly output: number;
}

interface Voice {
  readonly path: (model: string) => string;
  body(model: string, turns: readonly Turn[]): object;
  read(reply: JsonObject): Spoken;
}

const first = (value: unknown): JsonObject => asObject(asArray(value as JsonObject)[0]) ?? {};
const number = (value: unknown): number => (typeof value === 'number' ? value : -1);
const spoken = (text: unknown, output: unknown): Spoken => ({
  text: typeof text === 'string' ? text : '',
  output: number(output),
});
const messages = (turns: readonly Turn[]) => turns.map(([role, content]) => ({ role, content }));

const VOICES: { readonly [name: string]: Voice } = {
  'openai-chat': {
    path: () => '/chat/completions',
    body: (model, turns) => ({ model, messages: messages(turns) }),
    read: (reply) =>
      spoken(
        asObject(first(reply.choices).message)?.content,
        asObject(reply.usage)?.completion_tokens,
      ),
  },
  'openai-responses': {
    path: () => '/responses',
    body: (model, turns) => ({ model, input: messages(turns) }),
    read: (reply) =>
      spoken(first(first(reply.output).content).text, asObject(reply.usage)?.output_tokens),
  },
  'anthropic-messages': {
    path: () => '/messages',
    body: (model, turns) => ({ model, max_tokens: 500, messages: messages(turns) }),
    read: (reply) => spoken(first(reply.content).text, asObject(reply.usage)?.output_tokens),
  },
  gemini: {
    path: (model) => `/models/${encodeURIComponent(model)}:generateContent`,
    body: (_, turns) => ({
      contents: turns.map(([role, text]) => ({
        role: role === 'user' ? 'user' : 'model',
        parts: [{ text }],
      })),
    }),
    read: (reply) => {
      const parts = asArray(asObject(first(reply.candidates).content)?.parts);
      const text = parts.map((part) => asString(asObject(part)?.text) ?? '').join('');
      return spoken(text, asObject(reply.usageMetadata)?.candidatesTokenCount);
    },
  },
  'bedrock-converse': {
    path: (model) => `/model/${encodeURIComponent(model)}/converse`,
    body: (_, turns) => ({
      messages: turns.map(([role, text]) => ({ role, content: [{ text }] })),
    }),
    read: (reply) =>
      spoken(
        first(asObject(asObject(reply.output)?.message)?.content).text,
        asObject(reply.usage)?.outputTokens,
      ),
  },
  cohere: {
    path: () => '/chat',
    body: (model, turns) => ({ model, messages: messages(turns) }),
    read: (reply) =>
      spoken(
        first(asObject(reply.message)?.content).text,
        asObject(asObject(reply.usage)?.tokens)?.output_tokens,
      ),
  },
};
const NATIVE = ['anthropic-messages', 'gemini', 'bedrock-converse'];
const WIRES = Object.entries(VOICES);

async function post(voice: Voice, model: string, turns: readonly Turn[], more: object = {}) {
  const response = await fetch(sims[1].url + voice.path(model), {
    method: 'POST',
    headers: voice === VOICES['anthropic-messages'] ? { 'anthropic-version': '2023-06-01' } : {},
    body: JSON.stringify({ ...voice.body(model, turns), ...more }),
  });
  return { status: response.status, reply: (await response.json()) as JsonObject };
}

async function say(voice: Voice, model: string, turns: readonly Turn[], more: object = {}) {
  const { status, reply } = await post(voice, model, turns, more);
  expect({ status, reply: status === 200 ? null : reply }).toEqual({ status: 200, reply: null });
  return voice.read(reply);
}

const HELLO: Turn = ['user', 'Count.'];
const WHOLE = `This is a simulated answer from Switchyard's built-in provider. It goes on by counting its tokens:`;
const NUMBERS = [...Array(40).keys()].map((n) => ` ${n + 1}`);
/** A beginning that ends inside the numbers, and the rest. */
const BEGUN = `${WHOLE}${NUMBERS.slice(17, 25).join('')}`;
const REST = NUMBERS.slice(25).join('');
const MODEL = 'echo+tokens=40';
const PLEASE: Turn = [
  'user',
  'Your answer broke off after "its tokens: 18 19 20 21 22 23 24 25". Go on from there.',
];

describe.each(WIRES)('%s', (name, voice) => {
  test('the numbered answer is what these tests take it for', async () => {
    const { text, output } = await say(voice, MODEL, [HELLO]);
    expect([text, output]).toEqual([BEGUN + REST, 40]);
  });

  test('a last assistant message is gone on from where the vendor does that', async () => {
    const { text, output } = await say(voice, MODEL, [HELLO, ['assistant', BEGUN]]);
    if (NATIVE.includes(name)) expect([text, output]).toEqual([REST, 15]);
    else expect([text, output]).toEqual([BEGUN + REST, 40]);
  });

  test('words say otherwise', async () => {
    const turns = [HELLO, ['assistant', BEGUN]] as const;
    expect((await say(voice, `${MODEL}+prefill=native`, turns)).text).toBe(REST);
    expect((await say(voice, `${MODEL}+prefill=afresh`, turns)).text).toBe(BEGUN + REST);
    expect((await post(voice, `${MODEL}+prefill=refused`, turns)).status).toBe(400);
  });

  test('asked to go on, it obeys as its words say', async () => {
    const turns = [HELLO, ['assistant', BEGUN], PLEASE] as const;
    const says = async (words: string) => (await say(voice, `${MODEL}${words}`, turns)).text;
    const quoted = 'its tokens: 18 19 20 21 22 23 24 25';
    expect(await says('')).toBe(quoted + REST);
    expect(await says('+resume=exact')).toBe(REST);
    expect(await says('+resume=repeat:2')).toBe(` 24 25${REST}`);
    expect(await says('+resume=restart')).toBe(BEGUN + REST);
    expect(await says('+resume=preamble')).toBe(`Sure, here is the rest:\n\n${quoted}${REST}`);
    expect(await says('+resume=ignore')).toStartWith('I am not sure what you mean');
  });

  test('it goes on with what it would have said to the turns before, usage being what it says now', async () => {
    const whole = (await say(voice, 'echo', [HELLO])).text;
    const begun = whole.slice(0, 40);
    const please: Turn = ['user', `Go on after «${begun.slice(-20)}».`];
    const told = await say(voice, 'echo+resume=exact', [HELLO, ['assistant', begun], please]);
    expect(begun + told.text).toBe(whole);
    expect(told.output).toBeLessThan((await say(voice, 'echo', [HELLO])).output);
  });

  test('other turns after other answers are what they always were', async () => {
    const unquoted = await say(voice, MODEL, [HELLO, ['assistant', BEGUN], ['user', 'Go on.']]);
    expect(unquoted.text).toBe(BEGUN + REST);
    const another: Turn = ['assistant', 'Something that was never said: 20 21 22 23 24 25'];
    expect((await say(voice, MODEL, [HELLO, another, PLEASE])).text).toBe(BEGUN + REST);
  });
});

test('OpenAI’s wire: marks, Mistral’s refusal and repetition, and answers held to a format', async () => {
  const voice = VOICES['openai-chat'];
  if (!voice) throw new Error('listed above');
  const marked = (mark: object) => ({
    messages: [...messages([HELLO]), { role: 'assistant', content: BEGUN, ...mark }],
  });
  for (const mark of [{ prefix: true }, { partial: true }])
    expect((await say(voice, MODEL, [], marked(mark))).text).toBe(REST);
  const vllm = { ...marked({}), continue_final_message: true, add_generation_prompt: false };
  expect((await say(voice, MODEL, [], vllm)).text).toBe(REST);
  const mistral = `${MODEL}+prefill=prefix`;
  expect((await say(voice, mistral, [], marked({ prefix: true }))).text).toBe(BEGUN + REST);
  expect((await post(voice, mistral, [], marked({}))).status).toBe(400);
  const json = { response_format: { type: 'json_object' } };
  const held = await say(
    voice,
    MODEL,
    [['user', 'json'], ['assistant', '{"simulated":true'], PLEASE],
    json,
  );
  expect(JSON.parse(held.text)).toMatchObject({ simulated: true });
});

test('later Claudes refuse a last assistant turn', async () => {
  for (const name of ['anthropic-messages', 'bedrock-converse']) {
    const voice = VOICES[name];
    if (!voice) throw new Error('listed above');
    const turns = [HELLO, ['assistant', BEGUN]] as const;
    for (const model of ['claude-sonnet-4-6', 'claude-opus-5', 'anthropic.claude-haiku-5-5-v1:0'])
      expect((await post(voice, `${model}+tokens=40`, turns)).status).toBe(400);
    for (const model of ['claude-sonnet-4-5', 'claude-3-7-sonnet-20250219'])
      expect((await say(voice, `${model}+tokens=40`, turns)).text).toBe(REST);
  }
});
