// Spikes against past weeks, against the last day, and against nothing.
import { describe, expect, test } from 'bun:test';
import { HOUR_MS } from '../../lib/utc-day.ts';
import type { UsageReader, UsedHour } from '../usage-hours.ts';
import { errorSpikeRule, PastHours, spendSpikeRule } from './spikes.ts';

const HOUR = Date.parse('2026-11-10T10:00:00Z');
const NOW = HOUR + 20 * 60_000;
const WEEK_MS = 7 * 24 * HOUR_MS;
const SPEND = { enabled: true, severity: null, factor: 3, minUsd: 5 };
const ERRORS = { enabled: true, severity: null, factor: 3, minErrors: 20, minPercent: 5 };

/** `usd` of requests at an hour. */
const hour = (at: number, usd: number, errors = 0, requests = 100): UsedHour => ({
  ...{ at, usd, errors, requests },
});

function log(hours: readonly UsedHour[], takesMs = 0) {
  const asked: number[] = [];
  let clockMs = 0;
  const usage: UsageReader = {
    hours: async (from, to) => {
      asked.push((to - from) / HOUR_MS);
      clockMs += takesMs;
      return hours.filter(({ at }) => at >= from && at < to);
    },
    of: async () => [],
    total: async () => ({ requests: 0, usd: null, subjects: 0 }),
  };
  return {
    past: new PastHours(
      usage,
      () => NOW,
      () => clockMs,
    ),
    asked,
  };
}

async function spend(hours: readonly UsedHour[], active = false, now = NOW) {
  const rule = spendSpikeRule(log(hours).past, () => SPEND);
  return (await rule.look(now, new Set(active ? ['all'] : []))) ?? [];
}

async function errors(hours: readonly UsedHour[]) {
  return (await errorSpikeRule(log(hours).past, () => ERRORS).look(NOW, new Set())) ?? [];
}

const weeks = (...usd: number[]) => usd.map((one, nth) => hour(HOUR - (nth + 1) * WEEK_MS, one));

describe('spend', () => {
  test('is held against the median of the same hour of up to four weeks, from its factor on', async () => {
    const past = weeks(10, 2, 12, 400);
    expect(await spend([...past, hour(HOUR, 32.99)])).toEqual([]);
    const [found] = await spend([...past, hour(HOUR, 33)]);
    expect(found).toMatchObject({
      title: 'Spend is high: $33.00 this hour so far, usually $11.00',
      facts: { 'compared with': 'the same hour of the last 4 weeks' },
      since: HOUR,
    });
  });

  test('an hour of past weeks in which nothing was asked is one in which nothing was spent', async () => {
    const [found] = await spend([
      ...weeks(4, 4),
      hour(HOUR - 3 * WEEK_MS - HOUR_MS, 1),
      hour(HOUR, 13),
    ]);
    expect(found?.facts).toMatchObject({
      'usual for the whole hour': '$4.00',
      'compared with': 'the same hour of the last 3 weeks',
    });
  });

  test('below the floor is none, whatever is usual', async () => {
    expect(await spend([...weeks(0.01), hour(HOUR, 4.99)])).toEqual([]);
    expect(await spend([...weeks(0.01), hour(HOUR, 5)])).toHaveLength(1);
  });

  test('without a past week the last hours are what is usual, and it says so', async () => {
    const day = [1, 2, 3, 4].map((nth) => hour(HOUR - nth * HOUR_MS, 10));
    const [found] = await spend([...day, hour(HOUR, 31)]);
    expect(found?.facts['compared with']).toBe(
      'the 4 hours before: there is no past week in the log yet',
    );
    expect(await spend([...day.slice(0, 2), hour(HOUR, 3000)])).toEqual([]);
    expect(await spend([hour(HOUR, 3000)])).toEqual([]);
    expect(await spend([])).toEqual([]);
  });

  test('of the last hour is told when this one is calm, against the hour it was', async () => {
    const past = [1, 2].flatMap((nth) => [
      hour(HOUR - nth * WEEK_MS, 100),
      hour(HOUR - HOUR_MS - nth * WEEK_MS, 10),
    ]);
    const [found] = await spend([...past, hour(HOUR - HOUR_MS, 50), hour(HOUR, 50)]);
    expect(found?.title).toBe('Spend is high: $50.00 in the last hour, usually $10.00');
  });

  test('that has begun goes on above 70 % of its threshold', async () => {
    const past = weeks(10);
    expect(await spend([...past, hour(HOUR, 22)])).toEqual([]);
    expect(await spend([...past, hour(HOUR, 22)], true)).toHaveLength(1);
    expect(await spend([...past, hour(HOUR, 20.9)], true)).toEqual([]);
  });
});

