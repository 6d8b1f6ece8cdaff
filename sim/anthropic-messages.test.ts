// The simulated provider through Anthropic's own SDK.
import { afterAll, beforeEach, describe, expect, test } from 'bun:test';
import Anthropic from '@anthropic-ai/sdk';
import type { MessageCreateParamsNonStreaming, Tool } from '@anthropic-ai/sdk/resources';
import { startSim } from './start-sim.ts';

const sim = startSim({ seed: 1 });
// The SDK adds /v1 itself.
const client = new Anthropic({
  baseURL: sim.url.replace('/v1', ''),
  apiKey: 'sim-key',
  maxRetries: 0,
});
beforeEach(() => sim.clear());
afterAll(() => sim.stop());

const hello = [{ role: 'user' as const, content: 'Hello' }];
const SAID = "This is a simulated answer from Switchyard's built-in provider. You said: Hello";

const weather: Tool = {
  name: 'get_weather',
  input_schema: {
    type: 'object',
    properties: { city: { type: 'string' }, unit: { enum: ['C', 'F'] } },
    required: ['city', 'unit'],
  },
};
const clock: Tool = { name: 'now', input_schema: { type: 'object', properties: {} } };

async function ask(model: string, more: Partial<MessageCreateParamsNonStreaming> = {}) {
  return client.messages.create({ model, max_tokens: 4096, messages: hello, ...more });
}

const textOf = (message: Anthropic.Message) =>
  message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');

describe('text', () => {
  test('is simulated, and says so', async () => {
    const reply = await ask('echo');
    expect(reply.content).toEqual([{ type: 'text', text: SAID } as Anthropic.ContentBlock]);
    expect([reply.type, reply.role, reply.model, reply.stop_reason, reply.stop_sequence]).toEqual([
      'message',
      'assistant',
      'echo',
      'end_turn',
      null,
    ]);
    expect(reply.id).toStartWith('msg_01');
    expect(sim.requests.map((request) => [request.method, request.path])).toEqual([
      ['POST', '/v1/messages'],
    ]);
  });

  test('names the media it saw, in tool results too', async () => {
    const image = {
      type: 'image' as const,
      source: { type: 'base64' as const, media_type: 'image/png' as const, data: 'AA==' },
    };
    const reply = await ask('echo', {
      messages: [{ role: 'user', content: [image, { type: 'text', text: 'See' }, image] }],
    });
    expect(textOf(reply)).toEndWith('You said: See [2 images]');
  });

  test('streamed and whole agree in content, stop reason and usage', async () => {
    const model = 'echo+reasoning=5+tokens=30+redacted';
    const whole = await ask(model);
    const streamed = await client.messages
      .stream({ model, max_tokens: 4096, messages: hello })
      .finalMessage();
    expect<unknown>(streamed.content).toEqual(whole.content);
    expect(streamed.stop_reason).toBe('end_turn');
    expect(streamed.usage).toEqual(whole.usage);
    expect(whole.usage.output_tokens).toBe(35);
    expect(whole.usage.output_tokens_details?.thinking_tokens).toBe(5);
    expect(whole.content.map((block) => block.type)).toEqual([
      'thinking',
      'redacted_thinking',
      'text',
    ]);
  });

  test('events come in the vendor’s order, with a ping after the first block opens', async () => {
    const response = await client.messages
      .create({ model: 'fast', max_tokens: 100, messages: hello, stream: true })
      .asResponse();
    const names =
      (await response.text()).match(/^event: .*$/gm)?.map((line) => line.slice(7)) ?? [];
    expect(names.slice(0, 3)).toEqual(['message_start', 'content_block_start', 'ping']);
    expect(new Set(names.slice(3, -3))).toEqual(new Set(['content_block_delta']));
    expect(names.slice(-3)).toEqual(['content_block_stop', 'message_delta', 'message_stop']);
  });

  test('max_tokens, stop_sequences and prefill are obeyed', async () => {
    const cut = await ask('long', { max_tokens: 7 });
    expect([cut.stop_reason, cut.usage.output_tokens]).toEqual(['max_tokens', 7]);
    const stopped = await ask('echo', { stop_sequences: ['nowhere', 'simulated'] });
    expect([textOf(stopped), stopped.stop_reason, stopped.stop_sequence]).toEqual([
      'This is a ',
      'stop_sequence',
      'simulated',
    ]);
    const begun = await ask('echo', {
      messages: [...hello, { role: 'assistant', content: 'This is a simulated' }],
    });
    expect(`This is a simulated${textOf(begun)}`).toBe(SAID);
  });

  test('finish is put in this wire’s words', async () => {
    expect((await ask('echo+finish=length')).stop_reason).toBe('max_tokens');
    expect((await ask('echo+finish=pause_turn')).stop_reason).toBe('pause_turn');
    expect((await ask('echo+refusal')).stop_reason).toBe('refusal');
  });
});

