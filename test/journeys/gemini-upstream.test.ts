// Callers of the other wires over providers that speak Gemini's: text, tools and their signatures, shapes, faults.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import type Anthropic from '@anthropic-ai/sdk';
import type OpenAI from 'openai';
import { type Sim, startSim } from '../../sim/start-sim.ts';
import { asArray, asObject, asString, type JsonObject } from '../../src/lib/json.ts';
import { failureOf } from './failure-of.ts';
import { type GatewayUnderTest, startGateway } from './gateway-under-test.ts';

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

let sim: Sim;
let gateway: GatewayUnderTest;
let openai: OpenAI;
let anthropic: Anthropic;

beforeAll(async () => {
  sim = startSim({ seed: 7, requireKey: 'a-key-of-google' });
  gateway = await startGateway(`
providers:
  google: { base_url: "${sim.url.replace('/v1', '/v1beta')}", api_key: a-key-of-google }
  openai: { base_url: "${sim.url}", api_key: a-key-of-google }
`);
  openai = gateway.openai();
  anthropic = gateway.anthropic();
});
beforeEach(() => sim.clear());
afterAll(async () => {
  await gateway.stop();
  await sim.stop();
});

const WEATHER = {
  type: 'object' as const,
  properties: { city: { type: 'string' }, days: { type: 'integer', exclusiveMinimum: 0 } },
  required: ['city'],
};
const TOOLS = ['get_weather', 'get_time'].map((name) => ({
  type: 'function' as const,
  function: { name, description: `Does ${name}.`, parameters: WEATHER },
}));

/** What reached the provider, oldest first. */
function sent(at = -1): { readonly path: string; readonly body: JsonObject } {
  const request = sim.requests.at(at);
  return {
    path: request?.path ?? '',
    body: JSON.parse(request?.body ?? '{}') as JsonObject,
  };
}

function partsOf(body: JsonObject, index: number): readonly JsonObject[] {
  const content = asObject(asArray(body.contents).at(index));
  return asArray(content?.parts).map((part) => asObject(part) ?? {});
}

function metadataOf(reply: unknown): JsonObject {
  return asObject(asObject(reply)?.metadata) ?? {};
}

async function textOf(stream: AsyncIterable<OpenAI.ChatCompletionChunk>) {
  let text = '';
  let finish: string | null = null;
  let usage: OpenAI.CompletionUsage | null = null;
  const details: JsonObject[] = [];
  const calls: { id: string; name: string; arguments: string }[] = [];
  for await (const chunk of stream) {
    const [choice] = chunk.choices;
    text += choice?.delta.content ?? '';
    finish = choice?.finish_reason ?? finish;
    usage = chunk.usage ?? usage;
    const delta = asObject(choice?.delta);
    for (const detail of asArray(delta?.reasoning_details)) details.push(asObject(detail) ?? {});
    for (const call of choice?.delta.tool_calls ?? []) {
      calls[call.index] ??= { id: call.id ?? '', name: call.function?.name ?? '', arguments: '' };
      const known = calls[call.index];
      if (known) known.arguments += call.function?.arguments ?? '';
    }
  }
  return { text, finish, usage, details, calls };
}

