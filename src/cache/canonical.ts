// canonical: a JSON value as the one text that all its spellings have: members in the order of their names, no spaces.
import { isObject, type Json, type JsonObject } from '../lib/json.ts';

/** Null where it holds a number that cannot be told from its neighbours once it is read. */
export function canonical(value: Json): string | null {
  const out: string[] = [];
  return write(value, out) ? out.join('') : null;
}

function write(value: Json | undefined, out: string[]): boolean {
  if (typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER) return false;
  if (value === null || typeof value !== 'object') {
    out.push(JSON.stringify(value ?? null));
    return true;
  }
  return isObject(value) ? writeObject(value, out) : writeArray(value, out);
}

function writeArray(items: readonly Json[], out: string[]): boolean {
  out.push('[');
  for (const [at, item] of items.entries()) {
    if (at > 0) out.push(',');
    if (!write(item, out)) return false;
  }
  out.push(']');
  return true;
}

function writeObject(object: JsonObject, out: string[]): boolean {
  out.push('{');
  for (const name of Object.keys(object).sort()) {
    const value = object[name];
    if (value === undefined) continue;
    out.push(JSON.stringify(name), ':');
    if (!write(value, out)) return false;
    out.push(',');
  }
  out.push('}');
  return true;
}
