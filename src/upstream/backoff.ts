// How long to wait before asking the same target again.

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

/** Waits, or throws the signal's reason as soon as it fires. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