describe('a text', () => {
  test('goes to the path of its model and comes back with the usage, to callers of chat completions', async () => {
    const reply = await openai.chat.completions.create({
      model: 'google/gemini-2.5-flash',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hello there' },
      ],
      max_completion_tokens: 100,
      temperature: 0.5,
      stop: ['###'],
    });
    expect(reply.choices[0]?.message.content).toContain('Hello there');
    expect(reply.choices[0]?.finish_reason).toBe('stop');
    expect(reply.usage?.total_tokens).toBe(
      (reply.usage?.prompt_tokens ?? 0) + (reply.usage?.completion_tokens ?? 0),
    );
    expect(metadataOf(reply).losses).toEqual([]);
    expect(sim.requests.length).toBe(1);
    const { path, body } = sent();
    expect(path).toBe('/v1beta/models/gemini-2.5-flash:generateContent');
    expect(sim.requests[0]?.headers['x-goog-api-key']).toBeDefined();
    expect(sim.requests[0]?.headers.authorization).toBeUndefined();
    expect(body).toEqual({
      systemInstruction: { parts: [{ text: 'Be brief.' }] },
      contents: [{ role: 'user', parts: [{ text: 'Hello there' }] }],
      generationConfig: { maxOutputTokens: 100, stopSequences: ['###'], temperature: 0.5 },
    });
  });

  test('streams, to callers of both wires, with the same text and usage as whole', async () => {
    const ask = { model: 'google/echo', messages: [{ role: 'user' as const, content: 'Hi' }] };
    const whole = await openai.chat.completions.create(ask);
    const streamed = await textOf(
      await openai.chat.completions.create({
        ...ask,
        stream: true,
        stream_options: { include_usage: true },
      }),
    );
    expect(sent().path).toBe('/v1beta/models/echo:streamGenerateContent?alt=sse');
    expect(streamed.text).toBe(whole.choices[0]?.message.content ?? '');
    expect(streamed.finish).toBe('stop');
    expect(streamed.usage?.total_tokens).toBe(whole.usage?.total_tokens ?? -1);
    const message = await anthropic.messages.stream({ ...ask, max_tokens: 500 }).finalMessage();
    expect(message.content).toMatchObject([{ type: 'text', text: streamed.text }]);
    expect(message.stop_reason).toBe('end_turn');
    expect(message.usage.input_tokens).toBe(whole.usage?.prompt_tokens ?? -1);
  });

  test('that names a model with slashes is asked for under a path that holds them', async () => {
    await openai.chat.completions.create({
      model: 'google/models/tuned/a b',
      messages: [{ role: 'user', content: 'Hi' }],
    });
    expect(sent().path).toBe('/v1beta/models/tuned%2Fa%20b:generateContent');
  });
});

