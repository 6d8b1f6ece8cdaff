// The order of models is a total one, whatever is measured, missing or tied: any two compare, and comparing is transitive.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { measuresOf } from './auto-measure.ts';
import { compare, order, type Ranked, unranked } from './auto-order.ts';
import { autoFactsOf, NO_NEEDS, outcomesOf, speedOf } from './auto-samples.ts';

const figure = fc.option(
  fc.oneof(fc.double({ min: 0, max: 1e5, noNaN: true }), fc.integer({ min: 0, max: 3 })),
);
const sample = fc.record({
  price: figure,
  math: figure,
  ttftMs: figure,
  tokensPerS: figure,
  doubtful: fc.boolean(),
  outcome: fc.option(fc.double({ min: -100, max: 100, noNaN: true })),
});
const METRICS = ['price', 'math', 'latency', 'throughput', 'profit'];
const sorts = fc.array(
  fc.record({
    metric: fc.constantFrom(...METRICS),
    direction: fc.constantFrom(null, 'ascending' as const, 'descending' as const),
  }),
  { maxLength: 5 },
);

const ranked = fc.tuple(fc.array(sample, { maxLength: 12 }), sorts).map(([samples, sort]) => {
  const named = Object.fromEntries(samples.map((one, place) => [`a/m${place}`, one]));
  const { pool, metrics } = autoFactsOf(named);
  const profit = Object.fromEntries(
    samples.flatMap(({ outcome }, place) =>
      outcome === null ? [] : [[`a/m${place}`, [outcome, 1] as const]],
    ),
  );
  const live = { speed: speedOf({}), outcomes: outcomesOf({ profit }) };
  const all = pool.entries.map((entry) =>
    unranked(entry, named[entry.candidate.id]?.doubtful ?? false),
  );
  return { all, measures: measuresOf(sort, metrics, NO_NEEDS, live, []) };
});

const sign = (value: number) => Math.sign(value) + 0;

describe('the order', () => {
  test('is total: of two one is sooner, and sooner than the sooner is sooner', () => {
    fc.assert(
      fc.property(ranked, ({ all, measures }) => {
        const at = (a: Ranked, b: Ranked) => sign(compare(a, b, measures));
        for (const a of all)
          for (const b of all) {
            expect(at(a, b)).toBe(a === b ? 0 : -at(b, a));
            expect(at(a, b) === 0).toBe(a === b);
            for (const c of all) if (at(a, b) < 0 && at(b, c) < 0) expect(at(a, c)).toBe(-1);
          }
      }),
      { numRuns: 60 },
    );
  });

  test('is the same wherever each stood before', () => {
    fc.assert(
      fc.property(ranked, ({ all, measures }) => {
        const ids = (list: readonly Ranked[]) => list.map(({ entry }) => entry.candidate.id);
        const forwards = ids(order([...all], measures));
        expect(ids(order(all.toReversed(), measures))).toEqual(forwards);
      }),
    );
  });
});
