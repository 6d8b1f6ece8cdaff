// Cohere's own wire behind both official SDKs: text, tools, shapes, thoughts, citations, usage and faults, over real HTTP.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import type Anthropic from '@anthropic-ai/sdk';
import type OpenAI from 'openai';
import { type Sim, startSim } from '../../sim/start-sim.ts';
import { asArray, asObject, type JsonObject, parseJson } from '../../src/lib/json.ts';
import { type ScriptedUpstream, startScriptedUpstream } from '../recordings/scripted-upstream.ts';
import { failureOf } from './failure-of.ts';
import { type GatewayUnderTest, startGateway } from './gateway-under-test.ts';

let sim: Sim;
let upstream: ScriptedUpstream;
let gateway: GatewayUnderTest;
let openai: OpenAI;
let anthropic: Anthropic;

beforeAll(async () => {
  sim = startSim({ seed: 3 });
  upstream = await startScriptedUpstream();
  gateway = await startGateway(`
providers:
  cohere: { base_url: "${sim.url}", api_key: cohere-secret }
  scripted: { dialect: cohere, base_url: "${upstream.lane('v2').url}", api_key: scripted-secret }
  compat: { dialect: openai-chat, base_url: "${sim.url}", api_key: compat-secret }
models:
  - { id: "cohere/echo+cache-read=64+tokens=20", price: { input: 1, output: 2 } }
`);
  openai = gateway.openai();
  anthropic = gateway.anthropic();
});
afterAll(async () => {
  await gateway.stop();
  await sim.stop();
  await upstream.stop();
});
beforeEach(() => sim.clear());

/** The one request the provider got. */
function sent(): { readonly path: string; readonly body: JsonObject; readonly key: string } {
  const requests = sim.requests;
  expect(requests).toHaveLength(1);
  const [request] = requests;
  return {
    path: request?.path ?? '',
    body: asObject(parseJson(request?.body ?? '')) ?? {},
    key: String(request?.headers.authorization),
  };
}

const WEATHER = {
  type: 'object' as const,
  properties: { city: { type: 'string' } },
  required: ['city'],
};
const CHAT_TOOLS = ['get_weather', 'get_time'].map((name) => ({
  type: 'function' as const,
  function: { name, description: `Does ${name}.`, parameters: WEATHER },
}));
const MESSAGE_TOOLS = ['get_weather', 'get_time'].map((name) => ({
  name,
  description: `Does ${name}.`,
  input_schema: WEATHER,
}));

/** A chat completion, whole or put together from its stream by the SDK's own accumulator. */
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

