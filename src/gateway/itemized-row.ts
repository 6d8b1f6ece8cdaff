// A row of the log with its cost taken apart, by the prices that were in force then: a bill that can be checked by hand.
import { type CostKind, costByKind } from '../core/cost-by-kind.ts';
import type { CostBreakdown, LogAttempt, LogRow } from '../core/log-row.ts';
import type { Price } from '../core/price.ts';
import type { Usage } from '../core/usage.ts';
import { usageOf } from './logged-request.ts';

const NANO_PER_USD = 1e9;

const NAMES: { readonly [Kind in CostKind]: string } = {
  input: 'input',
  cacheRead: 'cache_read',
  cacheWrite5m: 'cache_write_5m',
  cacheWrite1h: 'cache_write_1h',
  output: 'output',
  reasoning: 'reasoning',
  audioIn: 'audio_in',
  audioOut: 'audio_out',
  searches: 'searches',
  images: 'images',
  characters: 'characters',
  seconds: 'seconds',
  request: 'request',
};

type Kinds = ReadonlyMap<CostKind, number>;

/** Rejects with `storage_unavailable`. */
export async function itemized(
  log: { prices(versions: readonly string[]): Promise<ReadonlyMap<string, Price>> },
  row: LogRow,
): Promise<LogRow> {
  const versions = new Set(row.attempts.map(({ price }) => price).filter((one) => one !== null));
  return versions.size === 0 ? row : withKinds(row, await log.prices([...versions]));
}

function withKinds(row: LogRow, prices: ReadonlyMap<string, Price>): LogRow {
  const kinds = row.attempts.map((attempt) => kindsOf(attempt, prices));
  const attempts = row.attempts.map((attempt, index) => {
    const known = kinds[index];
    return known ? { ...attempt, cost_breakdown: told(known) } : attempt;
  });
  const all = wholeOf(kinds);
  if (all === null || total(all) !== nano(row.cost_usd)) return { ...row, attempts };
  return { ...row, attempts, cost_breakdown: told(all) };
}

/** Null where the cost is not known, or is not what the price makes of the usage. */
function kindsOf(attempt: LogAttempt, prices: ReadonlyMap<string, Price>): Kinds | null {
  const { cost_usd: usd, price: version } = attempt;
  // A call that came to nothing, before anything was used.
  if (usd === 0) return new Map();
  const price = version === null ? undefined : prices.get(version);
  const kinds = price === undefined ? null : costByKind(price, exactUsage(attempt));
  return kinds !== null && total(kinds) === nano(usd) ? kinds : null;
}

function exactUsage({ usage, billing = {} }: LogAttempt): Usage {
  const { cached_audio: cachedAudio, tier, billed } = billing;
  return {
    ...usageOf(usage),
    ...(cachedAudio === undefined ? {} : { cachedAudio }),
    ...(tier === undefined ? {} : { tier }),
    ...(billed === undefined ? {} : { billed }),
  };
}

function wholeOf(attempts: readonly (Kinds | null)[]): Kinds | null {
  const sums = new Map<CostKind, number>();
  for (const kinds of attempts) {
    if (kinds === null) return null;
    for (const [kind, cost] of kinds) sums.set(kind, (sums.get(kind) ?? 0) + cost);
  }
  return sums;
}

function total(kinds: Kinds): number {
  let sum = 0;
  for (const cost of kinds.values()) sum += cost;
  return sum;
}

function nano(usd: number | null): number | null {
  return usd === null ? null : Math.round(usd * NANO_PER_USD);
}

function told(kinds: Kinds): CostBreakdown {
  return Object.fromEntries([...kinds].map(([kind, cost]) => [NAMES[kind], cost / NANO_PER_USD]));
}