describe('tools', () => {
  test('parallel calls, streamed and whole, then an answer from both results', async () => {
    const tools = [weather, clock];
    const whole = await ask('parallel-tools+chunk=1', { tools });
    const streamed = await client.messages
      .stream({ model: 'parallel-tools+chunk=1', max_tokens: 4096, messages: hello, tools })
      .finalMessage();
    const calls = (message: Anthropic.Message) =>
      message.content.map((block) =>
        block.type === 'tool_use' ? [block.name, block.input] : block.type,
      );
    expect(calls(whole)).toEqual([
      ['get_weather', { city: 'simulated city', unit: 'C' }],
      ['now', {}],
    ]);
    expect(calls(streamed)).toEqual(calls(whole));
    expect([whole.stop_reason, streamed.stop_reason]).toEqual(['tool_use', 'tool_use']);
    const results = whole.content.map((block, index) => ({
      type: 'tool_result' as const,
      tool_use_id: block.type === 'tool_use' ? block.id : '',
      content: `result ${index}`,
    }));
    const final = await ask('parallel-tools', {
      tools,
      messages: [
        ...hello,
        { role: 'assistant', content: whole.content },
        { role: 'user', content: results },
      ],
    });
    expect(textOf(final)).toEndWith(' get_weather returned: result 0. now returned: result 1.');
    expect(final.stop_reason).toBe('end_turn');
  });

  test('tool_choice is obeyed, with text before the call when asked for', async () => {
    const tools = [weather, clock];
    const types = async (model: string, tool_choice: Anthropic.ToolChoice) =>
      (await ask(model, { tools, tool_choice })).content.map((block) =>
        block.type === 'tool_use' ? block.name : block.type,
      );
    expect(await types('tools', { type: 'none' })).toEqual(['text']);
    expect(await types('echo', { type: 'any' })).toEqual(['get_weather']);
    expect(await types('echo', { type: 'tool', name: 'now' })).toEqual(['now']);
    expect(await types('tools+preface', { type: 'auto' })).toEqual(['text', 'get_weather']);
    expect(
      await types('parallel-tools', { type: 'auto', disable_parallel_tool_use: true }),
    ).toEqual(['get_weather']);
  });
});

