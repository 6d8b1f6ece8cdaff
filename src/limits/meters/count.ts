// Counts: what has been taken of one limit, and what is held of it for requests under way. One class a kind of limit.
import type { BudgetPeriod } from '../../core/limits.ts';
import type { Demand, Meter, Taken } from './meter.ts';
import { type Period, periodAt } from './period.ts';
import { SlidingMinute } from './sliding-minute.ts';

export interface Count {
  /** Held for requests under way. */
  held: number;
  used(now: number): number;
  /** Room is made for a request that wants so much. */
  take(wants: number, now: number): void;
  /** It is over. */
  settle(wants: number, taken: Taken, now: number): void;
  /** When a request that wants so much fits, should all that is held be used; null: not by waiting. */
  opensAt(wants: number, limit: number, now: number): number | null;
  /** When all that is used now is room again; null: never. */
  resetsAt(now: number): number | null;
  /** It stands for no time that is over. */
  isCurrent(now: number): boolean;
  /** It says nothing that would not be said without it. */
  isIdle(now: number): boolean;
}

/** Where what is spent is kept beside memory. */
export interface Accounts {
  /** Finds what is spent already. May throw `limits_unavailable`. */
  open(account: Account): void;
  /** More is spent, which memory has already. */
  charged(account: Account, nano: number): void;
}

/** One budget in one of its periods: the next has an account of its own, so what is held here is settled here. */
export class Account implements Count {
  readonly id: string;
  readonly period: Period;
  held = 0;
  /** Requests that will settle here, also those that hold nothing. */
  underWay = 0;
  spent = 0;
  /** Of what is spent, what is not written yet. */
  unwritten = 0;
  /** Its row, where it has one. */
  row: number | null = null;
  /** As of which change by others it was read. */
  readAs = 0;
  /** When it was last asked for. */
  seenAt = 0;
  readonly #accounts: Accounts | null;

  constructor(id: string, period: BudgetPeriod, accounts: Accounts | null, now: number) {
    this.id = id;
    this.period = periodAt(period, now);
    this.#accounts = accounts;
    accounts?.open(this);
  }

  used(now: number): number {
    this.seenAt = now;
    return this.spent;
  }

  take(wants: number): void {
    this.held += wants;
    this.underWay += 1;
  }

  settle(wants: number, { nano }: Taken): void {
    this.held -= wants;
    this.underWay -= 1;
    const charged = Math.max(0, nano ?? wants);
    if (charged === 0) return;
    this.spent += charged;
    this.#accounts?.charged(this, charged);
  }

  opensAt(wants: number, limit: number): number | null {
    return wants > limit ? null : this.period.until;
  }

  resetsAt(): number | null {
    return this.period.until;
  }

  isCurrent(now: number): boolean {
    return this.period.until === null || now < this.period.until;
  }

  isIdle(now: number): boolean {
    if (this.underWay > 0 || this.unwritten > 0) return false;
    if (this.spent === 0 || !this.isCurrent(now)) return true;
    return this.#accounts !== null && now - this.seenAt > IDLE_MS;
  }
}

/** Accounts that are written down leave memory after so long. */
const IDLE_MS = 10 * 60_000;

/** Requests: they count from when they are let in, so none is held. */
class RequestCount implements Count {
  readonly held = 0;
  readonly #minute = new SlidingMinute();

  used(now: number): number {
    return this.#minute.total(now);
  }

  take(wants: number, now: number): void {
    this.#minute.add(wants, now);
  }

  settle(): void {}

  opensAt(wants: number, limit: number, now: number): number | null {
    return wants > limit ? null : this.#minute.opensAt(limit - wants, now);
  }

  resetsAt(now: number): number {
    return this.#minute.emptyAt(now);
  }

  isCurrent(): boolean {
    return true;
  }

  isIdle(now: number): boolean {
    return this.#minute.total(now) === 0;
  }
}

/** Tokens: held until it is known how many they were, which then count from that moment. */
class TokenCount implements Count {
  held = 0;
  #underWay = 0;
  readonly #minute = new SlidingMinute();

  used(now: number): number {
    return this.#minute.total(now);
  }

  take(wants: number): void {
    this.held += wants;
    this.#underWay += 1;
  }

  settle(wants: number, { tokens }: Taken, now: number): void {
    this.held -= wants;
    this.#underWay -= 1;
    this.#minute.add(Math.max(0, tokens ?? wants), now);
  }

  opensAt(wants: number, limit: number, now: number): number | null {
    const room = limit - wants - this.held;
    // How long what is held stays so is not known.
    return room < 0 ? null : this.#minute.opensAt(room, now);
  }

  resetsAt(now: number): number {
    return this.#minute.emptyAt(now);
  }

  isCurrent(): boolean {
    return true;
  }

  isIdle(now: number): boolean {
    return this.#underWay === 0 && this.#minute.total(now) === 0;
  }
}

class ConcurrentCount implements Count {
  held = 0;

  used(): number {
    return 0;
  }

  take(wants: number): void {
    this.held += wants;
  }

  settle(wants: number): void {
    this.held -= wants;
  }

  opensAt(): null {
    return null;
  }

  resetsAt(): null {
    return null;
  }

  isCurrent(): boolean {
    return true;
  }

  isIdle(): boolean {
    return this.held === 0;
  }
}

export function countFor(
  { id, kind, period }: Meter,
  accounts: Accounts | null,
  now: number,
): Count {
  switch (kind) {
    case 'budget':
      return new Account(id, period ?? 'total', accounts, now);
    case 'requests':
      return new RequestCount();
    case 'tokens':
      return new TokenCount();
    case 'concurrent':
      return new ConcurrentCount();
  }
}

/** How much of it a request wants. */
/** Whether a meter has a say at all. */
export function isAskedOf(kind: Meter['kind'], { free }: Demand): boolean {
  return !(free === true && (kind === 'budget' || kind === 'tokens'));
}

export function wantsOf(kind: Meter['kind'], { nano, tokens }: Demand): number {
  if (kind === 'budget') return nano;
  return kind === 'tokens' ? tokens : 1;
}
