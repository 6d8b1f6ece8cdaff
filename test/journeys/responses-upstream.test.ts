// Both official SDKs in front of a provider that speaks Responses: everything a call can carry arrives there, and everything
// it answers comes back.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import type Anthropic from '@anthropic-ai/sdk';
import type OpenAI from 'openai';
import { type Sim, startSim } from '../../sim/start-sim.ts';
import { asArray, asObject, asObjects, type JsonObject, parseJson } from '../../src/lib/json.ts';
import { anthropicCaller, CALLERS, call, openaiCaller, trailOf } from './callers.ts';
import {
  askAnthropic,
  askOpenAi,
  type ChatBody,
  type Extended,
  type MessageBody,
} from './four-ways.ts';
import { type GatewayUnderTest, startGateway } from './gateway-under-test.ts';
import { ANSWER, PDF, PNG, THOUGHT, THOUGHT_TOKENS, TIME, WEATHER } from './samples.ts';

let sim: Sim;
let spare: Sim;
let gateway: GatewayUnderTest;
let openai: OpenAI;
let anthropic: Anthropic;

beforeAll(async () => {
  sim = startSim({ seed: 3 });
  spare = startSim({ seed: 4 });
  gateway = await startGateway(`
providers:
  gamma: { dialect: openai-responses, base_url: "${sim.url}", api_key: gamma-secret }
  openai: { base_url: "${sim.url}", api_key: openai-secret }
  spare: { dialect: openai-responses, base_url: "${spare.url}", api_key: spare-secret }
models:
  - { id: gamma/echo, context: 100000, price: { input: 1, output: 2, cache_read: 0.1 } }
`);
  openai = gateway.openai();
  anthropic = gateway.anthropic();
});
beforeEach(() => {
  sim.clear();
  spare.clear();
});
afterAll(async () => {
  await gateway.stop();
  await sim.stop();
  await spare.stop();
});

const CHAT_TOOLS: OpenAI.Chat.ChatCompletionTool[] = [WEATHER, TIME].map(
  ({ name, description, schema }) => ({
    type: 'function',
    function: { name, description, parameters: schema },
  }),
);
const MESSAGE_TOOLS: Anthropic.Tool[] = [WEATHER, TIME].map(({ name, description, schema }) => ({
  name,
  description,
  input_schema: schema as Anthropic.Tool.InputSchema,
}));

const chat = (model: string, more: Partial<ChatBody> = {}): Extended<ChatBody> => ({
  messages: [{ role: 'user', content: 'Hello' }],
  ...more,
  model,
});
const message = (model: string, more: Partial<MessageBody> = {}): MessageBody => ({
  max_tokens: 8000,
  messages: [{ role: 'user', content: 'Hello' }],
  ...more,
  model,
});

/** What the provider got, the last of it. */
function got(): { readonly path: string; readonly body: JsonObject } {
  const request = sim.requests.at(-1);
  return {
    path: request?.path ?? '',
    body: asObject(parseJson(request?.body ?? '')) ?? {},
  };
}

function inputOf(body: JsonObject): readonly JsonObject[] {
  return asObjects(body.input);
}

