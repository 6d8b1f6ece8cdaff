// A row's cost by kind: exact to the billionth, of every attempt together, or not said.
import { expect, test } from 'bun:test';
import type { AttemptOutcome } from '../core/exchange.ts';
import { costNano, type Price } from '../core/price.ts';
import { UNKNOWN_USAGE, type Usage } from '../core/usage.ts';
import { sampleExchange } from '../ledger/sample-exchange.ts';
import { toLogRow } from '../ledger/stored-row.ts';
import { itemized } from './itemized-row.ts';

const PRICES = new Map<string, Price>([
  ['a', { input: 1, output: 2, cacheRead: 0.1, services: { batch: { input: 0.5, output: 1 } } }],
  ['b', { input: 3, output: 15 }],
]);
const log = {
  prices: async (versions: readonly string[]) =>
    new Map([...PRICES].filter(([version]) => versions.includes(version))),
};
const [sample] = sampleExchange().attempts;

function attempt(price: string | null, used: Partial<Usage>, nano?: number | null): AttemptOutcome {
  if (sample === undefined) throw new Error('The sample has no attempt.');
  const usage = { ...UNKNOWN_USAGE, ...used };
  const cost = costNano(PRICES.get(price ?? '') ?? null, usage);
  return { ...sample, usage, price, costNano: nano === undefined ? cost : nano };
}

async function told(...attempts: readonly AttemptOutcome[]) {
  const costs = attempts.map(({ costNano: nano }) => nano);
  const sum = costs.reduce<number | null>(
    (all, nano) => (all === null || nano === null ? null : all + nano),
    0,
  );
  const row = await itemized(log, toLogRow(sampleExchange({ attempts, costNano: sum })));
  return [row.cost_breakdown, ...row.attempts.map(({ cost_breakdown: one }) => one)];
}

test('of each attempt at its own price, and of all', async () => {
  expect(
    await told(
      attempt('a', { input: 1000, output: 0, cacheRead: 500 }),
      attempt('b', { input: 1000, output: 100 }),
    ),
  ).toEqual([
    { input: 0.004, cache_read: 0.00005, output: 0.0015 },
    { input: 0.001, cache_read: 0.00005 },
    { input: 0.003, output: 0.0015 },
  ]);
});

test('an attempt that came to nothing adds nothing', async () => {
  const [all, first] = await told(attempt(null, {}, 0), attempt('b', { input: 1, output: 1 }));
  expect([all, first]).toEqual([{ input: 0.000003, output: 0.000015 }, {}]);
});

test('by what the provider says of its tier and of what it bills', async () => {
  expect((await told(attempt('a', { input: 1000, output: 10, tier: 'batch' })))[0]).toEqual({
    input: 0.0005,
    output: 0.00001,
  });
  const billed = attempt('b', { input: 900, output: 90, billed: { input: 1000, output: 100 } });
  expect((await told(billed))[0]).toEqual({ input: 0.003, output: 0.0015 });
});

test('not said: the price is kept no longer, or is not what the cost is by, or the cost is not known', async () => {
  const known = attempt('b', { input: 10, output: 1 });
  const used = { input: 10, output: 1 };
  for (const odd of [attempt('gone', used, 45), attempt('b', used, 46), attempt('b', used, null)]) {
    const [all, first, second] = await told(known, odd);
    expect([all, second]).toEqual([undefined, undefined]);
    expect(first).toEqual({ input: 0.00003, output: 0.000015 });
  }
  expect(await told(attempt(null, { ...used, chargedUsd: 0.5 }))).toEqual([undefined, undefined]);
});