describe('tools', () => {
  test('are called in parallel and answered in one turn, in the order of the calls', async () => {
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Weather?' }];
    const model = 'google/gemini-3-flash+tools=2';
    const asked = await openai.chat.completions.create({ model, messages, tools: TOOLS });
    const calls = asked.choices[0]?.message.tool_calls ?? [];
    expect(asked.choices[0]?.finish_reason).toBe('tool_calls');
    expect(calls.map((call) => call.type === 'function' && call.function.name)).toEqual([
      'get_weather',
      'get_time',
    ]);
    const [first, second] = calls;
    messages.push(asked.choices[0]?.message ?? { role: 'assistant', content: '' });
    // Answered the other way round.
    messages.push({ role: 'tool', tool_call_id: second?.id ?? '', content: '{"now":"noon"}' });
    messages.push({ role: 'tool', tool_call_id: first?.id ?? '', content: 'sunny' });
    const answered = await openai.chat.completions.create({ model, messages, tools: TOOLS });
    expect(answered.choices[0]?.message.content).toContain('get_weather returned: sunny');
    const { body } = sent();
    expect(partsOf(body, 1).map((part) => asObject(part.functionCall)?.name)).toEqual([
      'get_weather',
      'get_time',
    ]);
    expect(partsOf(body, 2).map((part) => part.functionResponse)).toEqual([
      { id: first?.id ?? '', name: 'get_weather', response: { output: 'sunny' } },
      { id: second?.id ?? '', name: 'get_time', response: { now: 'noon' } },
    ]);
    expect(asArray(body.contents).length).toBe(3);
  });

  test('keep their signatures where only reasoning_details carry them, streamed', async () => {
    const model = 'google/gemini-3-flash+tools=1';
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Weather?' }];
    const { calls, details, finish } = await textOf(
      await openai.chat.completions.create({ model, messages, tools: TOOLS, stream: true }),
    );
    expect(finish).toBe('tool_calls');
    expect(details).toHaveLength(1);
    expect(details[0]).toMatchObject({ format: 'google-gemini-v1' });
    const assistant = {
      role: 'assistant' as const,
      content: null,
      tool_calls: calls.map(({ id, name, arguments: text }) => ({
        id,
        type: 'function' as const,
        function: { name, arguments: text },
      })),
      reasoning_details: details,
    };
    messages.push(assistant, { role: 'tool', tool_call_id: calls[0]?.id ?? '', content: 'ok' });
    const reply = await openai.chat.completions.create({ model, messages, tools: TOOLS });
    expect(reply.choices[0]?.finish_reason).toBe('stop');
    expect(metadataOf(reply).losses).not.toContainEqual(expect.stringContaining('reasoning'));
    expect(partsOf(sent().body, 1)[0]?.thoughtSignature).toBe(details[0]?.signature as string);
  });

  test('keep their signatures through the thinking blocks of Messages, in a whole loop', async () => {
    const tools = [{ name: 'get_weather', input_schema: WEATHER }];
    const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'Weather?' }];
    const model = 'google/gemini-3-flash+tools=1';
    const asked = await anthropic.messages.create({ model, max_tokens: 500, messages, tools });
    expect(asked.stop_reason).toBe('tool_use');
    expect(asked.content.map(({ type }) => type)).toEqual(['thinking', 'tool_use']);
    const call = asked.content.find((block) => block.type === 'tool_use');
    messages.push({ role: 'assistant', content: asked.content });
    messages.push({
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: call?.id ?? '', content: 'rain' }],
    });
    const answered = await anthropic.messages.create({ model, max_tokens: 500, messages, tools });
    expect(answered.stop_reason).toBe('end_turn');
    const [part] = partsOf(sent().body, 1);
    expect(asString(part?.thoughtSignature)).not.toBe('skip_thought_signature_validator');
    expect(sim.requests.map(({ status }) => status)).toEqual([200, 200]);
  });

  test('get them back where a client kept only the calls', async () => {
    const model = 'google/gemini-3-flash+tools=1';
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Weather?' }];
    const asked = await openai.chat.completions.create({ model, messages, tools: TOOLS });
    const message = asObject(asked.choices[0]?.message);
    const calls = asked.choices[0]?.message.tool_calls ?? [];
    messages.push({ role: 'assistant', content: null, tool_calls: calls });
    messages.push({ role: 'tool', tool_call_id: calls[0]?.id ?? '', content: 'ok' });
    const reply = await openai.chat.completions.create({ model, messages, tools: TOOLS });
    const signature = asObject(asArray(message?.reasoning_details)[0])?.signature;
    expect(partsOf(sent().body, 1)[0]?.thoughtSignature).toBe(signature as string);
    expect(metadataOf(reply).restored).toEqual([
      'messages[1]: the reasoning before its tool calls',
    ]);
  });

  test('that another model called get what stands in for a signature, and its thoughts stay behind', async () => {
    const reply = await openai.chat.completions.create({
      model: 'google/gemini-3-flash',
      messages: [
        { role: 'user', content: 'Weather?' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{}' } },
          ],
          reasoning_details: [
            { type: 'reasoning.encrypted', data: 'gAAA', format: 'openai-responses-v1' },
          ],
        } as OpenAI.ChatCompletionMessageParam,
        { role: 'tool', tool_call_id: 'call_1', content: 'ok' },
      ],
      tools: TOOLS,
    });
    expect(partsOf(sent().body, 1)).toEqual([
      {
        functionCall: { id: 'call_1', name: 'get_weather', args: {} },
        thoughtSignature: 'skip_thought_signature_validator',
      },
    ]);
    expect(metadataOf(reply).losses).toContain(
      "messages[1].content[0]: reasoning dropped; it is not this model maker's",
    );
  });

  test('take signatures in extra_content, as clients of the compatible endpoint send them', async () => {
    const model = 'google/gemini-3-flash+tools=1';
    const asked = await openai.chat.completions.create({
      model,
      messages: [{ role: 'user', content: 'Weather?' }],
      tools: TOOLS,
    });
    const message = asObject(asked.choices[0]?.message);
    const [call] = asked.choices[0]?.message.tool_calls ?? [];
    const signature = asString(asObject(asArray(message?.reasoning_details)[0])?.signature);
    const signed = { ...call, extra_content: { google: { thought_signature: signature } } };
    await openai.chat.completions.create({
      model,
      messages: [
        { role: 'user', content: 'Weather?' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [signed],
        } as OpenAI.ChatCompletionMessageParam,
        { role: 'tool', tool_call_id: call?.id ?? '', content: 'ok' },
      ],
      tools: TOOLS,
    });
    expect(partsOf(sent().body, 1)[0]?.thoughtSignature).toBe(signature ?? '');
  });

  test('are forced, forbidden and told apart as asked; what the schema cannot say is named', async () => {
    const ask = (tool_choice: OpenAI.ChatCompletionToolChoiceOption) =>
      openai.chat.completions.create({
        model: 'google/gemini-3-flash',
        messages: [{ role: 'user', content: 'Weather?' }],
        tools: TOOLS,
        tool_choice,
      });
    const forced = await ask({ type: 'function', function: { name: 'get_time' } });
    expect(sent().body.toolConfig).toEqual({
      functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['get_time'] },
    });
    expect(forced.choices[0]?.message.tool_calls).toMatchObject([
      { function: { name: 'get_time' } },
    ]);
    const none = await ask('none');
    expect(sent().body.toolConfig).toEqual({ functionCallingConfig: { mode: 'NONE' } });
    expect(none.choices[0]?.message.tool_calls).toBeUndefined();
    // A bound on whole numbers can be said in another way.
    expect(metadataOf(none).losses).toEqual([]);
    const [tools] = asArray(sent().body.tools);
    const [declared] = asArray(asObject(tools)?.functionDeclarations);
    expect(asObject(asObject(declared)?.parametersJsonSchema)?.properties).toEqual({
      city: { type: 'string' },
      days: { type: 'integer', minimum: 1 },
    });
  });
});

