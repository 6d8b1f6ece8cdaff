// Comparing: what matches, what does not and by how much, and the reasons that either side gives.
import { describe, expect, test } from 'bun:test';
import { readBillModel } from '../gateway/bill-model-names.ts';
import type { BilledCoverage } from './bill-store.ts';
import type { BilledDay, BilledPart } from './billed.ts';
import { compareDays } from './compare.ts';
import type { Comparison, Line } from './comparison.ts';
import { type Counts, NO_COUNTS } from './counts.ts';
import type { OurDay } from './ours.ts';

const DAY = '2026-11-01';
const LATER = Date.parse('2026-11-20');

function ours(model: string, counts: Partial<Counts>, more: Partial<OurDay> = {}): OurDay {
  const none = { costNano: 0, unpriced: 0, estimated: 0, aborted: 0 };
  const all = { ...NO_COUNTS, ...counts };
  return { day: DAY, provider: 'openai', model: `openai/${model}`, counts: all, ...none, ...more };
}

function billed(model: string, counts: Partial<Counts>, more: Partial<BilledDay> = {}): BilledDay {
  const all = { ...NO_COUNTS, ...counts };
  const base = { provider: 'openai', day: DAY, statement: 'usage.completions' } as const;
  return { ...base, model, counts: all, costNano: null, parts: [], place: 'line 2', ...more };
}

const costs = (model: string, costNano: number, more: Partial<BilledDay> = {}) =>
  billed(model, {}, { statement: 'costs', costNano, ...more });

const part = (
  apiKey: string | null,
  counts: Partial<Counts>,
  tier: string | null = null,
): BilledPart => ({
  apiKey,
  tier,
  counts: { ...NO_COUNTS, ...counts },
  costNano: null,
});

interface Given {
  readonly ours?: readonly OurDay[];
  readonly bill?: readonly BilledDay[];
  readonly days?: readonly string[];
  readonly asOf?: number;
  readonly coverage?: readonly BilledCoverage[];
  readonly tolerance?: number;
}

function compare(given: Given): Comparison {
  const { days = [DAY], asOf = LATER, bill = [] } = given;
  const told = [
    ...new Set(['usage.completions', ...bill.map((b) => b.statement)]),
  ] as BilledCoverage['statement'][];
  const coverage = days.flatMap((day) => told.map((statement) => ({ day, statement, asOf })));
  return compareDays({
    ...{ provider: 'openai', days, bill, ours: given.ours ?? [], readName: readBillModel },
    ...{ tolerance: given.tolerance ?? 0.1, coverage: given.coverage ?? coverage },
  });
}

function only(comparison: Comparison): Line {
  expect(comparison.lines).toHaveLength(1);
  return comparison.lines[0] as Line;
}

const codes = ({ reasons }: Line) => reasons.map(({ code }) => code);

