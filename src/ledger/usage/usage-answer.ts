// What a question about usage came to → as the outside sees it: JSON, NDJSON or CSV.
import { csvCell, line as csvLine, type ExportFormat } from '../export-text.ts';
import type { Measure } from './cubes.ts';
import { CACHED, FIELDS, type Field, INPUTS } from './fields.ts';
import type { Percentiles } from './latency.ts';
import type { Line } from './lines.ts';
import type { UsageResult } from './read-usage.ts';
import { PLACE, type Sum } from './sums.ts';
import type { Name } from './usage-query.ts';

const NANO_PER_USD = 1e9;

export type UsageFormat = 'json' | ExportFormat;

/**
 * What some requests came to. Counts of tokens and units are sums of what was reported: requests without a report are in
 * none of them (`estimated` says how many have our estimate instead).
 */
export interface UsageSum {
  readonly requests: number;
  readonly errors: number;
  /** The caller hung up. */
  readonly aborted: number;
  /** Answered by another than the first that was asked. */
  readonly rescued: number;
  readonly attempts: number;
  /** Answered by a cache, of whatever kind. */
  readonly cache_hits: number;
  readonly cache_hits_by_kind: ByKind;
  /** Of all requests, those that a cache answered: 0 to 1; null where there are none. */
  readonly cache_hit_rate: number | null;
  /** So many are not in the cost, because a price is not known. */
  readonly unpriced: number;
  readonly estimated: number;
  /** Null: there is something to pay, and the price of none of it is known. */
  readonly cost_usd: number | null;
  readonly tokens: {
    readonly input: number;
    readonly cache_read: number;
    readonly cache_write_5m: number;
    readonly cache_write_1h: number;
    readonly output: number;
    readonly reasoning: number;
    readonly audio_in: number;
    readonly audio_out: number;
  };
  /**
   * What was not spent. Of hits: what the answers had cost (`saved_unpriced`: of so many that is not known, and they are in none
   * of it; null: of none is it known). Of providers' prompt caches: plain input's price less what was paid; below 0 where the writes cost more than the reads saved.
   */
  readonly saved_usd: {
    readonly [Kind in keyof ByKind | 'prompt_cache']: number | null;
  };
  readonly saved_unpriced: number;
  /** Tokens that no provider was sent and none made, because a cache answered. */
  readonly saved_input_tokens: ByKind;
  readonly saved_output_tokens: ByKind;
  /** What went in, by what the provider's prompt cache had to do with it, and the share it read: 0 to 1; null where none went in. */
  readonly prompt_cache: {
    readonly read_tokens: number;
    readonly write_tokens: number;
    readonly fresh_tokens: number;
    readonly hit_rate: number | null;
  };
  /** Of all tokens that went in, those a provider read from its prompt cache: 0 to 1; null where none went in. */
  readonly prompt_cache_hit_rate: number | null;
  readonly searches: number;
  readonly images: number;
  readonly characters: number;
  readonly audio_seconds: number;
  /** Within two percent; null where nothing was measured. */
  readonly ttft_ms: Percentiles;
  readonly total_ms: Percentiles;
}

/** No hit is of two kinds. */
export interface ByKind {
  readonly exact: number;
  readonly semantic: number;
  /** It was being made for another who asked the same. */
  readonly shared: number;
}

/** With `fields`, those only. The groups' names stand before; null: a request without one. */
export type UsageLine = { readonly at?: string } & {
  readonly [N in Name]?: string | null;
} & UsageSum;

export interface UsageAnswer {
  /** What is answered for, which begins and ends with whole hours. */
  readonly from: string;
  readonly to: string;
  readonly interval: string | null;
  readonly group_by: readonly Name[];
  readonly of: string;
  readonly usage: readonly UsageLine[];
  readonly totals: UsageSum;
  /** How many groups there are. */
  readonly groups: number;
  /** There are more groups than `limit`: what the rest comes to, at each time, is in `other`. */
  readonly truncated: boolean;
  readonly other?: readonly ({ readonly at?: string } & UsageSum)[];
}

