// RedisReplica: this process as Redis knows it: its lease, what its requests hold, and what it has yet to write.
//
// With every connection it comes under a new name and tells anew, and whole, what its requests under way hold. So nothing
// needs to be known of commands whose answers never came: what they held was held by a name that is gone.
import { randomUUID } from 'node:crypto';
import type { Log } from '../../../lib/log.ts';
import { type RedisConnection, whileRunning } from '../../../store/redis/connection.ts';
import { RedisLink } from '../../../store/redis/link.ts';
import { checkRedisAddress } from '../../../store/redis/redis-address.ts';
import { type Owner, sendJoin, sendLeave, sendRenew, sendSettle } from './commands.ts';
import { KnownCounts } from './known-counts.ts';
import { Unwritten } from './unwritten.ts';

/** Of a lease: two may fail. */
const RENEWALS = 3;
/** Less is told apart from no clock that people read. */
const SKEW_MS = 1000;
const START_MS = 1500;
const CLOSE_MS = 2000;

export interface ReplicaOptions {
  readonly url: string;
  readonly log: Log;
  readonly meanwhile: string;
  readonly clock: (() => number) | null;
  readonly answerMs: number;
  readonly leaseMs: number;
}

export class RedisReplica {
  readonly known = new KnownCounts();
  readonly unwritten = new Unwritten();
  readonly clock: (() => number) | null;
  /** The first attempt to connect is over, or takes too long to be waited for. */
  readonly started: Promise<void>;
  readonly #id = randomUUID();
  readonly #log: Log;
  readonly #leaseMs: number;
  readonly #link: RedisLink;
  readonly #renewing: ReturnType<typeof setInterval>;
  /** Of requests under way, by the key it is held under. */
  readonly #held = new Map<string, number>();
  #owner: Owner;
  #joins = 0;
  #joining: Promise<void> | null = null;
  #ahead = 0;
  #isWriting = false;
  #isClosing = false;

  constructor({ url, log, meanwhile, clock, answerMs, leaseMs }: ReplicaOptions) {
    checkRedisAddress(url, 'limits', 'limits in each gateway alone');
    this.clock = clock;
    this.#leaseMs = leaseMs;
    this.#log = log;
    this.#owner = this.#named();
    const enter = (connection: RedisConnection) => this.#enter(connection);
    const onUp = () => this.writeSoon();
    this.#link = new RedisLink({
      ...{ url, answerMs, log, what: 'limits', meanwhile },
      ...{ enter, onUp },
    });
    this.started = Promise.race([this.#link.first, whileRunning(START_MS)]);
    this.#renewing = setInterval(() => void this.#renew(), leaseMs / RENEWALS);
    this.#renewing.unref();
  }

  get connection(): RedisConnection | null {
    return this.#link.connection;
  }

  /** There is no connection, and none is just being made for the first time. */
  get isAway(): boolean {
    return this.#link.connection === null && !this.#link.isStarting;
  }

  get losses(): number {
    return this.#link.losses;
  }

  get trouble(): string | null {
    const { trouble } = this.#link;
    if (trouble !== null) return `Redis: ${trouble}`;
    const { dropped } = this.unwritten;
    return dropped === 0 ? null : `${dropped} counts were lost while Redis was away too long`;
  }

  get owner(): Owner {
    return this.#owner;
  }

  /** How far Redis' clock is ahead of ours, in milliseconds. */
  get ahead(): number {
    return this.#ahead;
  }

  /** What times that are told are put right by: none where the clocks agree. */
  get skew(): number {
    return Math.abs(this.#ahead) < SKEW_MS ? 0 : this.#ahead;
  }

  /** By the clock that windows go by. */
  now(): number {
    return (this.clock ?? Date.now)() + this.#ahead;
  }

  /** What Redis says the time is. */
  timeIs(at: number): void {
    if (this.clock === null) this.#ahead = at - Date.now();
  }

  hold(key: string, amount: number): void {
    if (amount > 0) this.#held.set(key, this.heldOf(key) + amount);
  }

  free(key: string, amount: number): void {
    if (amount === 0) return;
    const left = this.heldOf(key) - amount;
    if (left > 0) this.#held.set(key, left);
    else this.#held.delete(key);
    this.unwritten.free(key, amount);
  }

  heldOf(key: string): number {
    return this.#held.get(key) ?? 0;
  }

  /** What this turn of the event loop settles goes out together. */
  writeSoon(): void {
    if (this.#isWriting || this.#link.connection === null) return;
    this.#isWriting = true;
    setImmediate(() => void this.#writeAll());
  }

  /** Under a new name, as Redis does not know ours any more. */
  rejoin(connection: RedisConnection): Promise<void> {
    this.#joining ??= this.#joinAgain(connection).finally(() => {
      this.#joining = null;
    });
    return this.#joining;
  }

  async #joinAgain(connection: RedisConnection): Promise<void> {
    // Holds that were answered just before are first taken note of.
    await new Promise(setImmediate);
    await this.#join(connection);
  }

  /** Writes what is left, and lets go of what is held. */
  async close(): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    clearInterval(this.#renewing);
    const { connection } = this.#link;
    if (connection !== null)
      await Promise.race([this.#leave(connection).catch(() => null), Bun.sleep(CLOSE_MS)]);
    const { size } = this.unwritten;
    if (size > 0)
      this.#log(
        'warn',
        `what was used of ${size} limits could not be written to Redis and is lost`,
      );
    this.#link.close();
  }

  async #leave(connection: RedisConnection): Promise<void> {
    while (this.#isWriting) await Bun.sleep(1);
    await this.#write(connection);
    await sendLeave(connection, this.#owner);
  }

  async #enter(connection: RedisConnection): Promise<void> {
    await this.#write(connection);
    await this.#join(connection);
  }

  async #join(connection: RedisConnection): Promise<void> {
    const old = this.#owner.name;
    this.#joins += 1;
    this.#owner = this.#named();
    this.unwritten.forgetFreed();
    this.timeIs(await sendJoin(connection, this.#owner, old, this.#joins, this.#held));
  }

  async #renew(): Promise<void> {
    const { connection } = this.#link;
    if (connection === null) return;
    try {
      if (!(await sendRenew(connection, this.#owner))) await this.rejoin(connection);
    } catch {
      // The link knows, and tells.
    }
  }

  async #writeAll(): Promise<void> {
    const { connection } = this.#link;
    try {
      if (connection !== null) await this.#write(connection);
    } catch {
      // It is sent again with the next connection.
    }
    this.#isWriting = false;
    if (this.unwritten.size > 0 && this.#link.connection !== null) this.writeSoon();
  }

  /** Batch by batch, each known to be written before the next is made. */
  async #write(connection: RedisConnection): Promise<void> {
    for (;;) {
      const batch = this.unwritten.next(this.#owner.name);
      if (batch === null) return;
      this.known.written(batch, await sendSettle(connection, this.#owner, batch, this.now()));
      this.unwritten.acknowledge();
    }
  }

  #named(): Owner {
    return {
      replica: this.#id,
      name: `${this.#id}.${this.#joins}`,
      clock: this.clock,
      leaseMs: this.#leaseMs,
    };
  }
}
