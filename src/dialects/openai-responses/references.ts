// References to items by their id, in place of the items.
import { asString, isObject, type Json, type JsonObject } from '../../lib/json.ts';
import { memberText, spliceArray, spliceObject } from '../../lib/json-splice.ts';
import { isOurId, itemType } from './items.ts';

export function isReference(item: Json): item is JsonObject {
  return isObject(item) && itemType(item) === 'item_reference' && asString(item.id) !== undefined;
}

/** The answer of ours that the item of this id is in; null where the id is not one of ours. */
export function responseIdOf(itemId: string): string | null {
  if (!isOurId(itemId)) return null;
  return `resp_${itemId.slice(itemId.indexOf('_') + 1, itemId.lastIndexOf('_'))}`;
}

/** The request with items in the place of what stood in its input; every other byte stays. */
export function withItems(
  text: string,
  items: ReadonlyMap<number, JsonObject>,
): { readonly text: string; readonly body: JsonObject } {
  const replace = new Map([...items].map(([at, item]) => [at, JSON.stringify(item)]));
  const input = spliceArray(memberText(text, 'input') ?? '[]', replace);
  const whole = spliceObject(text, { set: new Map([['input', input]]) });
  return { text: whole, body: JSON.parse(whole) as JsonObject };
}