describe('the shape of an answer', () => {
  const schema = {
    type: 'object',
    properties: { name: { type: 'string' }, mail: { type: 'string', format: 'email' } },
    required: ['name', 'mail'],
    additionalProperties: false,
  };
  const response_format = { type: 'json_schema' as const, json_schema: { name: 'person', schema } };

  test('is the schema that was asked for', async () => {
    const reply = await openai.chat.completions.create({
      model: 'google/gemini-3-flash',
      messages: [{ role: 'user', content: 'Who?' }],
      response_format,
    });
    const answer = JSON.parse(reply.choices[0]?.message.content ?? '') as JsonObject;
    expect(Object.keys(answer).sort()).toEqual(['mail', 'name']);
    expect(sent().body.generationConfig).toEqual({
      responseMimeType: 'application/json',
      responseJsonSchema: {
        ...schema,
        title: 'person',
        properties: {
          name: { type: 'string' },
          mail: { type: 'string', description: '{format: "email"}' },
        },
      },
    });
    expect(metadataOf(reply).losses).toEqual([
      'response_format.schema.properties.mail.format: not enforced; told in the description',
    ]);
  });

  test('is kept beside tools, by a function for the answer where the model cannot have both', async () => {
    const reply = await openai.chat.completions.create({
      model: 'google/gemini-2.5-flash+tools=1',
      messages: [
        { role: 'user', content: 'Who?' },
        {
          role: 'assistant',
          tool_calls: [
            { id: 'c1', type: 'function', function: { name: 'get_time', arguments: '{}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'noon' },
      ],
      tools: [TOOLS[1] ?? { type: 'function', function: { name: 'get_time' } }],
      tool_choice: 'none',
      response_format,
    });
    expect(reply.choices[0]?.finish_reason).toBe('stop');
    expect(reply.choices[0]?.message.tool_calls).toBeUndefined();
    const answer = JSON.parse(reply.choices[0]?.message.content ?? '') as JsonObject;
    expect(Object.keys(answer).sort()).toEqual(['mail', 'name']);
    expect(sent().body.toolConfig).toEqual({
      functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['final_answer'] },
    });
  });
});

describe('what else a call asks', () => {
  test('pictures and files go inline, sound too', async () => {
    const reply = await openai.chat.completions.create({
      model: 'google/echo',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'See' },
            {
              type: 'image_url',
              image_url: { url: `data:image/png;base64,${PIXEL}`, detail: 'low' },
            },
            { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'mp3' } },
          ],
        },
      ],
    });
    expect(reply.choices[0]?.message.content).toContain('[1 image] [1 audio clip]');
    expect(partsOf(sent().body, 0)).toEqual([
      { text: 'See' },
      { inlineData: { mimeType: 'image/png', data: PIXEL } },
      { inlineData: { mimeType: 'audio/mpeg', data: 'UklGRg==' } },
    ]);
    expect(sent().body.generationConfig).toEqual({ mediaResolution: 'MEDIA_RESOLUTION_LOW' });
  });

  test('pictures a model made come back with its answer', async () => {
    await openai.chat.completions.create({
      model: 'google/echo',
      messages: [
        { role: 'user', content: 'Draw' },
        {
          role: 'assistant',
          content: 'Here.',
          images: [{ type: 'image_url', image_url: { url: `data:image/png;base64,${PIXEL}` } }],
        } as OpenAI.ChatCompletionMessageParam,
        { role: 'user', content: 'Now in blue' },
      ],
    });
    expect(partsOf(sent().body, 1)).toEqual([
      { text: 'Here.' },
      { inlineData: { mimeType: 'image/png', data: PIXEL } },
    ]);
  });

  test('thinking is asked for in the words of the generation, shown, counted and signed', async () => {
    const ask = (model: string) =>
      openai.chat.completions.create({
        model,
        messages: [{ role: 'user', content: 'Think' }],
        reasoning_effort: 'medium',
      });
    const newer = await ask('google/gemini-3-flash');
    expect(sent().body.generationConfig).toEqual({
      thinkingConfig: { includeThoughts: true, thinkingLevel: 'MEDIUM' },
    });
    const older = await ask('google/gemini-2.5-pro');
    expect(sent().body.generationConfig).toEqual({
      thinkingConfig: { includeThoughts: true, thinkingBudget: 8192 },
    });
    for (const reply of [newer, older]) {
      const message = asObject(reply.choices[0]?.message);
      expect(asString(message?.reasoning_content)?.length).toBeGreaterThan(0);
      expect(reply.usage?.completion_tokens_details?.reasoning_tokens).toBeGreaterThan(0);
      expect(asArray(message?.reasoning_details).at(-1)).toMatchObject({
        format: 'google-gemini-v1',
        signature: expect.any(String),
      });
    }
    const message = await anthropic.messages.create({
      model: 'google/gemini-2.5-flash',
      max_tokens: 4000,
      thinking: { type: 'enabled', budget_tokens: 2000 },
      messages: [{ role: 'user', content: 'Think' }],
    });
    expect(message.content[0]?.type).toBe('thinking');
    expect(sent().body.generationConfig).toEqual({
      maxOutputTokens: 4000,
      thinkingConfig: { includeThoughts: true, thinkingBudget: 2000 },
    });
  });

  test("the vendor's own fields stand in extra_body.google", async () => {
    const google = {
      thinking_config: { thinking_budget: 300, include_thoughts: true },
      safety_settings: [{ category: 'HARM_CATEGORY_HATE_SPEECH', threshold: 'BLOCK_NONE' }],
      cached_content: 'cachedContents/1',
    };
    const reply = await openai.chat.completions.create({
      model: 'google/gemini-2.5-flash',
      messages: [{ role: 'user', content: 'Hi' }],
      reasoning_effort: 'high',
      extra_body: { google },
    } as OpenAI.ChatCompletionCreateParamsNonStreaming);
    expect(metadataOf(reply).losses).toEqual([]);
    expect(sent().body).toMatchObject({
      generationConfig: { thinkingConfig: { thinkingBudget: 300, includeThoughts: true } },
      safetySettings: google.safety_settings,
      cachedContent: 'cachedContents/1',
    });
  });

  test('a search is the tool of the API; beside functions only where the model takes both', async () => {
    const ask = (model: string) =>
      openai.chat.completions.create({
        model,
        messages: [{ role: 'user', content: 'News?' }],
        tools: TOOLS,
        web_search_options: {},
      });
    const newer = await ask('google/gemini-3-flash');
    expect(asArray(sent().body.tools)).toHaveLength(2);
    expect(sent().body).toMatchObject({
      tools: [expect.anything(), { googleSearch: {} }],
      toolConfig: { includeServerSideToolInvocations: true },
    });
    expect(metadataOf(newer).losses).toEqual([]);
    const older = await ask('google/gemini-2.5-flash');
    expect(asArray(sent().body.tools)).toHaveLength(1);
    expect(metadataOf(older).losses).toEqual([
      'web_search_options: gemini-2.5-flash does not search while it is offered functions',
    ]);
  });

  test('what has no word here is named, or refused when strict', async () => {
    const body = {
      model: 'google/echo',
      messages: [{ role: 'user' as const, content: 'Hi' }],
      logit_bias: { '1': 2 },
      parallel_tool_calls: false,
      tools: TOOLS,
    };
    const reply = await openai.chat.completions.create(body);
    expect(metadataOf(reply).losses).toEqual([
      'logit_bias: a field of openai-chat that has no counterpart here',
      'parallel_tool_calls: the API cannot be told to make one call at a time',
    ]);
    sim.clear();
    const strict = await gateway.post('/v1/chat/completions', { ...body, strict: true });
    expect(strict.status).toBe(400);
    expect(sim.requests).toHaveLength(0);
  });
});

