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

/** Of it, what a provider's prompt cache had to do with. */
export const CACHED = [
  'cache_read_tokens',
  'cache_write_5m_tokens',
  'cache_write_1h_tokens',
] as const satisfies readonly Measure[];

/** In the order in which they are told, each with what it is made of; latencies are made of histograms. */
const MADE_OF = {
  requests: ['requests'],
  errors: ['errors'],
  aborted: ['aborted'],
  rescued: ['rescued'],
  attempts: ['attempts'],
  cache_hits: ['cache_hits'],
  cache_hits_by_kind: ['cache_hits', 'semantic_hits', 'shared_hits'],
  cache_hit_rate: ['cache_hits', 'requests'],
  unpriced: ['unpriced'],
  estimated: ['estimated'],
  // A cost of 0 is none where prices are missing.
  cost_usd: ['cost_nano', 'unpriced'],
  tokens: [...INPUTS, 'output_tokens', 'reasoning_tokens', 'audio_out_tokens'],
  saved_usd: [
    ...(['cache_hits', 'semantic_hits', 'shared_hits', 'saved_unpriced', 'saved_nano'] as const),
    ...(['saved_semantic_nano', 'saved_shared_nano', 'prompt_cache_nano', 'unpriced'] as const),
    ...CACHED,
  ],
  saved_unpriced: ['saved_unpriced'],
  saved_input_tokens: ['saved_input_tokens', 'saved_semantic_input', 'saved_shared_input'],
  saved_output_tokens: ['saved_output_tokens', 'saved_semantic_output', 'saved_shared_output'],
  prompt_cache: INPUTS,
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
