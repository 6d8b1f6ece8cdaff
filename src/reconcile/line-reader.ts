// Reads the cells of one line of a bill, and notes what is wrong with it under its place.
import { asObject, type JsonObject } from '../lib/json.ts';
import type { BillProblem } from './billed.ts';
import { type Decimal, parseDecimal, toCount } from './decimal.ts';

/** A cell as text, '' where there is none. In JSON, names with dots lead into objects. */
export type Cell = (name: string) => string;

/** @param result of a page read by `parseExactNumbers`: its numbers are their own text. */
export function jsonCell(result: JsonObject): Cell {
  return (name) => {
    const path = name.split('.');
    const last = path.pop() ?? '';
    const holder = path.reduce<JsonObject | undefined>((at, key) => asObject(at?.[key]), result);
    const value = holder?.[last];
    if (value === null || value === undefined || typeof value === 'object') return '';
    return String(value).trim();
  };
}

export class LineReader {
  readonly #cell: Cell;
  readonly #problems: BillProblem[];
  readonly place: string;

  constructor(cell: Cell, place: string, problems: BillProblem[]) {
    this.#cell = cell;
    this.#problems = problems;
    this.place = place;
  }

  text(name: string): string {
    return this.#cell(name);
  }

  wrong(message: string): void {
    this.#problems.push({ place: this.place, message });
  }

  /** Null where there is none. */
  count(name: string): number | null {
    const text = this.#cell(name);
    if (text === '') return null;
    const count = toCount(text);
    if (count === null) this.wrong(`${name} is "${text.slice(0, 40)}", not a whole number`);
    return count;
  }

  amount(name: string): Decimal | null {
    const text = this.#cell(name);
    if (text === '') return null;
    const amount = parseDecimal(text);
    if (amount === null) this.wrong(`${name} is "${text.slice(0, 40)}", not an amount`);
    return amount;
  }

  /** The day (UTC) of a time that is written as a date, as ISO 8601 or as Unix seconds. Null, and noted, where it is none. */
  day(name: string): string | null {
    const day = dayOf(this.#cell(name));
    if (day === null)
      this.wrong(`${name} is "${this.#cell(name).slice(0, 40)}", not a date such as 2026-11-22`);
    return day;
  }
}

export const DAY_MS = 86_400_000;

/** Null where the text is no time. What names no zone is UTC, as both vendors' exports are. */
function dayOf(text: string): string | null {
  const seconds = /^\d{9,11}(\.0+)?$/.test(text) ? Number(text) : null;
  const iso = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/.exec(
    text,
  );
  if (seconds === null && iso === null) return null;
  const zoned = iso?.[1] !== undefined || text.length === 10 ? text : `${text.replace(' ', 'T')}Z`;
  const ms = seconds === null ? Date.parse(zoned) : seconds * 1000;
  return Number.isNaN(ms) ? null : new Date(ms).toISOString().slice(0, 10);
}

/** Every day from one to another, both in it; at most a thousand. */
export function daysBetween(first: string, last: string): readonly string[] {
  const days: string[] = [];
  for (let at = Date.parse(first); at <= Date.parse(last) && days.length < 1000; at += DAY_MS)
    days.push(new Date(at).toISOString().slice(0, 10));
  return days;
}
