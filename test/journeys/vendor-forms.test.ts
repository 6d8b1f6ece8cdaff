// Makers' own forms of the chat wire, end to end: what one caller's words become for each of them, and what is named as lost.
import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import type Anthropic from '@anthropic-ai/sdk';
import { type Sim, startSim } from '../../sim/start-sim.ts';
import { asArray, asObject, type JsonObject, parseJson } from '../../src/lib/json.ts';
import { type GatewayUnderTest, startGateway } from './gateway-under-test.ts';

const VENDORS = ['mistral', 'deepseek', 'xai', 'groq', 'cerebras', 'zai'];
const MORE = ['openai', 'together', 'huggingface', 'openrouter'];
let sim: Sim;
let gateway: GatewayUnderTest;

beforeAll(async () => {
  sim = startSim({ seed: 5 });
  const entries = [...VENDORS, ...MORE].map(
    (id) => `  ${id}: { base_url: "${sim.url}", api_key: k }`,
  );
  gateway = await startGateway(['providers:', ...entries].join('\n'));
});
afterAll(async () => {
  await gateway.stop();
  await sim.stop();
});
beforeEach(() => sim.clear());

type Ask = Omit<Anthropic.MessageCreateParamsNonStreaming, 'max_tokens' | 'stream'>;

/** What one request to the provider was, and what the answer says was lost on the way. */
async function asked(ask: Ask): Promise<{ body: JsonObject; losses: readonly unknown[] }> {
  const answer = await gateway.anthropic().messages.create({ max_tokens: 500, ...ask });
  expect(sim.requests).toHaveLength(1);
  const metadata = asObject(asObject(answer)?.metadata);
  return {
    body: asObject(parseJson(sim.requests[0]?.body ?? '')) ?? {},
    losses: asArray(metadata?.losses),
  };
}

