// Amazon Bedrock behind both official SDKs: Converse and InvokeModel, signed by key pair and by bearer, over real HTTP.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { createHash, createHmac } from 'node:crypto';
import type Anthropic from '@anthropic-ai/sdk';
import type OpenAI from 'openai';
import { APIError } from 'openai';
import { type RecordedRequest, type Sim, startSim } from '../../sim/start-sim.ts';
import { asArray, asObject, type JsonObject, parseJson } from '../../src/lib/json.ts';
import { failureOf } from './failure-of.ts';
import { type GatewayUnderTest, startGateway } from './gateway-under-test.ts';
import { PNG } from './samples.ts';

const PAIR = {
  id: 'AKIDEXAMPLE',
  secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  region: 'eu-west-3',
};
/** Of the family that thinks by budget, the one that thinks by itself, and one that is not Claude. */
const BUDGETS = 'bedrock/us.anthropic.claude-3-7-sonnet-20250219-v1:0';
const SONNET = 'bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const ADAPTIVE = 'bedrock/us.anthropic.claude-opus-4-8';
const NOVA = 'bedrock/us.amazon.nova-lite-v1:0';
const INVOKED = 'bedrock-anthropic/us.anthropic.claude-sonnet-4-5-20250929-v1:0';

let sim: Sim;
let gateway: GatewayUnderTest;
let openai: OpenAI;
let anthropic: Anthropic;

beforeAll(async () => {
  sim = startSim({ seed: 5 });
  gateway = await startGateway(`
providers:
  bedrock:
    base_url: "${sim.url}"
    aws: { access_key_id: ${PAIR.id}, secret_access_key: "${PAIR.secret}", session_token: session-token, region: ${PAIR.region} }
  bedrock-anthropic: { base_url: "${sim.url}", api_key: bedrock-api-key-1 }
`);
  openai = gateway.openai();
  anthropic = gateway.anthropic();
});
afterAll(async () => {
  await gateway.stop();
  await sim.stop();
});
beforeEach(() => sim.clear());

function request(): RecordedRequest {
  expect(sim.requests).toHaveLength(1);
  const [only] = sim.requests;
  if (only === undefined) throw new Error('nothing was sent');
  return only;
}

function bodyOf({ body }: { readonly body: string }): JsonObject {
  return asObject(parseJson(body)) ?? {};
}

const SCHEMA = {
  type: 'object' as const,
  properties: { city: { type: 'string' } },
  required: ['city'],
};
const CHAT_TOOLS = ['get_weather', 'get_time'].map((name) => ({
  type: 'function' as const,
  function: { name, description: `Does ${name}.`, parameters: SCHEMA },
}));
const MESSAGE_TOOLS = ['get_weather', 'get_time'].map((name) => ({
  name,
  description: `Does ${name}.`,
  input_schema: SCHEMA,
}));
const SPECS = ['get_weather', 'get_time'].map((name) => ({
  toolSpec: { name, description: `Does ${name}.`, inputSchema: { json: SCHEMA } },
}));

async function chat(
  body: Omit<OpenAI.ChatCompletionCreateParamsNonStreaming, 'stream'> & { [more: string]: unknown },
  stream: boolean,
): Promise<OpenAI.ChatCompletion> {
  if (!stream) return openai.chat.completions.create(body);
  return openai.chat.completions
    .stream({ ...body, stream: true, stream_options: { include_usage: true } })
    .finalChatCompletion();
}

async function messages(
  body: Omit<Anthropic.MessageCreateParamsNonStreaming, 'stream'>,
  stream: boolean,
): Promise<Anthropic.Message> {
  return stream ? anthropic.messages.stream(body).finalMessage() : anthropic.messages.create(body);
}

/** What the SDK throws for it, as far as callers look at it. */
async function refusal(
  work: Promise<unknown>,
): Promise<{ readonly status: unknown; readonly code: unknown; readonly message: string }> {
  const thrown = await failureOf(work);
  if (!(thrown instanceof APIError)) throw thrown;
  return { status: thrown.status, code: thrown.code, message: thrown.message };
}

