// What the scripts are given and what they answer: the only place that knows the order of their arguments.
import { GatewayError } from '../../../core/errors.ts';
import type { RedisConnection } from '../../../store/redis/connection.ts';
import { isAskedOf, wantsOf } from '../count.ts';
import type { Demand, Meter } from '../meter.ts';
import { numbersKey, OWNERS_KEY, type TimedMeter } from './count-keys.ts';
import { REDIS_SCRIPTS } from './scripts.ts';
import type { Batch } from './unwritten.ts';

/** Requests that were let in just before a period's end settle after it. */
const AFTER_PERIOD_MS = 86_400_000;

/** What one meter has counted. */
export interface Counts {
  /** The request may pass it. */
  readonly fits: boolean;
  readonly used: number;
  readonly held: number;
  /** Of a rate: its buckets where it is full, else the newest with a count of 0. */
  readonly buckets: readonly (readonly [second: number, count: number])[];
}

export type HoldAnswer =
  | { readonly said: 'gone' | 'period'; readonly at: number }
  | {
      readonly said: 'held' | 'refused' | 'read';
      readonly at: number;
      readonly counts: readonly Counts[];
    };

/** A replica as Redis knows it. */
export interface Owner {
  readonly replica: string;
  /** Of this connection: what an earlier one still had under way is not taken for this one's. */
  readonly name: string;
  /** The test's clock; null: Redis' own. */
  readonly clock: (() => number) | null;
  readonly leaseMs: number;
}

const timeOf = ({ clock }: Owner): string => (clock === null ? '' : String(clock()));

/** @param time the test's clock; null: Redis' own */
export function sendHold(
  connection: RedisConnection,
  owner: Owner,
  timed: readonly TimedMeter[],
  demand: Demand,
  time: number | null,
): Promise<HoldAnswer> {
  return ask(connection, owner, timed, time, demand);
}

export function sendRead(
  connection: RedisConnection,
  owner: Owner,
  timed: readonly TimedMeter[],
  time: number | null,
): Promise<HoldAnswer> {
  return ask(connection, owner, timed, time, null);
}

async function ask(
  connection: RedisConnection,
  owner: Owner,
  timed: readonly TimedMeter[],
  time: number | null,
  demand: Demand | null,
): Promise<HoldAnswer> {
  const keys = [OWNERS_KEY];
  const args = [time === null ? '' : String(time), owner.name, demand === null ? 'read' : 'hold'];
  for (const { meter, usedKey, heldKey, words } of timed) {
    keys.push(usedKey, heldKey);
    args.push(words, demand === null ? '0' : askWord(meter.kind, demand));
  }
  const answer = await connection.run(REDIS_SCRIPTS.hold, keys, args);
  if (!isAnswer(answer)) throw notUnderstood();
  const [said, at, counts] = answer;
  if (said === 'gone' || said === 'period') return { said, at };
  const isKnown = said === 'held' || said === 'refused' || said === 'read';
  if (!isKnown || !Array.isArray(counts)) throw notUnderstood();
  return { said, at, counts: counts.map(countsOf) };
}

function askWord(kind: Meter['kind'], demand: Demand): string {
  return isAskedOf(kind, demand) ? String(wantsOf(kind, demand)) : 'free';
}

/**
 * What is spent now by everybody of what this batch spends, in its order; null: it was written already.
 * @param now unix milliseconds by the clock that windows go by
 */
export async function sendSettle(
  connection: RedisConnection,
  owner: Owner,
  batch: Batch,
  now: number,
): Promise<readonly number[] | null> {
  const keys = [numbersKey(owner.replica)];
  const args = [timeOf(owner), batch.owner, String(batch.number)];
  for (const [key, change] of batch.changes) {
    if (change.what === 'count') {
      for (const [second, count] of change.bySecond) {
        keys.push(key);
        args.push('count', String(count), String(second));
      }
      continue;
    }
    const to = change.what === 'spend' ? change.to : null;
    const lives = to === null ? '' : String(Math.max(to - now, 0) + AFTER_PERIOD_MS);
    keys.push(key);
    args.push(change.what, String(change.amount), lives);
  }
  const answer = await connection.run(REDIS_SCRIPTS.settle, keys, args);
  if (!isAnswer(answer)) throw notUnderstood();
  return Array.isArray(answer[2]) ? answer[2].map(Number) : null;
}

/** @param held key → what is held for requests under way */
export async function sendJoin(
  connection: RedisConnection,
  owner: Owner,
  old: string,
  number: number,
  held: ReadonlyMap<string, number>,
): Promise<number> {
  const keys = [OWNERS_KEY, numbersKey(owner.replica), ...held.keys()];
  const sums = [...held.values()].map(String);
  const args = [timeOf(owner), old, owner.name, String(number), String(owner.leaseMs), ...sums];
  const answer = await connection.run(REDIS_SCRIPTS.join, keys, args);
  if (!isAnswer(answer)) throw notUnderstood();
  return answer[1];
}

/** False: the lease was over, and what was held is no more. */
export async function sendRenew(connection: RedisConnection, owner: Owner): Promise<boolean> {
  const answer = await connection.run(
    REDIS_SCRIPTS.renew,
    [OWNERS_KEY],
    [timeOf(owner), owner.name, String(owner.leaseMs)],
  );
  return isAnswer(answer) && answer[0] === 'renewed';
}

export async function sendLeave(connection: RedisConnection, owner: Owner): Promise<void> {
  const keys = [OWNERS_KEY, numbersKey(owner.replica)];
  await connection.run(REDIS_SCRIPTS.leave, keys, [owner.name]);
}

function isAnswer(value: unknown): value is [string, number, unknown] {
  return Array.isArray(value) && typeof value[0] === 'string' && typeof value[1] === 'number';
}

/** One text a meter: whether it fits, what is used, what is held, then second and count of each bucket. */
function countsOf(value: unknown): Counts {
  if (typeof value !== 'string') throw notUnderstood();
  const [fits, used, held, ...flat] = value.split(' ').map(Number);
  if (used === undefined || held === undefined) throw notUnderstood();
  const buckets: [number, number][] = [];
  for (let at = 0; at < flat.length; at += 2) buckets.push([flat[at] ?? 0, flat[at + 1] ?? 0]);
  return { fits: fits === 1, used, held, buckets };
}

function notUnderstood(): GatewayError {
  return new GatewayError(
    'storage_unavailable',
    'Redis answered a script in a form that is not its own.',
  );
}
