// Times as an operator writes them: a moment, or how long ago.

const ISO = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/;
const AGO = /^-?(\d{1,6})(s|m|h|d|w)$/;
const UNIT_MS: { readonly [unit: string]: number } = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

/** In 1973 as milliseconds, in 5138 as seconds: nobody means either by a number on this side of it. */
const FIRST_MS = 100_000_000_000;
const LAST_MS = 8.64e15;

export const TIME_FORMS =
  'must be a time: ISO 8601 such as "2026-11-22T10:00:00Z" (write + as %2B), Unix seconds or milliseconds, or how long ago, such as "24h" or "7d"';

/** ISO 8601 (UTC where it names no zone), Unix seconds or milliseconds, or so long before `now` → Unix milliseconds; null: none of them. */
export function parseTime(text: string, now: number): number | null {
  const ms = /^\d+$/.test(text) ? unixMs(Number(text)) : (agoMs(text, now) ?? isoMs(text));
  return Number.isFinite(ms) && ms <= LAST_MS ? ms : null;
}

function unixMs(count: number): number {
  return count < FIRST_MS ? count * 1000 : count;
}

function agoMs(text: string, now: number): number | null {
  const [, count, unit = ''] = AGO.exec(text) ?? [];
  const ms = UNIT_MS[unit];
  return ms === undefined ? null : Math.max(0, now - Number(count) * ms);
}

function isoMs(text: string): number {
  if (!ISO.test(text) || !isDay(text.slice(0, 10))) return Number.NaN;
  const zoned = !text.includes('T') || /(Z|[+-]\d\d:\d\d)$/.test(text);
  return Date.parse(zoned ? text : `${text}Z`);
}

/** The platform takes the 30th of February for the 2nd of March. */
function isDay(day: string): boolean {
  const ms = Date.parse(day);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day);
}
