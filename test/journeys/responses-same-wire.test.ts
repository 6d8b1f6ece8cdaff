// OpenAI's SDK on the Responses wire in front of a provider of that wire: what is asked and answered passes as it is, and a
// conversation that has been answered by another maker goes on there.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import OpenAI from 'openai';
import { zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { type Sim, startSim } from '../../sim/start-sim.ts';
import { asObject, asObjects, type JsonObject, parseJson } from '../../src/lib/json.ts';
import { framesOf, streamBreaks } from '../contracts/responses-stream-law.ts';
import { metadataOf } from './callers.ts';
import { type GatewayUnderTest, startGateway } from './gateway-under-test.ts';
import { ANSWER, THOUGHT, THOUGHT_SIGNATURE, THOUGHT_TOKENS, TIME, WEATHER } from './samples.ts';

type Item = OpenAI.Responses.ResponseInputItem;
type Response = OpenAI.Responses.Response;

let sim: Sim;
let gateway: GatewayUnderTest;
let client: OpenAI;

beforeAll(async () => {
  sim = startSim({ seed: 5 });
  gateway = await startGateway(`
providers:
  gamma: { dialect: openai-responses, base_url: "${sim.url}", api_key: gamma-secret }
  beta: { dialect: anthropic-messages, base_url: "${sim.url}", api_key: beta-secret }
`);
  client = gateway.openai();
});
beforeEach(() => sim.clear());
afterAll(async () => {
  await gateway.stop();
  await sim.stop();
});

const TOOLS: OpenAI.Responses.FunctionTool[] = [WEATHER, TIME].map(
  ({ name, description, schema }) => ({
    type: 'function',
    name,
    description,
    parameters: schema,
    strict: false,
  }),
);
const THINKING = {
  reasoning: { effort: 'medium', summary: 'auto' },
  include: ['reasoning.encrypted_content'] as OpenAI.Responses.ResponseIncludable[],
  store: false,
  max_output_tokens: 8000,
  tools: TOOLS,
} as const;
const QUESTION: Item = { role: 'user', content: 'Why?' };

const sent = () => sim.requests.at(-1)?.body ?? '';
const sentItems = () => asObjects(asObject(parseJson(sent()))?.input);

function answered(response: Response, output = 'rain'): Item[] {
  return response.output.flatMap((item): Item[] =>
    item.type === 'function_call'
      ? [item, { type: 'function_call_output', call_id: item.call_id, output }]
      : [item as Item],
  );
}

for (const stream of [false, true]) {
  const ask = async (
    body: Omit<OpenAI.Responses.ResponseCreateParamsNonStreaming, 'stream'>,
  ): Promise<Response> =>
    stream ? client.responses.stream(body).finalResponse() : client.responses.create(body);

  describe(stream ? 'streamed' : 'whole', () => {
    test('the provider reads what the caller wrote, the caller what the provider answered', async () => {
      const text = JSON.stringify(
        {
          model: 'gamma/echo',
          input: [{ role: 'user', content: 'Hello', not_known_yet: 1e3 }],
          metadata: { plan: 'pro' },
          prompt_cache_key: 'k',
          stream,
          models: ['beta/echo'],
        },
        null,
        2,
      );
      const reply = await (await gateway.post('/v1/responses', text)).text();
      expect(sent()).toBe(
        text.replace('"gamma/echo"', '"echo"').replace(/,\s+"models": \[[^\]]*\]/, ''),
      );
      if (stream) expect(streamBreaks(reply)).toEqual([]);
      const last = stream ? framesOf(reply).at(-1)?.json : asObject(parseJson(reply));
      const response = asObject(last?.response) ?? last;
      expect(response?.metadata).toEqual({ plan: 'pro' });
      expect(metadataOf(last)).toMatchObject({ actual_model: 'gamma/echo', losses: [] });
      expect((await gateway.rows()).at(-1)?.metadata).toEqual({ plan: 'pro' });
    });

    test('reasoning, calls and their results: its own state comes back as it left', async () => {
      const first = await ask({ ...THINKING, model: 'gamma/o4+tools=1', input: [QUESTION] });
      const [thought] = first.output;
      if (thought?.type !== 'reasoning') throw new Error('no reasoning');
      expect(thought.encrypted_content).toStartWith('gAAAA');
      const turns = [QUESTION, ...answered(first)];
      const second = await ask({ ...THINKING, model: 'gamma/o4', input: turns });
      expect(second.output_text).toBe(`${ANSWER} weather returned: rain.`);
      expect(sentItems()).toMatchObject([{ role: 'user' }, { ...thought }, {}, {}]);
      expect(second.usage?.output_tokens_details.reasoning_tokens).toBeGreaterThan(0);
    });

    test('reasoning stays out where the caller asked so, and leaves no gap', async () => {
      const reply = await gateway.post('/v1/responses', {
        model: 'gamma/o4',
        input: 'Why?',
        stream,
        reasoning: { effort: 'medium', summary: 'auto', exclude: true },
      });
      const text = await reply.text();
      expect(sent()).not.toContain('exclude');
      expect(text).not.toContain('"type":"reasoning"');
      expect(text).toContain('You said: Why?');
      if (stream) expect(streamBreaks(text)).toEqual([]);
      expect((await gateway.rows()).at(-1)?.usage.reasoning).toBe(THOUGHT_TOKENS);
    });

    test("structured output, read by the SDK's zod helper", async () => {
      const body = {
        model: 'gamma/echo',
        input: 'Hello',
        text: { format: zodTextFormat(z.object({ city: z.string() }), 'forecast') },
      };
      const reply = stream
        ? await client.responses.stream(body).finalResponse()
        : await client.responses.parse(body);
      expect(reply.output_parsed).toEqual({ city: 'simulated city' });
    });

    test('what another maker thought goes back to it, and not to this one', async () => {
      const model = 'beta/claude-opus-4-5+tools=1';
      const first = await ask({ ...THINKING, model, input: [QUESTION] });
      expect(first.output[0]).toMatchObject({
        type: 'reasoning',
        summary: [{ type: 'summary_text', text: THOUGHT }],
        encrypted_content: `switchyard:anthropic-claude-v1:${THOUGHT_SIGNATURE}`,
      });
      const turns = [QUESTION, ...answered(first)];
      const here = await ask({ ...THINKING, model: 'gamma/o4', input: turns });
      expect(here.output_text).toBe(`${ANSWER} weather returned: rain.`);
      expect(sentItems().map(({ type, role }) => type ?? role)).toEqual([
        'user',
        'function_call',
        'function_call_output',
      ]);
      expect((await gateway.rows()).at(-1)?.losses).toEqual([
        'input[1]: reasoning of another maker; dropped',
      ]);
      await ask({ ...THINKING, model: 'beta/claude-opus-4-5', input: turns });
      const turn = asObjects(asObject(parseJson(sent()))?.messages)[1];
      expect(asObjects(turn?.content)[0]).toEqual({
        type: 'thinking',
        thinking: THOUGHT,
        signature: THOUGHT_SIGNATURE,
      });
    });
  });
}

