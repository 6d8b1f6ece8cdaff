// Habits: what a user or key does in a busy hour of its last seven days, asked of the log's sums once and remembered for a while.
import { DAY_MS, HOUR_MS } from '../lib/utc-day.ts';
import { percentile95, type UsageReader, type UsedHour } from './usage-hours.ts';
import type { SubjectKind } from './watched-exchanges.ts';

const WEEK_MS = 7 * DAY_MS;
/** Sums of a user's single hours are kept this long at least; before that there are days. */
const HOURS_MS = 2 * DAY_MS;
const FRESH_MS = 30 * 60_000;
const MAX_KNOWN = 2000;

export interface Habit {
  /** Of a busy hour: the 95th percentile of those with requests. */
  readonly requests: number;
  readonly usd: number;
  /**
   * `hours`: its own busy hour; `days`: it had none lately, so a whole day of its week; `others`: it is new, so a day of all
   * subjects' mean; `nothing`: so is everybody.
   */
  readonly basis: 'hours' | 'days' | 'others' | 'nothing';
}

export class Habits {
  readonly #usage: UsageReader;
  readonly #known = new Map<string, { readonly at: number; readonly habit: Habit }>();

  constructor(usage: UsageReader) {
    this.#usage = usage;
  }

  /** As remembered, however old: for an alert that goes on, whose own doing must not become its habit. */
  remembered(kind: SubjectKind, name: string): Habit | null {
    return this.#known.get(`${kind}:${name}`)?.habit ?? null;
  }

  /** Rejects where the log cannot be read. */
  async of(kind: SubjectKind, name: string, now: number): Promise<Habit> {
    const id = `${kind}:${name}`;
    const known = this.#known.get(id);
    if (known !== undefined && now - known.at < FRESH_MS) return known.habit;
    const own = kind === 'session' ? null : await this.#own(kind, name, now);
    const habit = own ?? (await this.#others(kind, now));
    this.#known.delete(id);
    if (this.#known.size >= MAX_KNOWN) this.#known.delete(this.#known.keys().next().value ?? '');
    this.#known.set(id, { at: now, habit });
    return habit;
  }

  /** Without this hour, which may be what is being asked about. */
  async #own(kind: 'user' | 'key', name: string, now: number): Promise<Habit | null> {
    const to = Math.floor(now / HOUR_MS) * HOUR_MS;
    const hours = await this.#usage.of(kind, name, { from: to - HOURS_MS, to, interval: 'hour' });
    if (hours.length > 0) return busy(hours, 'hours');
    const today = Math.floor(now / DAY_MS) * DAY_MS;
    const stretch = { from: today - WEEK_MS, to: today, interval: 'day' } as const;
    const days = await this.#usage.of(kind, name, stretch);
    return days.length > 0 ? busy(days, 'days') : null;
  }

  /** The log's sums know no sessions: they are held against users, else against keys. */
  async #others(kind: SubjectKind, now: number): Promise<Habit> {
    const known = this.#known.get(`all:${kind}`);
    if (known !== undefined && now - known.at < FRESH_MS) return known.habit;
    const to = Math.floor(now / DAY_MS) * DAY_MS;
    let total = await this.#usage.total(kind === 'key' ? 'key' : 'user', to - WEEK_MS, to);
    if (total.subjects === 0 && kind === 'session')
      total = await this.#usage.total('key', to - WEEK_MS, to);
    const subjectDays = Math.max(1, total.subjects * 7);
    const habit: Habit = {
      requests: total.requests / subjectDays,
      usd: (total.usd ?? 0) / subjectDays,
      basis: total.requests > 0 ? 'others' : 'nothing',
    };
    this.#known.set(`all:${kind}`, { at: now, habit });
    return habit;
  }
}

function busy(hours: readonly UsedHour[], basis: Habit['basis']): Habit {
  return {
    requests: percentile95(hours.map(({ requests }) => requests)) ?? 0,
    usd: percentile95(hours.map(({ usd }) => usd ?? 0)) ?? 0,
    basis,
  };
}
