// The columns of sums, in the order in which they are written, and which sums others replace.
import type { UsageTable } from '../../store/tables.ts';
import { CUBES } from '../usage/cubes.ts';

const COLUMNS: { readonly [Column in keyof UsageTable]: null } = {
  cube: null,
  grain: null,
  at: null,
  model: null,
  provider: null,
  key_id: null,
  user_id: null,
  router_id: null,
  route_id: null,
  variant_id: null,
  endpoint: null,
  requests: null,
  errors: null,
  aborted: null,
  attempts: null,
  rescued: null,
  cache_hits: null,
  unpriced: null,
  estimated: null,
  cost_nano: null,
  input_tokens: null,
  cache_read_tokens: null,
  cache_write_5m_tokens: null,
  cache_write_1h_tokens: null,
  output_tokens: null,
  reasoning_tokens: null,
  audio_in_tokens: null,
  audio_out_tokens: null,
  searches: null,
  images: null,
  characters: null,
  audio_seconds: null,
  semantic_hits: null,
  shared_hits: null,
  saved_unpriced: null,
  saved_nano: null,
  saved_semantic_nano: null,
  saved_shared_nano: null,
  saved_input_tokens: null,
  saved_semantic_input: null,
  saved_shared_input: null,
  saved_output_tokens: null,
  saved_semantic_output: null,
  saved_shared_output: null,
  prompt_cache_nano: null,
  ttft: null,
  total: null,
};

export const USAGE_COLUMNS = Object.keys(COLUMNS) as readonly (keyof UsageTable)[];

/** Nearly always 0, and then left out: null takes no room in PostgreSQL. */
const SPARSE: ReadonlySet<string> = new Set([
  'semantic_hits',
  'shared_hits',
  'saved_unpriced',
  'saved_nano',
  'saved_semantic_nano',
  'saved_shared_nano',
  'saved_input_tokens',
  'saved_semantic_input',
  'saved_shared_input',
  'saved_output_tokens',
  'saved_semantic_output',
  'saved_shared_output',
  'prompt_cache_nano',
] satisfies (keyof UsageTable)[]);

/** All that an hour may have had, and all that these have. */
export function cubesOf(rows: readonly UsageTable[]): string[] {
  return [...new Set([...CUBES.map(({ name }) => name), ...rows.map(({ cube }) => cube)])];
}

/** In the order of `USAGE_COLUMNS`. A sum that no integer column holds is the most that one does: an hour is closed whatever was counted. */
export function usageValues(row: UsageTable): UsageTable[keyof UsageTable][] {
  return USAGE_COLUMNS.map((column) =>
    row[column] === 0 && SPARSE.has(column) ? null : fit(row[column]),
  );
}

function fit<Value>(value: Value): Value | number {
  if (typeof value !== 'number' || Math.abs(value) <= Number.MAX_SAFE_INTEGER) return value;
  return Number.isNaN(value) ? 0 : Math.sign(value) * Number.MAX_SAFE_INTEGER;
}
