// Runaway: against one's own habit, against others, and who is told of whom.
import { describe, expect, test } from 'bun:test';
import type { Exchange } from '../../core/exchange.ts';
import { UNKNOWN_USAGE } from '../../core/usage.ts';
import { HOUR_MS } from '../../lib/utc-day.ts';
import { Habits } from '../habits.ts';
import type { UsageReader, UsedHour, UsedTotal } from '../usage-hours.ts';
import { WatchedExchanges } from '../watched-exchanges.ts';
import { runawayRule } from './runaway.ts';

const NOW = Date.parse('2026-11-10T10:20:00Z');
const SETTINGS = {
  ...{ enabled: true, severity: null, factor: 15, minUsd: 2, minRequests: 300 },
  ignore: new Set<string>(),
};

interface Past {
  readonly hours?: { readonly [subject: string]: readonly number[] };
  readonly days?: { readonly [subject: string]: readonly number[] };
  readonly total?: UsedTotal;
}

/** A log in which subjects spent these dollars in single hours or days, at a hundred requests a dollar. */
function world({ hours = {}, days = {}, total }: Past = {}, settings = SETTINGS) {
  const asked: string[] = [];
  const usage: UsageReader = {
    hours: async () => [],
    async of(kind, name, { interval }) {
      asked.push(`${kind}:${name} ${interval}`);
      const spent = (interval === 'hour' ? hours : days)[`${kind}:${name}`] ?? [];
      return spent.map(
        (usd, nth): UsedHour => ({ at: NOW - nth * HOUR_MS, usd, requests: usd * 100, errors: 0 }),
      );
    },
    async total(kind) {
      asked.push(`all ${kind}`);
      return total ?? { requests: 0, usd: null, subjects: 0 };
    },
  };
  const watched = new WatchedExchanges(() => NOW);
  const rule = runawayRule(watched, new Habits(usage), () => settings);
  return {
    asked,
    watched,
    /** So many requests that cost so much together. */
    spend(usd: number, requests: number, who: Partial<Exchange>) {
      for (let nth = 0; nth < requests; nth++)
        watched.record({
          ...{ costNano: (usd / requests) * 1e9, user: null, keyId: null, metadata: null },
          ...{ unpriced: false, attempts: [] },
          ...who,
        } as Partial<Exchange> as Exchange);
    },
    look: async (...active: string[]) => (await rule.look(NOW, new Set(active))) ?? [],
  };
}

const subjects = (found: readonly { readonly subject: string }[]) =>
  found.map(({ subject }) => subject);

describe("against one's own habit", () => {
  const past = { hours: { 'user:ann': [24, 24, 20, 8] } };

  test('fifteen times a twelfth of a busy hour are too much', async () => {
    const under = world(past);
    under.spend(29.9, 50, { user: 'ann' });
    expect(await under.look()).toEqual([]);
    const over = world(past);
    over.spend(30.1, 50, { user: 'ann' });
    expect(await over.look()).toMatchObject([
      {
        subject: 'user:ann',
        title: 'User ann runs away: $30.10 in five minutes, 15 times what is usual',
        facts: {
          'last five minutes': '$30.10, 50 requests',
          usual: '$24.00 and 2,400 requests in an hour',
          'compared with': 'its busy hours of the last days',
        },
      },
    ]);
  });

  test('what a cache saved is not spent: its hits count as requests alone', async () => {
    const one = world({ hours: { 'user:ann': [1] } });
    const recall: Exchange['recall'] = {
      ...{ kind: 'exact', from: 'first', model: 'm', provider: 'p', ageMs: 1, similarity: null },
      ...{ simulated: false, losses: [] },
      saved: { usage: UNKNOWN_USAGE, costNano: 100e9, estimated: false },
    };
    one.spend(0, SETTINGS.minRequests - 1, { user: 'ann', cache: 'exact', recall });
    expect(await one.look()).toEqual([]);
    one.spend(0, 1, { user: 'ann', cache: 'exact', recall });
    const [found] = await one.look();
    expect(found?.facts?.['last five minutes']).toBe(`$0.00, ${SETTINGS.minRequests} requests`);
  });

  test('requests that cost nothing count as requests', async () => {
    const one = world({ hours: { 'user:ann': [1] } });
    one.spend(0, 299, { user: 'ann' });
    expect(await one.look()).toEqual([]);
    one.spend(0, 1, { user: 'ann' });
    expect((await one.look())[0]?.title).toBe(
      'User ann runs away: 300 requests in five minutes, 36 times what is usual',
    );
  });

  test('who has no hour lately is held against a day of theirs', async () => {
    const one = world({ days: { 'user:ann': [10, 4] } });
    one.spend(11, 20, { user: 'ann' });
    expect(await one.look()).toEqual([]);
    one.spend(2, 20, { user: 'ann' });
    expect((await one.look())[0]?.facts['compared with']).toBe('its busy days of the last week');
  });

  test('what has begun goes on above half its threshold, by the habit it began with', async () => {
    const one = world(past);
    one.spend(15.1, 50, { user: 'ann' });
    expect(subjects(await one.look('user:ann'))).toEqual(['user:ann']);
    const less = world(past);
    less.spend(14.9, 50, { user: 'ann' });
    expect(await less.look('user:ann')).toEqual([]);
  });
});