describe('errors', () => {
  const past = [1, 2, 3].map((nth) => hour(HOUR - nth * WEEK_MS, 1, 4));

  test('are a rate: many requests with as many failures as usual are none', async () => {
    expect(await errors([...past, hour(HOUR, 1, 400, 10_000)])).toEqual([]);
    expect(await errors([...past, hour(HOUR, 1, 119, 1000)])).toEqual([]);
    const [found] = await errors([...past, hour(HOUR, 1, 120, 1000)]);
    expect(found?.title).toBe('Many requests fail: 12 % this hour so far, usually 4 %');
    expect(found?.facts['this hour so far']).toBe('120 of 1,000 requests failed (12 %)');
  });

  test('below the floors are none', async () => {
    expect(await errors([...past, hour(HOUR, 1, 19, 30)])).toEqual([]);
    const calm = [hour(HOUR - WEEK_MS, 1, 0)];
    expect(await errors([...calm, hour(HOUR, 1, 49, 1000)])).toEqual([]);
    expect(await errors([...calm, hour(HOUR, 1, 50, 1000)])).toHaveLength(1);
  });
});

test('the weeks are read once an hour, and nothing at all while nobody asks the gateway anything', async () => {
  const { past, asked } = log(weeks(1));
  await past.read(NOW);
  await past.read(NOW + 60_000);
  expect(asked).toEqual([4 * 168, 2, 2]);
  await past.read(NOW + HOUR_MS);
  expect(asked).toHaveLength(5);
  await past.read(NOW + 3 * HOUR_MS);
  expect(asked).toHaveLength(5);
});

test('both rules look together: the log is asked once', async () => {
  const { past, asked } = log(weeks(1));
  const rules = [spendSpikeRule(past, () => SPEND), errorSpikeRule(past, () => ERRORS)];
  await Promise.all(rules.map((rule) => rule.look(NOW, new Set())));
  expect(asked).toEqual([4 * 168, 2]);
});

test('a log that takes seconds is asked the less often; a new hour is asked at once', async () => {
  const { past, asked } = log(weeks(1), 1000);
  await past.read(NOW);
  expect(asked).toHaveLength(2);
  await past.read(NOW + 99_000);
  expect(asked).toHaveLength(2);
  await past.read(NOW + 100_000);
  expect(asked).toHaveLength(3);
  await past.read(NOW + 100_000 + 50_000);
  expect(asked).toHaveLength(4);
  await past.read(HOUR + HOUR_MS);
  expect(asked).toHaveLength(6);
});

test('a log that could not be read is asked again', async () => {
  let isAway = true;
  const { past } = log(weeks(1));
  const usage: UsageReader = {
    hours: async () => {
      if (isAway) throw new Error('away');
      return weeks(1);
    },
    of: async () => [],
    total: async () => ({ requests: 0, usd: null, subjects: 0 }),
  };
  const broken = new PastHours(usage, () => NOW);
  expect(await broken.read(NOW).then(() => null, Object)).toBeInstanceOf(Error);
  isAway = false;
  expect((await broken.read(NOW)).size).toBe((await past.read(NOW)).size);
});
