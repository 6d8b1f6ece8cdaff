// How long to wait before asking the same target again.
import type { Abort } from '../lib/abort.ts';

const BASE_MS = 200;
const MAX_MS = 2000;

/**
 * Milliseconds before try `n` (1 = first repetition): what the provider asked for, else exponential with jitter. Null:
 * it asked for longer than a caller should be kept waiting, who is told so instead.
 */
export function backoffMs(
  n: number,
  retryAfterS: number | undefined,
  chance: number,
): number | null {
  if (retryAfterS !== undefined) return retryAfterS * 1000 <= MAX_MS ? retryAfterS * 1000 : null;
  const ceiling = Math.min(MAX_MS, BASE_MS * 2 ** (n - 1));
  return Math.round(ceiling * (0.5 + chance / 2));
}

/** Waits, or throws the reason of an abort as soon as it comes. */
export function pause<Reason>(ms: number, abort: Abort<Reason>): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  abort.add(reject);
  return promise.finally(() => {
    clearTimeout(timer);
    abort.remove(reject);
  });
}
