// Limiter: whether a request may go on, given what its key and its user may take; and what they have taken.
import type { GatewayError } from '../core/errors.ts';
import type { Limits } from '../core/limits.ts';
import { userName } from '../core/user-name.ts';
import {
  anywhereMeters,
  type CallerMeters,
  callerMeters,
  keyMeters,
  type LimitedKey,
  userMeters,
} from './meters/caller-meters.ts';
import type {
  Demand,
  Meter,
  MeterReading,
  MeterStore,
  Refusal,
  Reservation,
} from './meters/meter.ts';
import { refusalError } from './refusal-error.ts';

/** Callers of whom it is read in one turn of the event loop what they took. */
const READ_AT_ONCE = 50;

export interface LimiterOptions {
  readonly store: MeterStore;
  /** Of every user who has no limits of their own; null: they have none. As it is now. */
  readonly everyUser: () => Limits | null;
  /** What the operator set for this user alone; null: nothing. Synchronous: it is asked for every request that names a user. */
  readonly userLimits: (user: string) => Limits | null;
  /** Unix milliseconds. */
  readonly now?: () => number;
  /** Told of every request that is not let in. */
  readonly refused?: (meter: Meter) => void;
}

interface KnownUser {
  readonly key: LimitedKey;
  readonly anywhere: Limits | null;
  readonly caller: CallerMeters | null;
}

/** Users whose meters are not made anew for each of their requests. */
const MAX_USERS = 4096;

/** A request that was not let in. */
export interface Refused {
  readonly error: GatewayError;
  /** Of the caller's rates, for the reply's headers. */
  readonly readings: readonly MeterReading[];
}

export class Limiter {
  readonly #options: LimiterOptions;
  readonly #store: MeterStore;
  readonly #now: () => number;
  /** With the key they came with last: most never come with another. */
  readonly #users = new Map<string, KnownUser>();

  constructor(options: LimiterOptions) {
    this.#options = options;
    this.#store = options.store;
    this.#now = options.now ?? Date.now;
  }

  /** Unix milliseconds, by the clock that limits go by. */
  now(): number {
    return this.#now();
  }

  /** What a request of this caller has to pass. Null: nothing limits them, and no store is asked. */
  of(key: LimitedKey, named: string | null): CallerMeters | null {
    const own = keyMeters(key);
    if (named === null) return own;
    const user = userName(named);
    const anywhere = this.#anywhere(user);
    const { budgets, rate } = key.userLimits;
    if (anywhere === null && budgets.length === 0 && rate === null) return own;
    const known = this.#users.get(user);
    if (known?.key === key && known.anywhere === anywhere) return known.caller;
    const more = userMeters(key, user, anywhere);
    const caller = callerMeters(own === null ? more : [...own.meters, ...more]);
    if (this.#users.size >= MAX_USERS) this.#users.clear();
    this.#users.set(user, { key, anywhere, caller });
    return caller;
  }

  /** Room for one request, which has to be settled; or why there is none. Rejects with `limits_unavailable`. */
  hold(caller: CallerMeters, demand: Demand): Held | Promise<Held> {
    const now = this.#now();
    const held = this.#store.hold(caller.meters, demand, now);
    if (held instanceof Promise) return held.then((one) => this.#told(caller, demand, one, now));
    return 'settle' in held ? held : this.#told(caller, demand, held, now);
  }

  /** What was taken of each of these limits: for the operator. Rejects with `limits_unavailable`. */
  async read(caller: CallerMeters | null): Promise<readonly MeterReading[]> {
    return caller === null ? [] : await this.#store.read(caller.meters, this.#now());
  }

  /** Of a user, over all keys. Null: nothing limits them there. */
  ofUser(user: string): CallerMeters | null {
    const limits = this.#anywhere(user);
    return limits === null ? null : callerMeters(anywhereMeters(user, limits));
  }

  /** The ids of the budgets of which something is spent now, whoever called when; null: the store cannot tell. */
  spent(): readonly string[] | null {
    return this.#store.spent?.(this.#now()) ?? null;
  }

  /** Of each key's own limits, in their order. Of however many: nobody's request waits for all of them. */
  readKeys(keys: readonly LimitedKey[]): Promise<readonly (readonly MeterReading[])[]> {
    return this.#readEach(keys, keyMeters);
  }

  /** Of each user's limits over all keys. */
  readUsers(users: readonly string[]): Promise<readonly (readonly MeterReading[])[]> {
    return this.#readEach(users, (user) => this.ofUser(user));
  }

  get store(): MeterStore['kind'] {
    return this.#store.kind;
  }

  /** Requests of this process that hold room; 0 when nothing is under way. */
  get held(): number {
    return this.#store.held;
  }

  /** What is wrong with the store, for the operator; null: nothing. */
  get trouble(): string | null {
    return this.#store.trouble;
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  async #readEach<Caller>(
    callers: readonly Caller[],
    metersOf: (caller: Caller) => CallerMeters | null,
  ): Promise<readonly (readonly MeterReading[])[]> {
    const found: (readonly MeterReading[])[] = [];
    for (let from = 0; from < callers.length; from += READ_AT_ONCE) {
      if (from > 0) await new Promise(setImmediate);
      const each = callers
        .slice(from, from + READ_AT_ONCE)
        .map((caller) => metersOf(caller)?.meters ?? []);
      const meters = each.flat();
      const readings = meters.length === 0 ? [] : await this.#store.read(meters, this.#now());
      let at = 0;
      for (const { length } of each) {
        found.push(readings.slice(at, at + length));
        at += length;
      }
    }
    return found;
  }

  #anywhere(user: string): Limits | null {
    return this.#options.userLimits(user) ?? this.#options.everyUser();
  }

  #told(
    caller: CallerMeters,
    demand: Demand,
    answer: Reservation | Refusal,
    now: number,
  ): Held | Promise<Held> {
    if ('settle' in answer) return answer;
    this.#options.refused?.(answer.refused.meter);
    const error = refusalError(answer, demand, now);
    if (!caller.rates) return { error, readings: [] };
    const readings = this.#store.read(caller.meters, now);
    if (!(readings instanceof Promise)) return { error, readings };
    return readings.then(
      (all) => ({ error, readings: all }),
      () => ({ error, readings: [answer.refused] }),
    );
  }
}

export type Held = Reservation | Refused;
