// JSON whose numbers are written again as they were read: ids of twenty digits do not fit into a number of this language.
import { isObject, type Json, parseJson } from './json.ts';

declare global {
  interface JSON {
    /** tc39.es/proposal-json-parse-with-source, not yet in the library's types. */
    rawJSON(text: string): Json;
    parse(text: string, reviver: (key: string, value: unknown, at: ReadAt) => unknown): unknown;
  }
}

interface ReadAt {
  /** The text of a primitive. */
  readonly source?: string;
}

/** As `parseJson`, but numbers that would be changed stand for their own text when they are written; they are not for reading. */
export function parseExactJson(text: string): Json | undefined {
  const value = parseJson(text);
  if (value === undefined || isExact(value)) return value;
  return JSON.parse(text, (_, inner, { source }) =>
    typeof inner === 'number' && source !== undefined && !isExact(inner)
      ? JSON.rawJSON(source)
      : inner,
  ) as Json;
}

/** False where reading it may have changed a number. */
export function isExact(value: Json): boolean {
  if (typeof value === 'number') return isExactNumber(value);
  if (Array.isArray(value)) return value.every(isExact);
  if (!isObject(value)) return true;
  for (const key in value) if (!isExact(value[key] ?? null)) return false;
  return true;
}

function isExactNumber(value: number): boolean {
  return Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
}
