// Several keys of one provider: a refused one is passed over unseen, conversations stay where their prompts are cached.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { startSim } from '../../sim/start-sim.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { ErrorCode } from '../../src/core/errors.ts';
import { KNOWN_PROVIDERS } from '../../src/gateway/configure-providers.ts';
import { asArray, asObject, type JsonObject } from '../../src/lib/json.ts';
import { CALLERS, type Caller, call, type Heard, openaiCaller, trailOf } from './callers.ts';
import { type GatewayUnderTest, startGateway } from './gateway-under-test.ts';
import { until } from './until.ts';

const REFUSALS: readonly (readonly [number, ErrorCode])[] = [
  [401, 'upstream_auth'],
  [402, 'upstream_payment_required'],
  [403, 'upstream_forbidden'],
  [429, 'upstream_rate_limited'],
];

const sim = startSim({ seed: 21 });
const other = startSim({ seed: 22 });
let gateway: GatewayUnderTest;

const even = (...names: readonly string[]) =>
  names.map((name) => `{ key: "sim-${name}-secret", label: ${name} }`).join(', ');

/** One pool for each refusal, on each wire: its first key is refused, its spare one is good. */
const refusing = REFUSALS.flatMap(([status]) =>
  [
    ['openai-chat', 'oa'],
    ['anthropic-messages', 'an'],
  ].map(
    ([dialect, name]) => `
  ${name}${status}: { dialect: ${dialect}, base_url: "${sim.url}", api_keys: [{ key: sim-good-secret, label: spare, weight: 0 }, { key: "sim-bad-secret+status=${status}", label: refused }] }`,
  ),
).join('');

// Every call finds every key as it was: what is remembered of failures is another matter.
const yaml = (pool: string) => `
health: { enabled: false }
providers:
  even: { base_url: "${sim.url}", api_keys: [${pool}] }
  weighted: { base_url: "${sim.url}", api_keys: [{ key: sim-light-secret, label: light }, { key: sim-heavy-secret, label: heavy, weight: 3 }] }
  plain: { base_url: "${sim.url}", api_keys: [sim-one-secret, sim-two-secret] }
  dead: { base_url: "${sim.url}", api_keys: ["sim-a-secret+status=401", "sim-b-secret+status=429+retry-after=9", "sim-c-secret+status=402"] }
  throttled: { base_url: "${sim.url}", api_keys: ["sim-d-secret+status=429"] }
  shut: { base_url: "${sim.url}", api_keys: ["sim-e-secret+status=401"] }
  other: { dialect: anthropic-messages, base_url: "${other.url}", api_key: k }
${refusing}
`;

beforeAll(async () => {
  gateway = await startGateway(yaml(even('a', 'b', 'c')));
});
afterAll(async () => {
  await gateway.stop();
  await sim.stop();
  await other.stop();
});
beforeEach(() => {
  sim.clear();
  other.clear();
});

/** The keys the provider was asked with, in order: the second word of each. */
function keysAsked(): readonly string[] {
  return sim.requests.map(({ headers }) => {
    const key = headers['x-api-key'] ?? headers.authorization ?? '';
    return /sim-(\w+)-secret/.exec(key)?.[1] ?? 'none';
  });
}

async function attemptsInLog(heard: Heard) {
  const id = heard.headers.get('x-generation-id');
  const row = (await gateway.rows()).find((one) => one.id === id);
  return row?.attempts.map(({ key, status_code, error }) => [key, status_code, error]);
}

/** Each wire's own way to name the end user. */
function userField({ name }: Caller, user: string): JsonObject {
  return name === 'anthropic' ? { metadata: { user_id: user } } : { user };
}

describe('a key that is refused', () => {
  test.each(REFUSALS)(
    '%i: the next key answers, in every dialect, streamed or not',
    async (status, code) => {
      for (const caller of CALLERS) {
        for (const stream of [true, false]) {
          for (const wire of ['oa', 'an']) {
            sim.clear();
            const model = `${wire}${status}/echo`;
            const heard = await call(gateway, caller, model, { stream, models: ['other/echo'] });
            expect(heard).toMatchObject({ status: 200, ended: true, error: null });
            expect(trailOf(heard)).toEqual([
              [model, status, code],
              [model, 200, 'ok'],
            ]);
            expect(keysAsked()).toEqual(['bad', 'good']);
            expect(heard.raw).not.toContain('secret');
          }
        }
      }
      expect(other.received).toBe(0);
    },
  );

  test('the log names the keys by their labels', async () => {
    const heard = await call(gateway, openaiCaller, 'oa401/echo');
    expect(await attemptsInLog(heard)).toEqual([
      ['refused', 401, 'upstream_auth'],
      ['spare', 200, null],
    ]);
    const rows = JSON.stringify(await gateway.rows());
    expect(rows + gateway.logged.join()).not.toContain('-secret');
  });

  test('by a bad request nobody else is bothered: it is no fault of the key', async () => {
    const heard = await call(gateway, openaiCaller, 'even/echo+status=400');
    expect(heard.status).toBe(400);
    expect(sim.received).toBe(1);
  });

  test('all of them: each is asked once, then the next candidate', async () => {
    const heard = await call(gateway, openaiCaller, 'dead/echo', { models: ['other/echo'] });
    expect(heard).toMatchObject({ status: 200, error: null });
    expect(new Set(keysAsked())).toEqual(new Set(['a', 'b', 'c']));
    expect([sim.received, other.received]).toEqual([3, 1]);
  });

  test('all of them and no other candidate: the caller is told when the first may work again', async () => {
    const heard = await call(gateway, openaiCaller, 'dead/echo');
    expect(sim.received).toBe(3);
    expect([429, 502]).toContain(heard.status);
    expect(heard.headers.get('retry-after')).toBe('9');
    expect(heard.raw).not.toContain('secret');
  });

  test('a rate limit is the key’s for that model; a rejected key is nobody’s', async () => {
    const limited = await call(gateway, openaiCaller, 'throttled/echo', {
      models: ['throttled/fast', 'other/echo'],
    });
    expect(trailOf(limited).map(([model]) => model)).toEqual([
      'throttled/echo',
      'throttled/fast',
      'other/echo',
    ]);
    const rejected = await call(gateway, openaiCaller, 'shut/echo', {
      models: ['shut/fast', 'other/echo'],
    });
    expect(trailOf(rejected).map(([model]) => model)).toEqual(['shut/echo', 'other/echo']);
  });
});