describe('verdicts', () => {
  test('the same on both sides', () => {
    const line = only(
      compare({
        ours: [ours('gpt-4o', { requests: 3, input: 100, output: 50 }, { costNano: 5_000_000 })],
        bill: [
          billed('gpt-4o', { requests: 3, input: 100, output: 50 }),
          costs('gpt-4o', 5_000_000),
        ],
      }),
    );
    expect([line.verdict, line.cost.difference, codes(line)]).toEqual(['match', 0, []]);
    expect(line.statements).toEqual(['usage.completions', 'costs']);
  });

  test('one request less in the bill is named with all it used', () => {
    const line = only(
      compare({
        ours: [ours('gpt-4o', { requests: 3, input: 300, output: 60 })],
        bill: [billed('gpt-4o', { requests: 2, input: 200, output: 40 })],
      }),
    );
    expect(line.verdict).toBe('drift');
    expect(line.counts.requests).toEqual({ log: 3, bill: 2, difference: 1, percent: 50 });
    expect(line.counts.input.difference).toBe(100);
    expect(line.counts.output.difference).toBe(20);
  });

  test('a thousandth is no drift, a little more is', () => {
    const verdict = (input: number) =>
      only(
        compare({
          ours: [ours('gpt-4o', { input })],
          bill: [billed('gpt-4o', { input: 100_000 })],
        }),
      ).verdict;
    expect([verdict(100_100), verdict(99_900), verdict(100_102)]).toEqual([
      'match',
      'match',
      'drift',
    ]);
  });

  test('a cent is no drift of a cost, more than a cent is where it is more than a thousandth', () => {
    const verdict = (nano: number, bill: number) =>
      only(
        compare({
          ours: [ours('gpt-4o', { requests: 1 }, { costNano: nano })],
          bill: [costs('gpt-4o', bill)],
        }),
      ).verdict;
    expect([
      verdict(1_000_000, 11_000_000),
      verdict(1_000_000, 11_000_001),
      verdict(100_050_000_000, 100_000_000_000),
    ]).toEqual(['match', 'drift', 'match']);
  });

  test('what only one side has', () => {
    const { lines } = compare({
      ours: [ours('gpt-4o', { requests: 1 })],
      bill: [billed('o3', { requests: 2 }, { parts: [part('key_a', { requests: 2 })] })],
    });
    expect(lines.map(({ model, verdict }) => [model, verdict]).sort()).toEqual([
      ['gpt-4o', 'only_log'],
      ['o3', 'only_bill'],
    ]);
    const bill = lines.find(({ verdict }) => verdict === 'only_bill') as Line;
    expect(bill.reasons[0]?.message).toContain('the key key_a, and none of it is in the log');
    const log = lines.find(({ verdict }) => verdict === 'only_log') as Line;
    expect(codes(log)).toEqual(['export_missing']);
  });

  test('a day that was not over when the bill was asked for', () => {
    const same = {
      ours: [ours('gpt-4o', { requests: 1 })],
      bill: [billed('gpt-4o', { requests: 2 })],
    };
    expect(only(compare({ ...same, asOf: Date.parse('2026-11-02T23:59:59Z') })).verdict).toBe(
      'incomplete',
    );
    expect(only(compare({ ...same, asOf: Date.parse('2026-11-03T00:00:00Z') })).verdict).toBe(
      'drift',
    );
  });

  test('days no bill tells of are not compared; days on which it tells of nothing are', () => {
    const days = [DAY, '2026-11-02'];
    const rows = days.map((day) => ours('gpt-4o', { requests: 1 }, { day }));
    const coverage = [{ day: DAY, statement: 'costs', asOf: LATER } as const];
    const { lines, unbilledDays } = compare({ days, ours: rows, coverage });
    expect(lines.map(({ day, verdict }) => [day, verdict])).toEqual([[DAY, 'only_log']]);
    expect(unbilledDays).toEqual(['2026-11-02']);
  });

  test('a bill of all models together is compared with all, by cost alone', () => {
    const { lines } = compare({
      ours: [
        ours('gpt-4o', { requests: 1 }, { costNano: 3e9 }),
        ours('o3', { requests: 1 }, { costNano: 1e9 }),
      ],
      bill: [costs('*', 5e9)],
      coverage: [{ day: DAY, statement: 'costs', asOf: LATER }],
    });
    expect(lines.map(({ model, verdict, cost }) => [model, verdict, cost.difference])).toEqual([
      ['*', 'drift', -1e9],
    ]);
  });
});