describe('faults', () => {
  const chat = (model: string, more: object = {}) =>
    gateway.post('/v1/chat/completions', {
      model,
      messages: [{ role: 'user', content: 'Hi' }],
      ...more,
    });

  test.each([
    ['error=authentication', 502, 'upstream_auth'],
    ['error=rate_limit', 429, 'upstream_rate_limited'],
    ['error=rate_limit+error-shape=array', 429, 'upstream_rate_limited'],
    ['error=context_length', 400, 'upstream_context_length'],
    ['error=invalid_request', 400, 'upstream_invalid_request'],
    ['error=not_found', 404, 'upstream_not_found'],
    ['error=permission', 502, 'upstream_forbidden'],
    ['error=billing', 502, 'upstream_payment_required'],
    ['error=too_large', 413, 'upstream_too_large'],
    ['error=gateway_timeout', 504, 'upstream_timeout'],
    ['error-in-200+error=overloaded', 503, 'upstream_overloaded'],
    ['junk', 502, 'upstream_invalid_response'],
  ])('%s', async (words, status, code) => {
    const reply = await chat(`google/echo+${words}`);
    const body = asObject(await reply.json());
    expect([reply.status, asObject(body?.error)?.code]).toEqual([status, code]);
    if (status === 429) expect(reply.headers.get('retry-after')).toBe('2');
  });

  test('before the first content the next candidate answers, streamed or not', async () => {
    for (const stream of [true, false]) {
      sim.clear();
      const reply = await chat('google/echo+error-in-stream=0:unavailable', {
        models: ['openai/echo'],
        stream,
      });
      expect(reply.status).toBe(200);
      expect(reply.headers.get('x-actual-model')).toBe('openai/echo');
      expect(sim.requests.map(({ path }) => path.split('?')[0]?.split(':').at(-1))).toEqual([
        stream ? 'streamGenerateContent' : 'generateContent',
        '/v1/chat/completions',
      ]);
    }
  });

  test.each([
    ['cut=3', 'upstream_stream_truncated'],
    ['eof=3', 'upstream_stream_truncated'],
    ['error-in-stream=3:overloaded', 'upstream_overloaded'],
    ['finish=MALFORMED_FUNCTION_CALL', 'upstream_invalid_response'],
  ])('after it, %s is an error in the stream and no end', async (words, code) => {
    const text = await (await chat(`google/echo+${words}`, { stream: true })).text();
    expect(text).toContain('"content":"This"');
    expect(text).toContain(`"code":"${code}"`);
    expect(text).not.toContain('[DONE]');
  });

  test('a broken line costs nothing', async () => {
    const text = await (await chat('google/echo+malformed=3', { stream: true })).text();
    expect(text).toContain('"finish_reason":"stop"');
    expect(text).toContain('[DONE]');
  });

  test('an answer that was filtered away says so on either wire', async () => {
    const reply = await openai.chat.completions.create({
      model: 'google/echo+refusal',
      messages: [{ role: 'user', content: 'Hi' }],
    });
    expect(reply.choices[0]?.finish_reason).toBe('content_filter');
    const message = await anthropic.messages.create({
      model: 'google/echo+refusal',
      max_tokens: 50,
      messages: [{ role: 'user', content: 'Hi' }],
    });
    expect(message.stop_reason).toBe('refusal');
  });

  test('a wrong key is the operator’s fault', async () => {
    const other = await startGateway(
      `providers: { gemini: { base_url: "${sim.url}", api_key: wrong } }`,
    );
    try {
      const failure = await failureOf(
        other.openai().chat.completions.create({
          model: 'gemini/echo',
          messages: [{ role: 'user', content: 'Hi' }],
        }),
      );
      expect(failure).toMatchObject({ status: 502, code: 'upstream_auth' });
    } finally {
      await other.stop();
    }
  });

  test('the compatible endpoint is still there for whoever configures it', async () => {
    const other = await startGateway(
      `providers: { google: { dialect: openai-chat, base_url: "${sim.url}", api_key: a-key-of-google } }`,
    );
    try {
      const reply = await other.openai().chat.completions.create({
        model: 'google/echo',
        messages: [{ role: 'user', content: 'Hi' }],
      });
      expect(reply.choices[0]?.finish_reason).toBe('stop');
      expect(sent().path).toBe('/v1/chat/completions');
      expect(sim.requests.at(-1)?.headers.authorization).toBeDefined();
    } finally {
      await other.stop();
    }
  });
});
