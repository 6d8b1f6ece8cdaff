// Routers and stored conversations: what a plan knows of the turns before, whose prompt stands before them, and that no caller
// is shown it. The official SDK asks; every request a provider got is looked at.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import type OpenAI from 'openai';
import { type Sim, startSim } from '../../sim/start-sim.ts';
import { asArray, asObject, asObjects, type JsonObject, parseJson } from '../../src/lib/json.ts';
import { framesOf, streamBreaks } from '../contracts/responses-stream-law.ts';
import { metadataOf } from './callers.ts';
import { type GatewayUnderTest, startGateway } from './gateway-under-test.ts';

const OF_A = [
  { role: 'system', content: 'SYSTEM-A' },
  { role: 'user', content: 'QUESTION-A' },
  { role: 'assistant', content: 'ANSWER-A' },
];
const OF_B = [
  { role: 'system', content: 'SYSTEM-B' },
  { role: 'user', content: 'QUESTION-B' },
];
const HIDDEN = /(SYSTEM|QUESTION|ANSWER)-[AB]/;

const to = (model: string, more: object = {}) => ({
  variants: [{ weight: 100, variant: { model_id: model, ...more } }],
});
/** A route that says by its name whether the condition held. */
const when = (condition: string, model: string) => ({
  condition: { cel_expression: condition },
  route: { route_id: 'held', ...to(model) },
});
const ROUTERS = [
  { name: 'a', default_route: to('chat/echo', { message_templates: OF_A }) },
  { name: 'b', default_route: to('claude/echo', { message_templates: OF_B }) },
  { name: 'native-a', default_route: to('resp/echo', { message_templates: OF_A }) },
  { name: 'kept-a', default_route: to('keeper/m', { message_templates: OF_A }) },
  {
    name: 'breaks',
    default_route: to('resp/echo+tokens=50+cut=20', { message_templates: OF_A }),
  },
  {
    name: 'goes-on',
    default_route: to('resp/echo+tokens=50+cut=20', {
      message_templates: OF_A,
      model_selection: { models: ['chat/echo+tokens=50'] },
    }),
  },
  ...[
    ['depth', 'session_depth == 2'],
    ['words', 'messages.exists(m, m.role == "assistant" && m.content.contains("You said: one"))'],
    ['tokens', 'prompt_tokens > 500'],
    ['images', 'has_images'],
  ].map(([name, condition = '']) => ({
    name,
    routes: [when(condition, 'chat/echo')],
    default_route: { route_id: 'usual', ...to('chat/echo') },
  })),
  {
    name: 'commands',
    commands: { review: 'claude/echo' },
    default_route: { route_id: 'usual', ...to('chat/echo') },
  },
];

let sim: Sim;
let keeper: ReturnType<typeof startKeeper>;
let gateway: GatewayUnderTest;
let client: OpenAI;

beforeAll(async () => {
  sim = startSim({ seed: 1 });
  keeper = startKeeper();
  gateway = await startGateway(`
health: { enabled: false }
providers:
  chat: { dialect: openai-chat, base_url: "${sim.url}", api_key: k }
  claude: { dialect: anthropic-messages, base_url: "${sim.url}", api_key: k }
  resp: { dialect: openai-responses, base_url: "${sim.url}", api_key: k }
  keeper: { dialect: openai-responses, base_url: "${keeper.url}", api_key: k }
routers: ${JSON.stringify(ROUTERS)}
`);
  client = gateway.openai();
});
beforeEach(() => {
  sim.clear();
  keeper.requests.length = 0;
});
afterAll(async () => {
  await gateway.stop();
  await sim.stop();
  keeper.stop();
});

/** A provider that keeps conversations, and repeats the instructions it was given. */
function startKeeper() {
  const requests: JsonObject[] = [];
  let made = 0;
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const body = asObject(parseJson(await request.text())) ?? {};
      requests.push(body);
      made += 1;
      const text = { type: 'output_text', text: 'Kept.', annotations: [], logprobs: [] };
      const message = { type: 'message', id: `msg_${made}`, role: 'assistant', content: [text] };
      return Response.json({
        id: `resp_kept${made}`,
        object: 'response',
        created_at: 1,
        status: 'completed',
        instructions: body.instructions ?? null,
        model: 'm',
        output: [message],
        store: body.store ?? true,
        previous_response_id: body.previous_response_id ?? null,
        usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
      });
    },
  });
  const url = `http://127.0.0.1:${server.port}/v1`;
  return { url, requests, stop: () => void server.stop(true) };
}