describe('names', () => {
  const names = (log: readonly string[], bill: readonly string[]) =>
    compare({
      ours: log.map((model) => ours(model, { requests: 1 })),
      bill: bill.map((model) => billed(model, { requests: 1 })),
    }).lines.map((line) => [line.names.log.map((name) => name.slice(7)), line.names.bill]);

  test('a snapshot is what an undated name stands for', () => {
    expect(names(['gpt-4o'], ['gpt-4o-2024-08-06'])).toEqual([[['gpt-4o'], ['gpt-4o-2024-08-06']]]);
    expect(names(['gpt-3.5-turbo'], ['gpt-3.5-turbo-0125'])).toEqual([
      [['gpt-3.5-turbo'], ['gpt-3.5-turbo-0125']],
    ]);
    expect(names(['claude-sonnet-4-0'], ['claude-sonnet-4-20250514'])).toEqual([
      [['claude-sonnet-4-0'], ['claude-sonnet-4-20250514']],
    ]);
    expect(names(['claude-3-5-haiku-latest'], ['claude-3-5-haiku-20241022'])).toEqual([
      [['claude-3-5-haiku-latest'], ['claude-3-5-haiku-20241022']],
    ]);
  });

  test('snapshots that both sides name stay apart; one that cannot be told apart is said to be in it', () => {
    expect(
      names(['o3-2025-04-16', 'o3-2025-06-10'], ['o3-2025-04-16', 'o3-2025-06-10']),
    ).toHaveLength(2);
    const line = only(
      compare({
        ours: [ours('gpt-4o', { requests: 100 }), ours('gpt-4o-2024-08-06', { requests: 20 })],
        bill: [billed('gpt-4o-2024-08-06', { requests: 121 })],
      }),
    );
    expect([line.verdict, line.counts.requests.difference, codes(line)]).toEqual([
      'drift',
      -1,
      ['names'],
    ]);
  });

  test('two dated snapshots are never one, and no family is another', () => {
    expect(names(['o3-2025-04-16'], ['o3-2025-06-10'])).toEqual([
      [['o3-2025-04-16'], []],
      [[], ['o3-2025-06-10']],
    ]);
    expect(names(['gpt-4o'], ['gpt-4o-mini-2024-07-18'])).toHaveLength(2);
    expect(names(['gpt-4o'], ['ft:gpt-4o-2024-08-06:org::id'])).toHaveLength(2);
  });

  test('costs under an undated name and usage under a dated one are of one model', () => {
    const line = only(
      compare({
        ours: [ours('claude-haiku-4-5', { input: 10 }, { costNano: 7 })],
        bill: [billed('claude-haiku-4-5-20251001', { input: 10 }), costs('claude-haiku-4-5', 7)],
      }),
    );
    expect([line.verdict, line.cost.bill, line.counts.input.bill]).toEqual(['match', 7, 10]);
  });
});

describe('reasons', () => {
  test('what the log knows of its own rows', () => {
    const line = only(
      compare({
        ours: [ours('gpt-4o', { requests: 5 }, { estimated: 1, aborted: 2, unpriced: 3 })],
        bill: [billed('gpt-4o', { requests: 6 })],
      }),
    );
    expect(line.reasons.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      expect.stringMatching(/^estimated: 1 attempt of/),
      expect.stringMatching(/^aborted: 2 attempts of/),
      expect.stringMatching(/^unpriced: 3 attempts of/),
    ]);
  });

  test('another key: what one key is billed for is ours exactly', () => {
    const own = { requests: 3, input: 300 };
    const line = only(
      compare({
        ours: [ours('gpt-4o', own)],
        bill: [
          billed(
            'gpt-4o',
            { requests: 10, input: 900 },
            { parts: [part('key_gw', own), part('key_nb', { requests: 7, input: 600 })] },
          ),
        ],
      }),
    );
    expect(line.reasons.map(({ message }) => message)).toEqual([
      'what is billed to key_gw alone is what the log has; that of the key key_nb did not come through the gateway',
    ]);
  });

  test('several keys none of which is ours alone; another tier', () => {
    const line = only(
      compare({
        ours: [ours('gpt-4o', { requests: 3 })],
        bill: [
          billed(
            'gpt-4o',
            { requests: 10 },
            { parts: [part('a', { requests: 4 }, 'batch'), part('b', { requests: 6 })] },
          ),
        ],
      }),
    );
    expect(codes(line)).toEqual(['tier', 'several_keys']);
  });

  test('the price, where all that was counted agrees', () => {
    const line = only(
      compare({
        ours: [ours('gpt-4o', { input: 1000 }, { costNano: 2e9 })],
        bill: [billed('gpt-4o', { input: 1000 }), costs('gpt-4o', 1e9)],
      }),
    );
    expect([line.verdict, codes(line)]).toEqual(['drift', ['price']]);
  });

  test('midnight: one day has what the next one lacks', () => {
    const next = '2026-11-02';
    const { lines } = compare({
      days: [DAY, next],
      ours: [ours('gpt-4o', { requests: 11 }), ours('gpt-4o', { requests: 9 }, { day: next })],
      bill: [billed('gpt-4o', { requests: 10 }), billed('gpt-4o', { requests: 10 }, { day: next })],
    });
    expect(lines.map(codes)).toEqual([['midnight'], ['midnight']]);
  });
});
