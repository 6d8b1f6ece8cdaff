// Values of fields that say no more than leaving the field out: another wire need not carry them.
import { isObject, type Json } from '../lib/json.ts';

/** True for null, false, an empty list or object, and the words that makers have for "as you please". */
export function asksNothing(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === false) return true;
  if (value === 'auto' || value === 'default') return true;
  return Array.isArray(value) ? value.length === 0 : isObject(value) && isEmpty(value);
}

function isEmpty(object: object): boolean {
  for (const _ in object) return false;
  return true;
}
