// withId: the text of an object with another id; every other byte stays. What came without any stays so.
import type { JsonObject } from '../lib/json.ts';
import { memberText, spliceObject } from '../lib/json-splice.ts';

export function withId(text: string, { id: theirs }: JsonObject, id: string): string {
  if (typeof theirs !== 'string' || theirs === '') return text;
  return spliceObject(text, { set: new Map([['id', JSON.stringify(id)]]) });
}

/** The same where the id stands in one of its members. */
export function withIdInside(text: string, member: string, body: JsonObject, id: string): string {
  const inside = memberText(text, member) ?? '{}';
  const own = withId(inside, body, id);
  return own === inside ? text : spliceObject(text, { set: new Map([[member, own]]) });
}
