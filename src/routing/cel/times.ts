// Timestamps and durations in milliseconds: read from text, told apart into parts (UTC), written as text.
import type { CelFunction } from './functions.ts';
import { Duration, Failure, Timestamp } from './value.ts';

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
const MIN_MS = -62_135_596_800_000;
const MAX_MS = 253_402_300_799_999.9;
const MAX_DURATION_MS = 2 ** 63 / 1e6;
const NO_TIMESTAMP = new Failure(
  'a value could not be read as a timestamp ("2026-01-31T00:00:00Z")',
);
const NO_DURATION = new Failure('a text could not be read as a duration ("90m", "1h30m", "1.5s")');

export const asTimestamp: CelFunction = (value) => {
  if (value instanceof Timestamp) return value;
  if (typeof value === 'bigint' || typeof value === 'number')
    return timestampAt(Number(value) * 1000);
  if (typeof value !== 'string') return undefined;
  return RFC_3339.test(value) ? timestampAt(Date.parse(value)) : NO_TIMESTAMP;
};

/** Years 1 to 9999. */
export function timestampAt(ms: number): Timestamp | Failure {
  return ms >= MIN_MS && ms <= MAX_MS ? new Timestamp(ms) : NO_TIMESTAMP;
}

/** As long as an int of nanoseconds can say. */
export function durationOf(ms: number): Duration | Failure {
  return Math.abs(ms) < MAX_DURATION_MS ? new Duration(ms) : NO_DURATION;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  ns: 1e-6,
};

export const asDuration: CelFunction = (value) => {
  if (value instanceof Duration) return value;
  if (typeof value !== 'string') return undefined;
  if (value.length > 64 || !/^[+-]?(\d+(\.\d+)?(h|ms|m|s|us|µs|ns))+$/.test(value))
    return NO_DURATION;
  let ms = 0;
  for (const [, amount, unit] of value.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)/g))
    ms += Number(amount) * (UNIT_MS[unit ?? ''] ?? 0);
  return durationOf(value.startsWith('-') ? -ms : ms);
};

function ofTimestamp(part: (at: Date) => number): CelFunction {
  return (value) => (value instanceof Timestamp ? BigInt(part(new Date(value.ms))) : undefined);
}

function ofBoth(part: (at: Date) => number, unitMs: number): CelFunction {
  return (value) => {
    if (value instanceof Timestamp) return BigInt(part(new Date(value.ms)));
    return value instanceof Duration ? BigInt(Math.trunc(value.ms / unitMs)) : undefined;
  };
}

/** UTC only: a time zone's rules are data that changes with the machine. */
export const timePart: Readonly<Record<string, CelFunction>> = {
  getFullYear: ofTimestamp((at) => at.getUTCFullYear()),
  getMonth: ofTimestamp((at) => at.getUTCMonth()),
  getDate: ofTimestamp((at) => at.getUTCDate()),
  getDayOfMonth: ofTimestamp((at) => at.getUTCDate() - 1),
  getDayOfWeek: ofTimestamp((at) => at.getUTCDay()),
  getHours: ofBoth((at) => at.getUTCHours(), 3_600_000),
  getMinutes: ofBoth((at) => at.getUTCMinutes(), 60_000),
  getSeconds: ofBoth((at) => at.getUTCSeconds(), 1000),
};

export function textOfTime(value: unknown): string | undefined {
  if (value instanceof Timestamp) return new Date(value.ms).toISOString().replace(/\.000Z$/, 'Z');
  return value instanceof Duration ? `${value.ms / 1000}s` : undefined;
}
