// What the counts of a meter are called in Redis. One hash tag: in a cluster they are all in one slot, as one script must reach them.
import type { Meter } from './meter.ts';
import type { Period } from './period.ts';

const PREFIX = 'switchyard:{limits}:';

/** A sorted set: owners of what is held, by when their lease ends. */
export const OWNERS_KEY = `${PREFIX}owners`;

/** What a replica wrote last, so that nothing it writes twice counts twice. */
export const numbersKey = (replica: string): string => `${PREFIX}numbers:${replica}`;

/** A hash: owner → what it holds of the meter. Of a budget by the period too: what is held in one is settled in it. */
export function heldKey(meter: Meter, period: Period): string {
  if (meter.kind === 'budget') return `${PREFIX}held:${meter.id}@${period.from}`;
  return `${PREFIX}held:${meter.id}`;
}

/** Of a budget a number, by the period: the next begins with nothing spent. Of a rate a hash: second → count. */
export function usedKey(meter: Meter, period: Period): string {
  if (meter.kind === 'budget') return `${PREFIX}spent:${meter.id}@${period.from}`;
  return `${PREFIX}rate:${meter.id}`;
}