export function usageText(result: UsageResult, format: UsageFormat): string {
  if (format === 'json') return JSON.stringify(answerOf(result));
  return format === 'ndjson' ? ndjson(result) : csv(result);
}

/** What is asked for of a sum. */
type Told = Partial<UsageSum>;

function answerOf(result: UsageResult): object {
  const { query, stretch, lines, others, totals, groups } = result;
  return {
    from: new Date(stretch.from).toISOString(),
    to: new Date(stretch.to).toISOString(),
    interval: query.interval,
    group_by: query.groupBy,
    of: query.of,
    usage: lines.map((line) => lineOf(result, line)),
    totals: toldOf(result, totals),
    groups,
    truncated: others.length > 0,
    ...(others.length === 0
      ? {}
      : { other: others.map((line) => ({ ...atOf(result, line), ...toldOf(result, line.sum) })) }),
  };
}

function lineOf(result: UsageResult, line: Line): object {
  const told: { [name: string]: unknown } = atOf(result, line);
  result.query.groupBy.forEach((name, place) => {
    told[name] = line.combination[place] || null;
  });
  return Object.assign(told, toldOf(result, line.sum));
}

function toldOf({ query }: UsageResult, sum: Sum): Told {
  const told: { [F in Field]?: unknown } = {};
  for (const field of query.fields ?? FIELDS) told[field] = FIGURES[field](sum);
  return told as Told;
}

/** Lines come by time: its text is made once for all groups. */
let written = { at: Number.NaN, text: '' };

function atOf({ query }: UsageResult, { at }: Line): { readonly at?: string } {
  if (query.interval === null) return {};
  if (written.at !== at) written = { at, text: new Date(at).toISOString() };
  return { at: written.text };
}

const of = ({ values }: Sum, measure: Measure): number => values[PLACE[measure]] ?? 0;

const FIGURES: { readonly [F in Field]: (sum: Sum) => UsageSum[F] } = {
  requests: (sum) => of(sum, 'requests'),
  errors: (sum) => of(sum, 'errors'),
  aborted: (sum) => of(sum, 'aborted'),
  rescued: (sum) => of(sum, 'rescued'),
  attempts: (sum) => of(sum, 'attempts'),
  cache_hits: (sum) => of(sum, 'cache_hits'),
  cache_hits_by_kind: (sum) => byKind(sum, 'cache_hits', 'semantic_hits', 'shared_hits'),
  cache_hit_rate: (sum) => share(of(sum, 'cache_hits'), of(sum, 'requests')),
  unpriced: (sum) => of(sum, 'unpriced'),
  estimated: (sum) => of(sum, 'estimated'),
  cost_usd: (sum) => {
    const cost = of(sum, 'cost_nano');
    return cost === 0 && of(sum, 'unpriced') > 0 ? null : cost / NANO_PER_USD;
  },
  tokens: (sum) => ({
    input: of(sum, 'input_tokens'),
    cache_read: of(sum, 'cache_read_tokens'),
    cache_write_5m: of(sum, 'cache_write_5m_tokens'),
    cache_write_1h: of(sum, 'cache_write_1h_tokens'),
    output: of(sum, 'output_tokens'),
    reasoning: of(sum, 'reasoning_tokens'),
    audio_in: of(sum, 'audio_in_tokens'),
    audio_out: of(sum, 'audio_out_tokens'),
  }),
  saved_usd: savedUsd,
  saved_unpriced: (sum) => of(sum, 'saved_unpriced'),
  saved_input_tokens: (sum) =>
    byKind(sum, 'saved_input_tokens', 'saved_semantic_input', 'saved_shared_input'),
  saved_output_tokens: (sum) =>
    byKind(sum, 'saved_output_tokens', 'saved_semantic_output', 'saved_shared_output'),
  prompt_cache: (sum) => ({
    read_tokens: of(sum, 'cache_read_tokens'),
    write_tokens: of(sum, 'cache_write_5m_tokens') + of(sum, 'cache_write_1h_tokens'),
    fresh_tokens: of(sum, 'input_tokens') + of(sum, 'audio_in_tokens'),
    hit_rate: promptCacheRate(sum),
  }),
  prompt_cache_hit_rate: promptCacheRate,
  searches: (sum) => of(sum, 'searches'),
  images: (sum) => of(sum, 'images'),
  characters: (sum) => of(sum, 'characters'),
  audio_seconds: (sum) => Math.round(of(sum, 'audio_seconds') * 1000) / 1000,
  ttft_ms: (sum) => sum.ttft.percentiles(),
  total_ms: (sum) => sum.total.percentiles(),
};

