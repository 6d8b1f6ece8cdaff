// Spikes: what was spent, or failed, in this hour or the last one, against the same hour of past weeks.
import { HOUR_MS } from '../../lib/utc-day.ts';
import type { RuleSettings } from '../alert-settings.ts';
import type { Finding, Rule } from '../finding.ts';
import { count, percent, usd } from '../told-figures.ts';
import { median, type UsageReader, type UsedHour } from '../usage-hours.ts';

const WEEK_MS = 7 * 24 * HOUR_MS;
const WEEKS = 4;
/** Without the same hour of a past week, the last day is what it is held against, from so many hours on. */
const DAY_HOURS = 24;
const MIN_HOURS = 3;
const KEEPS = 0.7;
const LINGER_MS = 10 * 60_000;
const EVERY_MS = 60_000;
/** Both rules look together: what one was told does for the other. */
const SAME_MS = EVERY_MS / 2;
/** The log goes through the open hour's requests for it: it may take a fiftieth of one thread's time, however many there are. */
const REST = 50;
const OLDEST_MS = 5 * EVERY_MS;

/** What is usual at an hour, and by what that is said. */
interface Usual {
  readonly value: number;
  readonly basis: string;
}

type Hours = ReadonlyMap<number, UsedHour>;

/** The hours that are over do not change: only this one and the last are asked for each time. */
export class PastHours {
  readonly #usage: UsageReader;
  readonly #lastAt: () => number;
  readonly #clock: () => number;
  #hour = -1;
  #past: readonly UsedHour[] = [];
  #told: { readonly at: number; forMs: number; readonly hours: Promise<Hours> } | null = null;

  /**
   * @param lastAt when a request of this process ended last: a gateway that nobody uses asks its log nothing
   * @param clock milliseconds, to see how long the log takes
   */
  constructor(usage: UsageReader, lastAt: () => number, clock = () => performance.now()) {
    this.#usage = usage;
    this.#lastAt = lastAt;
    this.#clock = clock;
  }

