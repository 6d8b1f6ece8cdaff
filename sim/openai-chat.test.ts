// The simulated provider through OpenAI's own SDK.
import { afterAll, beforeEach, describe, expect, test } from 'bun:test';
import OpenAI from 'openai';
import type { ChatCompletionCreateParamsNonStreaming, ChatCompletionTool } from 'openai/resources';
import { startSim } from './start-sim.ts';

const sim = startSim({ seed: 1 });
const client = new OpenAI({ baseURL: sim.url, apiKey: 'sim-key', maxRetries: 0 });
beforeEach(() => sim.clear());
afterAll(() => sim.stop());

const hello = [{ role: 'user' as const, content: 'Hello' }];
const SAID = "This is a simulated answer from Switchyard's built-in provider. You said: Hello";

const weather: ChatCompletionTool = {
  type: 'function',
  function: {
    name: 'get_weather',
    parameters: {
      type: 'object',
      properties: {
        city: { type: 'string', minLength: 3 },
        unit: { enum: ['C', 'F'] },
        days: { type: 'integer', minimum: 2 },
      },
      required: ['city', 'unit', 'days'],
      additionalProperties: false,
    },
  },
};
const clock: ChatCompletionTool = { type: 'function', function: { name: 'now' } };

async function ask(model: string, more: Partial<ChatCompletionCreateParamsNonStreaming> = {}) {
  return client.chat.completions.create({ model, messages: hello, ...more });
}

describe('text', () => {
  test('is simulated, and says so', async () => {
    const reply = await ask('echo');
    expect(reply.choices).toHaveLength(1);
    expect(reply.choices[0]?.message.content).toBe(SAID);
    expect(reply.choices[0]?.finish_reason).toBe('stop');
    expect(reply.model).toBe('echo');
    expect(sim.requests.map((request) => request.path)).toEqual(['/v1/chat/completions']);
  });

  test('any name, with or without prefix, and any path before the endpoint', async () => {
    expect((await ask('sim/echo')).choices[0]?.message.content).toBe(SAID);
    expect((await ask('gpt-nobody-knows')).choices[0]?.message.content).toBe(SAID);
    const elsewhere = new OpenAI({
      baseURL: sim.url.replace('/v1', '/openai/v1'),
      apiKey: 'k',
      maxRetries: 0,
    });
    const reply = await elsewhere.chat.completions.create({ model: 'echo', messages: hello });
    expect(reply.choices[0]?.message.content).toBe(SAID);
  });

  test('quotes 200 characters, whole ones, and names the media it saw', async () => {
    const text = '😀'.repeat(300);
    const reply = await ask('echo', {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
            {
              type: 'file',
              file: { file_data: 'data:application/pdf;base64,AA==', filename: 'a.pdf' },
            },
          ],
        },
      ],
    });
    expect(reply.choices[0]?.message.content).toEndWith(
      `You said: ${'😀'.repeat(200)}… [1 image] [1 document]`,
    );
  });

  test('streamed and whole agree in text, finish and usage', async () => {
    const whole = await ask('echo+reasoning=5+tokens=30');
    const stream = client.chat.completions.stream({
      model: 'echo+reasoning=5+tokens=30',
      messages: hello,
      stream_options: { include_usage: true },
    });
    const final = await stream.finalChatCompletion();
    expect(final.choices[0]?.message.content).toBe(whole.choices[0]?.message.content ?? '');
    expect(final.choices[0]?.finish_reason).toBe('stop');
    expect(final.usage).toEqual(whole.usage);
    expect(whole.usage?.completion_tokens).toBe(35);
    expect(whole.usage?.completion_tokens_details?.reasoning_tokens).toBe(5);
    expect(final.id).not.toBe(whole.id);
  });

  test('usage comes in a stream only when asked for', async () => {
    const plain = await Array.fromAsync(
      await client.chat.completions.create({ model: 'echo', messages: hello, stream: true }),
    );
    expect(plain.filter((chunk) => 'usage' in chunk)).toEqual([]);
    const asked = await Array.fromAsync(
      await client.chat.completions.create({
        model: 'echo',
        messages: hello,
        stream: true,
        stream_options: { include_usage: true },
      }),
    );
    expect(asked.at(-1)?.choices).toEqual([]);
    expect(asked.at(-1)?.usage?.total_tokens).toBeGreaterThan(0);
    expect(asked.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
  });

  test('opens with the role and empty content, as the vendor does', async () => {
    const chunks = await Array.fromAsync(
      await client.chat.completions.create({ model: 'fast', messages: hello, stream: true }),
    );
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant', content: '', refusal: null });
    expect(chunks.at(-1)?.choices[0]?.delta).toEqual({});
  });

  test('max_tokens, stop, n, say and finish are obeyed', async () => {
    const cut = await ask('long', { max_completion_tokens: 7 });
    expect(cut.choices[0]?.finish_reason).toBe('length');
    expect(cut.usage?.completion_tokens).toBe(7);
    const stopped = await ask('echo', { stop: ['simulated'] });
    expect(stopped.choices[0]?.message.content).toBe('This is a ');
    expect(stopped.choices[0]?.finish_reason).toBe('stop');
    const two = await ask('echo', { n: 2 });
    expect(two.choices.map((choice) => [choice.index, choice.message.content])).toEqual([
      [0, SAID],
      [1, SAID],
    ]);
    expect((await ask('echo+say=just%20this+finish=content_filter')).choices[0]).toMatchObject({
      message: { content: 'just this' },
      finish_reason: 'content_filter',
    });
  });

  test('refusal', async () => {
    const whole = await ask('echo+refusal');
    expect(whole.choices[0]?.message.content).toBeNull();
    expect(whole.choices[0]?.message.refusal).toContain("can't help");
    const stream = client.chat.completions.stream({ model: 'echo+refusal', messages: hello });
    expect((await stream.finalMessage()).refusal).toBe(whole.choices[0]?.message.refusal ?? '');
  });
});

