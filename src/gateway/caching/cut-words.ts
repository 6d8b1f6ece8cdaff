// cutWords: a request's text without what its user wrote last, and every other byte as it is: what keys are made of.
import { asArray, asObject, isObject, type JsonObject } from '../../lib/json.ts';
import { arrayElements, memberText, spliceArray, spliceObject } from '../../lib/json-splice.ts';

const NOTHING = '""';

/**
 * Null where it cannot be cut out of one place: then the words are not all that its place says.
 * @param list the field that ends with them: a text, or entries of which the last has them as its content, or in its last part
 */
export function cutWords(
  text: string,
  body: JsonObject,
  list: 'messages' | 'input',
): string | null {
  const entries = body[list];
  if (typeof entries === 'string') return cut(text, list);
  const last = asArray(entries).at(-1);
  if (!isObject(last)) return null;
  return within(text, list, (all) =>
    lastOf(all, (entry) =>
      typeof last.content === 'string'
        ? cut(entry, 'content')
        : within(entry, 'content', (parts) =>
            asObject(asArray(last.content).at(-1)) === undefined
              ? null
              : lastOf(parts, (part) => cut(part, 'text')),
          ),
    ),
  );
}

type Edit = (text: string) => string | null;

function cut(object: string, name: string): string | null {
  return within(object, name, () => NOTHING);
}

/** Where a name stands twice, more goes than what was changed. */
function within(object: string, name: string, edit: Edit): string | null {
  const before = memberText(object, name);
  const after = before === undefined ? null : edit(before);
  if (before === undefined || after === null) return null;
  const edited = spliceObject(object, { set: new Map([[name, after]]) });
  return edited.length - after.length === object.length - before.length ? edited : null;
}

function lastOf(array: string, edit: Edit): string | null {
  const elements = arrayElements(array);
  const last = elements.at(-1);
  const after = last === undefined ? null : edit(array.slice(last.start, last.end));
  return after === null ? null : spliceArray(array, new Map([[elements.length - 1, after]]));
}
