// A request's attempts → the JSON in its row → back. An only attempt, which most requests have, does not repeat what the row says:
// half of a row's size otherwise.
import type { AttemptOutcome, Exchange } from '../core/exchange.ts';
import type { Usage } from '../core/usage.ts';
import { asArray, asObject, type JsonObject, parseJson } from '../lib/json.ts';
import type { RequestsTable } from '../store/tables.ts';

/** The columns of counts, and what an attempt calls each. */
export const COUNTS = [
  ['input_tokens', 'input'],
  ['cache_read_tokens', 'cache_read'],
  ['cache_write_5m_tokens', 'cache_write_5m'],
  ['cache_write_1h_tokens', 'cache_write_1h'],
  ['output_tokens', 'output'],
  ['reasoning_tokens', 'reasoning'],
  ['audio_in_tokens', 'audio_in'],
  ['audio_out_tokens', 'audio_out'],
  ['searches', 'searches'],
  ['images', 'images'],
  ['characters', 'characters'],
  ['audio_seconds', 'seconds'],
] as const;

/** What of a row its only attempt may leave to it. */
type Surrounding = Pick<
  RequestsTable,
  'attempts' | 'cost_nano' | 'ttft_ms' | 'prompt_cache_nano' | (typeof COUNTS)[number][0]
>;

/** JSON: public names, money in whole billionths, what is not known left out. */
export function toStoredAttempts(exchange: Exchange): string {
  const { attempts, usage, costNano, ttftMs, promptCacheNano } = exchange;
  const [first] = attempts;
  if (first === undefined || attempts.length > 1)
    return JSON.stringify(attempts.map((attempt) => ({ ...marksOf(attempt), ...costOf(attempt) })));
  const used = JSON.stringify(usageOf(first.usage));
  return JSON.stringify([
    {
      ...marksOf(first),
      // Null is told here: left out, it is the row's.
      time_to_first_token_ms: first.ttftMs === ttftMs ? undefined : first.ttftMs,
      usage: used === JSON.stringify(countsOf(usage)) ? undefined : usageOf(first.usage),
      cost_nano: first.costNano === costNano ? undefined : first.costNano,
      prompt_cache_nano:
        first.promptCacheNano === promptCacheNano ? undefined : (first.promptCacheNano ?? null),
    },
  ]);
}

/** Each as if it had been stored whole. */
export function storedAttempts(row: Surrounding): readonly JsonObject[] {
  const attempts = asArray(parseJson(row.attempts)).map((attempt) => asObject(attempt) ?? {});
  const [first] = attempts;
  if (first === undefined || attempts.length > 1) return attempts;
  const usage: { [kind: string]: number } = {};
  for (const [column, member] of COUNTS) {
    const count = row[column];
    if (count !== null && count !== undefined) usage[member] = count;
  }
  const { ttft_ms, cost_nano, prompt_cache_nano = null } = row;
  return [{ time_to_first_token_ms: ttft_ms, usage, cost_nano, prompt_cache_nano, ...first }];
}

function marksOf(attempt: AttemptOutcome) {
  return {
    model: attempt.model,
    provider: attempt.provider,
    key: attempt.key ?? undefined,
    success: attempt.success,
    status_code: attempt.status ?? undefined,
    error: attempt.error ?? undefined,
    message: attempt.message ?? undefined,
    start_ms: attempt.startMs,
    duration_ms: attempt.durationMs,
    price: attempt.price ?? undefined,
    unpriced: attempt.unpriced,
    estimated: attempt.estimated,
    delivered_tokens: attempt.deliveredTokens,
    injected: attempt.injected,
  };
}

function costOf(attempt: AttemptOutcome) {
  return {
    time_to_first_token_ms: attempt.ttftMs ?? undefined,
    usage: usageOf(attempt.usage),
    cost_nano: attempt.costNano ?? undefined,
    prompt_cache_nano: attempt.promptCacheNano ?? undefined,
  };
}

/** With what no column of a row has. */
function usageOf(usage: Usage): object {
  return {
    ...countsOf(usage),
    cached_audio: usage.cachedAudio,
    tier: usage.tier,
    billed: usage.billed,
    charged_usd: usage.chargedUsd,
  };
}

function countsOf(usage: Usage): object {
  return {
    input: usage.input ?? undefined,
    cache_read: usage.cacheRead ?? undefined,
    cache_write_5m: usage.cacheWrite5m ?? undefined,
    cache_write_1h: usage.cacheWrite1h ?? undefined,
    output: usage.output ?? undefined,
    reasoning: usage.reasoning ?? undefined,
    audio_in: usage.audioIn ?? undefined,
    audio_out: usage.audioOut ?? undefined,
    searches: usage.searches ?? undefined,
    images: usage.images,
    characters: usage.characters,
    seconds: usage.seconds,
  };
}