describe('tools', () => {
  test('one call with arguments its schema allows; then an answer from the result', async () => {
    const tools = [weather, clock];
    const first = (await ask('tools', { tools })).choices[0];
    expect(first?.finish_reason).toBe('tool_calls');
    expect(first?.message.content).toBeNull();
    const call = first?.message.tool_calls?.[0];
    if (call?.type !== 'function' || !first) throw new Error('no call');
    expect(JSON.parse(call.function.arguments)).toEqual({
      city: 'simulated city',
      unit: 'C',
      days: 2,
    });
    const second = await ask('tools', {
      tools,
      messages: [
        ...hello,
        first.message,
        { role: 'tool', tool_call_id: call.id, content: '21 degrees' },
      ],
    });
    expect(second.choices[0]?.finish_reason).toBe('stop');
    expect(second.choices[0]?.message.content).toContain('get_weather returned: 21 degrees.');
  });

  test.each([
    'parallel-tools',
    'parallel-tools+chunk=1',
    'parallel-tools+chunk=0',
    'parallel-tools+interleave',
    'tools=2',
  ])('parallel calls of %s, streamed, are those of the whole reply', async (words) => {
    const model = words.startsWith('tools') ? `echo+${words}` : words;
    const tools = [weather, clock];
    const whole = (await ask(model, { tools })).choices[0]?.message.tool_calls ?? [];
    const stream = client.chat.completions.stream({ model, messages: hello, tools });
    const streamed = (await stream.finalChatCompletion()).choices[0];
    const shape = (calls: typeof whole) =>
      calls.map((call) =>
        call.type === 'function' ? [call.function.name, call.function.arguments] : call,
      );
    expect(shape(streamed?.message.tool_calls ?? [])).toEqual(shape(whole));
    expect(shape(whole)).toEqual([
      ['get_weather', '{"city":"simulated city","unit":"C","days":2}'],
      ['now', '{}'],
    ]);
    expect(new Set(streamed?.message.tool_calls?.map((call) => call.id)).size).toBe(2);
    expect(streamed?.finish_reason).toBe('tool_calls');
  });

  test('tool_choice and parallel_tool_calls are obeyed', async () => {
    const tools = [weather, clock];
    const names = async (model: string, more: Partial<ChatCompletionCreateParamsNonStreaming>) =>
      (await ask(model, { tools, ...more })).choices[0]?.message.tool_calls?.map((call) =>
        call.type === 'function' ? call.function.name : call.type,
      ) ?? [];
    expect(await names('echo', {})).toEqual([]);
    expect(await names('tools', { tool_choice: 'none' })).toEqual([]);
    expect(await names('echo', { tool_choice: 'required' })).toEqual(['get_weather']);
    expect(
      await names('echo', { tool_choice: { type: 'function', function: { name: 'now' } } }),
    ).toEqual(['now']);
    expect(await names('parallel-tools', { parallel_tool_calls: false })).toEqual(['get_weather']);
    expect(await names('echo+tools=3', {})).toEqual(['get_weather', 'now', 'get_weather']);
  });

  test('custom tools take free text', async () => {
    const reply = await ask('tools', { tools: [{ type: 'custom', custom: { name: 'shell' } }] });
    expect(reply.choices[0]?.message.tool_calls?.[0]).toMatchObject({
      type: 'custom',
      custom: { name: 'shell', input: 'simulated input: Hello' },
    });
  });
});

