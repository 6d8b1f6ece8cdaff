// What is summed in advance: cubes (sets of properties), the measures of each, and how long their hours are kept.
import type { UsageTable } from '../../store/tables.ts';

/** The properties of a request that sums may be by: columns of `usage`. */
export const PROPERTIES = [
  'model',
  'provider',
  'key_id',
  'user_id',
  'router_id',
  'route_id',
  'variant_id',
  'endpoint',
] as const;
export type Property = (typeof PROPERTIES)[number];

/** What is added up: columns of `usage`. */
export const MEASURES = [
  'requests',
  'errors',
  'aborted',
  'attempts',
  'rescued',
  'cache_hits',
  'unpriced',
  'estimated',
  'cost_nano',
  'input_tokens',
  'cache_read_tokens',
  'cache_write_5m_tokens',
  'cache_write_1h_tokens',
  'output_tokens',
  'reasoning_tokens',
  'audio_in_tokens',
  'audio_out_tokens',
  'searches',
  'images',
  'characters',
  'audio_seconds',
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
] as const satisfies readonly (keyof UsageTable)[];
export type Measure = (typeof MEASURES)[number];

/**
 * How many users are told apart in the sums of an hour, and of a day or week; the rest is summed up as `OTHER`. Callers
 * name users as they like, so without a bound they would be as many as the rows, and each takes a kilobyte.
 */
export interface Most {
  readonly hour: number;
  readonly longer: number;
}
export const MOST_USERS: Most = { hour: 100_000, longer: 200_000 };
export const BOUNDED: Property = 'user_id';
/** Begins with what is no character, as no user's name does. */
export const OTHER = '\uffffother';

/** What is counted: requests, each under what answered it, or the attempts they are made of, each under what it asked. */
export type Counted = 'requests' | 'attempts';

export interface Cube {
  readonly name: string;
  readonly of: Counted;
  readonly properties: readonly Property[];
  /** The sums of its hours go some days after theirs is made: by hour they would be as many as the rows. */
  readonly briefHours: boolean;
}

const cube = (name: string, properties: readonly Property[], more: Partial<Cube> = {}): Cube => ({
  name,
  of: 'requests',
  properties,
  briefHours: false,
  ...more,
});

/** Of everything together. Its counts also say which sums are those of all rows: rows come and never change. */
export const TOTALS = cube('totals', []);

/** Those with fewer rows first: the first that has what is asked for answers. */
export const CUBES: readonly Cube[] = [
  TOTALS,
  cube('models', ['model', 'provider']),
  cube('routers', ['router_id', 'route_id', 'variant_id']),
  cube('endpoints', ['endpoint', 'model', 'provider']),
  cube('keys', ['key_id']),
  cube('router_models', ['router_id', 'route_id', 'variant_id', 'model', 'provider']),
  cube('key_models', ['key_id', 'model', 'provider'], { briefHours: true }),
  cube('users', ['user_id'], { briefHours: true }),
  cube('attempts', ['model', 'provider'], { of: 'attempts' }),
];

/** The smallest that has all of these; null: they are not summed together. */
export function cubeWith(of: Counted, properties: readonly Property[]): Cube | null {
  return (
    CUBES.find(
      (one) => one.of === of && properties.every((property) => one.properties.includes(property)),
    ) ?? null
  );
}