describe('thinking', () => {
  const thinking = { type: 'enabled' as const, budget_tokens: 1024 };

  test('is signed; the signature is accepted back, and nothing else is', async () => {
    const first = await ask('tools', { thinking, tools: [weather] });
    const [thought, call] = first.content;
    if (thought?.type !== 'thinking' || call?.type !== 'tool_use')
      throw new Error('no thinking or no call');
    expect(thought.signature.length).toBeGreaterThan(40);
    const again = (block: Anthropic.ThinkingBlockParam | null) =>
      ask('tools', {
        thinking,
        tools: [weather],
        messages: [
          ...hello,
          { role: 'assistant', content: block ? [block, call] : [call] },
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: 'ok' }] },
        ],
      }).catch((error: unknown) => error);
    expect(await again(thought)).toMatchObject({ stop_reason: 'end_turn' });
    expect(await again({ ...thought, thinking: `${thought.thinking} ` })).toMatchObject({
      status: 400,
      message: expect.stringContaining(
        'messages.1.content.0: Invalid `signature` in `thinking` block',
      ),
    });
    expect(await again(null)).toMatchObject({
      status: 400,
      message: expect.stringContaining(
        'Expected `thinking` or `redacted_thinking`, but found `tool_use`',
      ),
    });
  });

  test('can be left out of the reply, and is then accepted back empty', async () => {
    const reply = await ask('echo', { thinking: { type: 'adaptive', display: 'omitted' } });
    expect(reply.content[0]).toMatchObject({ type: 'thinking', thinking: '' });
    const again = await ask('echo', {
      messages: [...hello, { role: 'assistant', content: reply.content }, ...hello],
    });
    expect(textOf(again)).toBe(SAID);
  });
});

describe('structured output, counting, caching', () => {
  const schema = {
    type: 'object',
    properties: { name: { type: 'string' } },
    required: ['name'],
    additionalProperties: false,
  };

  test('output_config.format and the older output_format', async () => {
    const reply = await ask('echo', { output_config: { format: { type: 'json_schema', schema } } });
    expect(JSON.parse(textOf(reply))).toEqual({ name: 'simulated name' });
    const older = await fetch(`${sim.url}/messages?beta=true`, {
      method: 'POST',
      headers: { 'anthropic-version': '2023-06-01' },
      body: JSON.stringify({
        model: 'echo',
        max_tokens: 99,
        messages: hello,
        output_format: { type: 'json_schema', schema },
      }),
    });
    expect(await older.json()).toMatchObject({
      content: [{ type: 'text', text: '{"name":"simulated name"}' }],
    });
  });

  test('count_tokens counts what a message would be billed', async () => {
    const body = { model: 'echo', system: 'Be brief.', tools: [weather], messages: hello };
    const counted = await client.messages.countTokens(body);
    expect(counted.input_tokens).toBe((await ask('echo', body)).usage.input_tokens);
    expect(counted.input_tokens).toBeGreaterThan(40);
  });

  test('a marked beginning is written once and read after that, and never across keys', async () => {
    const body = {
      system: [
        {
          type: 'text' as const,
          text: 'y'.repeat(4000),
          cache_control: { type: 'ephemeral' as const, ttl: '1h' as const },
        },
      ],
      messages: [
        {
          role: 'user' as const,
          content: [
            {
              type: 'text' as const,
              text: 'z'.repeat(400),
              cache_control: { type: 'ephemeral' as const },
            },
          ],
        },
      ],
    };
    const first = (await ask('echo', body)).usage;
    expect(first.cache_creation).toEqual({
      ephemeral_5m_input_tokens: 100,
      ephemeral_1h_input_tokens: 1000,
    });
    expect([first.cache_creation_input_tokens, first.cache_read_input_tokens]).toEqual([1100, 0]);
    const second = (await ask('echo', body)).usage;
    expect([second.cache_creation_input_tokens, second.cache_read_input_tokens]).toEqual([0, 1100]);
    expect(second.input_tokens).toBe(first.input_tokens);
    const longer = (
      await ask('echo', {
        ...body,
        messages: [...body.messages, { role: 'assistant', content: 'ok' }, ...hello],
      })
    ).usage;
    expect([longer.cache_creation_input_tokens, longer.cache_read_input_tokens]).toEqual([0, 1100]);
    const other = new Anthropic({
      baseURL: sim.url.replace('/v1', ''),
      apiKey: 'other',
      maxRetries: 0,
    });
    const foreign = await other.messages.create({ model: 'echo', max_tokens: 9, ...body });
    expect(foreign.usage.cache_read_input_tokens).toBe(0);
  });

  test('words can say what was cached', async () => {
    const plain = (await ask('echo')).usage.input_tokens;
    const { usage } = await ask('echo+cache-read=500+cache-write=70');
    expect([
      usage.input_tokens,
      usage.cache_read_input_tokens,
      usage.cache_creation_input_tokens,
    ]).toEqual([plain, 500, 70]);
  });

  test.each([
    ['vendor', { input: true, output: 1 }, { input: true }],
    ['early', { input: true, output: 1 }, { input: false }],
    ['late', { input: false, output: 0 }, { input: true }],
    ['none', null, null],
  ] as const)('usage=%s', async (place, start, end) => {
    const events = await Array.fromAsync(
      await client.messages.create({
        model: `echo+tokens=4+usage=${place}`,
        max_tokens: 99,
        messages: hello,
        stream: true,
      }),
    );
    const [opening, closing] = [events[0], events.at(-2)];
    if (opening?.type !== 'message_start' || closing?.type !== 'message_delta')
      throw new Error('no start or no delta');
    const told = (usage: { input_tokens: number | null; output_tokens: number } | undefined) =>
      usage ? { input: (usage.input_tokens ?? 0) > 0, output: usage.output_tokens } : null;
    expect(told(opening.message.usage)).toEqual(start);
    expect(told(closing.usage)).toEqual(end ? { ...end, output: 4 } : null);
  });
});

