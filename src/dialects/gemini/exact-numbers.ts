// Whether JSON text that was read can be written again without a change to its numbers: this wire wants objects where
// others have text.
import { isObject, type Json } from '../../lib/json.ts';

/** False where reading it may have changed a number. */
export function isExact(value: Json): boolean {
  if (typeof value === 'number') return !Number.isInteger(value) || Number.isSafeInteger(value);
  if (Array.isArray(value)) return value.every(isExact);
  return (
    !isObject(value) ||
    Object.values(value).every((member) => member === undefined || isExact(member))
  );
}
