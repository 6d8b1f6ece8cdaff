// RedisMeters: counts that all replicas share by way of Redis or Valkey. While it is away each goes on alone, or refuses.
import { GatewayError } from '../../../core/errors.ts';
import type { Log } from '../../../lib/log.ts';
import { isAskedOf, wantsOf } from '../count.ts';
import { HeldRoom, type RoomKeeper } from '../held-room.ts';
import type {
  Demand,
  Meter,
  MeterReading,
  MeterStore,
  Refusal,
  Reservation,
  Taken,
} from '../meter.ts';
import { type Counts, type HoldAnswer, sendHold, sendRead } from './commands.ts';
import { type TimedMeter, timedMeter } from './count-keys.ts';
import { opensAt, readingOf } from './readings.ts';
import { RedisReplica } from './replica.ts';

export interface RedisMetersOptions {
  /** redis://, rediss:// or valkey://, with a password where there is one. */
  readonly url: string;
  readonly log: Log;
  /** `local`: each replica goes on by itself. `refuse`: who is limited is told to come again. */
  readonly onStoreFailure: 'local' | 'refuse';
  /** Windows go by it, instead of by Redis' own clock: for tests. */
  readonly now?: () => number;
  /** How long Redis may take for an answer. */
  readonly answerMs?: number;
  /** How long what a replica held outlives it. */
  readonly leaseMs?: number;
}

/** A busy machine, and a Redis that forks to save, take some; a caller who waits so long does so once. */
const ANSWER_MS = 500;
const LEASE_MS = 15_000;
/** In one script, which nothing else runs beside. */
const READ_AT_ONCE = 100;
/** A lease that lapsed and a period that is over, both at once. */
const TRIES = 3;
const RETRY_AFTER_S = 1;

interface Asked {
  readonly timed: readonly TimedMeter[];
  readonly counts: readonly Counts[];
}

/** What is held for one request. */
interface Held extends Asked {
  readonly demand: Demand;
  /** By the clock that windows go by. */
  readonly at: number;
  readonly skew: number;
}

/** Never waits for a connection. Throws `storage_unavailable` where the address is none. */
export function openRedisMeters(options: RedisMetersOptions): RedisMeters {
  return new RedisMeters(options);
}

