// What a question about usage came to → as the outside sees it: JSON, NDJSON or CSV.
import { csvCell, line as csvLine, type ExportFormat } from '../export-text.ts';
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
  readonly cache_hits: number;
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

/** The groups' names stand before; null: a request without one. */
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

function answerOf(result: UsageResult): UsageAnswer {
  const { query, stretch, lines, others, totals, groups } = result;
  return {
    from: new Date(stretch.from).toISOString(),
    to: new Date(stretch.to).toISOString(),
    interval: query.interval,
    group_by: query.groupBy,
    of: query.of,
    usage: lines.map((line) => lineOf(result, line)),
    totals: sumOf(totals),
    groups,
    truncated: others.length > 0,
    ...(others.length === 0
      ? {}
      : { other: others.map((line) => ({ ...atOf(result, line), ...sumOf(line.sum) })) }),
  };
}

function lineOf(result: UsageResult, line: Line): UsageLine {
  const names = result.query.groupBy.map((name, place) => [name, line.combination[place] || null]);
  return { ...atOf(result, line), ...Object.fromEntries(names), ...sumOf(line.sum) };
}

function atOf({ query }: UsageResult, { at }: Line): { readonly at?: string } {
  return query.interval === null ? {} : { at: new Date(at).toISOString() };
}

function sumOf(sum: Sum): UsageSum {
  const of = (measure: keyof typeof PLACE) => sum.values[PLACE[measure]] ?? 0;
  const tokens = {
    input: of('input_tokens'),
    cache_read: of('cache_read_tokens'),
    cache_write_5m: of('cache_write_5m_tokens'),
    cache_write_1h: of('cache_write_1h_tokens'),
    output: of('output_tokens'),
    reasoning: of('reasoning_tokens'),
    audio_in: of('audio_in_tokens'),
    audio_out: of('audio_out_tokens'),
  };
  const { input, cache_read, cache_write_5m, cache_write_1h, audio_in } = tokens;
  const wentIn = input + cache_read + cache_write_5m + cache_write_1h + audio_in;
  const cost = of('cost_nano');
  return {
    requests: of('requests'),
    errors: of('errors'),
    aborted: of('aborted'),
    rescued: of('rescued'),
    attempts: of('attempts'),
    cache_hits: of('cache_hits'),
    unpriced: of('unpriced'),
    estimated: of('estimated'),
    cost_usd: cost === 0 && of('unpriced') > 0 ? null : cost / NANO_PER_USD,
    tokens,
    prompt_cache_hit_rate: wentIn === 0 ? null : Math.round((cache_read / wentIn) * 1e4) / 1e4,
    searches: of('searches'),
    images: of('images'),
    characters: of('characters'),
    audio_seconds: Math.round(of('audio_seconds') * 1000) / 1000,
    ttft_ms: sum.ttft.percentiles(),
    total_ms: sum.total.percentiles(),
  };
}

/** The rest is told as a line of its own, which says so. */
function ndjson(result: UsageResult): string {
  const { lines, others } = result;
  const told = [
    ...lines.map((line) => lineOf(result, line)),
    ...others.map((line) => ({ ...atOf(result, line), other: true, ...sumOf(line.sum) })),
  ];
  return told.map((line) => `${JSON.stringify(line)}\n`).join('');
}

function csv(result: UsageResult): string {
  const { query, lines, others } = result;
  const at = query.interval === null ? [] : ['at'];
  const figures = [...flat(sumOf(result.totals)).keys()];
  let text = csvLine([...at, ...query.groupBy, 'other', ...figures]);
  const tell = (line: Line, names: readonly (string | null)[], isOther: boolean) => {
    const cells = [...flat(sumOf(line.sum)).values()];
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
function flat(sum: UsageSum): Map<string, number | null> {
  const cells = new Map<string, number | null>();
  for (const [name, value] of Object.entries(sum) as [string, number | null | object][]) {
    if (typeof value !== 'object' || value === null) cells.set(name, value);
    else for (const [part, figure] of Object.entries(value)) cells.set(`${name}_${part}`, figure);
  }
  return cells;
}
