// Lane: how many requests one provider and each of its keys has under way, and who waits for a place where they are limited.
import { GatewayError } from '../core/errors.ts';
import { keyIdentity, type ProviderKey, type ProviderLimits } from '../core/plan.ts';
import type { Provider } from '../core/provider.ts';
import type { Abort } from '../lib/abort.ts';
import type { KeyLoad } from './keys.ts';

export interface LaneClock {
  /** Milliseconds that never go back. */
  now(): number;
  /** Calls `what` once, later; the result takes that back. */
  after(ms: number, what: () => void): () => void;
}

/** How far one more gap between two freed places moves their mean. */
const SMOOTHING = 0.2;
/** Clients take longer times for no advice at all, and nobody knows so far ahead. */
const MAX_RETRY_AFTER_S = 60;

interface Waiter {
  readonly enter: () => void;
}

/** One provider's requests: those under way, and those that wait for a place, in the order they came. */
export class Lane implements KeyLoad {
  readonly #clock: LaneClock;
  readonly #keys = new Map<string, number>();
  readonly #queue = new Set<Waiter>();
  #limits: ProviderLimits | null = null;
  #running = 0;
  /** Since when every place is taken and none came free; null: there is room. */
  #fullSince: number | null = null;
  /** How long it lately took until a place came free where all were taken. */
  #meanGapMs: number | null = null;

  constructor(clock: LaneClock) {
    this.#clock = clock;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#queue.size;
  }

  /** With those that wait: they have chosen their key already. */
  requests(key: ProviderKey): number {
    return this.#keys.get(keyIdentity(key)) ?? 0;
  }

  limit(limits: ProviderLimits | null): void {
    this.#limits = limits;
    this.#fill();
    this.#fullSince = this.#isFull() ? (this.#fullSince ?? this.#clock.now()) : null;
  }

  /**
   * A place for one request, which `leave` gives back. Null: it has it already; else a promise of the milliseconds it
   * waited. Throws or rejects with `provider_busy`, or with the abort's reason as soon as there is one.
   * @param withinMs it may not wait longer, whatever the queue allows
   */
  enter(
    provider: Provider,
    key: ProviderKey | null,
    withinMs: number | null,
    abort: Abort<GatewayError>,
  ): Promise<number> | null {
    const limits = this.#limits;
    if (limits !== null && this.#running >= limits.concurrent) {
      if (abort.reason !== null) throw abort.reason;
      if (this.#queue.size >= limits.queue) throw this.#refusal(provider, limits, null);
      this.#count(key, 1);
      return this.#wait(provider, key, limits, withinMs, abort);
    }
    this.#count(key, 1);
    this.#running += 1;
    if (limits !== null && this.#isFull()) this.#fullSince = this.#clock.now();
    return null;
  }

  /** A request that had a place is over. To be called once for each. */
  leave(key: ProviderKey | null): void {
    this.#count(key, -1);
    this.#running -= 1;
    const since = this.#fullSince;
    if (since !== null) {
      const gapMs = this.#clock.now() - since;
      const mean = this.#meanGapMs;
      this.#meanGapMs = mean === null ? gapMs : mean + SMOOTHING * (gapMs - mean);
    }
    this.#fill();
    if (since !== null) this.#fullSince = this.#isFull() ? this.#clock.now() : null;
  }

  #wait(
    provider: Provider,
    key: ProviderKey | null,
    limits: ProviderLimits,
    withinMs: number | null,
    abort: Abort<GatewayError>,
  ): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const since = this.#clock.now();
    const over = () => {
      this.#queue.delete(waiter);
      cancelTimer();
      abort.remove(giveUp);
    };
    const giveUp = (reason: GatewayError) => {
      over();
      this.#count(key, -1);
      reject(reason);
    };
    const waiter: Waiter = {
      enter: () => {
        over();
        resolve(this.#clock.now() - since);
      },
    };
    const waitMs = Math.min(limits.queueTimeoutMs, withinMs ?? Number.POSITIVE_INFINITY);
    const cancelTimer = this.#clock.after(waitMs, () =>
      giveUp(this.#refusal(provider, limits, waitMs)),
    );
    this.#queue.add(waiter);
    abort.add(giveUp);
    return promise;
  }

  /** Lets in as many of those that wait as there are places. */
  #fill(): void {
    for (const waiter of this.#queue) {
      if (this.#isFull()) return;
      this.#running += 1;
      waiter.enter();
    }
  }

  /** @param waitedMs null: there was no room to wait */
  #refusal(provider: Provider, limits: ProviderLimits, waitedMs: number | null): GatewayError {
    const { concurrent, queue, queueTimeoutMs } = limits;
    const setting = (name: string) => `providers.${provider.id}.limits.${name}`;
    const patience =
      waitedMs === queueTimeoutMs ? setting('queue_timeout') : 'the limit for a first token';
    const why =
      waitedMs === null
        ? `and so is that of ${queue} waiting (${setting('queue')})`
        : `and no place came free within ${waitedMs} ms (${patience})`;
    return new GatewayError(
      'provider_busy',
      `${provider.name} is busy: its limit of ${concurrent} at once (${setting('concurrent')}) is reached, ${why}.`,
      { retryAfterS: this.#retryAfterS() },
    );
  }

  /** When a place may have come free for everybody who waits and one more, as fast as they lately did. */
  #retryAfterS(): number {
    const fullMs = this.#fullSince === null ? 0 : this.#clock.now() - this.#fullSince;
    const gapMs = Math.max(this.#meanGapMs ?? 0, fullMs);
    const seconds = Math.ceil(((this.#queue.size + 1) * gapMs) / 1000);
    return Math.min(MAX_RETRY_AFTER_S, Math.max(1, seconds));
  }

  #isFull(): boolean {
    return this.#limits !== null && this.#running >= this.#limits.concurrent;
  }

  #count(key: ProviderKey | null, by: 1 | -1): void {
    const id = keyIdentity(key);
    const count = (this.#keys.get(id) ?? 0) + by;
    // Keys come and go with configurations.
    if (count === 0) this.#keys.delete(id);
    else this.#keys.set(id, count);
  }
}