describe('errors', () => {
  const failing = async (model: string) => ask(model).catch((error: unknown) => error);

  test.each([
    [400, Anthropic.BadRequestError, 'invalid_request_error'],
    [401, Anthropic.AuthenticationError, 'authentication_error'],
    [403, Anthropic.PermissionDeniedError, 'permission_error'],
    [404, Anthropic.NotFoundError, 'not_found_error'],
    [413, Anthropic.APIError, 'request_too_large'],
    [429, Anthropic.RateLimitError, 'rate_limit_error'],
    [500, Anthropic.InternalServerError, 'api_error'],
    [529, Anthropic.InternalServerError, 'overloaded_error'],
  ] as const)('status %i is the SDK’s own class', async (status, kind, type) => {
    const error = await failing(`echo+status=${status}`);
    if (!(error instanceof Anthropic.APIError)) throw new Error('not an API error');
    expect(error).toBeInstanceOf(kind);
    expect([error.status, error.type]).toEqual([status, type]);
    expect(error.requestID).toStartWith('req_011C');
    expect(error.error).toMatchObject({ type: 'error', request_id: error.requestID });
  });

  test('overloaded inside a stream, before anything else', async () => {
    const seen: string[] = [];
    const error = await (async () => {
      const stream = await client.messages.create({
        model: 'echo+error-in-stream=0:overloaded_error',
        max_tokens: 9,
        messages: hello,
        stream: true,
      });
      for await (const event of stream) seen.push(event.type);
    })().catch((thrown: unknown) => thrown);
    expect(seen).toEqual([]);
    expect(error).toMatchObject({ type: 'overloaded_error' });
  });

  test('models, and rate-limit headers', async () => {
    expect((await client.models.list()).data.map((model) => model.id)).toContain('tools');
    expect(await client.models.retrieve('echo')).toMatchObject({ type: 'model', id: 'echo' });
    const response = await ask('echo+ratelimit=3999').then(() =>
      client.messages
        .create({ model: 'echo+ratelimit=3999', max_tokens: 9, messages: hello })
        .asResponse(),
    );
    expect(response.headers.get('anthropic-ratelimit-requests-remaining')).toBe('3999');
  });
});