describe('reasoning, structured output, usage', () => {
  test.each([
    ['reasoning_content', 'reasoning_content'],
    ['reasoning', 'reasoning'],
    ['reasoning_details', 'reasoning'],
  ])('reasoning-field=%s', async (field, member) => {
    const model = `echo+reasoning=4+reasoning-field=${field}`;
    const message: object = (await ask(model)).choices[0]?.message ?? {};
    const thought = new Map(Object.entries(message)).get(member);
    expect(thought).toBe('This is simulated reasoning');
    const chunks = await Array.fromAsync(
      await client.chat.completions.create({ model, messages: hello, stream: true }),
    );
    const pieces = chunks.map(
      (chunk) => new Map(Object.entries(chunk.choices[0]?.delta ?? {})).get(member) ?? '',
    );
    expect(pieces.join('')).toBe(thought);
  });

  test('reasoning_effort is enough to make it think; reasoning-field=none only counts', async () => {
    const thinking = await ask('echo', { reasoning_effort: 'high' });
    expect(thinking.usage?.completion_tokens_details?.reasoning_tokens).toBe(12);
    expect(
      (await ask('echo', { reasoning_effort: 'none' })).usage?.completion_tokens_details
        ?.reasoning_tokens,
    ).toBe(0);
    const hidden = await ask('reasoning+reasoning-field=none');
    expect(hidden.usage?.completion_tokens_details?.reasoning_tokens).toBe(40);
    expect(Object.keys(hidden.choices[0]?.message ?? {})).not.toContain('reasoning_content');
  });

  test('json_schema, json_object and the json model', async () => {
    const schema = {
      type: 'object',
      properties: { name: { type: 'string' }, age: { type: 'integer', minimum: 18 } },
      required: ['name', 'age'],
      additionalProperties: false,
    };
    const typed = await ask('echo', {
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'person', strict: true, schema },
      },
    });
    expect(JSON.parse(typed.choices[0]?.message.content ?? '')).toEqual({
      name: 'simulated name',
      age: 18,
    });
    const loose = await ask('echo', {
      messages: [{ role: 'user', content: 'JSON please' }],
      response_format: { type: 'json_object' },
    });
    expect(JSON.parse(loose.choices[0]?.message.content ?? '')).toMatchObject({
      simulated: true,
      you_said: 'JSON please',
    });
    expect(JSON.parse((await ask('json')).choices[0]?.message.content ?? '')).toMatchObject({
      simulated: true,
    });
  });

  test('cached tokens: said by words, and found by itself in a long prompt seen before', async () => {
    const plain = (await ask('echo')).usage?.prompt_tokens ?? 0;
    const cached = await ask('cached');
    expect(cached.usage?.prompt_tokens).toBe(plain + 1024);
    expect(cached.usage?.prompt_tokens_details?.cached_tokens).toBe(1024);
    const messages = [{ role: 'system' as const, content: 'x'.repeat(8000) }, ...hello];
    const reads = async () =>
      (await ask('echo', { messages })).usage?.prompt_tokens_details?.cached_tokens;
    expect(await reads()).toBe(0);
    expect(await reads()).toBe(1920);
    sim.clear();
    expect(await reads()).toBe(0);
  });

  test.each([
    ['none', []],
    ['late', [-1]],
    ['early', [0]],
    ['with-delta', [-1]],
  ] as const)('usage=%s', async (place, where) => {
    const model = `echo+tokens=4+usage=${place}`;
    const chunks = await Array.fromAsync(
      await client.chat.completions.create({ model, messages: hello, stream: true }),
    );
    const withUsage = chunks.filter((chunk) => chunk.usage);
    expect(withUsage).toEqual(
      where.map((index) => chunks.at(index)).filter((chunk) => chunk !== undefined),
    );
    for (const chunk of withUsage) expect(chunk.usage?.completion_tokens).toBe(4);
    expect(chunks.at(-1)?.choices.map((choice) => choice.delta.content)).toEqual(
      place === 'late' ? [] : place === 'with-delta' ? [expect.any(String)] : [undefined],
    );
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(
      'This is a simulated',
    );
  });

  test('usage=every counts up', async () => {
    const chunks = await Array.fromAsync(
      await client.chat.completions.create({
        model: 'echo+tokens=3+usage=every',
        messages: hello,
        stream: true,
      }),
    );
    expect(chunks.map((chunk) => chunk.usage?.completion_tokens)).toEqual([0, 1, 2, 3, 3]);
  });

  test('lists its models, and knows one by name', async () => {
    const ids = (await client.models.list()).data.map((model) => model.id);
    expect(ids).toContain('parallel-tools');
    expect((await client.models.retrieve('echo')).id).toBe('echo');
  });
});

