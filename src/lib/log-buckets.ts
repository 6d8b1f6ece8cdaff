// Sizes sorted into buckets that grow with them: any percentile of any number of them, to within two percent.

/** A bucket ends where the next begins, four percent further on. */
const RATIO = 1.04;
const SCALE = 1 / Math.log(RATIO);

/** The bucket of a size of at least 0. */
export function bucketOf(size: number): number {
  return Math.max(0, Math.floor(Math.log(Math.max(size, 1)) * SCALE));
}

/** The middle of a bucket. */
export function middleOf(bucket: number): number {
  return RATIO ** (bucket + 0.5);
}

/** The size that so much (0..1) of all stay below; null where there are none. */
export function percentile(counts: ReadonlyMap<number, number>, share: number): number | null {
  let all = 0;
  for (const count of counts.values()) all += count;
  if (all === 0) return null;
  let seen = 0;
  let last = 0;
  for (const bucket of [...counts.keys()].sort((a, b) => a - b)) {
    seen += counts.get(bucket) ?? 0;
    last = bucket;
    if (seen >= all * share) break;
  }
  return middleOf(last);
}
