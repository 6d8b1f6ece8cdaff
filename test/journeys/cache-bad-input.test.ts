// What is said of the cache and makes no sense: refused in the caller's dialect, with the place named; what nobody knows is named.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { asObject, type Json, type JsonObject } from '../../src/lib/json.ts';
import {
  ADMIN_KEY,
  type GatewayUnderTest,
  startGateway,
  startTwoWires,
} from './gateway-under-test.ts';

const wires = startTwoWires();
let gateway: GatewayUnderTest;

beforeAll(async () => {
  gateway = await startGateway(`${wires.yaml}\ncache: { mode: exact }\n`);
});
afterAll(async () => {
  await gateway.stop();
  await wires.stop();
});

const messages = [{ role: 'user', content: 'Hello' }];
const DIALECTS: readonly (readonly [path: string, body: JsonObject])[] = [
  ['/v1/chat/completions', { model: 'alpha/echo', messages }],
  ['/v1/messages', { model: 'alpha/echo', max_tokens: 9, messages }],
  ['/v1/responses', { model: 'alpha/echo', input: 'Hello' }],
];

async function ask(path: string, body: JsonObject, headers = {}): Promise<[number, JsonObject]> {
  const reply = await fetch(gateway.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, ...headers },
    body: JSON.stringify(body),
  });
  return [reply.status, (await reply.json()) as JsonObject];
}

/** Responses has a `metadata` of its own. */
const lossesOf = (reply: JsonObject) => asObject(reply.gateway_metadata ?? reply.metadata)?.losses;

/** Anthropic's errors name no parameter: the message does. */
function expectRefused([status, body]: [number, JsonObject], path: string, word: string): void {
  const error = asObject(body.error);
  expect([path, word, status, String(error?.message)]).toEqual([
    ...[path, word, 400],
    expect.stringContaining(word),
  ]);
  if (path === '/v1/messages')
    expect([body.type, error?.type]).toEqual(['error', 'invalid_request_error']);
  else expect(error).toMatchObject({ code: 'invalid_request', type: 'invalid_request_error' });
}

const WRONG: readonly (readonly [word: string, cache: Json])[] = [
  ...['yes', 5, true, [], ['exact']].map((cache) => ['cache', cache] as const),
  ...['sometimes', '', 1, true, null, {}].map((mode) => ['cache.mode', { mode }] as const),
  ...[-1, 0, '0s', '-5m', 'soon', '', '31d', 1e300, 31 * 86_400, true, [], {}].map(
    (ttl) => ['cache.ttl', { ttl }] as const,
  ),
  ...[-0.1, 1.1, 2, '0.9', true, [], {}].map(
    (threshold) => ['cache.threshold', { threshold }] as const,
  ),
  ...['', 'n'.repeat(257), 5, true, [], {}].map(
    (namespace) => ['cache.namespace', { namespace }] as const,
  ),
  ...['yes', 1, []].map((shadow) => ['cache.shadow', { shadow }] as const),
  ...['slow', 1, true].map((replay) => ['cache.replay', { replay }] as const),
];

describe.each(DIALECTS)('%s', (path, body) => {
  test('what is of the wrong kind, or out of range', async () => {
    const before = wires.alpha.received;
    for (const [word, cache] of WRONG) {
      expectRefused(await ask(path, { ...body, cache }), path, word);
      expectRefused(await ask(path, { ...body, extra_body: { cache } }), path, word);
    }
    expect(wires.alpha.received).toBe(before);
  });

  test('the ends of what is in range are taken', async () => {
    for (const cache of [
      { ttl: 0.001 },
      { ttl: '30d' },
      { ttl: 30 * 86_400 },
      { namespace: 'n'.repeat(256) },
      { namespace: 'ü\n"' },
      { threshold: 0, mode: 'exact' },
      { threshold: 1, mode: 'exact' },
      {},
    ]) {
      const [status, reply] = await ask(path, { ...body, cache });
      expect([cache, status]).toEqual([cache, 200]);
      expect(lossesOf(reply)).toEqual([]);
    }
  });

  test('members nobody knows are named, and refused under strict', async () => {
    const cache = { mode: 'exact', max_age: 5, Ttl: '1m' };
    const [status, reply] = await ask(path, { ...body, cache });
    const losses = lossesOf(reply);
    expect([status, losses]).toEqual([
      200,
      [expect.stringContaining('cache.max_age'), expect.stringContaining('cache.Ttl')],
    ]);
    const [refused, told] = await ask(path, { ...body, cache, strict: true });
    expect([refused, String(asObject(told.error)?.message)]).toEqual([
      400,
      expect.stringContaining('cache.max_age'),
    ]);
  });

  test('headers', async () => {
    for (const header of [
      ...['sometimes', 'exact; ttl', 'exact; ttl=soon', 'exact; ttl=-1', 'exact; nobody=1'],
      ...['semantic; threshold=2', 'exact; ttl=1m; ttl=2m', 'exact; __proto__=1', ';', '=x'],
    ])
      expectRefused(
        await ask(path, body, { 'x-switchyard-cache': header }),
        path,
        'x-switchyard-cache',
      );
    // As the standard has it, what a Cache-Control header says and nobody knows is nothing.
    for (const header of ['max-age=soon', 'max-age=-5', 'nonsense', ',,;=,', 'max-age', 'stale=1'])
      expect([header, (await ask(path, body, { 'cache-control': header }))[0]]).toEqual([
        header,
        200,
      ]);
  });
});
