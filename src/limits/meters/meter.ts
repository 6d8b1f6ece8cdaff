// Meter: one limit that a request has to pass, and what is counted against it. A store keeps the counts of many.
import type { BudgetPeriod } from '../../core/limits.ts';

export type MeterKind = 'budget' | 'requests' | 'tokens' | 'concurrent';

export interface Meter {
  /** `key:<key id>/budget/day`, `user:<user>/requests`, `key:<key id>/user:<user>/concurrent`: the same id, the same count. */
  readonly id: string;
  readonly kind: MeterKind;
  /** Billionths of a dollar, requests, tokens, or requests under way. */
  readonly limit: number;
  /** Null: no budget. */
  readonly period: BudgetPeriod | null;
  /** Whose it is, for messages. */
  readonly of: { readonly what: 'key' | 'user'; readonly name: string };
}

/** What a request is expected to take, before it is sent; requests are always one. */
export interface Demand {
  readonly nano: number;
  readonly tokens: number;
  /** Nobody is asked for it, so that it is known to take neither: a budget or a count of tokens that is full, or overdrawn, is nothing to it. */
  readonly free?: true;
}

/** What it took. Null: not known, so what was expected is taken for it. */
export interface Taken {
  readonly nano: number | null;
  readonly tokens: number | null;
}

export interface MeterReading {
  readonly meter: Meter;
  /** Settled. */
  readonly used: number;
  /** Held for requests under way. */
  readonly held: number;
  /** Unix milliseconds at which there is room again, or all of it for a meter that is not full; null: never by itself. */
  readonly resetsAt: number | null;
}

export interface Refusal {
  readonly refused: MeterReading;
  /** Unix milliseconds from which the same demand fits; null: not by waiting. */
  readonly opensAt: number | null;
}

/** Room that was made for one request. */
export interface Reservation {
  /** With this one in them. Of a store that is asked at once, as of when they are read. */
  readonly readings: readonly MeterReading[];
  /** The request is over. Once; later calls do nothing. Never throws, never waits. */
  settle(taken: Taken): void;
}

/**
 * Keeps counts. `hold` is all or nothing over all meters, and atomic beside every other caller of the same store: of N at
 * once where there is room for k, exactly k are let in.
 */
export interface MeterStore {
  readonly kind: 'memory' | 'sqlite' | 'redis';
  hold(
    meters: readonly Meter[],
    demand: Demand,
    now: number,
  ): Reservation | Refusal | Promise<Reservation | Refusal>;
  read(
    meters: readonly Meter[],
    now: number,
  ): readonly MeterReading[] | Promise<readonly MeterReading[]>;
  /**
   * The budgets of which something is spent in a period that is not over, the most spent first; of thousands not all.
   * Absent: it cannot tell without being told their names.
   */
  spent?(now: number): readonly string[];
  /** Reservations of this process that are not settled. */
  readonly held: number;
  /** What is wrong with it, for the operator; null: nothing. */
  readonly trouble: string | null;
  /** Writes what is not written yet. */
  close(): Promise<void>;
}
