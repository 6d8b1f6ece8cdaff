// Callers who want the whole answer get deadlines, races and failover as streams have them: it is asked for as a stream, and
// put together to what the provider would have given whole.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { startSim } from '../../sim/start-sim.ts';
import type { CallerDialectId } from '../../src/core/dialect.ts';
import { asArray, asObject, type Json, type JsonObject, parseJson } from '../../src/lib/json.ts';
import { type GatewayUnderTest, startGateway } from './gateway-under-test.ts';

const sim = startSim({ seed: 3 });
let gateway: GatewayUnderTest;

/** A provider of each wire, each twice, so that there is another to go to. */
const WIRES: readonly CallerDialectId[] = ['openai-chat', 'openai-responses', 'anthropic-messages'];

beforeAll(async () => {
  const providers = WIRES.flatMap((wire) =>
    ['one', 'two'].map(
      (name) => `  ${wire}-${name}: { dialect: ${wire}, base_url: "${sim.url}", api_key: k }`,
    ),
  );
  gateway = await startGateway(`providers:\n${providers.join('\n')}\n`);
});
beforeEach(() => sim.clear());
afterAll(async () => {
  await gateway.stop();
  await sim.stop();
});

const HI = [{ role: 'user', content: 'What about the weather in Oslo?' }];
const WATCHED = { ttft_timeout: '5s' };
const TOOL = { name: 'get_weather', parameters: { type: 'object', properties: {} } };

interface Wire {
  readonly path: string;
  readonly body: JsonObject;
  readonly tools: Json;
}

const CALLS: { readonly [D in CallerDialectId]: Wire } = {
  'openai-chat': {
    path: '/v1/chat/completions',
    body: { messages: HI },
    tools: [{ type: 'function', function: TOOL }],
  },
  'openai-responses': {
    path: '/v1/responses',
    body: { input: HI, store: false },
    tools: [{ type: 'function', ...TOOL }],
  },
  'anthropic-messages': {
    path: '/v1/messages',
    body: { messages: HI, max_tokens: 2000 },
    tools: [{ name: TOOL.name, input_schema: TOOL.parameters }],
  },
};

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly reply: JsonObject;
}

async function ask(wire: CallerDialectId, more: JsonObject): Promise<Answer> {
  const { path, body } = CALLS[wire];
  const response = await gateway.post(path, { ...body, ...more });
  const type = response.headers.get('content-type');
  return { status: response.status, type, reply: asObject(parseJson(await response.text())) ?? {} };
}

/** Whether the provider was asked for a stream, request by request. */
const asked = () => sim.requests.map(({ body }) => asObject(parseJson(body))?.stream ?? false);

const ID = /^(?:chatcmpl-|call_|msg_|toolu_|resp_|rs_|fc_)/;
const OURS = ['metadata', 'gateway_metadata', 'created', 'created_at', 'completed_at'];

/** Without what is ours, and what no two answers have in common. */
function plain(value: Json): unknown {
  if (typeof value === 'string') return ID.test(value) ? 'id' : value;
  if (Array.isArray(value)) return value.map(plain);
  const object = asObject(value);
  if (object === undefined) return value;
  const members = Object.entries(object).filter(([name]) => !OURS.includes(name));
  return Object.fromEntries(members.map(([name, member]) => [name, plain(member as Json)]));
}

describe.each(WIRES)('a whole answer on %s', (wire) => {
  test.each(['echo', 'reasoning', 'tools'])('of %s is the same, watched or not', async (preset) => {
    const model = `${wire}-one/${preset}`;
    const more = {
      model,
      ...(preset === 'tools' ? { tools: CALLS[wire].tools } : {}),
      ...(preset === 'reasoning' && wire === 'anthropic-messages'
        ? { thinking: { type: 'enabled', budget_tokens: 1024 } }
        : {}),
    };
    const unwatched = await ask(wire, more);
    const watched = await ask(wire, { ...more, fallback: WATCHED });
    expect([unwatched.status, watched.status]).toEqual([200, 200]);
    expect(asked()).toEqual([false, true]);
    expect(watched.type).toBe(unwatched.type);
    expect(plain(watched.reply as Json)).toEqual(plain(unwatched.reply as Json));
    const [first, second] = (await gateway.rows()).slice(-2);
    expect(second?.usage).toEqual(first?.usage as never);
    expect([first?.stream, second?.stream]).toEqual([false, false]);
  });

  test.each([
    ['is late', 'echo+ttft=2000', { ttft_timeout: '300ms' }, 'upstream_first_token_timeout'],
    ['breaks off', 'long+cut=40', WATCHED, 'upstream_stream_truncated'],
    ['ends early', 'long+eof=40', WATCHED, 'upstream_stream_truncated'],
    ['goes silent', 'long+stall=40', { ...WATCHED, idle_timeout: '80ms' }, 'upstream_idle_timeout'],
    ['fails on the way', 'long+error-in-stream=40', WATCHED, null],
  ] as const)('comes from the next where one %s', async (_, words, fallback, code) => {
    const models = [`${wire}-one/${words}`, `${wire}-two/echo`];
    const { status, reply } = await ask(wire, { model: models[0], models, fallback });
    const alone = await ask(wire, { model: models[1] });
    expect(status).toBe(200);
    expect(plain(reply as Json)).toEqual(plain(alone.reply as Json));
    expect(asked()).toEqual([true, true, false]);
    const row = (await gateway.rows()).at(-2);
    expect(row?.outcome).toBe('ok');
    expect(row?.attempts.map(({ success }) => success)).toEqual([false, true]);
    if (code !== null) expect(row?.attempts[0]?.error).toBe(code);
  });

  test('crosses to a caller of another wire', async () => {
    const other = WIRES[(WIRES.indexOf(wire) + 1) % WIRES.length] ?? wire;
    const model = `${other}-one/tools`;
    const more = { model, tools: CALLS[wire].tools };
    const unwatched = await ask(wire, more);
    const watched = await ask(wire, { ...more, fallback: WATCHED });
    expect(asked()).toEqual([false, true]);
    expect(plain(watched.reply as Json)).toEqual(plain(unwatched.reply as Json));
  });
});

test('of several choices all are there', async () => {
  const more = { model: 'openai-chat-one/echo', n: 3, fallback: WATCHED };
  const { reply } = await ask('openai-chat', more);
  expect(asked()).toEqual([true]);
  expect(asArray(reply.choices).map((choice) => asObject(choice)?.index)).toEqual([0, 1, 2]);
});
