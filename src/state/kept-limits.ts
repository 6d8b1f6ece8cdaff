// How much is kept and for how long, as the configuration says or by default.
import type { ConfigFile } from '../config/schema.ts';
import type { KeptLimits } from './kept.ts';

const MB = 1024 ** 2;
const HOUR_MS = 3_600_000;

const DEFAULTS = {
  memoryBytes: 32 * MB,
  /** As long as the maker of that wire keeps them (platform.openai.com/docs/api-reference/responses/create). */
  response: { ttlMs: 30 * 24 * HOUR_MS, maxBytes: 1024 * MB },
  /** A tool loop lasts minutes; a person may come back to it the same day. */
  reasoning: { ttlMs: 24 * HOUR_MS, maxBytes: 256 * MB },
} as const;

export function keptLimits(state: ConfigFile['state'] = {}): KeptLimits {
  const { memory, responses = {}, reasoning = {} } = state;
  return {
    memoryBytes: memory ?? DEFAULTS.memoryBytes,
    kinds: {
      response: {
        ttlMs: responses.ttl ?? DEFAULTS.response.ttlMs,
        maxBytes: responses.max_bytes ?? DEFAULTS.response.maxBytes,
      },
      reasoning: {
        ttlMs: reasoning.ttl ?? DEFAULTS.reasoning.ttlMs,
        maxBytes: reasoning.max_bytes ?? DEFAULTS.reasoning.maxBytes,
      },
    },
  };
}
