// Prompt-cache marks (`cache_control`) in a caller's own text: counted, and cut out where a provider refuses them.
import { asObject, asObjects, isObject, type JsonObject } from '../../lib/json.ts';
import {
  arrayElements,
  memberText,
  type ObjectEdits,
  spliceArray,
  spliceObject,
} from '../../lib/json-splice.ts';

/** What marks stand on beside the thing itself: the parts of a message, the function of a tool. */
type Inside = 'content' | 'function';

const MARK = 'cache_control';
const WITHOUT_MARK: ObjectEdits = { remove: new Set([MARK]) };

/** How many marks a request has, wherever they may stand. */
export function countMarks(fields: JsonObject): number {
  const holders = [
    fields,
    ...asObjects(fields.messages).flatMap((message) => holdersIn(message, 'content')),
    ...asObjects(fields.tools).flatMap((tool) => holdersIn(tool, 'function')),
  ];
  return holders.filter((holder) => asObject(holder[MARK]) !== undefined).length;
}

/** The one line for all marks that had no place. */
export function marksNotTaken(count: number, provider: string): string {
  return `${count} prompt-cache ${count === 1 ? 'mark' : 'marks'} not taken by ${provider}`;
}

export function isMarked(holder: JsonObject, inside: Inside): boolean {
  return holdersIn(holder, inside).some(hasMark);
}

/** The holder's text without its marks; every other byte stays. */
export function withoutMarks(text: string, holder: JsonObject, inside: Inside): string {
  const inner = holder[inside];
  const before = memberText(text, inside);
  const set = new Map<string, string>();
  if (before !== undefined && Array.isArray(inner)) {
    const elements = arrayElements(before);
    const replaced = new Map<number, string>();
    inner.forEach((part, at) => {
      const element = elements[at];
      if (element === undefined || !isObject(part) || !hasMark(part)) return;
      replaced.set(at, spliceObject(before.slice(element.start, element.end), WITHOUT_MARK));
    });
    set.set(inside, spliceArray(before, replaced));
  } else if (before !== undefined && isObject(inner) && hasMark(inner))
    set.set(inside, spliceObject(before, WITHOUT_MARK));
  return spliceObject(text, { ...WITHOUT_MARK, set });
}

function holdersIn(holder: JsonObject, inside: Inside): JsonObject[] {
  const inner = holder[inside];
  return [holder, ...(isObject(inner) ? [inner] : asObjects(inner))];
}

function hasMark(holder: JsonObject): boolean {
  return holder[MARK] !== undefined;
}
