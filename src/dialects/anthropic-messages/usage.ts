// This wire's token counts ↔ Usage. Its `input_tokens` is fresh input only; its `output_tokens` includes thinking.

import { UNKNOWN_USAGE, type Usage } from '../../core/usage.ts';
import type { Json, JsonObject } from '../../lib/json.ts';
import { asArray, asCount, asObject, isObject } from '../../lib/json.ts';

/** Values of `inference_geo` that change no price. */
const ANYWHERE: ReadonlySet<string> = new Set(['global', 'not_available', '']);

/**
 * Collects the counts of one answer: they come in several events, repeat, grow, and are null or absent in any of them.
 * The last known value of each counts, wherever it stood.
 */
export class UsageMeter {
  readonly #last = new Map<string, number>();
  #compaction: Usage = UNKNOWN_USAGE;
  #tier: string | undefined;

  take(usage: Json | JsonObject | undefined): void {
    if (!isObject(usage)) return;
    this.#tier = tierOf(usage) ?? this.#tier;
    const found = new Map<string, number>();
    read(usage, '', found);
    for (const [path, count] of found) this.#last.set(path, count);
    const iterations = asArray(usage.iterations);
    if (iterations.length > 0) this.#compaction = compactions(iterations);
  }

  usage(): Usage {
    const usage = add(this.#own(), this.#compaction);
    return this.#tier === undefined ? usage : { ...usage, tier: this.#tier };
  }

  /** What is known before the answer ends: the first event's output count is only a beginning. */
  inputOnly(): Usage {
    return { ...this.usage(), output: null, reasoning: null };
  }

  #own(): Usage {
    const count = (path: string): number | null => this.#last.get(path) ?? null;
    const total = count('cache_creation_input_tokens');
    const longLived = count('cache_creation.ephemeral_1h_input_tokens');
    const shortLived = count('cache_creation.ephemeral_5m_input_tokens');
    const all = count('output_tokens');
    const thinking = count('output_tokens_details.thinking_tokens');
    return {
      ...UNKNOWN_USAGE,
      input: count('input_tokens'),
      cacheRead: count('cache_read_input_tokens'),
      cacheWrite5m: shortWrites(total, shortLived, longLived),
      cacheWrite1h: longLived,
      output: all === null ? null : Math.max(0, all - (thinking ?? 0)),
      reasoning: thinking,
      searches: count('server_tool_use.web_search_requests'),
    };
  }
}

/**
 * Fast mode, the other tiers and inference that is kept in one country have prices of their own
 * (platform.claude.com/docs/en/about-claude/pricing): `batch`, `fast`, `us`, `batch us`.
 */
function tierOf({ service_tier: tier, speed, inference_geo: geo }: JsonObject): string | undefined {
  const named = speed === 'fast' ? 'fast' : typeof tier === 'string' ? tier : 'standard';
  const place = typeof geo === 'string' && !ANYWHERE.has(geo) ? geo : null;
  if (place === null) return named === 'standard' ? undefined : named;
  return named === 'standard' ? place : `${named} ${place}`;
}

/** The counts of a whole reply. */
export function decodeUsage(usage: Json | JsonObject | undefined): Usage {
  const meter = new UsageMeter();
  meter.take(usage);
  return meter.usage();
}

/**
 * Usage in this wire's words. The clients' types want a number for the two plain counts, so those are 0 where they are
 * unknown; whoever must tell 0 from unknown reads the log. Everything else is null, as the wire allows.
 */
export function encodeUsage(usage: Usage): JsonObject {
  const { cacheRead, cacheWrite5m, cacheWrite1h, reasoning, searches } = usage;
  const writes = sum(cacheWrite5m, cacheWrite1h);
  return {
    input_tokens: sum(usage.input, usage.audioIn) ?? 0,
    cache_creation_input_tokens: writes,
    cache_read_input_tokens: cacheRead,
    ...(writes === null
      ? {}
      : {
          cache_creation: {
            ephemeral_5m_input_tokens: cacheWrite5m ?? 0,
            ephemeral_1h_input_tokens: cacheWrite1h ?? 0,
          },
        }),
    output_tokens: sum(usage.output, reasoning, usage.audioOut) ?? 0,
    ...(reasoning === null ? {} : { output_tokens_details: { thinking_tokens: reasoning } }),
    ...(searches === null ? {} : { server_tool_use: { web_search_requests: searches } }),
  };
}

/** Numbers by lower-case path. Gateways in between change the case of keys, and send a count under two spellings. */
function read(object: JsonObject, prefix: string, into: Map<string, number>): void {
  for (const key in object) {
    const value = object[key];
    const path = prefix + key.toLowerCase();
    const count = asCount(value);
    if (count !== undefined) into.set(path, (into.get(path) ?? 0) + count);
    else if (prefix === '' && isObject(value)) read(value, `${path}.`, into);
  }
}

/** The breakdown by lifetime may be older than the total: what it does not explain was written at the default, five minutes. */
function shortWrites(
  total: number | null,
  shortLived: number | null,
  longLived: number | null,
): number | null {
  if (total === null) return shortLived;
  return Math.max(shortLived ?? 0, total - (longLived ?? 0));
}

/**
 * Compaction passes are billed, but not part of the top-level counts
 * (platform.claude.com/docs/en/build-with-claude/compaction#understanding-usage). The passes of an advisor model are
 * not either, yet cost what that model costs, so they are not counted as this one's.
 */
function compactions(iterations: readonly Json[]): Usage {
  let total = UNKNOWN_USAGE;
  for (const entry of iterations) {
    const iteration = asObject(entry);
    if (iteration?.type !== 'compaction') continue;
    const { type: _, ...counts } = iteration;
    total = add(total, decodeUsage(counts));
  }
  return total;
}

function add(a: Usage, b: Usage): Usage {
  return {
    input: sum(a.input, b.input),
    cacheRead: sum(a.cacheRead, b.cacheRead),
    cacheWrite5m: sum(a.cacheWrite5m, b.cacheWrite5m),
    cacheWrite1h: sum(a.cacheWrite1h, b.cacheWrite1h),
    output: sum(a.output, b.output),
    reasoning: sum(a.reasoning, b.reasoning),
    audioIn: sum(a.audioIn, b.audioIn),
    audioOut: sum(a.audioOut, b.audioOut),
    searches: sum(a.searches, b.searches),
  };
}

function sum(...counts: readonly (number | null)[]): number | null {
  let total: number | null = null;
  for (const count of counts) if (count !== null) total = (total ?? 0) + count;
  return total;
}