describe('new ones', () => {
  const total = { requests: 7000, usd: 140, subjects: 10 };

  test('are held against a day of others', async () => {
    // A day of one of ten is two dollars: 15/12 of it.
    const under = world({ total });
    under.spend(2.4, 10, { user: 'eve' });
    expect(await under.look()).toEqual([]);
    const over = world({ total });
    over.spend(2.6, 10, { user: 'eve' });
    expect((await over.look())[0]?.facts['compared with']).toBe(
      'it is new: a day of others on average',
    );
  });

  test('on a gateway without any day: users by the floors, a key not at all', async () => {
    const one = world();
    one.spend(3, 10, { user: 'eve', keyId: 'key_1' });
    one.spend(30, 10, { keyId: 'key_2' });
    expect(subjects(await one.look())).toEqual(['user:eve']);
  });
});

describe('one doing is told once', () => {
  const total = { requests: 700, usd: 14, subjects: 10 };

  test('of the user, not of the conversation and the key it is part of', async () => {
    const one = world({ total });
    one.spend(50, 10, { user: 'ann', keyId: 'key_1', metadata: { session_id: 's1' } });
    one.spend(1, 10, { user: 'bob', keyId: 'key_1' });
    expect(subjects(await one.look())).toEqual(['user:ann']);
  });

  test('of the conversation, where nobody says whose it is', async () => {
    const one = world({ total });
    one.spend(50, 10, { keyId: 'key_1', metadata: { conversation_id: 's1' } });
    expect(subjects(await one.look())).toEqual(['session:s1']);
  });

  test('a key that runs away beside it is told as well', async () => {
    const one = world({ total });
    one.spend(50, 10, { user: 'ann', keyId: 'key_1' });
    one.spend(50, 10, { keyId: 'key_1' });
    one.spend(50, 10, { keyId: 'key_2' });
    expect(subjects(await one.look()).toSorted()).toEqual(['key:key_1', 'key:key_2', 'user:ann']);
  });
});

test('the log is asked for suspects only, and not again for half an hour', async () => {
  const one = world({ hours: { 'user:ann': [0.1] } });
  for (let nth = 0; nth < 500; nth++) one.spend(0.001, 1, { user: `calm-${nth}`, keyId: 'key_1' });
  await one.look();
  expect(one.asked).toEqual(['key:key_1 hour', 'key:key_1 day', 'all key']);
  one.spend(9, 10, { user: 'ann', keyId: 'key_1' });
  await one.look();
  await one.look();
  expect(one.asked.slice(3)).toEqual(['user:ann hour']);
});

test('who is ignored may', async () => {
  const one = world({}, { ...SETTINGS, ignore: new Set(['user:batch']) });
  one.spend(900, 400, { user: 'batch' });
  expect(await one.look()).toEqual([]);
});