for (const stream of [false, true]) {
  describe(stream ? 'streamed' : 'whole', () => {
    test('text, for a caller of Chat Completions', async () => {
      const { reply, metadata } = await askOpenAi(
        openai,
        chat('gamma/echo', {
          messages: [
            { role: 'system', content: 'Be brief.' },
            {
              role: 'user',
              content: [
                { type: 'text', text: 'Look' },
                { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } },
                {
                  type: 'file',
                  file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${PDF}` },
                },
              ],
            },
          ],
          max_completion_tokens: 100,
          user: 'u-1',
          verbosity: 'low',
          prompt_cache_key: 'k-1',
        }),
        stream,
      );
      expect(reply.choices[0]?.message.content).toBe(
        `${ANSWER} You said: Look [1 image] [1 document]`,
      );
      expect(reply.choices[0]?.finish_reason).toBe('stop');
      expect(reply.usage?.total_tokens).toBeGreaterThan(300);
      expect(metadata.losses).toEqual([]);
      const { path, body } = got();
      expect(path).toBe('/v1/responses');
      expect(body).toEqual({
        model: 'echo',
        instructions: 'Be brief.',
        input: [
          {
            type: 'message',
            role: 'user',
            content: [
              { type: 'input_text', text: 'Look' },
              {
                type: 'input_image',
                image_url: `data:image/png;base64,${PNG}`,
                detail: 'auto',
              },
              {
                type: 'input_file',
                filename: 'a.pdf',
                file_data: `data:application/pdf;base64,${PDF}`,
              },
            ],
          },
        ],
        max_output_tokens: 100,
        text: { verbosity: 'low' },
        user: 'u-1',
        store: false,
        prompt_cache_key: 'k-1',
        ...(stream ? { stream: true } : {}),
      });
    });

    test('text, for a caller of Messages', async () => {
      const { reply, metadata } = await askAnthropic(
        anthropic,
        message('gamma/echo', { system: 'Be brief.' }),
        stream,
      );
      expect(reply.content).toMatchObject([{ type: 'text', text: `${ANSWER} You said: Hello` }]);
      expect(reply.stop_reason).toBe('end_turn');
      expect(reply.usage.input_tokens).toBeGreaterThan(0);
      expect(metadata.losses).toEqual([]);
      expect(got().body).toMatchObject({ instructions: 'Be brief.', max_output_tokens: 8000 });
    });

    test('an answer cut by its limit says so', async () => {
      const { reply } = await askOpenAi(
        openai,
        chat('gamma/echo+tokens=50', { max_tokens: 20 }),
        stream,
      );
      expect(reply.choices[0]?.finish_reason).toBe('length');
      const other = await askAnthropic(
        anthropic,
        message('gamma/echo+tokens=50', { max_tokens: 20 }),
        stream,
      );
      expect(other.reply.stop_reason).toBe('max_tokens');
    });

    test('a refusal is a refusal', async () => {
      const { reply } = await askOpenAi(openai, chat('gamma/echo+refusal'), stream);
      expect(reply.choices[0]?.message.refusal).toContain("can't help");
    });

    test('structured output', async () => {
      const schema = {
        type: 'object',
        properties: { city: { type: 'string' } },
        required: ['city'],
        additionalProperties: false,
      };
      const { reply } = await askOpenAi(
        openai,
        chat('gamma/echo', {
          response_format: {
            type: 'json_schema',
            json_schema: { name: 'place', schema, strict: true },
          },
        }),
        stream,
      );
      expect(Object.keys(JSON.parse(reply.choices[0]?.message.content ?? ''))).toEqual(['city']);
      expect(got().body.text).toEqual({
        format: { type: 'json_schema', name: 'place', schema, strict: true },
      });
    });

    test('JSON mode, asked for in the system prompt', async () => {
      const { reply } = await askOpenAi(
        openai,
        chat('gamma/echo', {
          messages: [
            { role: 'system', content: 'Answer in JSON.' },
            { role: 'user', content: 'Hello' },
          ],
          response_format: { type: 'json_object' },
        }),
        stream,
      );
      expect(JSON.parse(reply.choices[0]?.message.content ?? '')).toMatchObject({
        simulated: true,
      });
    });

    for (const deltas of ['', '+chunk=0', '+interleave'])
      test(`parallel tool calls and their results${deltas}`, async () => {
        const asked: OpenAI.Chat.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Go' }];
        const first = await askOpenAi(
          openai,
          chat(`gamma/parallel-tools${deltas}`, { messages: asked, tools: CHAT_TOOLS }),
          stream,
        );
        const [choice] = first.reply.choices;
        expect(choice?.finish_reason).toBe('tool_calls');
        const calls = choice?.message.tool_calls ?? [];
        const names = calls.map((one) => (one.type === 'function' ? one.function.name : ''));
        expect(names).toEqual(['weather', 'time']);
        for (const one of calls)
          if (one.type === 'function') expect(parseJson(one.function.arguments)).toBeObject();
        expect(asObjects(got().body.tools).map(({ name, strict }) => [name, strict])).toEqual([
          ['weather', false],
          ['time', false],
        ]);
        const second = await askOpenAi(
          openai,
          chat('gamma/parallel-tools', {
            messages: [
              ...asked,
              choice?.message ?? { role: 'assistant', content: '' },
              ...calls.map(({ id }, at) => ({
                role: 'tool' as const,
                tool_call_id: id,
                content: `result ${at}`,
              })),
            ],
            tools: CHAT_TOOLS,
          }),
          stream,
        );
        expect(second.reply.choices[0]?.message.content).toContain(
          'weather returned: result 0. time returned: result 1.',
        );
        expect(inputOf(got().body).map(({ type }) => type)).toEqual([
          'message',
          'function_call',
          'function_call',
          'function_call_output',
          'function_call_output',
        ]);
      });

    test('reasoning there and back, for a caller of Messages', async () => {
      const ask = (messages: Anthropic.MessageParam[]) =>
        askAnthropic(
          anthropic,
          message('gamma/tools+reasoning=12', {
            messages,
            tools: MESSAGE_TOOLS,
            thinking: { type: 'enabled', budget_tokens: 4000 },
          }),
          stream,
        );
      const first = await ask([{ role: 'user', content: 'Go' }]);
      expect(first.metadata.losses).toEqual([]);
      const { content, usage } = first.reply;
      expect(content.map(({ type }) => type)).toEqual(['thinking', 'tool_use']);
      expect(content[0]?.type === 'thinking' && content[0].thinking).toBe(THOUGHT);
      expect(usage.output_tokens).toBeGreaterThan(THOUGHT_TOKENS);
      expect(got().body.reasoning).toEqual({ effort: 'medium', summary: 'auto' });
      const use = content.find((block) => block.type === 'tool_use');
      const second = await ask([
        { role: 'user', content: 'Go' },
        { role: 'assistant', content },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: use?.id ?? '', content: 'sunny' }],
        },
      ]);
      expect(second.metadata.losses).toEqual([]);
      const [, reasoning, made, output] = inputOf(got().body);
      // The provider checks that the state is its own.
      expect(reasoning).toEqual({
        type: 'reasoning',
        id: expect.stringMatching(/^rs_/),
        summary: [{ type: 'summary_text', text: THOUGHT }],
        encrypted_content: expect.stringMatching(/^gAAAA/),
      });
      expect([made?.type, output?.type]).toEqual(['function_call', 'function_call_output']);
    });

    test('reasoning there and back, for a caller of Chat Completions', async () => {
      const ask = (messages: OpenAI.Chat.ChatCompletionMessageParam[]) =>
        askOpenAi(
          openai,
          chat('gamma/tools+reasoning=12', {
            messages,
            tools: CHAT_TOOLS,
            reasoning_effort: 'high',
          }),
          stream,
        );
      const first = await ask([{ role: 'user', content: 'Go' }]);
      expect(first.reply.usage?.completion_tokens_details?.reasoning_tokens).toBe(THOUGHT_TOKENS);
      const said = first.reply.choices[0]?.message as Extended<OpenAI.Chat.ChatCompletionMessage>;
      const details = stream
        ? first.events.flatMap((event) =>
            asObjects(asObject(asObject(asArray(event.choices)[0])?.delta)?.reasoning_details),
          )
        : asObjects(said.reasoning_details);
      expect(details.length).toBeGreaterThan(0);
      const id = said.tool_calls?.[0]?.id ?? '';
      const second = await ask([
        { role: 'user', content: 'Go' },
        { ...said, reasoning_details: details } as OpenAI.Chat.ChatCompletionMessageParam,
        { role: 'tool', tool_call_id: id, content: 'sunny' },
      ]);
      expect(second.reply.choices[0]?.message.content).toContain('weather returned: sunny');
      expect(inputOf(got().body)[1]).toEqual({
        type: 'reasoning',
        id: expect.stringMatching(/^rs_/),
        summary: [{ type: 'summary_text', text: THOUGHT }],
        encrypted_content: expect.stringMatching(/^gAAAA/),
      });
    });

    test('reasoning that a plain client drops between tool calls is put back', async () => {
      const messages: OpenAI.Chat.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Go' }];
      const model = 'gamma/tools+reasoning=7';
      const more = { tools: CHAT_TOOLS, reasoning_effort: 'low' as const };
      const { reply } = await askOpenAi(openai, chat(model, { messages, ...more }), stream);
      const calls = reply.choices[0]?.message.tool_calls ?? [];
      await askOpenAi(
        openai,
        chat(model, {
          messages: [
            ...messages,
            { role: 'assistant', content: null, tool_calls: calls },
            { role: 'tool', tool_call_id: calls[0]?.id ?? '', content: 'sunny' },
          ],
          ...more,
        }),
        stream,
      );
      expect(inputOf(got().body).map(({ type }) => type)).toEqual([
        'message',
        'reasoning',
        'function_call',
        'function_call_output',
      ]);
    });

    test('tools in parallel with pictures in their results, for a caller of Messages', async () => {
      const first = await askAnthropic(
        anthropic,
        message('gamma/parallel-tools', {
          tools: MESSAGE_TOOLS,
          tool_choice: { type: 'any' },
        }),
        stream,
      );
      expect(first.reply.stop_reason).toBe('tool_use');
      expect(got().body.tool_choice).toBe('required');
      const uses = first.reply.content.filter((block) => block.type === 'tool_use');
      expect(uses.map(({ name }) => name)).toEqual(['weather', 'time']);
      const picture: Anthropic.ImageBlockParam = {
        type: 'image',
        source: { type: 'base64', media_type: 'image/png', data: PNG },
      };
      const second = await askAnthropic(
        anthropic,
        message('gamma/parallel-tools', {
          tools: MESSAGE_TOOLS,
          messages: [
            { role: 'user', content: 'Hello' },
            { role: 'assistant', content: first.reply.content },
            {
              role: 'user',
              content: uses.map(({ id }) => ({
                type: 'tool_result',
                tool_use_id: id,
                content: [{ type: 'text', text: 'seen' }, picture],
              })),
            },
          ],
        }),
        stream,
      );
      expect(second.metadata.losses).toEqual([]);
      expect(JSON.stringify(second.reply.content)).toContain('weather returned: seen');
      expect(inputOf(got().body).slice(-2)).toEqual(
        uses.map(({ id }) => ({
          type: 'function_call_output',
          call_id: id,
          output: [
            { type: 'input_text', text: 'seen' },
            { type: 'input_image', image_url: `data:image/png;base64,${PNG}`, detail: 'auto' },
          ],
        })),
      );
    });

    test('a long prompt asked twice is read from the cache, as it is without us', async () => {
      const messages: OpenAI.Chat.ChatCompletionMessageParam[] = [
        { role: 'user', content: 'word '.repeat(1500) },
      ];
      const cached = async () =>
        (await askOpenAi(openai, chat('gamma/echo', { messages }), stream)).reply.usage
          ?.prompt_tokens_details?.cached_tokens;
      expect(await cached()).toBe(0);
      expect(await cached()).toBeGreaterThan(1000);
    });

    test('what has no place is named, and refused under strict', async () => {
      const more: Partial<ChatBody> = { stop: ['x'], seed: 1, logit_bias: { '5': 1 }, n: 2 };
      const { metadata } = await askOpenAi(openai, chat('gamma/echo', more), stream);
      expect(metadata.losses.map((loss) => loss.split(':')[0]).sort()).toEqual([
        'logit_bias',
        'n',
        'seed',
        'stop',
      ]);
      const strict = { ...chat('gamma/echo', more), strict: true } as ChatBody;
      const refused = await askOpenAi(openai, strict, stream).catch((thrown: unknown) => thrown);
      expect(String(refused)).toContain('cannot carry');
      expect(sim.requests).toHaveLength(1);
    });
  });
}

test('a tool whose name the wire refuses goes by another there, and comes back as it was', async () => {
  const name = `files_${'r'.repeat(80)}`;
  const { content } = await anthropic.messages.create({
    model: 'gamma/tool',
    max_tokens: 100,
    messages: [{ role: 'user', content: 'Go' }],
    tools: [{ name, input_schema: { type: 'object', properties: {} } }],
    tool_choice: { type: 'tool', name },
  });
  expect(content.flatMap((block) => (block.type === 'tool_use' ? [block.name] : []))).toEqual([
    name,
  ]);
  const sent = asObject(parseJson(sim.requests[0]?.body ?? ''));
  expect(String(asObjects(sent?.tools)[0]?.name)).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
});

test('a custom tool is one there too, and its free text comes back', async () => {
  const grammar = { syntax: 'lark' as const, definition: 'start: "x"' };
  const tools: OpenAI.Chat.ChatCompletionTool[] = [
    { type: 'custom', custom: { name: 'patch', format: { type: 'grammar', grammar } } },
  ];
  const { reply } = await askOpenAi(openai, chat('gamma/tools', { tools }), false);
  expect(got().body.tools).toEqual([
    { type: 'custom', name: 'patch', format: { type: 'grammar', ...grammar } },
  ]);
  const [use] = reply.choices[0]?.message.tool_calls ?? [];
  const input = use?.type === 'custom' ? use.custom.input : '';
  expect(input).toBe('simulated input: Hello');
  // The SDK's own helper for streams does not know custom tools.
  let streamed = '';
  for await (const chunk of await openai.chat.completions.create({
    ...chat('gamma/tools', { tools }),
    stream: true,
  }))
    for (const one of asObjects(asObject(chunk.choices[0]?.delta)?.tool_calls))
      streamed += String(asObject(one.custom)?.input ?? '');
  expect(streamed).toBe(input);
});

describe('faults', () => {
  for (const caller of CALLERS) {
    for (const fault of ['status=503', 'error-in-stream=0:server_error', 'eof=0', 'cut=0'])
      test(`${caller.name}: ${fault} before content falls over unseen`, async () => {
        const heard = await call(gateway, caller, `gamma/echo+${fault}`, {
          stream: true,
          models: ['spare/echo'],
        });
        expect(heard.error).toBeNull();
        expect({ starts: heard.starts, ended: heard.ended }).toEqual({ starts: 1, ended: true });
        expect(heard.text).toContain(ANSWER);
        expect(trailOf(heard).map(([model]) => model)).toEqual([
          `gamma/echo+${fault}`,
          'spare/echo',
        ]);
      });

    test(`${caller.name}: a stream that stops is an error, loudly`, async () => {
      for (const fault of ['eof=3', 'cut=3', 'no-done']) {
        const heard = await call(gateway, caller, `gamma/echo+tokens=20+${fault}`, {
          stream: true,
        });
        expect({ fault, broken: heard.broken, hasError: heard.error !== null }).toEqual({
          fault,
          broken: false,
          hasError: true,
        });
        expect(heard.ended).toBe(false);
      }
    });

    test(`${caller.name}: one damaged line costs nothing`, async () => {
      const heard = await call(gateway, caller, 'gamma/echo+tokens=20+malformed=3', {
        stream: true,
      });
      expect({ error: heard.error, ended: heard.ended }).toEqual({ error: null, ended: true });
    });
  }

  test('errors keep the provider’s own words and code', async () => {
    const heard = await call(gateway, openaiCaller, 'gamma/echo+error=context_length');
    expect(heard.status).toBe(400);
    expect(heard.error?.code).toBe('context_length_exceeded');
    const other = await call(gateway, anthropicCaller, 'gamma/echo+status=429+retry-after=7');
    expect([other.status, other.headers.get('retry-after')]).toEqual([429, '7']);
  });
});

describe('the wire a model of one provider is reached on', () => {
  const paths = async (model: string, more: Partial<ChatBody> = {}) => {
    await askOpenAi(openai, chat(model, more), false);
    return got().path;
  };

  test('is Responses where the model takes tools only there while it thinks, for callers of a third', async () => {
    const from = async (model: string, more: Partial<MessageBody> = {}) => {
      await askAnthropic(anthropic, message(model, { tools: MESSAGE_TOOLS, ...more }), false);
      return got().path;
    };
    const thinking = { thinking: { type: 'enabled' as const, budget_tokens: 2000 } };
    expect(await from('openai/gpt-5.6-sol')).toBe('/v1/responses');
    expect(await from('openai/gpt-5.6-sol', { tools: [] })).toBe('/v1/chat/completions');
    // These think only when they are asked to.
    expect(await from('openai/gpt-5.4-mini')).toBe('/v1/chat/completions');
    expect(await from('openai/gpt-5.4-mini', thinking)).toBe('/v1/responses');
    expect(await from('openai/gpt-5.1', thinking)).toBe('/v1/chat/completions');
    // A caller of the usual wire stays on it.
    expect(await paths('openai/gpt-5.6-sol', { tools: CHAT_TOOLS })).toBe('/v1/chat/completions');
  });

  test('is Responses where the model is nowhere else', async () => {
    for (const model of ['gpt-5.1-codex-max', 'gpt-5-pro', 'o3-pro', 'o4-mini-deep-research'])
      expect([model, await paths(`openai/${model}`)]).toEqual([model, '/v1/responses']);
  });

  test('is the caller’s own where both are spoken, unless the model is on one only', async () => {
    const ask = async (model: string) => {
      await openai.responses.create({ model, input: 'Hello' });
      return got().path;
    };
    expect(await ask('openai/gpt-4o')).toBe('/v1/responses');
    expect(await ask('openai/gpt-4o-search-preview')).toBe('/v1/chat/completions');
  });

  test('keeps prompt-cache marks where the model takes them', async () => {
    const part: Anthropic.TextBlockParam = {
      type: 'text',
      text: 'Long.',
      cache_control: { type: 'ephemeral' },
    };
    const { metadata } = await askAnthropic(
      anthropic,
      message('openai/gpt-5.6-sol', {
        system: [part],
        tools: MESSAGE_TOOLS,
        messages: [{ role: 'user', content: [part] }],
      }),
      false,
    );
    expect(metadata.losses).toEqual([]);
    const marked = {
      type: 'input_text',
      text: 'Long.',
      prompt_cache_breakpoint: { mode: 'explicit' },
    };
    expect(inputOf(got().body)).toEqual([
      { type: 'message', role: 'system', content: [marked] },
      { type: 'message', role: 'user', content: [marked] },
    ]);
  });
});

test('a caller of the same wire passes untouched', async () => {
  const body = {
    model: 'gamma/echo',
    input: [{ role: 'user', content: 'Hello' }],
    top_p: 0.5,
    unknown_field: { a: 1 },
  };
  const response = await gateway.post('/v1/responses', body);
  expect(response.status).toBe(200);
  expect(got().body).toEqual({ ...body, model: 'echo' });
});
