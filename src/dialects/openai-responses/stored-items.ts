// Items of a stored conversation: as they go into a later request, and as they are listed.
import { asArray, asString, isObject, type Json, type JsonObject } from '../../lib/json.ts';
import { memberText, spliceObject } from '../../lib/json-splice.ts';
import { flat } from './decode-call.ts';
import { itemType } from './items.ts';
import { isPacked } from './reasoning-items.ts';

/** Items whose ids say where a provider keeps them: nobody else knows those. */
const IDENTIFIED: ReadonlySet<string> = new Set([
  'message',
  'function_call',
  'custom_tool_call',
  'function_call_output',
  'custom_tool_call_output',
]);

/** What a request brings of its own, as items. */
export function inputItems(body: JsonObject): readonly JsonObject[] {
  const { input } = flat(body);
  if (typeof input === 'string')
    return [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: input }] }];
  return asArray(input).filter(isObject);
}

/** The id of the response this one goes on from. */
export function previousOf(body: JsonObject): string | null {
  return asString(flat(body).previous_response_id) ?? null;
}

/** Unless the caller says otherwise a response is stored. */
export function isStored(body: JsonObject): boolean {
  return flat(body).store !== false;
}

/** What of the conversation only its provider has: a stored prompt, or a conversation of its own. */
export function heldField(body: JsonObject): string | null {
  const fields = flat(body);
  return ['conversation', 'prompt'].find((name) => fields[name] != null) ?? null;
}

/**
 * Output as input for another than the provider that stored it: without the ids of its store.
 * @param maker the items go to the provider that made them, so that its encrypted reasoning is of use
 */
export function asInput(
  items: readonly JsonObject[],
  wire: 'same' | 'other',
  maker: boolean,
): readonly JsonObject[] {
  return items.flatMap((item) => {
    const type = itemType(item);
    if (type === 'reasoning' && wire === 'same') {
      const state = asString(item.encrypted_content) ?? '';
      // What we packed is told apart by `forwardCall`; a bare summary is refused there.
      return state !== '' && (maker || isPacked(state)) ? [item] : [];
    }
    if (!IDENTIFIED.has(type) || item.id === undefined) return [item];
    const { id: _, ...rest } = item;
    return [rest];
  });
}

/** The request with the whole conversation in it instead of a name for it; what was the caller's own stays as it was written. */
export function withConversation(
  text: string,
  body: JsonObject,
  before: readonly JsonObject[],
): { readonly text: string; readonly body: JsonObject } {
  const extra = isObject(body.extra_body) ? body.extra_body : {};
  const source = memberText(text, 'extra_body');
  const place = extra.input === undefined || source === undefined ? text : source;
  const own = typeof flat(body).input === 'string' ? undefined : memberText(place, 'input');
  const items = own === undefined || own === 'null' ? itemsText(inputItems(body)) : inner(own);
  const all = [inner(JSON.stringify(before)), items].filter((list) => list !== '').join(',');
  const remove = new Set(['previous_response_id']);
  const set = new Map([['input', `[${all}]`]]);
  if (source !== undefined && (extra.input ?? extra.previous_response_id) !== undefined)
    set.set('extra_body', spliceObject(source, { remove: new Set([...remove, 'input']) }));
  const whole = spliceObject(text, { remove, set });
  return { text: whole, body: JSON.parse(whole) as JsonObject };
}

function itemsText(items: readonly JsonObject[]): string {
  return inner(JSON.stringify(items));
}

/** What stands between the brackets of an array's text. */
function inner(array: string): string {
  return array.slice(array.indexOf('[') + 1, array.lastIndexOf(']')).trim();
}

/** Items as the wire's maker lists them: each with an id, and messages with their content in parts. */
export function listed(items: readonly JsonObject[], responseId: string): readonly JsonObject[] {
  const rest = responseId.startsWith('resp_') ? responseId.slice(5) : responseId;
  return items.map((item, at) => {
    const type = itemType(item);
    const id = asString(item.id) ?? `${type === 'message' ? 'msg' : 'item'}_${rest}_in${at}`;
    const { content } = item;
    if (type !== 'message' || typeof content !== 'string') return { ...item, type, id };
    const kind = item.role === 'assistant' ? 'output_text' : 'input_text';
    const part: Json = { type: kind, text: content };
    return { ...item, type, id, content: [part] };
  });
}
