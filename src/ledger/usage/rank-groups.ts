// Which groups come first, by what the question sorts by.
import { type Measure, OTHER } from './cubes.ts';
import { type Combination, PLACE, type Sum, type Sums } from './sums.ts';
import type { Sort } from './usage-query.ts';

/** The measures whose sum a sort goes by; null: it goes by a percentile, which nothing but the histograms tell. */
export const SORTED_BY: { readonly [S in Sort]: readonly Measure[] | null } = {
  cost: ['cost_nano'],
  requests: ['requests'],
  errors: ['errors'],
  tokens: [
    'input_tokens',
    'cache_read_tokens',
    'cache_write_5m_tokens',
    'cache_write_1h_tokens',
    'output_tokens',
    'reasoning_tokens',
    'audio_in_tokens',
    'audio_out_tokens',
  ],
  ttft: null,
  total: null,
};

/** What a group is sorted by: by latency, its slow requests (p95); what was never measured comes last. */
export function rankOf(sum: Sum, sort: Sort): number {
  const measures = SORTED_BY[sort];
  if (measures !== null)
    return measures.reduce((all, measure) => all + (sum.values[PLACE[measure]] ?? 0), 0);
  const { p95 } = (sort === 'ttft' ? sum.ttft : sum.total).percentiles();
  return p95 ?? -1;
}

/** Groups and what they are sorted by, put together from several places. */
export class Ranking {
  readonly #ranks = new Map<string, { readonly combination: Combination; rank: number }>();

  add(combination: Combination, rank: number): void {
    const key = combination.length === 1 ? (combination[0] ?? '') : combination.join('\u0000');
    const known = this.#ranks.get(key);
    if (known === undefined) this.#ranks.set(key, { combination, rank });
    else known.rank += rank;
  }

  get size(): number {
    return this.#ranks.size;
  }

  /** The largest first; equals by their names. What was not told apart is none of them, and told with the rest. */
  first(limit: number): readonly Combination[] {
    const named = [...this.#ranks.entries()].filter(
      ([, { combination }]) => !combination.includes(OTHER),
    );
    const sorted = named.sort(
      ([key, a], [otherKey, b]) => b.rank - a.rank || (key < otherKey ? -1 : 1),
    );
    return sorted.slice(0, limit).map(([, { combination }]) => combination);
  }
}

export function rankingOf(sums: Sums, sort: Sort): Ranking {
  const ranking = new Ranking();
  for (const { combination, sum } of sums.entries()) ranking.add(combination, rankOf(sum, sort));
  return ranking;
}
