// The simulated provider on OpenAI's Responses wire, through OpenAI's own SDK.
import { afterAll, beforeEach, describe, expect, test } from 'bun:test';
import OpenAI from 'openai';
import { startSim } from './start-sim.ts';

type Body = Omit<OpenAI.Responses.ResponseCreateParamsNonStreaming, 'stream'>;
type More = Omit<Body, 'model' | 'input'>;
type Item = OpenAI.Responses.ResponseInputItem;

const sim = startSim({ seed: 1 });
const client = new OpenAI({ baseURL: sim.url, apiKey: 'sim-key', maxRetries: 0 });
beforeEach(() => sim.clear());
afterAll(() => sim.stop());

const SAID = "This is a simulated answer from Switchyard's built-in provider. You said: Hello";
const STATE = 'reasoning.encrypted_content' as const;
const weather: OpenAI.Responses.FunctionTool = {
  type: 'function',
  name: 'get_weather',
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  },
  strict: true,
};
const note: OpenAI.Responses.CustomTool = { type: 'custom', name: 'note' };

function ask(
  model: string,
  more: More & { readonly input?: string | Item[] } = {},
): Promise<OpenAI.Responses.Response> {
  return client.responses.create({ model, input: 'Hello', ...more });
}

/** The same, streamed and put together by the SDK. */
async function stream(model: string, more: More = {}) {
  const events: OpenAI.Responses.ResponseStreamEvent[] = [];
  const run = client.responses.stream({ model, input: 'Hello', ...more });
  run.on('event', (event) => events.push(event));
  return { events, response: await run.finalResponse() };
}

async function refusal(body: object): Promise<string> {
  const error = await client.responses.create(body as Body).catch((thrown: unknown) => thrown);
  if (!(error instanceof OpenAI.APIError)) throw new Error('it was not refused');
  return `${error.message} (${error.code})`;
}

/** Without ids, which are never the same twice. */
function plain(output: readonly object[]): readonly object[] {
  return output.map((item) => {
    const { id: _, call_id: __, parsed: ___, ...rest } = item as { [name: string]: unknown };
    if (!Array.isArray(rest.content)) return withoutParsed(rest);
    return { ...rest, content: rest.content.map((part: object) => withoutParsed(part)) };
  });
}

function withoutParsed(part: object): object {
  const { parsed: _, parsed_arguments: __, ...rest } = part as { [name: string]: unknown };
  return rest;
}

describe('text', () => {
  test('is simulated, and says so', async () => {
    const reply = await ask('echo');
    expect(reply.output_text).toBe(SAID);
    expect(reply.status).toBe('completed');
    expect(reply.output.map(({ type }) => type)).toEqual(['message']);
    expect(sim.requests.map((request) => request.path)).toEqual(['/v1/responses']);
  });

  test('streamed and whole agree in items and usage, in the vendor’s order, numbered', async () => {
    const more: More = {
      reasoning: { effort: 'low', summary: 'auto' },
      include: [STATE],
      tools: [weather, note],
    };
    const model = 'echo+tools=2+preface+reasoning=5';
    const whole = await ask(model, more);
    const { events, response } = await stream(model, more);
    expect(plain(response.output)).toEqual(plain(whole.output));
    expect(response.usage).toEqual(whole.usage);
    expect(whole.output.map(({ type }) => type)).toEqual([
      'reasoning',
      'message',
      'function_call',
      'custom_tool_call',
    ]);
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, at) => at));
    expect(events[0]?.type).toBe('response.created');
    expect(events.at(-1)?.type).toBe('response.completed');
  });

  test('what is cut short is incomplete', async () => {
    const whole = await ask('echo+tokens=40', { max_output_tokens: 20 });
    expect([whole.status, whole.incomplete_details]).toEqual([
      'incomplete',
      { reason: 'max_output_tokens' },
    ]);
    expect(whole.usage?.output_tokens).toBe(20);
    const { events } = await stream('echo+tokens=40', { max_output_tokens: 20 });
    expect(events.at(-1)?.type).toBe('response.incomplete');
  });

  test('structured output fits its schema', async () => {
    const schema = { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] };
    const reply = await ask('echo', {
      text: { format: { type: 'json_schema', name: 'x', schema } },
    });
    expect(typeof JSON.parse(reply.output_text).a).toBe('number');
  });

  test('a refusal is a part of its own', async () => {
    const [message] = (await ask('echo+refusal')).output;
    expect(message?.type === 'message' && message.content[0]?.type).toBe('refusal');
  });
});

