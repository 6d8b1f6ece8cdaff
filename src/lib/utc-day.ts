// Days in UTC, as texts: `2026-11-22`.

export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
const DAY = /^\d{4}-\d\d-\d\d$/;
/** The end of the year 9999: days after it have names of another length. */
export const LAST_MS = 253_402_300_799_999;

/** The day of a moment; the first or the last there is for those beyond. */
export function dayOf(ms: number): string {
  return new Date(Math.min(Math.max(ms, 0), LAST_MS)).toISOString().slice(0, 10);
}

/** The day's first millisecond. */
export function startOf(day: string): number {
  return Date.parse(day);
}

export function isDay(text: string): boolean {
  return DAY.test(text) && !Number.isNaN(Date.parse(text));
}

export function dayAfter(day: string): string {
  return dayOf(startOf(day) + DAY_MS);
}
