// Fields: the figures of an answer, of which a question may ask for some; and what of the sums has to be read for them.
import { MEASURES, type Measure } from './cubes.ts';
import { SORTED_BY } from './rank-groups.ts';
import type { UsageQuery } from './usage-query.ts';

/** What went in. */
export const INPUTS = [
  'input_tokens',
  'cache_read_tokens',
  'cache_write_5m_tokens',
  'cache_write_1h_tokens',
  'audio_in_tokens',
] as const satisfies readonly Measure[];

/** In the order in which they are told, each with what it is made of; latencies are made of histograms. */
const MADE_OF = {
  requests: ['requests'],
  errors: ['errors'],
  aborted: ['aborted'],
  rescued: ['rescued'],
  attempts: ['attempts'],
  cache_hits: ['cache_hits'],
  unpriced: ['unpriced'],
  estimated: ['estimated'],
  // A cost of 0 is none where prices are missing.
  cost_usd: ['cost_nano', 'unpriced'],
  tokens: [...INPUTS, 'output_tokens', 'reasoning_tokens', 'audio_out_tokens'],
  prompt_cache_hit_rate: INPUTS,
  searches: ['searches'],
  images: ['images'],
  characters: ['characters'],
  audio_seconds: ['audio_seconds'],
  ttft_ms: [],
  total_ms: [],
} as const satisfies { readonly [field: string]: readonly Measure[] };
export type Field = keyof typeof MADE_OF;

export const FIELDS = Object.keys(MADE_OF) as readonly Field[];

/** What of a sum is read. */
export interface Figures {
  readonly measures: readonly Measure[];
  readonly ttft: boolean;
  readonly total: boolean;
}

export const ALL_FIGURES: Figures = { measures: MEASURES, ttft: true, total: true };

/** For what is told and for what groups are sorted by. */
export function figuresOf({ fields, sort, groupBy }: UsageQuery): Figures {
  if (fields === undefined) return ALL_FIGURES;
  const sorted = groupBy.length > 0;
  const needed = new Set<Measure>(fields.flatMap((field): readonly Measure[] => MADE_OF[field]));
  if (sorted) for (const measure of SORTED_BY[sort] ?? []) needed.add(measure);
  return {
    measures: MEASURES.filter((measure) => needed.has(measure)),
    ttft: fields.includes('ttft_ms') || (sorted && sort === 'ttft'),
    total: fields.includes('total_ms') || (sorted && sort === 'total'),
  };
}
