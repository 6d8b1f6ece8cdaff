// What a translation cannot carry is named by its path, in the reply and in the log; under "strict" it is refused instead.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { asArray } from '../../src/lib/json.ts';
import { type Caused, metadataIn, openWorld, type Wire, type World } from './four-ways.ts';
import { ANSWER, PNG, THOUGHT, THOUGHT_SIGNATURE, WEATHER } from './samples.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld({
    models: ['{ id: alpha/small, max_output: 100 }', '{ id: beta/small, max_output: 100 }'],
  });
});
beforeEach(() => {
  world.sims.alpha.clear();
  world.sims.beta.clear();
});
afterAll(() => world.stop());

type Case = readonly [what: string, body: object, losses: readonly string[]];

const user = (...content: object[]) => ({ messages: [{ role: 'user', content }] });
const HELLO = { role: 'user', content: 'Hello' };
const TEXT = { type: 'text', text: 'Hello' };

/** OpenAI's dialect at a provider of Anthropic's wire. */
const TO_BETA: readonly Case[] = [
  ['nothing', {}, []],
  ['a seed', { seed: 7 }, ['seed: dropped; the API has none']],
  [
    'penalties',
    { presence_penalty: 0.5, frequency_penalty: -0.5 },
    ['presence_penalty: dropped; the API has none', 'frequency_penalty: dropped; the API has none'],
  ],
  ['several answers', { n: 2 }, ['n: dropped; only openai-chat has it']],
  [
    'log probabilities',
    { logprobs: true, top_logprobs: 3 },
    [
      'logprobs: dropped; only openai-chat has it',
      'top_logprobs: dropped; only openai-chat has it',
    ],
  ],
  ['a field nobody knows', { frobnicate: 1 }, ['frobnicate: dropped; only openai-chat has it']],
  [
    'a hot temperature',
    { temperature: 1.5 },
    ['temperature: 1.5 is above the highest, 1; sent as 1'],
  ],
  [
    'a limit above the most there is',
    { model: 'beta/small', max_tokens: 500 },
    ['max_tokens: 500 is more than the model gives; sent as 100'],
  ],
  [
    'JSON without a schema',
    { response_format: { type: 'json_object' } },
    ['response_format: the API has no schema-less JSON mode; asked for in the system prompt'],
  ],
  [
    'sound',
    user(TEXT, { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }),
    ['messages[0].content[1]: audio dropped; the API takes none'],
  ],
  [
    'how closely to look',
    user({ type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}`, detail: 'high' } }),
    ['messages[0].content[0].detail: high dropped'],
  ],
  [
    'a name',
    { messages: [{ ...HELLO, name: 'Bob' }] },
    ['messages[0].name: dropped; turns have no names'],
  ],
  [
    'the grammar of a tool of free text',
    {
      tools: [
        {
          type: 'custom',
          custom: {
            name: 'run',
            format: { type: 'grammar', grammar: { syntax: 'regex', definition: 'a+' } },
          },
        },
      ],
    },
    ['tools[0].format: the model is told of the grammar, not held to it'],
  ],
  [
    'reasoning another maker made',
    {
      messages: [HELLO, { role: 'assistant', content: 'Hi.', reasoning_content: 'Hm.' }, HELLO],
    },
    ['messages[1].content[0]: reasoning dropped; it is not signed by this API'],
  ],
  [
    'a search of the web',
    { web_search_options: { search_context_size: 'low' } },
    ['web_search_options: dropped; this provider is not asked for it'],
  ],
];

/** Anthropic's dialect at a provider of OpenAI's wire. */
const TO_ALPHA: readonly Case[] = [
  ['nothing', {}, []],
  ['top_k', { top_k: 5 }, ['top_k: not taken by alpha']],
  [
    'a field nobody knows',
    { frobnicate: 1 },
    ['frobnicate: a field of anthropic-messages that has no counterpart here'],
  ],
  [
    'a container',
    { container: 'c1' },
    ['container: a field of anthropic-messages that has no counterpart here'],
  ],
  [
    'a limit above the most there is',
    { model: 'alpha/small', max_tokens: 500 },
    ['max_tokens: lowered from 500 to 100, the most small writes'],
  ],
  [
    'cache marks',
    {
      system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
      messages: [{ role: 'user', content: [{ ...TEXT, cache_control: { type: 'ephemeral' } }] }],
    },
    ['cache_control: 2 prompt-cache marks not taken by alpha'],
  ],
  [
    'a tool the maker runs',
    { tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
    ['tools[0]: web_search is a tool of anthropic-messages that alpha does not have'],
  ],
  [
    'what only the maker knows of a tool',
    { tools: [{ name: WEATHER.name, input_schema: WEATHER.schema, defer_loading: true }] },
    ['tools[0].defer_loading: a field of anthropic-messages that has no counterpart here'],
  ],
  [
    'citations',
    user({
      type: 'document',
      source: { type: 'text', media_type: 'text/plain', data: 'In short.' },
      citations: { enabled: true },
    }),
    ['messages[0].content[0].citations: a chat completion does not cite documents'],
  ],
  [
    'an uploaded file',
    user(TEXT, { type: 'image', source: { type: 'file', file_id: 'file_1' } }),
    ['messages[0].content[1]: an image uploaded elsewhere cannot be carried'],
  ],
  [
    'the beginning of the answer',
    { messages: [HELLO, { role: 'assistant', content: 'I say' }] },
    ['messages[1]: the beginning of an answer is taken for a finished turn'],
  ],
  [
    'thinking between calls',
    {
      messages: [
        HELLO,
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: THOUGHT, signature: THOUGHT_SIGNATURE },
            { type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} },
          ],
        },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'rain' }],
        },
      ],
      tools: [{ name: WEATHER.name, input_schema: WEATHER.schema }],
    },
    ['messages[1]: reasoning before a tool call is not taken back by this provider'],
  ],
];

/** Whatever the wires: what this version reads and cannot do. */
const ANYWHERE: readonly Case[] = [
  [
    'variables of a prompt',
    { prompt_variables: { name: 'Ada' } },
    ['prompt_variables: only a router’s message templates use them, and no router was asked'],
  ],
];

interface Route {
  readonly name: string;
  readonly path: string;
  readonly wire: Wire;
  readonly base: object;
  readonly cases: readonly Case[];
}

const OPENAI = { path: '/v1/chat/completions', base: { messages: [HELLO] } };
const ANTHROPIC = { path: '/v1/messages', base: { max_tokens: 90, messages: [HELLO] } };
const ROUTES: readonly Route[] = [
  {
    name: "OpenAI's dialect to Anthropic's wire",
    ...OPENAI,
    wire: 'beta',
    cases: [...TO_BETA, ...ANYWHERE],
  },
  {
    name: "Anthropic's dialect to OpenAI's wire",
    ...ANTHROPIC,
    wire: 'alpha',
    cases: [...TO_ALPHA, ...ANYWHERE],
  },
  { name: "OpenAI's dialect to its own wire", ...OPENAI, wire: 'alpha', cases: ANYWHERE },
  { name: "Anthropic's dialect to its own wire", ...ANTHROPIC, wire: 'beta', cases: ANYWHERE },
];

interface Reply {
  readonly status: number;
  readonly text: string;
  readonly losses: readonly string[];
}

function send({ path, wire, base }: Route, body: object): Promise<Caused<Reply>> {
  return world.watch(async () => {
    const response = await world.gateway.post(path, { ...base, model: `${wire}/echo`, ...body });
    const text = await response.text();
    return { status: response.status, text, losses: lossesIn(text) };
  });
}

for (const route of ROUTES) {
  describe(route.name, () => {
    for (const stream of [false, true]) {
      test.each(route.cases)(`${stream ? 'streamed' : 'whole'}: %s`, async (_, body, losses) => {
        const caused = await send(route, { ...body, stream });
        expect(caused.result.status).toBe(200);
        expect(caused.result.losses).toEqual(losses);
        expect(caused.got).toHaveLength(1);
        expect(caused.rows.map((row) => [row.outcome, row.losses])).toEqual([['ok', [...losses]]]);
      });

      test.each(route.cases)(
        `${stream ? 'streamed' : 'whole'}, strict: %s`,
        async (_, body, losses) => {
          const caused = await send(route, { ...body, stream, strict: true });
          if (losses.length === 0) {
            expect(caused.result.status).toBe(200);
            expect(caused.got).toHaveLength(1);
            return;
          }
          // A real status, before a byte is sent, and every field named.
          expect(caused.result.status).toBe(400);
          const { error } = JSON.parse(caused.result.text);
          expect(error.code).toBe('unsupported_feature');
          expect(error.type).toBe('invalid_request_error');
          for (const loss of losses) expect(error.message).toContain(loss);
          expect(caused.got).toEqual([]);
          expect(caused.rows.map((row) => [row.outcome, row.status, row.error?.code])).toEqual([
            ['error', 400, 'unsupported_feature'],
          ]);
        },
      );
    }
  });
}

describe('what is at its default asks nothing, so nothing is lost', () => {
  test.each([
    [
      "OpenAI's",
      ROUTES[0],
      {
        n: 1,
        logprobs: false,
        presence_penalty: 0,
        logit_bias: {},
        service_tier: 'auto',
        store: false,
        modalities: null,
        stream: true,
        stream_options: { include_usage: true, include_obfuscation: false },
      },
    ],
    [
      "Anthropic's",
      ROUTES[1],
      { service_tier: 'auto', container: null, mcp_servers: [], thinking: { type: 'disabled' } },
    ],
  ] as const)('%s', async (_, route, body) => {
    if (!route) throw new Error('there are four');
    const caused = await send(route, { ...body, strict: true });
    expect(caused.result.status).toBe(200);
    expect(caused.result.losses).toEqual([]);
  });
});

describe('with a candidate that can', () => {
  test.each([
    ['OpenAI', OPENAI, 'beta', { seed: 7 }],
    ['Anthropic', ANTHROPIC, 'alpha', { top_k: 5 }],
  ] as const)(
    'strict passes over the one that cannot: %s',
    async (_, { path, base }, wire, body) => {
      const able = wire === 'alpha' ? 'beta' : 'alpha';
      const caused = await send(
        { name: '', path, base, wire, cases: [] },
        { ...body, strict: true, models: [`${able}/echo`] },
      );
      expect(caused.result.status).toBe(200);
      expect(caused.got.map((request) => request.wire)).toEqual([able]);
      expect(caused.got[0]?.body).toMatchObject(body);
      const { attempts, losses, provider } = metadataIn(JSON.parse(caused.result.text));
      expect(attempts).toMatchObject([
        { provider: wire, success: false, status_code: null, error: 'unsupported_feature' },
        { provider: able, success: true, status_code: 200 },
      ]);
      expect([provider, losses]).toEqual([able, []]);
      expect(caused.rows).toHaveLength(1);
    },
  );

  test.each([
    ['OpenAI', OPENAI, 'beta', { seed: 7 }],
    ['Anthropic', ANTHROPIC, 'alpha', { top_k: 5 }],
  ] as const)(
    'what only a failed candidate lost is not lost: %s',
    async (_, { path, base }, wire, body) => {
      const able = wire === 'alpha' ? 'beta' : 'alpha';
      const caused = await send(
        { name: '', path, base, wire, cases: [] },
        { ...body, model: `${wire}/echo+status=503`, models: [`${able}/echo`] },
      );
      expect(caused.got.map((request) => request.wire)).toEqual([wire, able]);
      expect(caused.result.losses).toEqual([]);
    },
  );
});

describe('a conversation that moves to another maker', () => {
  const QUESTION = { role: 'user', content: 'Why?' } as const;
  const MORE = { role: 'user', content: 'And then?' } as const;

  test.each([
    // Thinking that OpenAI's wire brought is signed by nobody: the API of the other would refuse it.
    [
      'alpha',
      'beta',
      ['messages[1].content[0]: reasoning dropped; it is not signed by this API'],
      [{ type: 'text', text: `${ANSWER} You said: Why?` }],
    ],
    // What Anthropic signed is of no use to the other; between turns nobody takes it back, so nothing is lost.
    ['beta', 'alpha', [], `${ANSWER} You said: Why?`],
  ] as const)("Anthropic's caller, from %s to %s", async (from, to, losses, content) => {
    const body = {
      max_tokens: 4000,
      thinking: { type: 'enabled', budget_tokens: 2000 },
    } as const;
    const model = 'claude-opus-4-5';
    const first = await world.anthropic.messages.create({
      ...body,
      model: `${from}/${model}`,
      messages: [QUESTION],
    });
    expect(first.content.map(({ type }) => type)).toEqual(['thinking', 'text']);
    const messages = [QUESTION, { role: 'assistant' as const, content: first.content }, MORE];
    const caused = await world.watch(() =>
      world.anthropic.messages.create({ ...body, model: `${to}/${model}`, messages }),
    );
    expect(caused.result.content.at(-1)).toMatchObject({ text: `${ANSWER} You said: And then?` });
    expect(metadataIn(caused.result).losses).toEqual([...losses]);
    expect(caused.got.map(({ wire }) => wire)).toEqual([to]);
    expect(asArray(caused.got[0]?.body.messages)[1]).toEqual({
      role: 'assistant',
      content,
    } as never);
  });
});

/** The losses a reply or a stream tells of. */
function lossesIn(text: string): readonly string[] {
  const frames = text.startsWith('{')
    ? [text]
    : text.split('\n').flatMap((line) => (line.startsWith('data: {') ? [line.slice(6)] : []));
  const carrier = frames
    .map((frame) => JSON.parse(frame))
    .findLast(({ metadata }) => metadata !== undefined);
  return metadataIn(carrier).losses;
}
