// The simulated provider on Google's wire: what it answers, and what it refuses in the vendor's words.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { asArray, asObject, asString, type JsonObject } from '../src/lib/json.ts';
import { SseParser } from '../src/lib/sse.ts';
import { type Sim, startSim } from './start-sim.ts';

let sim: Sim;
beforeAll(() => {
  sim = startSim({ seed: 2 });
});
beforeEach(() => sim.clear());
afterAll(() => sim.stop());

const HELLO = { contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] };
const TOOLS = [
  {
    functionDeclarations: ['one', 'two'].map((name) => ({
      name,
      parametersJsonSchema: { type: 'object', properties: { a: { type: 'string' } } },
    })),
  },
];

async function ask(model: string, body: object, verb = 'generateContent') {
  const path = `${sim.url}/models/${encodeURIComponent(model)}:${verb}`;
  const response = await fetch(path, { method: 'POST', body: JSON.stringify(body) });
  return { status: response.status, text: await response.text() };
}

async function reply(model: string, body: object): Promise<JsonObject> {
  const { status, text } = await ask(model, body);
  expect([status, text]).toEqual([200, text]);
  return JSON.parse(text) as JsonObject;
}

function partsOf(body: JsonObject): readonly JsonObject[] {
  const content = asObject(asObject(asArray(body.candidates)[0])?.content);
  return asArray(content?.parts).map((part) => asObject(part) ?? {});
}

const endOf = (body: JsonObject) => asObject(asArray(body.candidates)[0])?.finishReason;

async function streamed(model: string, body: object): Promise<readonly JsonObject[]> {
  const { text } = await ask(model, body, 'streamGenerateContent?alt=sse');
  const parser = new SseParser();
  return [...parser.push(text), ...parser.end()].map(({ json }) => json ?? {});
}

async function refusal(body: object, model = 'echo'): Promise<string> {
  const { status, text } = await ask(model, body);
  expect(status).toBe(400);
  const error = asObject(asObject(JSON.parse(text))?.error);
  expect(error).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT' });
  return asString(error?.message) ?? '';
}

describe('an answer', () => {
  test('says the same whole and in pieces, with the same usage', async () => {
    const body = {
      ...HELLO,
      generationConfig: { thinkingConfig: { includeThoughts: true, thinkingBudget: 100 } },
    };
    const whole = await reply('echo', body);
    const pieces = await streamed('echo', body);
    const text = (parts: readonly JsonObject[], thought: boolean) =>
      parts
        .filter((part) => (part.thought === true) === thought)
        .map((part) => part.text)
        .join('');
    for (const thought of [true, false])
      expect(text(pieces.flatMap(partsOf), thought)).toBe(text(partsOf(whole), thought));
    expect(text(partsOf(whole), false)).toContain('You said: Hello');
    expect(pieces.at(-1)?.usageMetadata).toEqual(whole.usageMetadata);
    expect(endOf(pieces.at(-1) ?? {})).toBe('STOP');
    expect(pieces.flatMap(partsOf).at(-1)?.thoughtSignature).toEqual(
      partsOf(whole).at(-1)?.thoughtSignature,
    );
  });

  test('counts what adds up to the total', async () => {
    const { usageMetadata } = await reply('echo+cache-read=50+reasoning=4', HELLO);
    const usage = asObject(usageMetadata);
    expect(usage).toMatchObject({ cachedContentTokenCount: 50, thoughtsTokenCount: 4 });
    expect(usage?.totalTokenCount).toBe(
      Number(usage?.promptTokenCount) + Number(usage?.candidatesTokenCount) + 4,
    );
  });

  test('obeys the limit, the stop sequences and the schema', async () => {
    const short = await reply('echo', { ...HELLO, generationConfig: { maxOutputTokens: 2 } });
    expect(endOf(short)).toBe('MAX_TOKENS');
    const stopped = await reply('echo', {
      ...HELLO,
      generationConfig: { stopSequences: ['is a'] },
    });
    expect(partsOf(stopped)[0]?.text).toBe('This ');
    const shaped = await reply('echo', {
      ...HELLO,
      generationConfig: {
        responseMimeType: 'application/json',
        responseJsonSchema: {
          type: 'object',
          properties: { n: { type: 'integer' } },
          required: ['n'],
        },
      },
    });
    expect(Object.keys(JSON.parse(String(partsOf(shaped)[0]?.text)) as object)).toEqual(['n']);
  });
});