describe('which key goes first', () => {
  test('a user’s is always the same, in every dialect; others have others', async () => {
    const firsts = new Map<string, string>();
    for (let n = 0; n < 12; n++) {
      const user = `user-${n}`;
      for (const caller of CALLERS) {
        sim.clear();
        await call(gateway, caller, 'even/echo', userField(caller, user));
        const [key = ''] = keysAsked();
        expect(firsts.get(user) ?? key).toBe(key);
        firsts.set(user, key);
      }
    }
    expect(new Set(firsts.values())).toEqual(new Set(['a', 'b', 'c']));
  });

  test('without a user, a conversation keeps its own while it grows', async () => {
    for (let n = 0; n < 6; n++) {
      sim.clear();
      const messages: JsonObject[] = [{ role: 'user', content: `conversation ${n}` }];
      for (let turn = 0; turn < 3; turn++) {
        const heard = await call(gateway, openaiCaller, 'even/echo', { messages: [...messages] });
        messages.push(
          { role: 'assistant', content: heard.text },
          { role: 'user', content: `and then ${turn}` },
        );
      }
      expect(new Set(keysAsked()).size).toBe(1);
    }
  });

  test('by their weights', async () => {
    for (let n = 0; n < 200; n++)
      await call(gateway, openaiCaller, 'weighted/fast', { user: `user-${n}` });
    const heavy = keysAsked().filter((key) => key === 'heavy').length;
    // 150 of 200; four standard deviations either way.
    expect(heavy).toBeWithin(125, 176);
  });

  test('a key that is added by a reload takes some users over and moves nobody else', async () => {
    const keysOf = async () => {
      const found: string[] = [];
      for (let n = 0; n < 40; n++) {
        sim.clear();
        await call(gateway, openaiCaller, 'even/fast', { user: `user-${n}` });
        found.push(keysAsked()[0] ?? '');
      }
      return found;
    };
    const before = await keysOf();
    reload(even('d', 'a', 'b', 'c'));
    const after = await keysOf();
    reload(even('a', 'b', 'c'));
    const moved = after.filter((key, n) => key !== before[n]);
    expect(new Set(moved)).toEqual(new Set(['d']));
    expect(moved.length).toBeWithin(3, 20);
  });

  test('one user’s many calls at once do not all press on one key', async () => {
    const calls = Array.from({ length: 24 }, () =>
      call(gateway, openaiCaller, 'even/echo+ttft=150', { user: 'busy' }),
    );
    await until(() => sim.received === 24);
    const counts = ['a', 'b', 'c'].map((name) => keysAsked().filter((key) => key === name).length);
    // ceil(1.25 * 24 / 3), and one that came when it had just that many.
    for (const count of counts) expect(count).toBeWithin(1, 12);
    const heard = await Promise.all(calls);
    expect(heard.every(({ status }) => status === 200)).toBe(true);
    expect(trailOf(heard[0] as Heard).length).toBe(1);
    const lane = gateway.gateway.load.of('even');
    await until(() => lane.running === 0);
    // And when it is quiet again it is the old one.
    sim.clear();
    await call(gateway, openaiCaller, 'even/echo', { user: 'busy' });
    await call(gateway, openaiCaller, 'even/echo', { user: 'busy' });
    expect(new Set(keysAsked()).size).toBe(1);
  });

  test('keys without labels are numbered', async () => {
    const heard = await call(gateway, openaiCaller, 'plain/echo', { user: 'x' });
    const [attempt] = (await attemptsInLog(heard)) ?? [];
    const [asked] = keysAsked();
    expect(attempt?.[0]).toBe(asked === 'one' ? 'key-1' : 'key-2');
  });
});

test('embeddings take the next key too', async () => {
  const reply = await gateway.post('/v1/embeddings', { model: 'oa429/echo', input: 'x' });
  const body = asObject(await reply.json());
  expect([reply.status, asArray(body?.data).length]).toEqual([200, 1]);
  expect(keysAsked()).toEqual(['bad', 'good']);
});

function reload(pool: string): void {
  const parsed = parseConfig(yaml(pool), {}, KNOWN_PROVIDERS);
  if (!parsed.ok) throw new Error('a good configuration');
  gateway.gateway.change({ config: parsed.config });
}