describe('what the vendor refuses', () => {
  const user = { role: 'user', content: 'x' };
  const calling = {
    role: 'assistant',
    content: [{ type: 'tool_use', id: 'toolu_1', name: 'f', input: {} }],
  };
  const result = {
    role: 'user',
    content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'x' }],
  };
  const mark = { type: 'text', text: 'x', cache_control: { type: 'ephemeral' } };
  const fine = { model: 'echo', max_tokens: 9, messages: [user] };

  test.each([
    ['no max_tokens', { model: 'echo', messages: [user] }, 'max_tokens: Field required'],
    ['no messages', { model: 'echo', max_tokens: 9 }, 'messages: Field required'],
    ['empty messages', { ...fine, messages: [] }, 'messages: at least one message is required'],
    [
      'a system turn',
      { ...fine, messages: [user, { role: 'system', content: 'x' }] },
      "role 'system' is not supported on this model",
    ],
    [
      'unknown role',
      { ...fine, messages: [{ role: 'tool', content: 'x' }] },
      "messages.0.role: Input should be 'user' or 'assistant'",
    ],
    [
      'empty text',
      { ...fine, messages: [{ role: 'user', content: [{ type: 'text', text: '' }] }] },
      'messages: text content blocks must be non-empty',
    ],
    [
      'a result without a call',
      { ...fine, messages: [user, result] },
      'messages.1.content.0: unexpected `tool_use_id` found in `tool_result` blocks: toolu_1. Each `tool_result` block must have a corresponding `tool_use` block in the previous message.',
    ],
    [
      'a call without a result',
      { ...fine, messages: [user, calling, user] },
      'messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1. Each `tool_use` block must have a corresponding `tool_result` block in the next message.',
    ],
    [
      'a call id of another vendor',
      {
        ...fine,
        messages: [
          user,
          { role: 'assistant', content: [{ type: 'tool_use', id: 'a.b', name: 'f', input: {} }] },
          result,
        ],
      },
      "messages.1.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'",
    ],
    [
      'trailing white space',
      { ...fine, messages: [user, { role: 'assistant', content: 'so ' }] },
      'messages.1: final assistant content cannot end with trailing whitespace',
    ],
    [
      'foreign thinking',
      {
        ...fine,
        messages: [
          user,
          { role: 'assistant', content: [{ type: 'thinking', thinking: 'x', signature: 'abc' }] },
          user,
        ],
      },
      'messages.1.content.0: Invalid `signature` in `thinking` block',
    ],
    [
      'a small budget',
      { ...fine, thinking: { type: 'enabled', budget_tokens: 500 } },
      'thinking.enabled.budget_tokens: Input should be greater than or equal to 1024',
    ],
    [
      'five marks',
      { ...fine, messages: [{ role: 'user', content: [mark, mark, mark, mark, mark] }] },
      'A maximum of 4 blocks with cache_control may be provided. Found 5.',
    ],
    [
      'a field of ours, under strict',
      { ...fine, model: 'echo+strict', models: [] },
      'models: Extra inputs are not permitted',
    ],
  ])('%s', async (_, body, message) => {
    const response = await fetch(`${sim.url}/messages`, {
      method: 'POST',
      headers: { 'anthropic-version': '2023-06-01' },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      type: 'error',
      error: { type: 'invalid_request_error', message },
      request_id: response.headers.get('request-id'),
    });
  });

  test('no version header, no key', async () => {
    const bare = await fetch(`${sim.url}/messages`, { method: 'POST', body: JSON.stringify(fine) });
    expect([bare.status, await bare.text()]).toEqual([
      400,
      expect.stringContaining('anthropic-version: header is required'),
    ]);
    const locked = startSim({ requireKey: 'right' });
    const reply = await fetch(`${locked.url}/messages`, {
      method: 'POST',
      headers: { 'x-api-key': 'wrong' },
      body: '{}',
    });
    expect([reply.status, await reply.json()]).toEqual([
      401,
      expect.objectContaining({
        error: { type: 'authentication_error', message: 'invalid x-api-key' },
      }),
    ]);
    await locked.stop();
  });
});