/** What the last reply lost: of streams the SDKs keep no metadata, so the log is asked. */
async function losses(): Promise<readonly string[]> {
  return (await gateway.rows()).at(-1)?.losses ?? ['nothing was logged'];
}

describe.each([false, true])('streamed: %p', (stream) => {
  test('text, in the words of the wire', async () => {
    const answer = await chat(
      {
        model: `${NOVA}+say=Hello%20there`,
        messages: [
          { role: 'developer', content: 'Be brief.' },
          { role: 'user', content: 'Hi' },
          { role: 'user', content: 'Are you there?' },
        ],
        max_tokens: 50,
        temperature: 0.2,
        top_p: 0.9,
        stop: ['END'],
      },
      stream,
    );
    expect(answer.choices[0]?.message.content).toBe('Hello there');
    expect(answer.choices[0]?.finish_reason).toBe('stop');
    expect(answer.usage?.completion_tokens).toBeGreaterThan(0);
    expect(await losses()).toEqual([]);
    const sent = request();
    expect(sent.path).toBe(
      `/v1/model/us.amazon.nova-lite-v1%3A0%2Bsay%3DHello%2520there/converse${stream ? '-stream' : ''}`,
    );
    expect(bodyOf(sent)).toEqual({
      system: [{ text: 'Be brief.' }],
      messages: [{ role: 'user', content: [{ text: 'Hi' }, { text: 'Are you there?' }] }],
      inferenceConfig: { maxTokens: 50, temperature: 0.2, topP: 0.9, stopSequences: ['END'] },
    });
  });

  test('tools: several calls at once, their results, the answer', async () => {
    const ask = { role: 'user' as const, content: 'Weather and time?' };
    const first = await chat(
      { model: `${SONNET}+tools=2`, messages: [ask], tools: CHAT_TOOLS },
      stream,
    );
    expect(first.choices[0]?.finish_reason).toBe('tool_calls');
    const calls = first.choices[0]?.message.tool_calls ?? [];
    expect(calls.map((call) => call.type === 'function' && call.function.name)).toEqual([
      'get_weather',
      'get_time',
    ]);
    expect(bodyOf(request()).toolConfig).toEqual({ tools: SPECS });
    sim.clear();
    const second = await chat(
      {
        model: `${SONNET}+tools=2`,
        messages: [
          ask,
          { role: 'assistant', content: null, tool_calls: calls },
          ...calls.map((call, index) => ({
            role: 'tool' as const,
            tool_call_id: call.id,
            content: `result ${index}`,
          })),
        ],
        tools: CHAT_TOOLS,
      },
      stream,
    );
    expect(second.choices[0]?.message.content).toContain('get_weather returned: result 0');
    expect(second.choices[0]?.message.content).toContain('get_time returned: result 1');
    expect(asArray(bodyOf(request()).messages).slice(1)).toEqual([
      {
        role: 'assistant',
        content: calls.map((call) => ({
          toolUse: {
            toolUseId: call.id,
            name: call.type === 'function' ? call.function.name : '',
            input: JSON.parse(call.type === 'function' ? call.function.arguments : '{}'),
          },
        })),
      },
      {
        role: 'user',
        content: calls.map((call, index) => ({
          toolResult: { toolUseId: call.id, content: [{ text: `result ${index}` }] },
        })),
      },
    ]);
  });

  test('no tool is called where none is wanted', async () => {
    const ask = { role: 'user' as const, content: 'Hi' };
    const none = { tools: CHAT_TOOLS, tool_choice: 'none' as const };
    const plain = await chat({ model: `${NOVA}+tools=1`, messages: [ask], ...none }, stream);
    expect(plain.choices[0]?.message.tool_calls ?? []).toEqual([]);
    expect(bodyOf(request()).toolConfig).toBeUndefined();
    expect(await losses()).toEqual([]);
    sim.clear();
    const called = [
      ask,
      {
        role: 'assistant' as const,
        content: null,
        tool_calls: [
          {
            id: 'call_1',
            type: 'function' as const,
            function: { name: 'get_weather', arguments: '{"city":"Oslo"}' },
          },
        ],
      },
      { role: 'tool' as const, tool_call_id: 'call_1', content: 'sunny' },
    ];
    const claude = await chat({ model: `${SONNET}+tools=1`, messages: called, ...none }, stream);
    expect(claude.choices[0]?.message.tool_calls ?? []).toEqual([]);
    expect(await losses()).toEqual([]);
    expect(bodyOf(request())).toMatchObject({
      toolConfig: { tools: SPECS },
      additionalModelRequestFields: { tool_choice: { type: 'none' } },
    });
    sim.clear();
    await chat({ model: NOVA, messages: called, ...none }, stream);
    expect(await losses()).toEqual([
      'tool_choice: the model can only be told in words to call no tool',
    ]);
    expect(bodyOf(request()).system).toEqual([{ text: 'Do not call any tool. Answer in words.' }]);
  });

  test('three turns of thinking and tools: what was signed comes back as it was', async () => {
    const thinking = { type: 'enabled' as const, budget_tokens: 2000 };
    const model = `${BUDGETS}+reasoning=6+redacted+tools=1`;
    const history: Anthropic.MessageParam[] = [{ role: 'user', content: 'Weather in Oslo?' }];
    const base = { model, max_tokens: 4000, thinking, tools: MESSAGE_TOOLS };
    for (let turn = 0; turn < 3; turn += 1) {
      const answer = await messages({ ...base, messages: history }, stream);
      expect(await losses()).toEqual([]);
      const types = answer.content.map(({ type }) => type);
      expect(types.slice(0, 2)).toEqual(['thinking', 'redacted_thinking']);
      const last = sim.requests.at(-1);
      const given = asArray(bodyOf(last ?? { body: '' }).messages);
      // Everything the model said before is there, word for word.
      const replayed = given.filter((message) => asObject(message)?.role === 'assistant');
      const said = history.filter(({ role }) => role === 'assistant');
      expect(replayed).toHaveLength(said.length);
      said.forEach(({ content }, index) => {
        const [block] = content as Anthropic.ContentBlock[];
        if (block?.type !== 'thinking') throw new Error('a turn without its thinking');
        const { thinking: text, signature } = block;
        expect(asArray(asObject(replayed[index])?.content)[0]).toEqual({
          reasoningContent: { reasoningText: { text, signature } },
        });
      });
      history.push({ role: 'assistant', content: answer.content });
      const calls = answer.content.filter((block) => block.type === 'tool_use');
      history.push({
        role: 'user',
        content:
          calls.length > 0
            ? calls.map(({ id }) => ({
                type: 'tool_result' as const,
                tool_use_id: id,
                content: 'sunny',
              }))
            : 'And tomorrow?',
      });
    }
    expect(sim.requests).toHaveLength(3);
    for (const sent of sim.requests)
      expect(bodyOf(sent).additionalModelRequestFields).toEqual({ thinking });
  });

  test('thinking as the model takes it: a budget that is too small, an effort, one that decides itself', async () => {
    const ask = [{ role: 'user' as const, content: 'Hi' }];
    await messages(
      {
        model: BUDGETS,
        max_tokens: 3000,
        thinking: { type: 'enabled', budget_tokens: 500 },
        messages: ask,
      },
      stream,
    );
    expect(await losses()).toEqual([
      'thinking.budget_tokens: 500 is outside what the model takes; sent as 1024',
    ]);
    await chat({ model: ADAPTIVE, messages: ask, reasoning_effort: 'high' }, stream);
    expect(await losses()).toEqual([]);
    const bodies = sim.requests.map(bodyOf);
    expect(bodies.map((body) => body.additionalModelRequestFields)).toEqual([
      { thinking: { type: 'enabled', budget_tokens: 1024 } },
      { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'high' } },
    ]);
    expect(bodies[1]?.inferenceConfig).toBeUndefined();
  });

  test('an answer in a shape: held to it, or asked for as a call', async () => {
    const format = {
      type: 'json_schema' as const,
      json_schema: { name: 'place', schema: { ...SCHEMA, additionalProperties: false } },
    };
    for (const model of [SONNET, NOVA]) {
      const answer = await chat(
        { model, messages: [{ role: 'user', content: 'Where?' }], response_format: format },
        stream,
      );
      const [choice] = answer.choices;
      expect(Object.keys(JSON.parse(choice?.message.content ?? '{}'))).toEqual(['city']);
      expect(choice?.finish_reason).toBe('stop');
      expect(choice?.message.tool_calls ?? []).toEqual([]);
      expect(await losses()).toEqual([]);
    }
    const [held, asked] = sim.requests.map(bodyOf);
    expect(held?.outputConfig).toEqual({
      textFormat: {
        type: 'json_schema',
        structure: {
          jsonSchema: { name: 'place', schema: JSON.stringify(format.json_schema.schema) },
        },
      },
    });
    expect(asObject(asked?.toolConfig)?.toolChoice).toEqual({ tool: { name: 'place' } });
  });

  test('usage: every kind, and a cache that is written once and read after', async () => {
    const system = [
      {
        type: 'text' as const,
        text: 'Long. '.repeat(40),
        cache_control: { type: 'ephemeral' as const },
      },
      {
        type: 'text' as const,
        text: 'Longer. '.repeat(40),
        cache_control: { type: 'ephemeral' as const, ttl: '1h' as const },
      },
    ];
    const body = {
      model: SONNET,
      max_tokens: 100,
      system: system.toReversed(),
      messages: [{ role: 'user' as const, content: 'Hi' }],
    };
    const first = await messages(body, stream);
    const second = await messages(body, stream);
    expect(bodyOf(sim.requests[0] ?? { body: '' }).system).toEqual([
      { text: 'Longer. '.repeat(40) },
      { cachePoint: { type: 'default', ttl: '1h' } },
      { text: 'Long. '.repeat(40) },
      { cachePoint: { type: 'default' } },
    ]);
    expect(sim.requests[0]?.body).toBe(sim.requests[1]?.body ?? '');
    const row = (await gateway.rows()).at(-2);
    const { cache_write_5m: short, cache_write_1h: long } = row?.usage ?? {};
    expect(short).toBeGreaterThan(0);
    expect(long).toBeGreaterThan(0);
    expect(first.usage.cache_creation_input_tokens).toBe((short ?? 0) + (long ?? 0));
    expect(first.usage.cache_read_input_tokens).toBe(0);
    expect(second.usage.cache_read_input_tokens).toBe(
      first.usage.cache_creation_input_tokens ?? -1,
    );
    expect(second.usage.input_tokens).toBe(first.usage.input_tokens);
  });

  test('pictures and documents as bytes, with names the API takes', async () => {
    const pdf = {
      type: 'base64' as const,
      media_type: 'application/pdf' as const,
      data: 'JVBERi0=',
    };
    const answer = await messages(
      {
        model: SONNET,
        max_tokens: 100,
        messages: [
          {
            role: 'user',
            content: [
              {
                type: 'image',
                source: { type: 'base64', media_type: 'image/png', data: PNG },
              },
              { type: 'document', source: pdf, title: 'report.pdf', citations: { enabled: true } },
              { type: 'document', source: pdf, title: 'report.pdf' },
              { type: 'text', text: 'Read.' },
            ],
          },
        ],
      },
      stream,
    );
    expect(JSON.stringify(answer.content)).toContain('[1 image]');
    expect(JSON.stringify(answer.content)).toContain('[2 documents]');
    expect(await losses()).toEqual(['messages[0].content[2].filename: written as "report (2)"']);
    const source = { bytes: 'JVBERi0=' };
    expect(asArray(asObject(asArray(bodyOf(request()).messages)[0])?.content)).toEqual([
      { image: { format: 'png', source: { bytes: PNG } } },
      { document: { format: 'pdf', name: 'report', source, citations: { enabled: true } } },
      { document: { format: 'pdf', name: 'report (2)', source } },
      { text: 'Read.' },
    ]);
  });

  test('errors mean what they mean', async () => {
    const cases: readonly (readonly [string, number, string])[] = [
      ['rate_limit', 429, 'upstream_rate_limited'],
      ['context_length', 400, 'upstream_context_length'],
      ['authentication', 502, 'upstream_auth'],
      ['permission', 502, 'upstream_forbidden'],
      ['not_found', 404, 'upstream_not_found'],
      ['quota', 429, 'upstream_rate_limited'],
      ['timeout', 504, 'upstream_timeout'],
      ['model_error', 502, 'upstream_error'],
      ['invalid_request', 400, 'upstream_invalid_request'],
    ];
    for (const [name, status, code] of cases) {
      for (const base of [NOVA, INVOKED]) {
        const model = `${base}+error=${name}`;
        const failure = await refusal(
          chat({ model, messages: [{ role: 'user', content: 'Hi' }] }, stream),
        );
        expect({ name, base, status: failure.status, code: failure.code }).toEqual({
          name,
          base,
          status,
          code,
        });
      }
    }
  });

  test('Claude by InvokeModel: the Messages wire as it is', async () => {
    const body = {
      model: `${INVOKED}+say=Hello%20there`,
      max_tokens: 50,
      system: 'Be brief.',
      messages: [{ role: 'user' as const, content: 'Hi' }],
    };
    const answer = stream
      ? await anthropic.messages
          .stream(body, { headers: { 'anthropic-beta': 'one-2025-01-01, two-2025-02-02' } })
          .finalMessage()
      : await anthropic.messages.create(body, {
          headers: { 'anthropic-beta': 'one-2025-01-01, two-2025-02-02' },
        });
    expect(answer.content).toMatchObject([{ type: 'text', text: 'Hello there' }]);
    expect(answer.usage.output_tokens).toBeGreaterThan(0);
    expect(await losses()).toEqual([]);
    expect(JSON.stringify(answer)).not.toContain('amazon-bedrock');
    const sent = request();
    expect(sent.path).toBe(
      `/v1/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0%2Bsay%3DHello%2520there/invoke${stream ? '-with-response-stream' : ''}`,
    );
    expect(sent.headers.authorization).toBe('Bearer bedrock-api-key-1');
    expect(sent.headers['anthropic-beta']).toBeUndefined();
    const { model: _, ...rest } = body;
    expect(bodyOf(sent)).toEqual({
      ...rest,
      anthropic_version: 'bedrock-2023-05-31',
      anthropic_beta: ['one-2025-01-01', 'two-2025-02-02'],
    });
  });

  test('Claude by InvokeModel, for a caller of the other wire', async () => {
    const answer = await chat(
      {
        model: `${INVOKED}+tools=1`,
        messages: [{ role: 'user', content: 'Hi' }],
        tools: CHAT_TOOLS,
      },
      stream,
    );
    expect(answer.choices[0]?.finish_reason).toBe('tool_calls');
    expect(answer.usage?.prompt_tokens).toBeGreaterThan(0);
  });
});