test('a free-text tool is called with free text', async () => {
  const reply = await client.responses.create({
    model: 'gamma/tools',
    input: 'Patch',
    tools: [{ type: 'custom', name: 'apply_patch' }],
  });
  expect(reply.output.at(-1)).toMatchObject({ type: 'custom_tool_call', name: 'apply_patch' });
});

test('broken off, the SDK throws, and the numbers of the events go on to the last', async () => {
  const body = { model: 'gamma/echo+tokens=50+cut=20', input: 'Hi' };
  const stream = await client.responses.create({ ...body, stream: true });
  let pieces = 0;
  const read = async () => {
    for await (const event of stream) if (event.type === 'response.output_text.delta') pieces += 1;
  };
  expect(await read().catch((error: unknown) => error)).toBeInstanceOf(OpenAI.APIError);
  expect(pieces).toBe(20);
  const raw = await (await gateway.post('/v1/responses', { ...body, stream: true })).text();
  expect(streamBreaks(raw)).toEqual([]);
  const frames = framesOf(raw);
  const failed = asObject(frames.at(-1)?.json?.response) ?? {};
  expect(failed).toMatchObject({
    id: asObject(frames[0]?.json?.response)?.id as string,
    status: 'failed',
    error: { code: 'server_error' },
    gateway_metadata: { attempts: [{ error: 'upstream_stream_truncated' }] },
  } satisfies JsonObject);
});
