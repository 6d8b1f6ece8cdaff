// A key's fields as they are written: what they come to, and what is said of those that are wrong.
import { describe, expect, test } from 'bun:test';
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../lib/json.ts';
import { readKeyPatch, readNewKey, readUserLimits } from './key-input.ts';
import { patched, plainRecord } from './key-record.ts';
import { shownKey } from './shown-key.ts';

const plain = plainRecord({
  id: 'key_1',
  name: 'a',
  role: 'inference',
  origin: 'api',
  prefix: 'sy-abcdef',
  createdAt: 0,
});

const WHOLE = {
  name: 'search',
  role: 'admin',
  enabled: false,
  allowed_models: ['openai/*'],
  allowed_routers: ['voice', 'router/support', '*'],
  budget: [
    { amount_usd: 0.000000001, period: 'day' },
    { amount_usd: 20, period: 'month' },
  ],
  rate_limit: { requests_per_minute: 60, tokens_per_minute: null, concurrent: 0 },
  user_limits: { budget: { amount_usd: 1.5, period: 'week' }, rate_limit: null },
  expires_at: '2027-01-31T00:00:00.000Z',
  labels: { team: 'search' },
  metadata: { seats: 3 },
  log_bodies: false,
  cache: { mode: 'exact', ttl: 600, namespace: 'search' },
};

describe('all fields', () => {
  test('are shown as they were written', () => {
    const key = patched(plain, readNewKey(WHOLE), 0);
    expect(shownKey(key, [])).toMatchObject(WHOLE);
    expect(key.limits.budgets[0]?.amountNano).toBe(1);
  });

  test('null clears, absent keeps, and each is replaced whole', () => {
    const key = patched(plain, readNewKey(WHOLE), 0);
    expect(patched(key, readKeyPatch({}), 0)).toEqual(key);
    const cleared = readKeyPatch({
      allowed_models: null,
      allowed_routers: null,
      budget: null,
      rate_limit: null,
      user_limits: null,
      expires_at: null,
      labels: null,
      metadata: null,
      log_bodies: null,
      cache: null,
      enabled: true,
    });
    expect(patched(key, cleared, 0)).toEqual({ ...plain, name: 'search', role: 'admin' });
    const faster = patched(key, readKeyPatch({ rate_limit: { tokens_per_minute: 9 } }), 0);
    expect(faster).toEqual({
      ...key,
      limits: {
        ...key.limits,
        rate: { requestsPerMinute: null, tokensPerMinute: 9, concurrent: null },
      },
    });
  });

  test('what a GET answered changes nothing when it is sent back', () => {
    const key = patched(plain, readNewKey(WHOLE), 0);
    const secrets = [{ hash: 'h', prefix: 'sy-old', validUntil: 5 }];
    const answered = { ...shownKey(key, secrets), usage: null };
    expect(patched(key, readKeyPatch(answered), 0)).toEqual(key);
  });
});

test.each<[body: JsonObject, param: string, told: string]>([
  [{}, 'name', ''],
  [{ name: ' ' }, 'name', 'must not be empty'],
  [{ nam: 'a', name: 'a' }, 'nam', 'Did you mean "name"?'],
  [{ role: 'root' }, 'role', ''],
  [{ rate_limits: {} }, 'rate_limits', 'Did you mean "rate_limit"?'],
  [
    { rate_limit: { requests_per_minut: 1 } },
    'rate_limit.requests_per_minut',
    '"requests_per_minute"',
  ],
  [{ rate_limit: { concurrent: 1.5 } }, 'rate_limit.concurrent', ''],
  [{ rate_limit: { concurrent: -1 } }, 'rate_limit.concurrent', ''],
  [{ budget: { amount_usd: 1 } }, 'budget.period', ''],
  [{ budget: { amount_usd: -1, period: 'day' } }, 'budget.amount_usd', ''],
  [{ budget: { amount_usd: 1, period: 'year' } }, 'budget.period', ''],
  [{ budget: { amount_usd: 0.0000000001, period: 'day' } }, 'budget.amount_usd', 'nine decimals'],
  [{ budget: { amount_us: 1, period: 'day' } }, 'budget.amount_us', '"amount_usd"'],
  [
    {
      budget: [
        { amount_usd: 1, period: 'day' },
        { amount_usd: 'x', period: 'week' },
      ],
    },
    'budget[1].amount_usd',
    '',
  ],
  [
    {
      budget: [
        { amount_usd: 1, period: 'day' },
        { amount_usd: 2, period: 'day' },
      ],
    },
    'budget',
    'each period once',
  ],
  [{ user_limits: { budget: { amount_usd: 1, period: 'dya' } } }, 'user_limits.budget.period', ''],
  [{ user_limits: { budgets: null } }, 'user_limits.budgets', '"budget"'],
  [{ allowed_models: [''] }, 'allowed_models[0]', 'must not be empty'],
  [{ allowed_routers: ['openai/gpt-5.4'] }, 'allowed_routers[0]', 'must be a router'],
  [{ expires_at: 'soon' }, 'expires_at', 'ISO 8601'],
  [{ labels: { 'a b': 'x' } }, 'labels.a b', 'letters'],
  [{ labels: { team: 3 } }, 'labels.team', ''],
  [{ metadata: [] }, 'metadata', ''],
  [{ enabled: null }, 'enabled', ''],
  [{ key: 'sy-of-my-own' }, 'key', ':rotate'],
])('%j is refused at %s', (body, param, told) => {
  const isNew = param === 'name' && body.name === undefined;
  const input = isNew ? body : { name: 'a', ...body };
  const error = thrownBy(() => readNewKey(input));
  expect(error.code).toBe('invalid_request');
  expect(error.details.param).toBe(param);
  expect(error.message).toStartWith(`${param}: `);
  expect(error.message).toContain(told);
  // A secret somebody tried to set is not told again.
  expect(error.message).not.toContain('sy-of-my-own');
});

test('limits of a user are whole', () => {
  expect(readUserLimits({ user: 'ann', budget: { amount_usd: 2, period: 'day' } })).toEqual({
    budgets: [{ amountNano: 2_000_000_000, period: 'day' }],
    rate: null,
  });
  expect(thrownBy(() => readUserLimits({ budgt: null })).message).toContain('"budget"');
});

function thrownBy(work: () => unknown): GatewayError {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof GatewayError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was thrown');
}
