// reissuedPart: the text of an object with one of its members, an object too, in other words; every other byte stays.
import type { JsonObject } from '../lib/json.ts';
import { memberText, spliceObject } from '../lib/json-splice.ts';

/** @param words raw JSON by name, for the member's own members */
export function reissuedPart(
  text: string,
  member: string,
  words: ReadonlyMap<string, string>,
): string {
  if (words.size === 0) return text;
  const inner = spliceObject(memberText(text, member) ?? '{}', { set: words });
  return spliceObject(text, { set: new Map([[member, inner]]) });
}

/** The new id, where there is one to be replaced: what came without any stays so. */
export function idWords({ id }: JsonObject, own: string): Map<string, string> {
  return new Map(typeof id === 'string' && id !== '' ? [['id', JSON.stringify(own)]] : []);
}
