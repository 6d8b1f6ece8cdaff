// From counts to what callers are told: how much is used, when there is room again.
import type { MeterReading } from '../meter.ts';
import { SlidingMinute } from '../sliding-minute.ts';
import type { Counts } from './commands.ts';
import type { TimedMeter } from './count-keys.ts';

/** @param ahead how far the clock that windows go by is ahead of ours, milliseconds */
export function readingOf(
  { meter, period }: TimedMeter,
  counts: Counts,
  now: number,
  ahead: number,
): MeterReading {
  const { used, held } = counts;
  if (meter.kind === 'budget') return { meter, used, held, resetsAt: minus(period.until, ahead) };
  if (meter.kind === 'concurrent') return { meter, used, held, resetsAt: null };
  const minute = minuteOf(counts);
  return { meter, used, held, resetsAt: minus(minute.emptyAt(now), ahead) };
}

/** When a request that wants so much fits; null: not by waiting. */
export function opensAt(
  { meter, period }: TimedMeter,
  counts: Counts,
  wants: number,
  now: number,
  ahead: number,
): number | null {
  if (meter.kind === 'concurrent' || wants > meter.limit) return null;
  if (meter.kind === 'budget') return minus(period.until, ahead);
  const room = meter.limit - wants - counts.held;
  // How long what is held stays so is not known.
  return room < 0 ? null : minus(minuteOf(counts).opensAt(room, now), ahead);
}

function minuteOf({ buckets }: Counts): SlidingMinute {
  const minute = new SlidingMinute();
  for (const [second, count] of [...buckets].sort(([one], [other]) => one - other))
    minute.add(count, second * 1000);
  return minute;
}

function minus(at: number | null, ahead: number): number | null {
  return at === null ? null : at - ahead;
}
