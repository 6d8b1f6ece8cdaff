// The simulated prompt cache: what a second request with the same beginning reads, and what the first one wrote.
import type { CacheTtl, Segment } from './ask.ts';

/** In tokens. */
export interface CacheUse {
  readonly read: number;
  readonly write5m: number;
  readonly write1h: number;
}

export const NO_CACHE: CacheUse = { read: 0, write5m: 0, write1h: 0 };

const TTL_MS = { '5m': 5 * 60_000, '1h': 60 * 60_000 } as const;
const MAX_ENTRIES = 10_000;
/** OpenAI caches prompts of 1024 tokens and more, in steps of 128. https://platform.openai.com/docs/guides/prompt-caching */
const AUTOMATIC_MIN_TOKENS = 1024;
const AUTOMATIC_STEP = 128;

export class PromptCache {
  readonly #expiry = new Map<bigint | number, number>();

  clear(): void {
    this.#expiry.clear();
  }

  /**
   * By the caller's marks: the longest known marked beginning is read, marks after it are written.
   * @param scope what may share a cache: one key's use of one model
   */
  marked(scope: string, segments: readonly Segment[], nowMs: number): CacheUse {
    let hash = Bun.hash(scope);
    let tokens = 0;
    let read = 0;
    const marks: { key: bigint | number; tokens: number; ttl: CacheTtl }[] = [];
    for (const segment of segments) {
      hash = Bun.hash(segment.text, BigInt(hash));
      tokens += segment.tokens;
      if (segment.mark === null) continue;
      if (this.#knows(hash, nowMs)) read = tokens;
      marks.push({ key: hash, tokens, ttl: segment.mark });
    }
    const written = { '5m': 0, '1h': 0 };
    let reached = read;
    for (const mark of marks) {
      this.#keep(mark.key, nowMs + TTL_MS[mark.ttl]);
      written[mark.ttl] += Math.max(0, mark.tokens - reached);
      reached = Math.max(reached, mark.tokens);
    }
    return { read, write5m: written['5m'], write1h: written['1h'] };
  }

  /** Unasked, as OpenAI does: long enough beginnings are read back; writing costs nothing. */
  automatic(scope: string, segments: readonly Segment[], nowMs: number): CacheUse {
    let hash = Bun.hash(scope);
    let tokens = 0;
    let known = 0;
    for (const segment of segments) {
      hash = Bun.hash(segment.text, BigInt(hash));
      tokens += segment.tokens;
      if (tokens < AUTOMATIC_MIN_TOKENS) continue;
      if (this.#knows(hash, nowMs)) known = tokens;
      this.#keep(hash, nowMs + TTL_MS['5m']);
    }
    return { read: known - (known % AUTOMATIC_STEP), write5m: 0, write1h: 0 };
  }

  #knows(key: bigint | number, nowMs: number): boolean {
    return (this.#expiry.get(key) ?? 0) > nowMs;
  }

  #keep(key: bigint | number, expiresMs: number): void {
    if (this.#expiry.size >= MAX_ENTRIES) this.#expiry.clear();
    this.#expiry.set(key, Math.max(expiresMs, this.#expiry.get(key) ?? 0));
  }
}