describe('calls', () => {
  const answered = (call: JsonObject, results: number) => ({
    tools: TOOLS,
    contents: [
      ...HELLO.contents,
      { role: 'model', parts: [call] },
      {
        role: 'user',
        parts: Array.from({ length: results }, () => ({
          functionResponse: { name: 'one', response: { output: 'done' } },
        })),
      },
    ],
  });

  test('are signed, the first of them, and the signature must come back', async () => {
    const model = 'gemini-3-flash+tools=2';
    const calls = partsOf(await reply(model, { ...HELLO, tools: TOOLS }));
    expect(calls.map(({ functionCall }) => asObject(functionCall)?.name)).toEqual(['one', 'two']);
    expect(calls.map(({ thoughtSignature }) => typeof thoughtSignature)).toEqual([
      'string',
      'undefined',
    ]);
    const [call = {}] = calls;
    const done = await reply(model, answered(call, 1));
    expect(partsOf(done)[0]?.text).toContain('one returned: done');
    const { thoughtSignature: _, ...bare } = call;
    expect(await refusal(answered(bare, 1), model)).toContain('missing a thought_signature');
    const forged = { ...call, thoughtSignature: 'Zm9yZ2Vk' };
    expect(await refusal(answered(forged, 1), model)).toContain('not valid');
    const standIn = { ...bare, thoughtSignature: 'skip_thought_signature_validator' };
    await reply(model, answered(standIn, 1));
    await reply('gemini-2.5-flash', answered(bare, 1));
  });

  test('and results are counted against each other', async () => {
    const call = { functionCall: { name: 'one', args: {} } };
    expect(await refusal(answered(call, 2))).toContain('number of function response parts');
    const alone = { contents: answered(call, 1).contents.slice(2) };
    expect(await refusal(alone)).toContain('immediately after a function call turn');
  });
});

test('what the vendor does not know, or takes no such value of, is refused', async () => {
  const cases: readonly (readonly [object, string])[] = [
    [{ ...HELLO, model: 'echo' }, 'Unknown name "model"'],
    [{ contents: [] }, 'contents is not specified'],
    [{ contents: [{ role: 'assistant', parts: [{ text: 'a' }] }] }, 'valid role'],
    [{ contents: [{ role: 'user', parts: [] }] }, 'must not be empty'],
    [{ contents: [{ role: 'user', parts: [{}] }] }, 'oneof field'],
    [
      { ...HELLO, generationConfig: { stopSequences: ['1', '2', '3', '4', '5', '6'] } },
      'at most 5',
    ],
    [
      {
        ...HELLO,
        generationConfig: { thinkingConfig: { thinkingBudget: 1, thinkingLevel: 'LOW' } },
      },
      'only one of',
    ],
    [
      {
        ...HELLO,
        tools: [{ functionDeclarations: [{ name: 'f', parameters: { type: 'OBJECT' } }] }],
      },
      'should be non-empty for OBJECT type',
    ],
    [{ ...HELLO, tools: [{ functionDeclarations: [{ name: '1 f' }] }] }, 'Must start with'],
  ];
  for (const [body, words] of cases) expect(await refusal(body)).toContain(words);
});

test('faults have the vendor’s words and shape', async () => {
  const { status, text } = await ask('echo+error=rate_limit', HELLO);
  expect(status).toBe(429);
  expect(asObject(JSON.parse(text))?.error).toMatchObject({
    status: 'RESOURCE_EXHAUSTED',
    details: [{ retryDelay: '1.574s' }],
  });
  const pieces = await streamed('echo+error-in-stream=2:overloaded', HELLO);
  expect(pieces.at(-1)).toMatchObject({ error: { code: 503, status: 'UNAVAILABLE' } });
});

test('Claude in a Google Cloud project wants its version in the body and its model in the path', async () => {
  const body = {
    anthropic_version: 'vertex-2023-10-16',
    max_tokens: 100,
    messages: [{ role: 'user', content: 'Hello' }],
  };
  const { status, text } = await ask('claude@1', body, 'rawPredict');
  expect(status).toBe(200);
  expect(JSON.parse(text)).toMatchObject({ type: 'message', model: 'claude@1' });
  const { anthropic_version: _, ...without } = body;
  expect((await ask('claude@1', without, 'rawPredict')).status).toBe(400);
  expect((await ask('claude@1', { ...body, model: 'x' }, 'rawPredict')).status).toBe(400);
});
