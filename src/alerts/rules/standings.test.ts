// The rules that read how something stands: budgets, targets, exports, disk, log, the store of limits.
import { describe, expect, test } from 'bun:test';
import { type BudgetStanding, budgetFinding, budgetRule } from './budgets.ts';
import { circuitRule, type TargetStanding } from './circuits.ts';
import { diskRule } from './disk.ts';
import { exportRule } from './exports-stuck.ts';
import { type LogStanding, limitsStoreRule, logRule } from './log-troubles.ts';
import { sealedKeysRule } from './sealed-keys.ts';

const NONE: ReadonlySet<string> = new Set();
const ON = { enabled: true, severity: null };
const NANO = 1e9;

describe('a budget', () => {
  const standing = (usd: number, change: Partial<BudgetStanding> = {}): BudgetStanding => ({
    id: 'key:k1/budget/day',
    who: { what: 'key', id: 'k1', name: 'search' },
    period: 'day',
    amountNano: 100 * NANO,
    spentNano: Math.round(usd * NANO),
    resetsAt: 1000,
    ...change,
  });
  const level = (usd: number) => budgetFinding(standing(usd), [50, 80, 100])?.level ?? null;

  test('is told from each threshold on, the highest that is reached', () => {
    expect([49.99, 50, 79.99, 80, 99.99, 100, 250].map(level)).toEqual([
      ...[null, 50, 50, 80, 80, 100, 100],
    ]);
    expect(budgetFinding(standing(80), [50, 80, 100])).toMatchObject({
      severity: 'warning',
      title: '80 % of the budget of key search is spent: $80.00 of $100.00 per day',
      see: '/router/v1/usage?group_by=model&key=k1',
      once: true,
    });
    expect(budgetFinding(standing(101), [50, 100])).toMatchObject({
      severity: 'critical',
      title: 'The budget of key search is spent: $101.00 of $100.00 per day',
    });
  });

  test('of nothing is spent', () => {
    expect(budgetFinding(standing(0, { amountNano: 0 }), [50, 100])?.level).toBe(100);
  });

  test('is over with its period, or when it becomes another; not because nobody calls', async () => {
    let now: readonly BudgetStanding[] = [standing(60)];
    const rule = budgetRule(
      () => now,
      () => ({ ...ON, at: [50] }),
    );
    const [found] = (await rule.look(0, NONE)) ?? [];
    const subject = found?.subject ?? '';
    now = [];
    expect(await rule.look(1, NONE)).toEqual([]);
    expect([rule.isOver?.(subject, 999), rule.isOver?.(subject, 1000)]).toEqual([false, true]);
    now = [standing(60, { amountNano: 200 * NANO })];
    expect(await rule.look(2, NONE)).toEqual([]);
    expect(rule.isOver?.(subject, 3)).toBe(true);
    const good = standing(60, { period: 'total', resetsAt: null, id: 'user:a/1/2/budget/total' });
    now = [good];
    const [forGood] = (await rule.look(4, NONE)) ?? [];
    expect(rule.isOver?.(forGood?.subject ?? '', 1e15)).toBe(false);
  });

  test('that cannot be read begins and ends nothing', async () => {
    expect(
      await budgetRule(
        () => null,
        () => ({ ...ON, at: [50] }),
      ).look(0, NONE),
    ).toBeNull();
  });
});

describe('a target', () => {
  const target = (state: TargetStanding['standing']['state']): TargetStanding => ({
    target: { provider: 'alpha', model: 'echo', key: null, region: null },
    standing: { state },
    ...{ requests: 8, errors: 6, consecutiveFailures: 6 },
    lastError: { code: 'upstream_error', agoMs: 2000 },
  });

  test('is ill while it is left alone or tried, from its time on; a rate limit is no illness', () => {
    let state: TargetStanding['standing']['state'] = 'ready';
    const rule = circuitRule(
      () => [target(state)],
      () => ({ ...ON, afterMs: 10_000 }),
    );
    const look = (now: number) => rule.look(now, NONE) as readonly { subject: string }[];
    expect(look(0)).toEqual([]);
    state = 'cooling';
    expect(look(1000)).toEqual([]);
    state = 'open';
    expect(look(2000)).toEqual([]);
    state = 'probing';
    expect(look(11_999)).toEqual([]);
    expect(look(12_000)).toMatchObject([{ subject: 'target:alpha/echo', since: 2000 }]);
    state = 'ready';
    expect(look(13_000)).toEqual([]);
    state = 'open';
    expect(look(14_000)).toEqual([]);
  });
});

