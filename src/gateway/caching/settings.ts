// cacheSettings: what the configuration says of the cache, with what holds where it says nothing.
import { DEFAULT_THRESHOLD } from '../../cache/semantic/default-threshold.ts';
import type { ConfigFile } from '../../config/schema.ts';

export interface CacheSettings {
  readonly mode: 'off' | 'exact' | 'semantic';
  readonly ttlMs: number;
  readonly coalesces: boolean;
  readonly perUser: boolean;
  readonly paced: boolean;
  readonly persists: boolean;
  /** By way of Redis, where there is one. */
  readonly shares: boolean;
  readonly maxBytes: number;
  readonly maxEntries: number;
  readonly maxEntryBytes: number;
  /** Characters of a request's text. */
  readonly maxRequestChars: number;
  readonly semantic: SemanticSettings;
}

export interface SemanticSettings {
  /** What prompts are compared by: `provider/model`; null: the local model. */
  readonly embedding: string | null;
  readonly threshold: number;
  /** Nothing is given: it is written down what would have been. */
  readonly shadow: boolean;
  readonly maxChars: number;
  readonly timeoutMs: number;
  readonly maxEntries: number;
}

const MB = 1024 * 1024;

/**
 * A minute is what the same request sent twice is made of: a retry after a lost reply, a double click, a page that loads again,
 * a fan-out. Who asks once more because they want another answer gets one soon.
 */
const TTL_MS = 60_000;

export function cacheSettings(config: ConfigFile['cache']): CacheSettings {
  return {
    mode: config?.mode ?? 'exact',
    ttlMs: config?.ttl ?? TTL_MS,
    coalesces: config?.coalesce ?? true,
    perUser: config?.per_user ?? false,
    paced: config?.replay === 'paced',
    persists: config?.persist ?? true,
    shares: config?.shared ?? true,
    maxBytes: config?.max_bytes ?? 64 * MB,
    maxEntries: config?.max_entries ?? 100_000,
    maxEntryBytes: config?.max_entry ?? MB,
    maxRequestChars: config?.max_request ?? MB / 4,
    semantic: semanticSettings(config?.semantic),
  };
}

function semanticSettings(config: NonNullable<ConfigFile['cache']>['semantic']): SemanticSettings {
  const { embedding = 'local' } = config ?? {};
  return {
    embedding: embedding === 'local' ? null : embedding,
    threshold: config?.threshold ?? DEFAULT_THRESHOLD,
    shadow: config?.shadow ?? false,
    maxChars: config?.max_chars ?? 1000,
    timeoutMs: config?.timeout ?? 250,
    maxEntries: config?.max_entries ?? 100_000,
  };
}
