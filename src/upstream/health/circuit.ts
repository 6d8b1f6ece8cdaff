// Circuit: opens when too much fails, so that nobody waits for what fails anyway; later one request finds out whether it works.
import { SlidingCounts } from './sliding-counts.ts';

export interface CircuitSettings {
  readonly windowMs: number;
  readonly minFailures: number;
  readonly failureRate: number;
  readonly openMs: number;
  readonly maxOpenMs: number;
}

/** A call that was made through it: who it is, and when it went out. */
export interface CircuitCall {
  readonly begunAt: number;
}

/** Who was let in has to go out within this; who went out has to begin to answer within this, or another is let in. */
const GO_OUT_MS = 10_000;
const ANSWER_MS = 60_000;

const CALLS = 0;
const FAILURES = 1;

interface Probe {
  /** Null: let in, and not gone out yet. */
  readonly call: CircuitCall | null;
  readonly expiresAt: number;
}

export class Circuit {
  readonly #counts = new SlidingCounts(2);
  /** Null: closed. */
  #openUntil: number | null = null;
  /** When it last opened or closed: calls that went out before say nothing of how things are since. */
  #since = Number.NEGATIVE_INFINITY;
  #failedProbes = 0;
  #probe: Probe | null = null;
  /** The call whose beginning closed it: should that call fail yet, it was no proof. */
  #proof: CircuitCall | null = null;

  /** 0: a call may go out. */
  shutMs(now: number): number {
    if (this.#openUntil === null) return 0;
    if (now < this.#openUntil) return this.#openUntil - now;
    return this.#probe === null ? 0 : Math.max(0, this.#probe.expiresAt - now);
  }

  /** Open, and its time is not over. */
  isOpen(now: number): boolean {
    return this.#openUntil !== null && now < this.#openUntil;
  }

  /** Open, and its time is over. */
  isHalfOpen(now: number): boolean {
    return this.#openUntil !== null && now >= this.#openUntil;
  }

  /** Somebody asked and may go out: where it is half open, he is the one. */
  letIn(now: number): void {
    if (this.isHalfOpen(now)) this.#probe = { call: null, expiresAt: now + GO_OUT_MS };
  }

  /** A call goes out, let in or not: where it is half open and nobody is out, this one finds out. */
  began(call: CircuitCall, now: number): void {
    if (!this.isHalfOpen(now)) return;
    if (this.#probe !== null && this.#probe.call !== null && now < this.#probe.expiresAt) return;
    this.#probe = { call, expiresAt: now + ANSWER_MS };
  }

  /** The call's answer has begun: that is what was to be found out. */
  begunToAnswer(call: CircuitCall, now: number): void {
    if (this.#openUntil === null || call.begunAt < this.#since) return;
    this.#close(now);
    this.#proof = call;
  }

  /** The call is over, and it was answered. */
  answered(call: CircuitCall, now: number, { windowMs }: CircuitSettings): void {
    if (call !== this.#proof) {
      if (call.begunAt < this.#since) return;
      if (this.#openUntil !== null) this.#close(now);
    }
    this.#proof = null;
    this.#failedProbes = 0;
    this.#counts.add(CALLS, now, windowMs);
  }

  /** The call is over, and it failed. */
  failed(call: CircuitCall, now: number, settings: CircuitSettings, chance: number): void {
    if (call === this.#proof || call === this.#probe?.call) {
      this.#failedProbes += 1;
      this.#open(now, settings, chance);
      return;
    }
    if (this.#openUntil !== null || call.begunAt < this.#since) return;
    const { windowMs, minFailures, failureRate } = settings;
    this.#counts.add(CALLS, now, windowMs);
    this.#counts.add(FAILURES, now, windowMs);
    const failures = this.#counts.sum(FAILURES, now, windowMs);
    if (failures < minFailures) return;
    if (failures >= failureRate * this.#counts.sum(CALLS, now, windowMs))
      this.#open(now, settings, chance);
  }

  /** The call is over, and says nothing. Was it the one to find out, another has to. */
  silent(call: CircuitCall): void {
    if (call === this.#probe?.call) this.#probe = null;
    if (call === this.#proof) this.#proof = null;
  }

  /** Of the calls since it last opened or closed; 0 calls: nothing is known. */
  lately(now: number, windowMs: number): { readonly calls: number; readonly failures: number } {
    return {
      calls: this.#counts.sum(CALLS, now, windowMs),
      failures: this.#counts.sum(FAILURES, now, windowMs),
    };
  }

  /** @param chance from 0 to 1: up to a quarter less, so that circuits that opened together do not probe together */
  #open(now: number, { openMs, maxOpenMs }: CircuitSettings, chance: number): void {
    const ms = Math.min(maxOpenMs, openMs * 2 ** this.#failedProbes) * (1 - chance / 4);
    this.#turn(now, now + ms);
  }

  #close(now: number): void {
    this.#turn(now, null);
  }

  #turn(now: number, openUntil: number | null): void {
    this.#openUntil = openUntil;
    this.#since = now;
    this.#probe = null;
    this.#proof = null;
    this.#counts.clear();
  }
}
