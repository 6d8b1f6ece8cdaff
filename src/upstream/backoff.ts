// How long to wait before asking the same target again.

const BASE_MS = 200;
const MAX_MS = 2000;

/** Milliseconds before try `n` (1 = first repetition): exponential with jitter, or what the provider asked for if that is short. */
export function backoffMs(n: number, retryAfterS: number | undefined, chance: number): number {
  if (retryAfterS !== undefined && retryAfterS * 1000 <= MAX_MS) return retryAfterS * 1000;
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
