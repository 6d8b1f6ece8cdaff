// Stretches of time in which requests arrived, put together from single moments: what an export let pass.

/** Unix milliseconds; the second is not in it. */
export type TimeRange = readonly [from: number, to: number];

const MINUTE_MS = 60_000;
/** More than these are put together over the shortest pauses between them. */
const MAX_RANGES = 400;

/** The minutes that hold any of these moments. */
export function minutesOf(moments: Iterable<number>): TimeRange[] {
  const minutes = new Set<number>();
  for (const at of moments) minutes.add(at - (at % MINUTE_MS));
  return mergedRanges([...minutes].map((from) => [from, from + MINUTE_MS] as const));
}

/** Oldest first, none touching another. */
export function mergedRanges(ranges: readonly TimeRange[], most = MAX_RANGES): TimeRange[] {
  const merged: (readonly [number, number])[] = [];
  for (const [from, to] of [...ranges].sort((one, other) => one[0] - other[0])) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last[1])
      merged[merged.length - 1] = [last[0], Math.max(last[1], to)];
    else merged.push([from, to]);
  }
  while (merged.length > most) joinNearest(merged);
  return merged;
}

function joinNearest(ranges: (readonly [number, number])[]): void {
  let nearest = 1;
  for (let at = 2; at < ranges.length; at++)
    if (pauseBefore(ranges, at) < pauseBefore(ranges, nearest)) nearest = at;
  const [from] = ranges[nearest - 1] ?? [0, 0];
  const [, to] = ranges[nearest] ?? [0, 0];
  ranges.splice(nearest - 1, 2, [from, to]);
}

function pauseBefore(ranges: readonly TimeRange[], at: number): number {
  return (ranges[at]?.[0] ?? 0) - (ranges[at - 1]?.[1] ?? 0);
}