describe('errors', () => {
  const failing = async (model: string) => ask(model).catch((error: unknown) => error);

  test.each([
    [400, OpenAI.BadRequestError],
    [401, OpenAI.AuthenticationError],
    [403, OpenAI.PermissionDeniedError],
    [404, OpenAI.NotFoundError],
    [409, OpenAI.ConflictError],
    [422, OpenAI.UnprocessableEntityError],
    [429, OpenAI.RateLimitError],
    [500, OpenAI.InternalServerError],
    [503, OpenAI.InternalServerError],
    [529, OpenAI.InternalServerError],
  ] as const)('status %i is the SDK’s own class', async (status, kind) => {
    const error = await failing(`echo+status=${status}`);
    expect(error).toBeInstanceOf(kind);
    expect((error as InstanceType<typeof OpenAI.APIError>).status).toBe(status);
  });

  test('a 429 has a body, a retry-after and, if asked, rate-limit headers', async () => {
    const error = await failing('echo+status=429+retry-after=7+ratelimit=0');
    if (!(error instanceof OpenAI.RateLimitError)) throw new Error('not a rate limit');
    expect(error.code).toBe('rate_limit_exceeded');
    expect(error.type).toBe('tokens');
    expect(error.headers?.get('retry-after')).toBe('7');
    expect(error.headers?.get('x-ratelimit-remaining-requests')).toBe('0');
    expect(error.requestID).toStartWith('req_');
  });

  test('named errors', async () => {
    expect(await failing('echo+error=context_length')).toMatchObject({
      status: 400,
      code: 'context_length_exceeded',
    });
    expect(await failing('echo+error=quota')).toMatchObject({
      status: 429,
      code: 'insufficient_quota',
    });
    expect(await failing('echo+error=odd_thing+status=418')).toMatchObject({
      status: 418,
      type: 'odd_thing',
    });
  });

  test('only the first requests fail with times=N, counted for each model apart', async () => {
    expect(await failing('echo+status=500+times=2')).toBeInstanceOf(OpenAI.InternalServerError);
    expect(await failing('other+status=500+times=2')).toBeInstanceOf(OpenAI.InternalServerError);
    expect(await failing('echo+status=500+times=2')).toBeInstanceOf(OpenAI.InternalServerError);
    expect((await ask('echo+status=500+times=2')).choices[0]?.message.content).toBe(SAID);
    sim.clear();
    expect(await failing('echo+status=500+times=2')).toBeInstanceOf(OpenAI.InternalServerError);
    expect(sim.received).toBe(1);
  });

  test('an error inside a stream reaches the SDK’s caller after the tokens before it', async () => {
    const seen: string[] = [];
    const stream = await client.chat.completions.create({
      model: 'echo+error-in-stream=2:rate_limit',
      messages: hello,
      stream: true,
    });
    const error = await (async () => {
      for await (const chunk of stream) seen.push(chunk.choices[0]?.delta.content ?? '');
    })().catch((thrown: unknown) => thrown);
    expect(seen).toEqual(['', 'This', ' is']);
    expect(error).toMatchObject({ code: 'rate_limit_exceeded' });
  });
});