const hi = { role: 'user' as const, content: 'Hi' };
const loop: Anthropic.MessageParam[] = [
  hi,
  {
    role: 'assistant',
    content: [
      { type: 'thinking', thinking: 'Look it up.', signature: '' },
      { type: 'tool_use', id: 'call_abc', name: 'look', input: {} },
    ],
  },
  { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_abc', content: 'found' }] },
];
const tools = [{ name: 'look', input_schema: { type: 'object' as const } }];
const assistantOf = (body: JsonObject) => asObject(asArray(body.messages)[1]) ?? {};

test('thoughts go back the way each maker takes them', async () => {
  const sent = async (model: string) => {
    sim.clear();
    return (await asked({ model, messages: loop, tools })).body;
  };
  const mistral = await sent('mistral/magistral-medium-latest');
  const turn = assistantOf(mistral);
  expect(turn.content).toEqual([
    { type: 'thinking', thinking: [{ type: 'text', text: 'Look it up.' }] },
  ]);
  const id = asObject(asArray(turn.tool_calls)[0])?.id;
  expect(id).toMatch(/^[A-Za-z0-9]{9}$/);
  expect(asObject(asArray(mistral.messages)[2])?.tool_call_id).toBe(id as string);

  expect(assistantOf(await sent('deepseek/deepseek-v4-pro')).reasoning_content).toBe('Look it up.');
  expect(assistantOf(await sent('cerebras/gpt-oss-120b')).reasoning).toBe('Look it up.');
  const zai = await sent('zai/glm-5.2');
  expect(assistantOf(zai).reasoning_content).toBe('Look it up.');
  expect(zai.thinking).toEqual({ clear_thinking: false });
  expect(assistantOf(await sent('groq/openai/gpt-oss-120b')).reasoning).toBeUndefined();
});

test('a beginning and a document, where a maker has forms of its own for them', async () => {
  const { body, losses } = await asked({
    model: 'mistral/mistral-large-latest',
    messages: [
      {
        role: 'user',
        content: [
          { type: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' } },
          { type: 'text', text: 'Sum it up' },
        ],
      },
      { role: 'assistant', content: 'It says' },
    ],
  });
  expect(body.messages).toEqual([
    {
      role: 'user',
      content: [
        { type: 'document_url', document_url: 'https://example.com/a.pdf' },
        { type: 'text', text: 'Sum it up' },
      ],
    },
    { role: 'assistant', content: 'It says', prefix: true },
  ]);
  expect(losses).toEqual([expect.stringContaining('repeated')]);
});

test('what a model refuses is dropped and named, model by model', async () => {
  const ask = { messages: [hi], stop_sequences: ['END'] };
  const thinking = await asked({ ...ask, model: 'xai/grok-4.3' });
  expect(thinking.body.stop).toBeUndefined();
  expect(thinking.losses).toEqual(['stop: not taken by grok-4.3']);
  sim.clear();
  const plain = await asked({ ...ask, model: 'xai/grok-4.20-non-reasoning' });
  expect(plain.body.stop).toEqual(['END']);
  expect(plain.losses).toEqual([]);
});

test('how much to think, in each maker’s words', async () => {
  const sent = async (model: string, budget_tokens: number | null) => {
    sim.clear();
    const thinking =
      budget_tokens === null
        ? ({ type: 'disabled' } as const)
        : ({ type: 'enabled', budget_tokens } as const);
    const { body } = await asked({ model, messages: [hi], thinking, max_tokens: 20_000 } as Ask);
    return body;
  };
  expect(await sent('groq/qwen/qwen3-32b', 16_000)).toMatchObject({
    reasoning_effort: 'default',
    reasoning_format: 'parsed',
  });
  expect((await sent('groq/qwen/qwen3-32b', null)).reasoning_effort).toBe('none');
  expect((await sent('groq/openai/gpt-oss-120b', 16_000)).reasoning_effort).toBe('high');
  expect((await sent('xai/grok-4.3', null)).reasoning_effort).toBe('none');
  expect((await sent('mistral/mistral-small-latest', 8_000)).reasoning_effort).toBe('high');
  expect((await sent('deepseek/deepseek-v4-pro', 2_000)).thinking).toEqual({ type: 'enabled' });
});

/** The same, asked on the makers' own wire: the caller's text is only patched. */
async function chatted(model: string, more: JsonObject) {
  sim.clear();
  const reply = await gateway.post('/v1/chat/completions', { model, messages: [hi], ...more });
  const answer = (await reply.json()) as JsonObject;
  expect([reply.status, sim.requests.length]).toEqual([200, 1]);
  const losses = asArray(asObject(answer.metadata)?.losses);
  return { body: asObject(parseJson(sim.requests[0]?.body ?? '')) ?? {}, losses };
}

test('prompt-cache marks stay away from makers that refuse them', async () => {
  const part = { type: 'text', text: 'Hi' };
  const marked = { ...part, cache_control: { type: 'ephemeral' } };
  const messages = (content: JsonObject): JsonObject => ({
    messages: [{ role: 'user', content: [content] }],
  });
  for (const maker of ['mistral', 'groq', 'cerebras']) {
    const { body, losses } = await chatted(`${maker}/echo`, messages(marked));
    expect(body.messages).toEqual(messages(part).messages);
    expect(losses).toEqual([`cache_control: 1 prompt-cache mark not taken by ${maker}`]);
  }
  for (const maker of ['openai', 'openrouter', 'xai']) {
    const { body, losses } = await chatted(`${maker}/echo`, messages(marked));
    expect([body.messages, losses]).toEqual([messages(marked).messages, []]);
  }
});

test('a list of allowed tools goes to its maker; others get just those tools', async () => {
  const tool = (name: string) => ({ type: 'function', function: { name } });
  const tool_choice = {
    type: 'allowed_tools',
    allowed_tools: { mode: 'auto', tools: [tool('look')] },
  };
  const ask = { tools: [tool('look'), tool('move')], tool_choice };
  const { body } = await chatted('openai/echo', ask);
  expect(body).toMatchObject(ask);
  for (const maker of ['mistral', 'groq', 'xai', 'openrouter']) {
    const other = await chatted(`${maker}/echo`, ask);
    expect(other.body).toMatchObject({ tools: [tool('look')], tool_choice: 'auto' });
    expect([asArray(other.body.tools).length, other.losses]).toEqual([1, []]);
  }
});

test('another maker’s signed thoughts stay away from hosts that have no such field', async () => {
  const reasoning_details = [
    { type: 'reasoning.text', text: 'T', signature: 's', format: 'anthropic-claude-v1' },
  ];
  const answer = { role: 'assistant', content: 'A' };
  const messages = [hi, { ...answer, reasoning_details }, hi];
  for (const maker of ['together', 'huggingface', 'cerebras']) {
    const { body } = await chatted(`${maker}/echo`, { messages });
    expect(asArray(body.messages)[1]).toEqual(answer);
  }
  const { body } = await chatted('openrouter/echo', { messages });
  expect(asArray(body.messages)[1]).toEqual({ ...answer, reasoning_details });
});
