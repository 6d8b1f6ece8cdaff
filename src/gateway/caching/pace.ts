// dueTimes: when the pieces of an answer that is all here leave, where it is to come as it first came.

/** A provider that thought for long is not waited for again. */
const MAX_GAP_MS = 1000;
const MAX_TOTAL_MS = 30_000;

/**
 * In milliseconds after the first: with the gaps there were, each cut to a second, and all together to half a minute by
 * shortening each alike. @param count of pieces; those whose time is not known come with the one before
 */
export function dueTimes(timesMs: readonly number[], count: number): readonly number[] {
  const due: number[] = [];
  let at = 0;
  let before = timesMs[0] ?? 0;
  for (let index = 0; index < count; index++) {
    const time = timesMs[index] ?? before;
    at += Math.min(MAX_GAP_MS, Math.max(0, time - before));
    before = Math.max(before, time);
    due.push(at);
  }
  return at <= MAX_TOTAL_MS ? due : due.map((ms) => (ms * MAX_TOTAL_MS) / at);
}