describe('what the vendor refuses', () => {
  const refused = async (body: object) =>
    fetch(`${sim.url}/chat/completions`, { method: 'POST', body: JSON.stringify(body) }).then(
      async (response) => ({
        status: response.status,
        ...((await response.json()) as object),
      }),
    );
  const user = { role: 'user', content: 'x' };
  const calling = {
    role: 'assistant',
    tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }],
  };

  test.each([
    ['no model', { messages: [user] }, 'you must provide a model parameter', null],
    [
      'no messages',
      { model: 'echo' },
      "Missing required parameter: 'messages'.",
      'missing_required_parameter',
    ],
    ['empty messages', { model: 'echo', messages: [] }, 'empty array', 'empty_array'],
    [
      'a string for messages',
      { model: 'echo', messages: 'x' },
      'but got a string instead',
      'invalid_type',
    ],
    [
      'unknown role',
      { model: 'echo', messages: [{ role: 'robot', content: 'x' }] },
      "Invalid value: 'robot'",
      'invalid_value',
    ],
    [
      'null content',
      { model: 'echo', messages: [{ role: 'user', content: null }] },
      'expected a string, got null',
      null,
    ],
    [
      'a tool name that is too long',
      {
        model: 'echo',
        messages: [user],
        tools: [{ type: 'function', function: { name: 'm'.repeat(65) } }],
      },
      'maximum length 64',
      'string_above_max_length',
    ],
    [
      'more stop sequences than four',
      { model: 'echo', messages: [user], stop: ['1', '2', '3', '4', '5'] },
      'maximum length 4',
      'array_above_max_length',
    ],
    [
      'a result without a call',
      { model: 'echo', messages: [user, { role: 'tool', tool_call_id: 'c1', content: 'x' }] },
      "role 'tool' must be a response",
      null,
    ],
    [
      'a call without a result',
      { model: 'echo', messages: [user, calling, user] },
      'did not have response messages: c1',
      null,
    ],
    [
      'tool_choice without tools',
      { model: 'echo', messages: [user], tool_choice: 'auto' },
      "only allowed when 'tools'",
      null,
    ],
    [
      'json_object without the word',
      { model: 'echo', messages: [user], response_format: { type: 'json_object' } },
      "word 'json'",
      null,
    ],
    [
      'a field of ours, under strict',
      { model: 'echo+strict', messages: [user], models: ['a'] },
      'Unrecognized request argument supplied: models',
      null,
    ],
    [
      'a word nobody knows',
      { model: 'echo+explode', messages: [user] },
      '"explode" is not a word',
      null,
    ],
    [
      'a word with a wrong value',
      { model: 'echo+ttft=soon', messages: [user] },
      '"ttft" takes a number',
      null,
    ],
  ])('%s', async (_, body, message, code) => {
    const reply = await refused(body);
    expect(reply).toMatchObject({ status: 400, error: { type: 'invalid_request_error', code } });
    expect(JSON.stringify(reply)).toContain(JSON.stringify(message).slice(1, -1));
  });

  test('a body that is not JSON, and pages it does not have', async () => {
    const broken = await fetch(`${sim.url}/chat/completions`, {
      method: 'POST',
      body: '{"model":',
    });
    expect(broken.status).toBe(400);
    expect(await broken.text()).toContain('could not parse the JSON body');
    expect((await fetch(`${sim.url}/nothing`, { method: 'POST', body: '{}' })).status).toBe(404);
    expect((await fetch(`${sim.url}/chat/completions`)).status).toBe(404);
  });

  test('keys, where they are required', async () => {
    const locked = startSim({ requireKey: ['right', 'sim-b'] });
    const withKey = (apiKey: string) =>
      new OpenAI({ baseURL: locked.url, apiKey, maxRetries: 0 }).chat.completions
        .create({ model: 'echo', messages: hello })
        .catch((error: unknown) => error);
    expect(await withKey('right')).toMatchObject({ object: 'chat.completion' });
    expect(await withKey('wrong')).toMatchObject({ status: 401, code: 'invalid_api_key' });
    expect(await withKey('sim-b+status=429')).toMatchObject({ status: 429 });
    const bare = await fetch(`${locked.url}/models`);
    expect([bare.status, await bare.text()]).toEqual([
      401,
      expect.stringContaining("You didn't provide an API key"),
    ]);
    await locked.stop();
  });
});