  /** By the hour's first millisecond. Rejects where the log cannot be read. */
  async read(now: number): Promise<Hours> {
    const hour = hourOf(now);
    if (this.#lastAt() < hour - HOUR_MS) return new Map();
    const known = this.#told;
    if (known !== null && hourOf(known.at) === hour && isWithin(now - known.at, known.forMs))
      return known.hours;
    const startedMs = this.#clock();
    const told = { at: now, forMs: SAME_MS, hours: this.#ask(hour) };
    this.#told = told;
    try {
      const hours = await told.hours;
      told.forMs = Math.min(OLDEST_MS, Math.max(SAME_MS, REST * (this.#clock() - startedMs)));
      return hours;
    } catch (error) {
      this.#told = null;
      throw error;
    }
  }

  async #ask(hour: number): Promise<Hours> {
    const last = hour - HOUR_MS;
    if (this.#hour !== hour) {
      // With the hour before last again: requests that took long come late.
      this.#past = await this.#usage.hours(last - WEEKS * WEEK_MS, last);
      this.#hour = hour;
    }
    const fresh = await this.#usage.hours(last, hour + HOUR_MS);
    return new Map([...this.#past, ...fresh].map((one) => [one.at, one]));
  }
}

export function spendSpikeRule(past: PastHours, settings: () => RuleSettings['spend_spike']): Rule {
  return {
    ...{ name: 'spend_spike', everyMs: EVERY_MS, lingerMs: LINGER_MS },
    look: async (now, active) =>
      worst(await past.read(now), now, (hours, hour) =>
        spendAt(hours, hour, hourOf(now), settings(), active.size > 0),
      ),
  };
}

export function errorSpikeRule(past: PastHours, settings: () => RuleSettings['error_spike']): Rule {
  return {
    ...{ name: 'error_spike', everyMs: EVERY_MS, lingerMs: LINGER_MS },
    look: async (now, active) =>
      worst(await past.read(now), now, (hours, hour) =>
        errorsAt(hours, hour, hourOf(now), settings(), active.size > 0),
      ),
  };
}

/** This hour's, else the last one's. */
function worst(
  hours: Hours,
  now: number,
  at: (hours: Hours, hour: number) => Finding | null,
): readonly Finding[] {
  const hour = hourOf(now);
  return [at(hours, hour) ?? at(hours, hour - HOUR_MS) ?? []].flat();
}

function spendAt(
  hours: Hours,
  hour: number,
  current: number,
  { factor, minUsd }: RuleSettings['spend_spike'],
  isActive: boolean,
): Finding | null {
  const spent = hours.get(hour)?.usd ?? 0;
  const usual = usualAt(hours, hour, (one) => one?.usd ?? 0);
  if (usual === null) return null;
  const part = isActive ? KEEPS : 1;
  if (spent < part * Math.max(minUsd, factor * usual.value)) return null;
  return {
    subject: 'all',
    severity: 'warning',
    title: `Spend is high: ${usd(spent)} ${inHour(hour, current)}, usually ${usd(usual.value)}`,
    facts: {
      [hour === current ? 'this hour so far' : 'last hour']: usd(spent),
      'usual for the whole hour': usd(usual.value),
      'compared with': usual.basis,
    },
    todo: 'See which user, key or model it is; budgets and rate limits stop it.',
    see: `/router/v1/usage?${seenIn(hour)}&group_by=user`,
    since: hour,
  };
}

function errorsAt(
  hours: Hours,
  hour: number,
  current: number,
  { factor, minErrors, minPercent }: RuleSettings['error_spike'],
  isActive: boolean,
): Finding | null {
  const { errors = 0, requests = 0 } = hours.get(hour) ?? {};
  const usual = usualAt(hours, hour, (one) =>
    one === undefined || one.requests === 0 ? null : one.errors / one.requests,
  );
  if (requests === 0 || usual === null) return null;
  const rate = errors / requests;
  const part = isActive ? KEEPS : 1;
  if (errors < part * minErrors || rate < part * Math.max(minPercent / 100, factor * usual.value))
    return null;
  return {
    subject: 'all',
    severity: 'warning',
    title: `Many requests fail: ${percent(rate)} ${inHour(hour, current)}, usually ${percent(usual.value)}`,
    facts: {
      [hour === current ? 'this hour so far' : 'last hour']:
        `${count(errors)} of ${count(requests)} requests failed (${percent(rate)})`,
      usual: percent(usual.value),
      'compared with': usual.basis,
    },
    todo: "See which errors they are, and the health of the models' providers.",
    see: `/router/v1/logs?status=error&${seenIn(hour)}`,
    since: hour,
  };
}

/**
 * The median of the same hour in up to four past weeks, as far as the log goes back; else of the last 24 hours.
 * @param of null: that hour says nothing
 */
function usualAt(
  hours: Hours,
  hour: number,
  of: (one: UsedHour | undefined) => number | null,
): Usual | null {
  const first = Math.min(...hours.keys());
  const valuesAt = (places: readonly number[]) =>
    places.filter((at) => at >= first).flatMap((at) => of(hours.get(at)) ?? []);
  const weeks = valuesAt(Array.from({ length: WEEKS }, (_, nth) => hour - (nth + 1) * WEEK_MS));
  const ofWeeks = median(weeks);
  if (ofWeeks !== null)
    return {
      value: ofWeeks,
      basis: `the same hour of ${weeks.length === 1 ? 'last week' : `the last ${weeks.length} weeks`}`,
    };
  const day = valuesAt(Array.from({ length: DAY_HOURS }, (_, nth) => hour - (nth + 1) * HOUR_MS));
  const ofDay = day.length < MIN_HOURS ? null : median(day);
  if (ofDay === null) return null;
  return {
    value: ofDay,
    basis: `the ${day.length} hours before: there is no past week in the log yet`,
  };
}

function inHour(hour: number, current: number): string {
  return hour === current ? 'this hour so far' : 'in the last hour';
}

function seenIn(hour: number): string {
  const text = (ms: number) => new Date(ms).toISOString();
  return `from=${text(hour)}&to=${text(hour + HOUR_MS)}`;
}

/** A clock that was set back is no reason to keep what is known. */
function isWithin(passedMs: number, forMs: number): boolean {
  return passedMs >= 0 && passedMs < forMs;
}

function hourOf(ms: number): number {
  return Math.floor(ms / HOUR_MS) * HOUR_MS;
}
