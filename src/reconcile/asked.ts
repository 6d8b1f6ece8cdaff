// What may be asked of a reconciliation, checked: query parameters and command-line arguments.
import { invalid } from '../core/errors.ts';
import { VENDORS, type Vendor } from './billed.ts';
import type { FetchedDays } from './fetch-bill.ts';
import type { ComparisonAsked } from './reconciliation.ts';

const PARAMETERS = ['provider', 'from', 'to', 'providers', 'tolerance'];
const MAX_DAYS = 366;

type Given = { readonly [name: string]: string | undefined };

/** @param now Unix milliseconds. Throws `invalid_request` naming the parameter. */
export function parseComparison(given: Given, now: number): ComparisonAsked {
  for (const [name, text] of Object.entries(given))
    if (text !== undefined && !PARAMETERS.includes(name))
      throw invalid(
        name,
        `is not a parameter of reconciliation; known are ${PARAMETERS.join(', ')}`,
      );
  const { from, to, providers, tolerance } = given;
  const provider = parseVendor(given.provider);
  const last = to ?? (from === undefined ? undefined : dayAt(now));
  if (from !== undefined || last !== undefined) checkDays(from ?? last ?? '', last ?? '');
  const first = from ?? last;
  return {
    provider,
    ...(from === undefined && to === undefined ? {} : { first, last }),
    ...(providers ? { providers: providers.split(',').map((name) => name.trim()) } : {}),
    ...(tolerance ? { tolerance: parseTolerance(tolerance) } : {}),
  };
}

export function parseVendor(name: string | undefined): Vendor {
  const vendor = VENDORS.find((known) => known === name);
  if (vendor !== undefined) return vendor;
  throw invalid(
    'provider',
    `must be one of ${VENDORS.join(', ')}: the vendors whose bills can be read`,
  );
}

/** What to fetch: `to` is yesterday where it is not named, the last day that is over. */
export function parseFetch(given: Given, now: number): FetchedDays & { readonly provider: Vendor } {
  const provider = parseVendor(given.provider);
  const { from } = given;
  if (from === undefined) throw invalid('from', 'must name the first day, such as 2026-11-01');
  const last = given.to ?? dayAt(now - 86_400_000);
  checkDays(from, last);
  return { provider, first: from, last };
}

function checkDays(first: string, last: string): void {
  for (const [name, day] of [
    ['from', first],
    ['to', last],
  ] as const)
    if (!isDay(day))
      throw invalid(
        name,
        'must be a day such as 2026-11-01: bills are compared by whole days (UTC)',
      );
  const days = (Date.parse(last) - Date.parse(first)) / 86_400_000 + 1;
  if (days < 1)
    throw invalid('to', `must not be before from (${first}): it is the last day compared`);
  if (days > MAX_DAYS) throw invalid('from', `must be at most ${MAX_DAYS} days before to`);
}

function parseTolerance(text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value <= 100) return value;
  throw invalid('tolerance', 'must be a number of percent from 0 to 100, such as 0.1');
}

function dayAt(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** The platform takes the 30th of February for the 2nd of March. */
function isDay(text: string): boolean {
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN;
  return !Number.isNaN(ms) && dayAt(ms) === text;
}
