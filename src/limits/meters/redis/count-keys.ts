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
}

export function timedMeter(meter: Meter, at: number): TimedMeter {
  const period = periodAt(meter.period ?? 'total', at);
  if (meter.kind !== 'budget') {
    const [usedKey, heldKey] = [`${PREFIX}rate:${meter.id}`, `${PREFIX}held:${meter.id}`];
    return { meter, period, usedKey, heldKey };
  }
  const id = `${meter.id}@${period.from}`;
  return { meter, period, usedKey: `${PREFIX}spent:${id}`, heldKey: `${PREFIX}held:${id}` };
}