export class RedisMeters implements MeterStore {
  readonly kind = 'redis';
  readonly #isStrict: boolean;
  readonly #replica: RedisReplica;
  readonly #keeper: RoomKeeper<Held> = {
    readingsOf,
    settle: ({ timed, demand }, taken) => this.#settle(timed, demand, taken),
  };
  #held = 0;
  /** Requests that were let in or refused without Redis. */
  #alone = 0;

  constructor(options: RedisMetersOptions) {
    const { url, log, onStoreFailure, now } = options;
    const { answerMs = ANSWER_MS, leaseMs = LEASE_MS } = options;
    this.#isStrict = onStoreFailure === 'refuse';
    const meanwhile = this.#isStrict
      ? 'requests with limits are refused until it is back'
      : 'each replica goes by what it last knew until it is back';
    this.#replica = new RedisReplica({
      url,
      log,
      meanwhile,
      clock: now ?? null,
      answerMs,
      leaseMs,
    });
  }

  hold(
    meters: readonly Meter[],
    demand: Demand,
    now: number,
  ): Reservation | Refusal | Promise<Reservation | Refusal> {
    const whole = { ...demand, nano: integer(demand.nano), tokens: integer(demand.tokens) };
    if (this.#replica.isAway) return this.#holdAlone(meters, whole, now);
    return this.#holdShared(meters, whole, now);
  }

  /** A few after the other, so that requests are not waited with meanwhile. */
  async read(meters: readonly Meter[], now: number): Promise<readonly MeterReading[]> {
    const readings: MeterReading[] = [];
    for (let from = 0; from < meters.length; from += READ_AT_ONCE)
      readings.push(...(await this.#read(meters.slice(from, from + READ_AT_ONCE), now)));
    return readings;
  }

  async #read(meters: readonly Meter[], now: number): Promise<readonly MeterReading[]> {
    const replica = this.#replica;
    const asked = await this.#asked(meters, now, (connection, timed, time) =>
      sendRead(connection, replica.owner, timed, time),
    );
    const timed = asked?.timed ?? timedAt(meters, now + replica.ahead);
    const counts = asked?.counts ?? timed.map((one) => this.#known(one, now));
    if (asked !== null)
      for (const [at, one] of timed.entries()) {
        const count = counts[at];
        if (count !== undefined) replica.known.told(one, count);
      }
    return timed.flatMap((one, at) => {
      const count = counts[at];
      return count === undefined ? [] : [readingOf(one, count, now + replica.ahead, replica.skew)];
    });
  }

  get held(): number {
    return this.#held;
  }

  get trouble(): string | null {
    return this.#replica.trouble;
  }

  /** For metrics. */
  get figures() {
    const { losses, unwritten } = this.#replica;
    const { size, dropped } = unwritten;
    return { losses, alone: this.#alone, unwritten: size, dropped, isAway: this.#replica.isAway };
  }

  close(): Promise<void> {
    return this.#replica.close();
  }

  async #holdShared(
    meters: readonly Meter[],
    demand: Demand,
    now: number,
  ): Promise<Reservation | Refusal> {
    const asked = await this.#asked(meters, now, (connection, timed, time) =>
      sendHold(connection, this.#replica.owner, timed, demand, time),
    );
    if (asked === null) return this.#holdAlone(meters, demand, now);
    const { timed, counts } = asked;
    const [full] = timed.flatMap((one, at) => {
      const count = counts[at];
      return count === undefined || count.fits ? [] : [this.#refusal(one, count, demand, now)];
    });
    const { ahead, known } = this.#replica;
    for (const [at, one] of timed.entries()) {
      const count = counts[at];
      if (count === undefined) continue;
      const isTaken = full === undefined;
      known.told(one, isTaken ? withDemand(one.meter, count, demand, now + ahead) : count);
    }
    return full ?? this.#taken(timed, counts, demand, now);
  }

  /** Null: Redis is away, or was lost over it. */
  async #asked(
    meters: readonly Meter[],
    now: number,
    ask: (
      connection: NonNullable<RedisReplica['connection']>,
      timed: readonly TimedMeter[],
      time: number | null,
    ) => Promise<HoldAnswer>,
  ): Promise<Asked | null> {
    const replica = this.#replica;
    await replica.started;
    let at = now + replica.ahead;
    for (let tries = 0; tries < TRIES; tries += 1) {
      const { connection } = replica;
      if (connection === null) return null;
      try {
        const time = replica.clock === null ? null : now;
        const timed = timedAt(meters, at);
        const answer = await ask(connection, timed, time);
        replica.timeIs(answer.at);
        if ('counts' in answer) return { timed, counts: answer.counts };
        at = answer.at;
        if (answer.said === 'gone') await replica.rejoin(connection);
      } catch {
        return null;
      }
    }
    return null;
  }

  #holdAlone(meters: readonly Meter[], demand: Demand, now: number): Reservation | Refusal {
    this.#alone += 1;
    if (this.#isStrict) throw unavailable();
    const timed = timedAt(meters, now + this.#replica.ahead);
    const counts = timed.map((one) => this.#known(one, now));
    for (const [at, one] of timed.entries()) {
      const count = counts[at];
      const wants = wantsOf(one.meter.kind, demand);
      const isAsked = count !== undefined && isAskedOf(one.meter.kind, demand);
      if (isAsked && count.used + count.held + wants > one.meter.limit)
        return this.#refusal(one, count, demand, now);
    }
    const { ahead, unwritten } = this.#replica;
    const second = Math.floor((now + ahead) / 1000);
    for (const { meter, usedKey } of timed)
      if (meter.kind === 'requests') unwritten.count(usedKey, 1, second);
    return this.#taken(timed, counts, demand, now);
  }

  #taken(
    timed: readonly TimedMeter[],
    counts: readonly Counts[],
    demand: Demand,
    now: number,
  ): Reservation {
    this.#held += 1;
    for (const { meter, heldKey } of timed)
      if (meter.kind !== 'requests') this.#replica.hold(heldKey, wantsOf(meter.kind, demand));
    const { ahead, skew } = this.#replica;
    return new HeldRoom({ timed, counts, demand, at: now + ahead, skew }, this.#keeper);
  }

  #refusal(one: TimedMeter, counts: Counts, demand: Demand, now: number): Refusal {
    const { ahead, skew } = this.#replica;
    const wants = wantsOf(one.meter.kind, demand);
    return {
      refused: readingOf(one, counts, now + ahead, skew),
      opensAt: opensAt(one, counts, wants, now + ahead, skew),
    };
  }

  #settle(timed: readonly TimedMeter[], demand: Demand, taken: Taken): void {
    this.#held -= 1;
    const replica = this.#replica;
    const second = Math.floor(replica.now() / 1000);
    for (const { meter, period, usedKey: key, heldKey } of timed) {
      const wants = wantsOf(meter.kind, demand);
      if (meter.kind !== 'requests') replica.free(heldKey, wants);
      const nano = integer(taken.nano ?? wants);
      const tokens = integer(taken.tokens ?? wants);
      if (meter.kind === 'budget' && nano > 0) replica.unwritten.spend(key, nano, period.until);
      if (meter.kind === 'tokens' && tokens > 0) replica.unwritten.count(key, tokens, second);
    }
    replica.writeSoon();
  }

  #known(one: TimedMeter, now: number): Counts {
    const { known, unwritten, ahead } = this.#replica;
    const held = this.#replica.heldOf(one.heldKey);
    return { fits: true, held, ...known.used(one, unwritten, now + ahead) };
  }
}

function timedAt(meters: readonly Meter[], at: number): readonly TimedMeter[] {
  return meters.map((meter) => timedMeter(meter, at));
}

function readingsOf({ timed, counts, demand, at, skew }: Held): readonly MeterReading[] {
  return timed.flatMap((one, nth) => {
    const before = counts[nth];
    if (before === undefined) return [];
    return [readingOf(one, withDemand(one.meter, before, demand, at), at, skew)];
  });
}

function withDemand(meter: Meter, counts: Counts, demand: Demand, at: number): Counts {
  const wants = wantsOf(meter.kind, demand);
  if (meter.kind !== 'requests') return { ...counts, held: counts.held + wants };
  const buckets = [...counts.buckets, [Math.floor(at / 1000), wants] as const];
  return { ...counts, used: counts.used + wants, buckets };
}

/** Redis counts in integers; what is not one is an estimate. */
function integer(amount: number): number {
  return Math.min(Math.max(0, Math.ceil(amount)), Number.MAX_SAFE_INTEGER);
}

function unavailable(): GatewayError {
  return new GatewayError(
    'limits_unavailable',
    'Limits of this key are kept in Redis, which cannot be reached, and the gateway is set not to go on without it (limits.on_store_failure: refuse). Try again in a moment.',
    { retryAfterS: RETRY_AFTER_S },
  );
}