describe.each([false, true])('streamed: %p', (stream) => {
  test('text, in the words of the wire', async () => {
    const answer = await chat(
      {
        model: 'cohere/echo+say=Hello%20there',
        messages: [
          { role: 'developer', content: 'Be brief.' },
          { role: 'user', content: 'Hi' },
        ],
        max_tokens: 50,
        temperature: 0.2,
        top_p: 0.9,
        seed: 7,
        stop: ['END'],
        presence_penalty: 0.5,
        safety_mode: 'STRICT',
      },
      stream,
    );
    expect(answer.choices[0]?.message.content).toBe('Hello there');
    expect(answer.choices[0]?.finish_reason).toBe('stop');
    const { path, body, key } = sent();
    expect(path).toBe('/v1/chat');
    expect(key).toBe('Bearer cohere-secret');
    expect(body).toEqual({
      model: 'echo+say=Hello%20there',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hi' },
      ],
      max_tokens: 50,
      stop_sequences: ['END'],
      temperature: 0.2,
      seed: 7,
      presence_penalty: 0.5,
      p: 0.9,
      safety_mode: 'STRICT',
      stream,
    });
  });

  test('a loop of parallel tools, from either SDK', async () => {
    const first = await chat(
      {
        model: 'cohere/parallel-tools+reasoning=3',
        messages: [{ role: 'user', content: 'Paris?' }],
        tools: CHAT_TOOLS,
        tool_choice: 'required',
      },
      stream,
    );
    expect(sent().body.tool_choice).toBe('REQUIRED');
    const turn = first.choices[0]?.message;
    expect(first.choices[0]?.finish_reason).toBe('tool_calls');
    const calls = turn?.tool_calls ?? [];
    expect(calls.map((call) => call.type === 'function' && call.function.name)).toEqual([
      'get_weather',
      'get_time',
    ]);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
    sim.clear();
    const last = await chat(
      {
        model: 'cohere/tools',
        messages: [
          { role: 'user', content: 'Paris?' },
          ...(turn ? [turn] : []),
          ...calls.map(({ id }, at) => ({
            role: 'tool' as const,
            tool_call_id: id,
            content: `result ${at}`,
          })),
        ],
        tools: CHAT_TOOLS,
      },
      stream,
    );
    const told = asArray(sent().body.messages).map((message) => asObject(message) ?? {});
    expect(told.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'tool']);
    expect(asArray(told[1]?.tool_calls)).toHaveLength(2);
    // The plan the model made before its calls goes back as a plan (the SDK's own accumulator keeps none).
    if (!stream) expect(told[1]?.tool_plan).toBe('This is simulated');
    expect(last.choices[0]?.message.content).toContain('result 1');
  });

  test('a tool name the wire refuses is called by its own name', async () => {
    const name = 'mcp__files-read-all';
    const answer = await messages(
      {
        model: 'cohere/tools',
        max_tokens: 500,
        messages: [{ role: 'user', content: 'Paris?' }],
        tools: [{ name, input_schema: WEATHER }],
      },
      stream,
    );
    expect(answer.content).toMatchObject([{ type: 'tool_use', name }]);
    expect(answer.stop_reason).toBe('tool_use');
    expect(JSON.stringify(sent().body)).not.toContain(name);
  });

  test("a loop of tools from Anthropic's SDK brings the plan back as thinking", async () => {
    const first = await messages(
      {
        model: 'cohere/tools+reasoning=3',
        max_tokens: 500,
        messages: [{ role: 'user', content: 'Paris?' }],
        tools: MESSAGE_TOOLS,
        tool_choice: { type: 'tool', name: 'get_time' },
      },
      stream,
    );
    const { body } = sent();
    // The wire cannot name a tool: that one alone is offered.
    expect(body.tool_choice).toBe('REQUIRED');
    expect(asArray(body.tools)).toHaveLength(1);
    expect(first.stop_reason).toBe('tool_use');
    expect(first.content.map(({ type }) => type)).toEqual(['thinking', 'tool_use']);
    sim.clear();
    const call = first.content.find((block) => block.type === 'tool_use');
    const last = await messages(
      {
        model: 'cohere/tools',
        max_tokens: 500,
        messages: [
          { role: 'user', content: 'Paris?' },
          { role: 'assistant', content: first.content },
          {
            role: 'user',
            content: [{ type: 'tool_result', tool_use_id: call?.id ?? '', content: 'noon' }],
          },
        ],
        tools: MESSAGE_TOOLS,
      },
      stream,
    );
    expect(JSON.stringify(last.content)).toContain('noon');
  });

  test('structured output', async () => {
    const answer = await chat(
      {
        model: 'cohere/echo',
        messages: [{ role: 'user', content: 'A city as JSON' }],
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'city', schema: WEATHER, strict: true },
        },
      },
      stream,
    );
    expect(sent().body.response_format).toEqual({ type: 'json_object', json_schema: WEATHER });
    expect(Object.keys(JSON.parse(answer.choices[0]?.message.content ?? ''))).toEqual(['city']);
  });

  test('thoughts', async () => {
    const message = await messages(
      {
        model: 'cohere/echo+say=Four',
        max_tokens: 2000,
        messages: [{ role: 'user', content: 'Two and two?' }],
        thinking: { type: 'enabled', budget_tokens: 1024 },
      },
      stream,
    );
    expect(sent().body.thinking).toEqual({ type: 'enabled', token_budget: 1024 });
    expect(message.content.map(({ type }) => type)).toEqual(['thinking', 'text']);
    expect(message.content[1]).toMatchObject({ type: 'text', text: 'Four' });
  });

  test('usage: cached tokens apart, and the same streamed or not', async () => {
    const answer = await chat(
      {
        model: 'cohere/echo+cache-read=64+tokens=20',
        messages: [{ role: 'user', content: 'x'.repeat(800) }],
      },
      stream,
    );
    const { usage } = answer;
    expect(usage).toMatchObject({
      prompt_tokens: 267,
      total_tokens: 287,
      completion_tokens: 20,
      prompt_tokens_details: { cached_tokens: 64 },
    });
    const row = (await gateway.rows()).at(-1);
    // What is billed are the tokens the provider says it bills: two fewer, and the cached ones at the full rate.
    expect(row).toMatchObject({ provider: 'cohere', outcome: 'ok', cost_usd: 0.000305 });
  });

  test('every fault has its own status', async () => {
    const cases: readonly (readonly [string, number, string])[] = [
      ['status=401', 502, 'upstream_auth'],
      ['error=context_length', 400, 'upstream_context_length'],
      ['status=404', 404, 'upstream_not_found'],
      ['status=429+retry-after=2', 429, 'upstream_rate_limited'],
      ['status=500', 502, 'upstream_error'],
      ['status=503', 503, 'upstream_unavailable'],
      ['error-in-200+error=overloaded', 503, 'upstream_overloaded'],
    ];
    for (const [words, status, code] of cases) {
      const error = await failureOf(
        chat(
          { model: `cohere/echo+${words}`, messages: [{ role: 'user', content: 'Hi' }] },
          stream,
        ),
      );
      expect({ words, status: asObject(error)?.status, code: codeIn(error) }).toEqual({
        words,
        status,
        code,
      });
    }
  });
});