describe('reasoning', () => {
  test('is summarised and encrypted only where that was asked for', async () => {
    const [silent] = (await ask('reasoning')).output;
    expect(silent).toEqual({ id: expect.any(String), type: 'reasoning', summary: [] });
    const [shown] = (await ask('reasoning', { reasoning: { summary: 'auto' }, include: [STATE] }))
      .output;
    expect(shown).toMatchObject({
      summary: [{ type: 'summary_text', text: expect.stringContaining('simulated reasoning') }],
      encrypted_content: expect.stringMatching(/^gAAAA/),
    });
  });

  test('comes back with its state and what it led to, or is refused', async () => {
    const first = await ask('echo+reasoning=3+tools=1', { tools: [weather], include: [STATE] });
    const call = first.output.find((item) => item.type === 'function_call');
    const back: Item[] = [
      { role: 'user', content: 'Hello' },
      ...(first.output as Item[]),
      { type: 'function_call_output', call_id: call?.call_id ?? '', output: 'sunny' },
    ];
    const second = await ask('echo', { input: back, tools: [weather] });
    expect(second.output_text).toContain('get_weather returned: sunny');
    const [reasoning] = first.output;
    const forged = { ...reasoning, encrypted_content: 'gAAAAforged' };
    const input = [...back];
    input[1] = forged as Item;
    expect(await refusal({ model: 'echo', input })).toContain('could not be verified');
    expect(await refusal({ model: 'echo', input: back.slice(0, 2) })).toContain(
      'without its required following item',
    );
  });
});

describe('tools', () => {
  test('arguments come in deltas, in one piece at the end, or in turns', async () => {
    const types = async (model: string) =>
      (await stream(model, { tools: [weather] })).events.map(({ type }) => type);
    const delta = 'response.function_call_arguments.delta';
    expect(await types('tools')).toContain(delta);
    expect(await types('tools+chunk=0')).not.toContain(delta);
    const turns = await types('tools+tools=2+interleave');
    expect(turns.indexOf('response.output_item.done')).toBeGreaterThan(
      turns.lastIndexOf('response.output_item.added'),
    );
  });

  test('what the vendor refuses is refused in its words', async () => {
    const input = 'Hello';
    const model = 'echo';
    const call = { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' };
    const refusals = [
      [{ model, messages: [] }, "400 Unsupported parameter: 'messages'. In the Responses API"],
      [{ model, input, stop: ['x'] }, "400 Unknown parameter: 'stop'. (unknown_parameter)"],
      [{ model, input, max_output_tokens: 5 }, 'Expected a value >= 16, but got 5 instead.'],
      [{ model }, 'One of "input"'],
      [{ model, input: [call] }, 'No tool output found for function call c1.'],
      [
        { model, input: [{ type: 'function_call_output', call_id: 'c1', output: '' }] },
        'No tool call found for function call output with call_id c1.',
      ],
      [
        { model, input: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }] },
        "400 Invalid value: 'text'.",
      ],
      [
        { model, input, tools: [{ type: 'function', function: { name: 'f' } }] },
        "Missing required parameter: 'tools[0].name'.",
      ],
      [
        { model, input, tools: [{ ...weather, parameters: { type: 'object', properties: {} } }] },
        "Invalid schema for function 'get_weather'",
      ],
      [{ model, input, tool_choice: 'required' }, "must be specified with 'tools' parameter."],
      [{ model, input, text: { format: { type: 'json_object' } } }, "contain the word 'json'"],
      [
        { model, input, previous_response_id: 'resp_1' },
        "400 Previous response with id 'resp_1' not found. (previous_response_not_found)",
      ],
    ] as const;
    for (const [body, words] of refusals) expect(await refusal(body)).toContain(words);
  });
});

describe('faults', () => {
  test('errors have the vendor’s shape, whole and inside a stream', async () => {
    expect(await refusal({ model: 'echo+status=429', input: 'x' })).toStartWith('429 ');
    const events: string[] = [];
    const run = await client.responses.create({
      model: 'echo+tokens=20+error-in-stream=2:server_error',
      input: 'x',
      stream: true,
    });
    const thrown = await (async () => {
      for await (const event of run) events.push(event.type);
      return null;
    })().catch((error: unknown) => error);
    expect(events.filter((type) => type === 'response.output_text.delta')).toHaveLength(2);
    expect(thrown ?? events.at(-1)).not.toBe('response.completed');
  });

  test('a stream can end without its last event', async () => {
    const events = await Array.fromAsync(
      await client.responses.create({ model: 'echo+eof=3', input: 'x', stream: true }),
    );
    expect(events.at(-1)?.type).toBe('response.output_text.delta');
  });

  test('long prompts are read from the cache the second time', async () => {
    const input = 'word '.repeat(1500);
    const cached = async () =>
      (await ask('echo', { input })).usage?.input_tokens_details.cached_tokens;
    expect([await cached(), (await cached()) ?? 0]).toEqual([0, expect.any(Number)]);
    expect(await cached()).toBeGreaterThan(1000);
  });
});