describe('an export', () => {
  const look = (lagMs: number, stuckSince: number | null, active = NONE) =>
    exportRule(
      () => [{ name: 'warehouse', lagMs, stuckSince, why: 'HTTP 503' }],
      () => ({ ...ON, afterMs: 900_000 }),
    ).look(1_000_000, active) as readonly { title: string }[];

  test('is stuck when its oldest row, or nothing at all, gets there for too long', () => {
    expect(look(899_999, null)).toEqual([]);
    expect(look(900_000, null)).toMatchObject([
      { title: 'The export warehouse is stuck: the oldest row waits for 15 min' },
    ]);
    expect(look(0, 100_001)).toEqual([]);
    expect(look(0, 100_000)).toHaveLength(1);
    expect(look(450_000, null, new Set(['export:warehouse']))).toHaveLength(1);
    expect(look(449_999, null, new Set(['export:warehouse']))).toEqual([]);
  });
});

describe('the disk', () => {
  const settings = () => ({ ...ON, minPercent: 10, minFreeBytes: 1e9 });
  const look = async (freeBytes: number, totalBytes: number, active = NONE) =>
    await diskRule(async () => ({ freeBytes, totalBytes }), settings).look(0, active);

  test('is nearly full by percent or by bytes, and critical at half of that', async () => {
    expect(await look(10e9, 100e9)).toEqual([]);
    expect(await look(9.99e9, 100e9)).toMatchObject([
      { severity: 'warning', level: 1, title: 'The disk is nearly full: 10 GB free (10 %)' },
    ]);
    expect(await look(4.9e9, 100e9)).toMatchObject([{ severity: 'critical', level: 2 }]);
    expect(await look(0.9e9, 5e9)).toMatchObject([{ severity: 'warning' }]);
    expect(await look(1e9, 5e9)).toEqual([]);
  });

  test('that has begun to be is so until there is a tenth more', async () => {
    const active = new Set(['data']);
    expect(await look(10.9e9, 100e9, active)).toHaveLength(1);
    expect(await look(11.1e9, 100e9, active)).toEqual([]);
  });

  test('that does not tell its size begins and ends nothing', async () => {
    expect(await look(0, 0)).toBeNull();
    expect(await diskRule(async () => null, settings).look(0, NONE)).toBeNull();
  });
});

describe('the log', () => {
  const OK: LogStanding = {
    ...{ dropped: 0, refused: 0, lagMs: 0, spooledRows: 0, spooledBytes: 0, database: 'ok' },
  };

  test('is in trouble while rows are given up or refused, and while its database is away for long', () => {
    let stats = OK;
    const rule = logRule(
      () => stats,
      () => ({ ...ON, afterMs: 60_000 }),
    );
    const look = (now: number) =>
      (rule.look(now, NONE) as readonly { subject: string }[]).map(({ subject }) => subject);
    expect(look(0)).toEqual([]);
    stats = { ...OK, dropped: 5, refused: 1 };
    expect(look(5000)).toEqual(['dropped', 'refused']);
    expect(look(10_000)).toEqual([]);
    stats = { ...stats, database: 'down' };
    expect(look(15_000)).toEqual([]);
    expect(look(74_999)).toEqual([]);
    expect(look(75_000)).toEqual(['database']);
    stats = { ...stats, database: 'ok' };
    expect(look(80_000)).toEqual([]);
    stats = { ...stats, database: 'down' };
    expect(look(85_000)).toEqual([]);
  });

  test('and the store of limits when it says so', () => {
    let trouble: string | null = null;
    const rule = limitsStoreRule(() => trouble);
    expect(rule.look(0, NONE)).toEqual([]);
    trouble = 'Redis does not answer.';
    expect(rule.look(0, NONE)).toMatchObject([
      { severity: 'critical', facts: { reason: 'Redis does not answer.' } },
    ]);
  });
});

test('stored keys that cannot be opened are told with what to do, for as long as they cannot', () => {
  let trouble: string | null = null;
  const rule = sealedKeysRule(() => trouble);
  expect(rule.look(0, NONE)).toEqual([]);
  trouble = '1 of 2 stored provider keys cannot be opened.';
  expect(rule.look(0, NONE)).toMatchObject([
    { subject: 'keys', severity: 'critical', todo: trouble, see: '/router/v1/provider-keys' },
  ]);
});