function codeIn(error: unknown): unknown {
  const body = asObject(asObject(error)?.error);
  return asObject(body?.metadata)?.code ?? body?.code;
}

test('a stream that is cut ends as one, not as an answer', async () => {
  const stream = await openai.chat.completions.create({
    model: 'cohere/echo+tokens=30+cut=5',
    messages: [{ role: 'user', content: 'Hi' }],
    stream: true,
  });
  const error = await failureOf(
    (async () => {
      for await (const _ of stream);
    })(),
  );
  expect(String(asObject(error)?.message)).toContain('in the middle of its answer');
});

const CITED = {
  id: 'c1',
  message: {
    role: 'assistant',
    content: [{ type: 'text', text: 'Sunny in Paris.' }],
    citations: [
      {
        start: 0,
        end: 5,
        text: 'Sunny',
        sources: [
          { type: 'document', id: 'd', document: { url: 'https://example.com/a', title: 'A' } },
          { type: 'tool', id: 't:0', tool_output: { content: 'Sunny' } },
        ],
        type: 'TEXT_CONTENT',
      },
    ],
  },
  finish_reason: 'COMPLETE',
  usage: { tokens: { input_tokens: 10, output_tokens: 4 } },
};

test('citations of addresses are annotations; documents stand beside the turns', async () => {
  const lane = upstream.lane('v2');
  lane.play({
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(CITED),
    chunked: false,
  });
  const answer = await chat(
    {
      model: 'scripted/command-a',
      messages: [{ role: 'user', content: 'Weather?' }],
      documents: [{ id: 'd', data: { text: 'It is sunny.' } }],
      citation_options: { mode: 'FAST' },
    },
    false,
  );
  expect(answer.choices[0]?.message.annotations).toEqual([
    {
      type: 'url_citation',
      url_citation: { url: 'https://example.com/a', title: 'A', start_index: 0, end_index: 5 },
    },
  ]);
  const [request] = lane.take();
  expect(request?.path).toBe('/v2/chat');
  const body = asObject(parseJson(request?.body ?? ''));
  expect(body?.documents).toEqual([{ id: 'd', data: { text: 'It is sunny.' } }]);
  expect(body?.citation_options).toEqual({ mode: 'FAST' });
});

test('citations without an address are named where the caller has no word for them', async () => {
  const lane = upstream.lane('v2');
  const [citation] = CITED.message.citations;
  const sources = citation?.sources.filter(({ type }) => type === 'tool');
  lane.play({
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      ...CITED,
      message: { ...CITED.message, citations: [{ ...citation, sources }] },
    }),
    chunked: false,
  });
  const asked = {
    model: 'scripted/command-a',
    messages: [{ role: 'user' as const, content: '?' }],
  };
  const answer = await chat(asked, false);
  const message = await messages({ ...asked, max_tokens: 50 }, false);
  for (const reply of [answer, message])
    expect(asArray(asObject(asObject(reply)?.metadata)?.losses)).toEqual([
      expect.stringContaining('citation'),
    ]);
  lane.take();
});

test('a caller of Responses, and a free-text tool that is a function on the way', async () => {
  const reply = await openai.responses.create({
    model: 'cohere/echo+say=Hello',
    input: 'Hi',
    instructions: 'Be brief.',
  });
  expect(reply.output_text).toBe('Hello');
  expect(sent().body.messages).toEqual([
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Hi' },
  ]);
  sim.clear();
  const called = await openai.responses.create({
    model: 'cohere/tools',
    input: 'List',
    tools: [{ type: 'custom', name: 'shell', description: 'Runs a command.' }],
    tool_choice: 'required',
  });
  expect(called.output.map(({ type }) => type)).toEqual(['custom_tool_call']);
  expect(JSON.stringify(sent().body.tools)).toContain('"required":["input"]');
});

test('the compatible endpoint is a matter of configuration', async () => {
  const answer = await chat(
    { model: 'compat/echo+say=ok', messages: [{ role: 'user', content: 'Hi' }] },
    false,
  );
  expect(answer.choices[0]?.message.content).toBe('ok');
  expect(sent().path).toBe('/v1/chat/completions');
});
