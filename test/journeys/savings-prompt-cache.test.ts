// Providers' prompt caching through every pair of caller and wire, with our own cache on: the same bytes twice, the same key, and
// the same cached tokens in the reply, the log and the usage.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import type { UsageAnswer } from '../../src/ledger/usage/usage-answer.ts';
import { asArray, asObject, asObjects, type JsonObject, parseJson } from '../../src/lib/json.ts';
import {
  ADMIN_KEY,
  type GatewayUnderTest,
  startGateway,
  startTwoWires,
} from './gateway-under-test.ts';

const wires = startTwoWires();
let gateway: GatewayUnderTest;
beforeAll(async () => {
  const pools = ['alpha', 'beta'].map((wire) => {
    const { url } = wire === 'alpha' ? wires.alpha : wires.beta;
    const dialect = wire === 'alpha' ? 'openai-chat' : 'anthropic-messages';
    return `  pool-${wire}: { dialect: ${dialect}, base_url: "${url}", api_keys: [p1, p2, p3, p4] }`;
  });
  const price = '{ input: 3, output: 15, cache_read: 0.3, cache_write: 3.75 }';
  const models = ['alpha', 'beta'].map((wire) => `  - { id: pool-${wire}/echo, price: ${price} }`);
  const yaml = wires.yaml.replace('providers:\n', `providers:\n${pools.join('\n')}\n`);
  gateway = await startGateway(`${yaml}${models.join('\n')}\ncache: { mode: exact, ttl: 1h }\n`);
});
afterAll(async () => {
  await gateway.stop();
  await wires.stop();
});

type Wire = 'alpha' | 'beta';
interface Caller {
  readonly path: string;
  readonly body: (system: string, turns: readonly string[]) => JsonObject;
  /** Cached tokens as a reply's usage has them. */
  readonly cached: (usage: JsonObject) => unknown;
}

const roles = (turns: readonly string[]) =>
  turns.map((content, at) => ({ role: at % 2 === 0 ? 'user' : 'assistant', content }));
const CALLERS: { readonly [name: string]: Caller } = {
  'Chat Completions': {
    path: '/v1/chat/completions',
    body: (system, turns) => ({
      messages: [{ role: 'system', content: system }, ...roles(turns)],
      max_tokens: 40,
    }),
    cached: (usage) => asObject(usage.prompt_tokens_details)?.cached_tokens,
  },
  Messages: {
    path: '/v1/messages',
    body: (system, turns) => ({ system, messages: roles(turns), max_tokens: 40 }),
    cached: (usage) => usage.cache_read_input_tokens,
  },
  Responses: {
    path: '/v1/responses',
    body: (system, turns) => ({
      instructions: system,
      input: roles(turns),
      max_output_tokens: 40,
      store: false,
    }),
    cached: (usage) => asObject(usage.input_tokens_details)?.cached_tokens,
  },
};

/** The last usage that a reply tells, whole or in a stream. */
function usageIn(text: string): JsonObject {
  const events = text.startsWith('{')
    ? [text]
    : text.split('\n').flatMap((line) => (line.startsWith('data: {') ? [line.slice(6)] : []));
  const told = events.flatMap((event) => {
    const parsed = asObject(parseJson(event));
    return asObject(parsed?.usage) ?? asObject(asObject(parsed?.response)?.usage) ?? [];
  });
  return Object.assign({}, ...told);
}

/** What was sent, without the last turn: what a provider's cache has to find again. */
function beginning(body: string): string {
  const { messages, ...rest } = asObject(parseJson(body)) ?? {};
  const turns = asObjects(asArray(messages)).filter(({ role }) => role === 'system');
  return createHash('sha256')
    .update(JSON.stringify([rest, turns]))
    .digest('hex');
}

describe('a growing conversation reads what its first turn left, with our own cache on', () => {
  for (const [name, caller] of Object.entries(CALLERS))
    for (const wire of ['alpha', 'beta'] as const)
      for (const stream of [false, true])
        test(`${name} to ${wire}'s wire, ${stream ? 'streamed' : 'whole'}`, () =>
          conversation(`${name} ${stream}`, caller, wire, stream));
});

async function conversation(name: string, caller: Caller, wire: Wire, stream: boolean) {
  const sim = wires[wire];
  sim.clear();
  const before = (await gateway.rows()).length;
  const system = `${name}: be brief. `.repeat(700);
  const ask = async (turns: readonly string[]) => {
    const body = {
      ...{ model: `pool-${wire}/echo`, stream, prompt_caching: { mode: 'auto' } },
      ...caller.body(system, turns),
      ...(stream && caller.path.endsWith('completions')
        ? { stream_options: { include_usage: true } }
        : {}),
    };
    const response = await gateway.post(caller.path, body);
    expect(response.status).toBe(200);
    return usageIn(await response.text());
  };
  const first = await ask(['One?']);
  const second = await ask(['One?', 'Two.', 'Three?']);
  // The same again is ours to answer: no provider hears of it, and none of its tokens is counted.
  await ask(['One?', 'Two.', 'Three?']);
  expect(sim.requests).toHaveLength(2);
  const [a, b] = sim.requests;
  const keyOf = (request: typeof a) =>
    request?.headers['x-api-key'] ?? request?.headers.authorization;
  expect(keyOf(b)).toBe(keyOf(a) as string);
  expect(beginning(b?.body ?? '')).toBe(beginning(a?.body ?? ''));
  expect(b?.body).not.toContain('prompt_caching');
  const rows = (await gateway.rows()).slice(before);
  expect(rows.map(({ cache }) => cache)).toEqual([null, null, 'exact']);
  expect(caller.cached(first) ?? 0).toBe(0);
  expect(rows[1]?.usage.cache_read).toBeGreaterThan(1024);
  expect(caller.cached(second)).toBe(rows[1]?.usage.cache_read as number);
  expect(rows[1]?.prompt_cache_saved_usd).toBeGreaterThan(0);
  expect(rows[2]?.usage.cache_read).toBe(0);
}

test('the hit rate is shown per model and key, and is that of the rows', async () => {
  const rows = await gateway.rows();
  const response = await fetch(
    `${gateway.url}/router/v1/usage?group_by=model,key&fields=requests,prompt_cache,saved_usd`,
    { headers: { authorization: `Bearer ${ADMIN_KEY}` } },
  );
  const { usage } = (await response.json()) as UsageAnswer;
  expect(usage.map(({ model }) => model).sort()).toEqual(['pool-alpha/echo', 'pool-beta/echo']);
  for (const { model, prompt_cache, saved_usd } of usage) {
    const own = rows.filter((row) => row.model === model);
    const sum = (kind: 'input' | 'cache_read' | 'cache_write_5m') =>
      own.reduce((all, row) => all + (row.usage[kind] ?? 0), 0);
    const [fresh, read, written] = [sum('input'), sum('cache_read'), sum('cache_write_5m')];
    expect(prompt_cache).toEqual({
      ...{ read_tokens: read, write_tokens: written, fresh_tokens: fresh },
      hit_rate: Math.round((read / (read + written + fresh)) * 1e4) / 1e4,
    });
    expect(prompt_cache.hit_rate).toBeGreaterThan(0.3);
    const saved = own.reduce(
      (all, row) => all + Math.round((row.prompt_cache_saved_usd ?? 0) * 1e9),
      0,
    );
    expect(Math.round((saved_usd.prompt_cache ?? Number.NaN) * 1e9)).toBe(saved);
  }
});
