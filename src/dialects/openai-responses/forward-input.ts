// Reasoning in a caller's own input on its way to a provider of the same wire. What we packed for the caller is unpacked
// where the state is this maker's, and cut out where it is another's: the maker refuses what it cannot decrypt, and does
// not know the ids we gave, or those of reasoning that broke off. Every other byte stays.
import { asString, isObject, type JsonObject } from '../../lib/json.ts';
import { arrayElements, memberText } from '../../lib/json-splice.ts';
import { isOurId, itemType } from './items.ts';
import { decodeReasoningItem, isPacked, ownReasoningItem } from './reasoning-items.ts';

/** The input's text; null where nothing has to change. */
export function forwardInput(
  text: string,
  body: JsonObject,
  lose: (what: string) => void,
): string | null {
  const { input } = body;
  if (!Array.isArray(input)) return null;
  const edits = new Map<number, string | null>();
  input.forEach((item: unknown, at) => {
    if (!isObject(item) || itemType(item) !== 'reasoning' || !isOurs(item)) return;
    const part = decodeReasoningItem(item);
    const own = part?.type === 'reasoning' ? ownReasoningItem(part) : null;
    edits.set(at, own === null ? null : JSON.stringify(own));
    const whose = isCut(item) ? 'that broke off' : 'of another maker';
    if (own === null) lose(`input[${at}]: reasoning ${whose}; dropped`);
  });
  if (edits.size === 0) return null;
  const source = memberText(text, 'input') ?? '[]';
  const kept: string[] = [];
  arrayElements(source).forEach(({ start, end }, at) => {
    const edit = edits.get(at);
    if (edit === null) return;
    kept.push(edit ?? source.slice(start, end));
  });
  return `[${kept.join(',')}]`;
}

/** State we packed, or an item without any that its maker does not know. */
function isOurs(item: JsonObject): boolean {
  const encrypted = asString(item.encrypted_content) ?? '';
  if (encrypted !== '') return isPacked(encrypted);
  return isCut(item) || isOurId(asString(item.id) ?? '');
}

/** As `CutReasoning` ends it: under an id whose maker never finished it and does not know it. */
function isCut(item: JsonObject): boolean {
  return item.status === 'incomplete' && !item.encrypted_content;
}