type Params = Omit<OpenAI.Responses.ResponseCreateParamsNonStreaming, 'stream'>;
type Input = string | OpenAI.Responses.ResponseInput;

async function ask(model: string, input: Input, more: Partial<Params> = {}) {
  return client.responses.create({ model, input, ...more });
}

const told = (response: unknown) => metadataOf(response as JsonObject) ?? {};

function latest(): JsonObject {
  return asObject(parseJson(sim.requests.at(-1)?.body ?? '')) ?? {};
}

/** What a provider was told, as `role: text`, its instructions among it. */
function said(body: JsonObject): readonly string[] {
  const textOf = (content: unknown): string =>
    typeof content === 'string'
      ? content
      : asArray(content)
          .map((part) => String(asObject(part)?.text ?? ''))
          .join('');
  const system = body.instructions ?? body.system;
  const turns = asObjects(body.messages ?? body.input);
  return [
    ...(system === undefined ? [] : [`system: ${textOf(system)}`]),
    ...turns.map(({ role, content }) => `${role}: ${textOf(content)}`),
  ];
}

describe('a plan knows the conversation before', () => {
  const picture = `data:image/png;base64,${'iVBORw0KGgo'.padEnd(40, 'A')}`;
  test.each<[string, Input]>([
    ['depth', 'one'],
    ['words', 'one'],
    ['tokens', 'much of it '.repeat(300)],
    [
      'images',
      [
        {
          role: 'user',
          content: [{ type: 'input_image', image_url: picture, detail: 'auto' }],
        },
      ],
    ],
  ])('by its %s', async (router, input) => {
    const first = await ask('chat/echo', input);
    expect(told(await ask(`router/${router}`, 'two')).route_id).toBe('usual');
    const next = await ask(`router/${router}`, 'two', { previous_response_id: first.id });
    expect(told(next).route_id).toBe('held');
    // Who only asks what would become of it is told the same.
    const body = { input: 'two', previous_response_id: first.id };
    const explained = await gateway.post(`/router/v1/routers/${router}:explain`, body);
    expect(await explained.json()).toMatchObject({ route_id: 'held' });
  });

  test('however far back it goes, and whoever has it', async () => {
    const first = await ask('keeper/m', 'one');
    const second = await ask('keeper/m', 'two', { previous_response_id: first.id });
    expect(keeper.requests.map(({ input }) => input)).toEqual(['one', 'two']);
    expect(sim.received).toBe(0);
    const third = await ask('router/depth', 'three', { previous_response_id: second.id });
    expect(told(third).route_id).toBe('usual');
    const other = await ask('router/depth', 'two', { previous_response_id: first.id });
    expect(told(other).route_id).toBe('held');
    expect(said(latest())).toEqual(['user: one', 'assistant: Kept.', 'user: two']);
  });

  test('a command stays in force, and the model sees it in no turn', async () => {
    const first = await ask('router/commands', '/review one');
    const second = await ask('router/commands', 'two', { previous_response_id: first.id });
    for (const response of [first, second]) expect(told(response).actual_model).toBe('claude/echo');
    expect(said(latest())).toEqual(['user: one', `assistant: ${first.output_text}`, 'user: two']);
  });

  test('one that is not here is left to the model that is named', async () => {
    const unknown = { previous_response_id: 'resp_from_before' };
    await ask('router/kept-a', 'two', unknown);
    expect(keeper.requests).toEqual([
      { model: 'm', input: 'two', instructions: 'SYSTEM-A', ...unknown },
    ]);
    const refused = await ask('router/depth', 'two', unknown).catch((error: unknown) => error);
    expect(refused).toMatchObject({ status: 400, code: 'previous_response_not_found' });
    expect(sim.received).toBe(0);
  });
});

