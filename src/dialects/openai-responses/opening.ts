// The opening of a conversation on this wire: what stays the same while it grows.
import { asArray, asObject, type JsonObject } from '../../lib/json.ts';

/** The instructions and everything up to the first user message, as one text. */
export function openingOf(body: JsonObject): string {
  if (!Array.isArray(body.input)) return JSON.stringify([body.instructions, body.input]);
  const items = asArray(body.input);
  const first = items.findIndex((item) => asObject(item)?.role === 'user');
  return JSON.stringify([body.instructions, ...items.slice(0, first + 1)]);
}