test('a request is signed with the key pair, over the model’s name as it stands in the path', async () => {
  const arn = 'arn:aws:bedrock:us-east-1:012345678901:inference-profile/us.anthropic.claude-x';
  await chat({ model: `bedrock/${arn}`, messages: [{ role: 'user', content: 'Hé' }] }, false);
  const sent = request();
  expect(sent.path).toBe(`/v1/model/${encodeURIComponent(arn)}/converse`);
  expect(sent.headers['x-amz-security-token']).toBe('session-token');
  expect(sent.headers.authorization).toBe(signatureOf(sent));
  expect(Object.values(sent.headers).join()).not.toContain(PAIR.secret);
});

/** Signature Version 4, written from the vendor's description and from nothing of the gateway's. */
function signatureOf({ method, path, headers, body }: RecordedRequest): string {
  const time = headers['x-amz-date'] ?? '';
  const day = time.slice(0, 8);
  const names = ['host', 'x-amz-date', 'x-amz-security-token'];
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  const canonical = [
    method,
    path.split('/').map(encodeURIComponent).join('/'),
    '',
    ...names.map((name) => `${name}:${headers[name]}`),
    '',
    names.join(';'),
    hash(body),
  ].join('\n');
  const scope = `${day}/${PAIR.region}/bedrock/aws4_request`;
  const key = [day, PAIR.region, 'bedrock', 'aws4_request'].reduce<Buffer | string>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    `AWS4${PAIR.secret}`,
  );
  const text = ['AWS4-HMAC-SHA256', time, scope, hash(canonical)].join('\n');
  const signature = createHmac('sha256', key).update(text).digest('hex');
  return `AWS4-HMAC-SHA256 Credential=${PAIR.id}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
}

describe('a stream that breaks', () => {
  const ask = [{ role: 'user' as const, content: 'Hi' }];
  const cases: readonly (readonly [string, string])[] = [
    ['damaged=3', 'upstream_invalid_response'],
    ['error-in-stream=3:rate_limit', 'upstream_rate_limited'],
    ['error-in-stream=3:stream_error', 'upstream_error'],
    ['error-in-stream=3:unavailable', 'upstream_unavailable'],
    ['error-in-stream=3:context_length', 'upstream_context_length'],
    ['eof=3', 'upstream_stream_truncated'],
    ['cut=3', 'upstream_stream_truncated'],
  ];

  test.each(cases)('after its first words, by %s', async (fault, code) => {
    for (const base of [NOVA, INVOKED]) {
      const stream = await openai.chat.completions.create({
        model: `${base}+tokens=9+gap=5+${fault}`,
        messages: ask,
        stream: true,
      });
      let text = '';
      const read = async () => {
        for await (const chunk of stream) text += chunk.choices[0]?.delta?.content ?? '';
      };
      const failure = await refusal(read());
      expect(text).not.toBe('');
      // Overloaded is the word that Claude's wire has for it.
      const expected =
        base === INVOKED && code === 'upstream_unavailable' ? 'upstream_overloaded' : code;
      expect({ base, code: failure.code }).toEqual({ base, code: expected });
    }
  });

  test('before its first word: another model answers, and the caller sees nothing of it', async () => {
    for (const fault of ['damaged=0', 'error-in-stream=0:rate_limit', 'eof=0']) {
      for (const base of [NOVA, INVOKED]) {
        const answer = await chat(
          { model: `${base}+${fault}`, models: [`${SONNET}+say=Here`], messages: ask },
          true,
        );
        expect(answer.choices[0]?.message.content).toBe('Here');
      }
    }
  });

  test('a message that says nothing sensible costs itself, not the answer', async () => {
    const answer = await chat(
      { model: `${NOVA}+say=All%20of%20it+malformed=1`, messages: ask },
      true,
    );
    expect(answer.choices[0]?.message.content).toBe('All of it');
  });

  test('cut anywhere: the same answer', async () => {
    for (const base of [NOVA, INVOKED]) {
      const answer = await chat({ model: `${base}+tokens=12+split=7`, messages: ask }, true);
      const whole = await chat({ model: `${base}+tokens=12`, messages: ask }, false);
      expect(answer.choices[0]?.message.content).toBe(whole.choices[0]?.message.content ?? '');
    }
  });
});

test('what only its maker has is left out where Claude is hosted, and named', async () => {
  const body = { max_tokens: 50, messages: [{ role: 'user' as const, content: 'Hi' }] };
  await messages({ ...body, model: INVOKED, service_tier: 'auto' }, false);
  expect(await losses()).toEqual(['service_tier: refused by the provider; dropped']);
  expect(bodyOf(request())).toEqual({ ...body, anthropic_version: 'bedrock-2023-05-31' });
});

test('what a family cannot do is refused by name', async () => {
  const failure = await refusal(
    chat(
      {
        model: 'bedrock/us.meta.llama4-maverick-17b-instruct-v1:0',
        messages: [{ role: 'user', content: 'Hi' }],
        tools: CHAT_TOOLS,
      },
      true,
    ),
  );
  expect(failure.code).toBe('unsupported_feature');
  expect(failure.message).toContain('not streamed');
  expect(sim.requests).toHaveLength(0);
});

test('the log tells the tokens and the model, and no key', async () => {
  await chat({ model: `${NOVA}+tokens=4`, messages: [{ role: 'user', content: 'Hi' }] }, true);
  const row = (await gateway.rows()).at(-1);
  expect(row).toMatchObject({ outcome: 'ok', provider: 'bedrock', usage_estimated: false });
  expect(row?.usage.output).toBe(4);
  expect(row?.attempts[0]?.key).toBe('aws');
  expect(JSON.stringify(row)).not.toContain(PAIR.secret);
});