describe('the prompt before a conversation', () => {
  test('is of the router that serves now, though none served before', async () => {
    const first = await ask('chat/echo', 'one');
    await ask('router/a', 'two', { previous_response_id: first.id });
    expect(said(latest())).toEqual([
      'system: SYSTEM-A',
      'user: QUESTION-A',
      'assistant: ANSWER-A',
      'user: one',
      `assistant: ${first.output_text}`,
      'user: two',
    ]);
  });

  test('is not of the router that served before', async () => {
    const first = await ask('router/a', 'one', { instructions: 'Mine.' });
    const second = await ask('router/b', 'two', { previous_response_id: first.id });
    const turns = [`assistant: ${first.output_text}`, 'user: two'];
    // Two turns of one side are one on this wire.
    expect(said(latest())).toEqual(['system: SYSTEM-B', 'user: QUESTION-Bone', ...turns]);
    expect(JSON.stringify(latest())).not.toMatch(/-A|Mine/);
    await ask('chat/echo', 'three', { previous_response_id: second.id });
    const all = ['user: one', ...turns, `assistant: ${second.output_text}`, 'user: three'];
    expect(said(latest())).toEqual(all);
  });

  test('stands behind the instructions a conversation begins with', async () => {
    const first = await ask('chat/echo', [
      { role: 'developer', content: 'Mine.' },
      { role: 'user', content: 'one' },
    ]);
    await ask('router/b', 'two', { previous_response_id: first.id, strict: true } as object);
    const { system, messages } = latest();
    expect(JSON.stringify(system)).toMatch(/SYSTEM-B.*Mine\./);
    expect(JSON.stringify(messages)).toMatch(/QUESTION-B.*one.*two/);
    expect(JSON.stringify(messages)).not.toContain('Mine');
  });

  test('is instructions alone where the provider has the conversation', async () => {
    const first = await ask('router/kept-a', 'one');
    await ask('router/kept-a', 'two', { previous_response_id: first.id });
    const [begun, next] = keeper.requests;
    expect(said(begun ?? {})).toEqual([
      'system: SYSTEM-A',
      'user: QUESTION-A',
      'assistant: ANSWER-A',
      'user: one',
    ]);
    expect(next).toEqual({
      model: 'm',
      input: 'two',
      instructions: 'SYSTEM-A',
      previous_response_id: first.id,
    });
  });
});

describe('the prompt of a router is not shown', () => {
  for (const instructions of ['Mine.', undefined]) {
    const own = instructions === undefined ? {} : { instructions };
    const named = instructions ?? 'no instructions of its own';

    test.each([true, false])(
      `by a provider that repeats it: ${named}, stored: %p`,
      async (store) => {
        const body = { model: 'router/native-a', input: 'one', store, ...own };
        const whole = await gateway.post('/v1/responses', body);
        const text = await whole.text();
        expect(text).not.toMatch(HIDDEN);
        const reply = asObject(parseJson(text)) ?? {};
        expect(reply).toMatchObject({ instructions: instructions ?? null, store });
        expect(told(reply).actual_model).toBe('resp/echo');

        const stream = await (
          await gateway.post('/v1/responses', { ...body, stream: true })
        ).text();
        expect(stream).not.toMatch(HIDDEN);
        expect(streamBreaks(stream)).toEqual([]);
        const repeated = framesOf(stream).flatMap(({ json }) => {
          const response = asObject(json?.response);
          return response === undefined ? [] : [response.instructions];
        });
        expect(repeated).toEqual([1, 2, 3].map(() => instructions ?? null));
        for (const { body: sent } of sim.requests)
          expect(asObject(parseJson(sent))?.instructions).toBe(
            instructions === undefined ? 'SYSTEM-A' : `SYSTEM-A\n\n${instructions}`,
          );
        expect(sim.received).toBe(2);
      },
    );

    test.each(['a', 'native-a', 'kept-a'])(
      `when it is read again: ${named}, %s`,
      async (router) => {
        const { id } = await ask(`router/${router}`, 'one', own);
        const read = await client.responses.retrieve(id);
        expect(read.instructions).toBe(instructions ?? null);
        expect(JSON.stringify(read)).not.toMatch(HIDDEN);
        const items = await client.responses.inputItems.list(id);
        expect(items.data).toMatchObject([
          { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'one' }] },
        ]);
      },
    );

    test.each(['breaks', 'goes-on'])(
      `where its answer breaks off: ${named}, %s`,
      async (router) => {
        const reply = await gateway.post('/v1/responses', {
          model: `router/${router}`,
          input: 'one',
          stream: true,
          ...own,
        });
        const text = await reply.text();
        expect(text).not.toMatch(HIDDEN);
        expect(streamBreaks(text)).toEqual([]);
        const last = asObject(framesOf(text).at(-1)?.json) ?? {};
        expect(last.type).toBe(router === 'breaks' ? 'response.failed' : 'response.completed');
        expect(asObject(last.response)?.instructions).toBe(instructions ?? null);
        expect(sim.received).toBe(router === 'breaks' ? 1 : 2);
      },
    );
  }
});
