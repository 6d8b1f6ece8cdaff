// Providers repeat in their replies the instructions they were given. Where a router put words to those, its caller is told
// what it wrote itself.
import { asString, type JsonObject } from '../../lib/json.ts';
import { flat } from './decode-call.ts';

/** The caller's own instructions, null where it wrote none; undefined where they were sent as they are. */
export function ownInstructions(asked: JsonObject, sent: JsonObject): string | null | undefined {
  const own = asString(flat(asked).instructions) ?? null;
  return own === (asString(flat(sent).instructions) ?? null) ? undefined : own;
}

/** What of a response has to be told in other words, as raw JSON by name. */
export function retold(response: JsonObject, own: string | null | undefined): Map<string, string> {
  const { instructions } = response;
  const isOwn = own === undefined || instructions === undefined || instructions === own;
  return new Map(isOwn ? [] : [['instructions', JSON.stringify(own)]]);
}
