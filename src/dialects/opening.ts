// The opening of a conversation on the wires that call it `messages`: what stays the same while it grows.
import { asArray, asObject, type JsonObject } from '../lib/json.ts';

/** System texts and the first user turn, as one text. */
export function openingOf(body: JsonObject): string {
  const messages = asArray(body.messages);
  const first = messages.findIndex((message) => asObject(message)?.role === 'user');
  return JSON.stringify([body.system, ...messages.slice(0, first + 1)]);
}
