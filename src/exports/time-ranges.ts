// Stretches of time in which requests arrived, put together from single moments: what an export let pass.

/** Unix milliseconds, `to` not in it; and how many rows are known to be in it. */
export type TimeRange = readonly [from: number, to: number, rows?: number];

const MINUTE_MS = 60_000;
/** More than these are put together over the shortest pauses between them. */
const MAX_RANGES = 400;

/** The minutes that hold any of these moments, each a row's. */
export function minutesOf(moments: Iterable<number>): TimeRange[] {
  const minutes = new Map<number, number>();
  for (const at of moments) {
    const minute = at - (at % MINUTE_MS);
    minutes.set(minute, (minutes.get(minute) ?? 0) + 1);
  }
  return mergedRanges([...minutes].map(([from, rows]) => [from, from + MINUTE_MS, rows] as const));
}

/** Oldest first, none touching another. */
export function mergedRanges(ranges: readonly TimeRange[], most = MAX_RANGES): TimeRange[] {
  const merged: TimeRange[] = [];
  for (const range of [...ranges].sort((one, other) => one[0] - other[0])) {
    const last = merged.at(-1);
    if (last !== undefined && range[0] <= last[1]) merged[merged.length - 1] = joined(last, range);
    else merged.push(range);
  }
  while (merged.length > most) joinNearest(merged);
  return merged;
}

function joinNearest(ranges: TimeRange[]): void {
  let nearest = 1;
  for (let at = 2; at < ranges.length; at++)
    if (pauseBefore(ranges, at) < pauseBefore(ranges, nearest)) nearest = at;
  const [one, other] = [ranges[nearest - 1], ranges[nearest]];
  if (one !== undefined && other !== undefined) ranges.splice(nearest - 1, 2, joined(one, other));
}

function joined(one: TimeRange, other: TimeRange): TimeRange {
  const [from, to, rows] = one;
  const [, otherTo, otherRows] = other;
  const end = Math.max(to, otherTo);
  if (rows === undefined && otherRows === undefined) return [from, end];
  return [from, end, (rows ?? 0) + (otherRows ?? 0)];
}

function pauseBefore(ranges: readonly TimeRange[], at: number): number {
  return (ranges[at]?.[0] ?? 0) - (ranges[at - 1]?.[1] ?? 0);
}