/** @param all of hits of every kind: the exact ones are what the others leave */
function byKind(sum: Sum, all: Measure, semantic: Measure, shared: Measure): ByKind {
  const others = of(sum, semantic) + of(sum, shared);
  return {
    exact: of(sum, all) - others,
    semantic: of(sum, semantic),
    shared: of(sum, shared),
  };
}

/** A sum of 0 is none where some of it is not known. */
function savedUsd(sum: Sum): UsageSum['saved_usd'] {
  const nano = byKind(sum, 'saved_nano', 'saved_semantic_nano', 'saved_shared_nano');
  const hits = byKind(sum, 'cache_hits', 'semantic_hits', 'shared_hits');
  const missing = of(sum, 'saved_unpriced') > 0;
  const cached = CACHED.some((measure) => of(sum, measure) > 0);
  const usd = (sumNano: number, isUnknown: boolean) =>
    sumNano === 0 && isUnknown ? null : sumNano / NANO_PER_USD;
  return {
    exact: usd(nano.exact, missing && hits.exact > 0),
    semantic: usd(nano.semantic, missing && hits.semantic > 0),
    shared: usd(nano.shared, missing && hits.shared > 0),
    prompt_cache: usd(of(sum, 'prompt_cache_nano'), cached && of(sum, 'unpriced') > 0),
  };
}

function promptCacheRate(sum: Sum): number | null {
  const wentIn = INPUTS.reduce((all, measure) => all + of(sum, measure), 0);
  return share(of(sum, 'cache_read_tokens'), wentIn);
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.round((part / whole) * 1e4) / 1e4;
}

/** The rest is told as a line of its own, which says so. */
function ndjson(result: UsageResult): string {
  const { lines, others } = result;
  const told = [
    ...lines.map((line) => lineOf(result, line)),
    ...others.map((line) => ({ ...atOf(result, line), other: true, ...toldOf(result, line.sum) })),
  ];
  return told.map((line) => `${JSON.stringify(line)}\n`).join('');
}

function csv(result: UsageResult): string {
  const { query, lines, others } = result;
  const at = query.interval === null ? [] : ['at'];
  const figures = [...flat(toldOf(result, result.totals)).keys()];
  let text = csvLine([...at, ...query.groupBy, 'other', ...figures]);
  const tell = (line: Line, names: readonly (string | null)[], isOther: boolean) => {
    const cells = [...flat(toldOf(result, line.sum)).values()];
    const begun = at.map(() => new Date(line.at).toISOString());
    text += csvLine([...begun, ...names, isOther, ...cells].map(csvCell));
  };
  for (const line of lines)
    tell(
      line,
      query.groupBy.map((_, place) => line.combination[place] || null),
      false,
    );
  for (const line of others)
    tell(
      line,
      query.groupBy.map(() => null),
      true,
    );
  return text;
}

/** `tokens_input`, `ttft_ms_p50`, … */
function flat(sum: Told): Map<string, number | null> {
  const cells = new Map<string, number | null>();
  for (const [name, value] of Object.entries(sum) as [string, number | null | object][]) {
    if (typeof value !== 'object' || value === null) cells.set(name, value);
    else for (const [part, figure] of Object.entries(value)) cells.set(`${name}_${part}`, figure);
  }
  return cells;
}
