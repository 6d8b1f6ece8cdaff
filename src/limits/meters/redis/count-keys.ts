// What the counts of a meter are called in Redis. One hash tag: in a cluster they are all in one slot, as one script must reach them.
import type { Meter } from '../meter.ts';
import { type Period, periodAt } from '../period.ts';

const PREFIX = 'switchyard:{limits}:';

/** A sorted set: owners of what is held, by when their lease ends. */
export const OWNERS_KEY = `${PREFIX}owners`;

/** What a replica wrote last, so that nothing it writes twice counts twice. */
export const numbersKey = (replica: string): string => `${PREFIX}numbers:${replica}`;

/** A meter in the period a request is in, and where its counts are. */
export interface TimedMeter {
  readonly meter: Meter;
  readonly period: Period;
  /** Of a budget a number, by the period: the next begins with nothing spent. Of a rate a hash: second → count. */
  readonly usedKey: string;
  /** A hash: owner → what it holds. Of a budget by the period too: what is held in one is settled in it. */
  readonly heldKey: string;
  /** Its kind, its limit and when its period begins and ends, as the script reads them. */
  readonly words: string;
}

/** Above any moment. */
const NEVER = 9e15;

/** As they were last asked for: the meters of a key are the same ones for all its requests. */
const latest = new WeakMap<Meter, TimedMeter>();

export function timedMeter(meter: Meter, at: number): TimedMeter {
  const known = latest.get(meter);
  if (known !== undefined && at >= known.period.from && at < (known.period.until ?? NEVER))
    return known;
  const made = timed(meter, periodAt(meter.period ?? 'total', at));
  latest.set(meter, made);
  return made;
}

function timed(meter: Meter, period: Period): TimedMeter {
  const isBudget = meter.kind === 'budget';
  const id = isBudget ? `${meter.id}@${period.from}` : meter.id;
  return {
    meter,
    period,
    usedKey: `${PREFIX}${isBudget ? 'spent' : 'rate'}:${id}`,
    heldKey: `${PREFIX}held:${id}`,
    words: `${meter.kind} ${meter.limit} ${period.from} ${period.until ?? NEVER}`,
  };
}
