// Slash commands cut from what users typed, in every turn alike, so that a history that is sent again stays the same prefix.
import { commandAt } from '../core/command.ts';
import { asArray, asString, isObject, type Json, type JsonObject } from '../lib/json.ts';
import { arrayElements, memberText, spliceArray, spliceObject } from '../lib/json-splice.ts';
import type { BodyEdits, Written } from './body-edits.ts';
import { typedStart } from './typed-text.ts';

/** How a wire writes what users say. */
interface UserTurns {
  /** The member that holds the conversation: a list, or one text of the user's. */
  readonly list: string;
  isUsers(item: JsonObject): boolean;
  isText(part: JsonObject): boolean;
}

/**
 * Only the text that begins with the command changes. A command that nothing follows in its text stays: empty texts are
 * refused.
 */
export function cutCommands(
  edits: BodyEdits,
  commands: ReadonlySet<string> | null,
  turns: UserTurns,
): void {
  if (commands === null) return;
  const list = edits.get(turns.list);
  if (typeof list === 'string') {
    const cut = cutContent(list, () => '', commands, turns);
    if (cut !== null) edits.put(turns.list, cut);
    return;
  }
  const changed = new Map<number, Json>();
  const raws = new Map<number, string>();
  let elements: readonly string[] | null = null;
  const elementAt = (at: number): string => {
    elements ??= elementTexts(edits.raw(turns.list));
    return elements[at] ?? '{}';
  };
  asArray(list).forEach((item, at) => {
    if (!isObject(item) || !turns.isUsers(item)) return;
    const before = () => memberText(elementAt(at), 'content') ?? 'null';
    const cut = cutContent(item.content, before, commands, turns);
    if (cut === null) return;
    raws.set(at, spliceObject(elementAt(at), { set: new Map([['content', cut.raw]]) }));
    changed.set(at, { ...item, content: cut.value });
  });
  if (changed.size === 0) return;
  const value = asArray(list).map((item, at) => changed.get(at) ?? item);
  edits.put(turns.list, { raw: spliceArray(edits.raw(turns.list), raws), value });
}

/** Null where nothing is cut. */
function cutContent(
  content: Json | undefined,
  raw: () => string,
  commands: ReadonlySet<string>,
  { isText }: UserTurns,
): Written | null {
  if (typeof content === 'string') {
    const cut = cutTexts([content], commands);
    return cut === null ? null : { raw: JSON.stringify(cut.text), value: cut.text };
  }
  const parts = asArray(content);
  const places: number[] = [];
  const texts: string[] = [];
  parts.forEach((part, at) => {
    const text = isObject(part) && isText(part) ? asString(part.text) : undefined;
    if (text === undefined) return;
    places.push(at);
    texts.push(text);
  });
  const cut = cutTexts(texts, commands);
  const place = cut === null ? undefined : places[cut.at];
  const part = place === undefined ? undefined : parts[place];
  if (cut === null || place === undefined || !isObject(part)) return null;
  const before = raw();
  const element = elementTexts(before)[place] ?? '{}';
  const after = spliceObject(element, { set: new Map([['text', JSON.stringify(cut.text)]]) });
  return {
    raw: spliceArray(before, new Map([[place, after]])),
    value: parts.map((other, at) => (at === place ? { ...part, text: cut.text } : other)),
  };
}

function cutTexts(
  texts: readonly string[],
  commands: ReadonlySet<string>,
): { readonly at: number; readonly text: string } | null {
  // Most turns have none: what was typed is looked for only where there may be one.
  if (!texts.some((text) => text.includes('/'))) return null;
  const where = typedStart(texts);
  if (where === null) return null;
  const { at, start, end } = where;
  const text = texts[at] ?? '';
  const typed = text.slice(start, end);
  const command = commandAt(typed, commands);
  const rest = command === null ? '' : typed.slice(command.length).trimStart();
  if (rest === '') return null;
  return { at, text: text.slice(0, start) + text.slice(end - rest.length) };
}

function elementTexts(list: string): readonly string[] {
  return arrayElements(list).map(({ start, end }) => list.slice(start, end));
}
