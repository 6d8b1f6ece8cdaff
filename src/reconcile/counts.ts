// Counts: what is compared beside money, on the bill's side and on ours.

/**
 * The log's disjoint kinds, but for `output`: reasoning is in it, since no bill tells it apart. Null: that side does not say.
 */
export interface Counts {
  readonly requests: number | null;
  readonly input: number | null;
  readonly cache_read: number | null;
  readonly cache_write_5m: number | null;
  readonly cache_write_1h: number | null;
  readonly output: number | null;
  readonly audio_in: number | null;
  readonly audio_out: number | null;
  readonly searches: number | null;
  readonly images: number | null;
  readonly characters: number | null;
  readonly seconds: number | null;
}

export const NO_COUNTS: Counts = {
  requests: null,
  input: null,
  cache_read: null,
  cache_write_5m: null,
  cache_write_1h: null,
  output: null,
  audio_in: null,
  audio_out: null,
  searches: null,
  images: null,
  characters: null,
  seconds: null,
};

export type CountName = keyof Counts;
export const COUNT_NAMES = Object.keys(NO_COUNTS) as readonly CountName[];

/** Of each kind what is known of either. */
export function addCounts(a: Counts, b: Counts): Counts {
  const sum: { -readonly [Name in CountName]: number | null } = { ...a };
  for (const name of COUNT_NAMES) sum[name] = addKnown(a[name], b[name]);
  return sum;
}

export function addKnown(a: number | null, b: number | null): number | null {
  if (a === null) return b;
  return b === null ? a : a + b;
}
