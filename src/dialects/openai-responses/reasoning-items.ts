// Reasoning items of this wire ↔ the hub's reasoning. An item has an id, a summary to show, and `encrypted_content`: state
// that only its maker reads. platform.openai.com/docs/guides/reasoning#encrypted-reasoning-items
//
// Two packings, and nobody but this file knows them:
// - in the hub, this maker's state is one signature `id|encrypted_content` of the format `openai-responses-v1`; the maker
//   wants both back together
// - towards a caller of this wire, state is `encrypted_content` of the form `switchyard:format:data`, or
//   `switchyard-redacted:format:data` for redacted reasoning; callers send items back as they got them, and what is not
//   this maker's is told apart before it is replayed to it
import type { ReasoningPart, RedactedReasoningPart } from '../../core/call.ts';
import { asString, type Json, type JsonObject } from '../../lib/json.ts';
import { textsOf } from './items.ts';

/** The `format` of this maker's own state. */
export const OWN_FORMAT = 'openai-responses-v1';

const FOREIGN = 'switchyard:';
const REDACTED = 'switchyard-redacted:';

/** This maker's state as the hub's signature. */
export function packState(id: string | undefined, encrypted: string): string {
  return `${id ?? ''}|${encrypted}`;
}

/** The inverse of `packState`; a text without an id is all state. */
export function unpackState(signature: string): {
  readonly id: string | null;
  readonly encrypted: string;
} {
  const end = signature.indexOf('|');
  if (end === -1) return { id: null, encrypted: signature };
  const id = signature.slice(0, end);
  return { id: id === '' ? null : id, encrypted: signature.slice(end + 1) };
}

/** What there is to show: the reasoning itself where a server gives it (open models), else its summary. */
export function reasoningText(item: JsonObject): string {
  const content = textsOf(item.content);
  return (content.length > 0 ? content : textsOf(item.summary)).join('\n\n');
}

/** Null: the item says nothing. */
export function decodeReasoningItem(
  item: JsonObject,
): ReasoningPart | RedactedReasoningPart | null {
  const text = reasoningText(item);
  const encrypted = asString(item.encrypted_content) ?? '';
  if (encrypted === '') return text === '' ? null : { type: 'reasoning', text };
  const redacted = unpackForeign(encrypted, REDACTED);
  if (redacted !== null) {
    const { format, data } = redacted;
    return { type: 'redacted-reasoning', data, ...(format === null ? {} : { format }) };
  }
  const foreign = unpackForeign(encrypted, FOREIGN);
  if (foreign !== null) {
    const { format, data } = foreign;
    return {
      type: 'reasoning',
      text,
      ...(data === '' ? {} : { signature: data }),
      ...(format === null ? {} : { format }),
    };
  }
  const signature = packState(asString(item.id), encrypted);
  return { type: 'reasoning', text, signature, format: OWN_FORMAT };
}

/** An item of this maker's own reasoning, to be sent back to it; null where the state is not this maker's. */
export function ownReasoningItem(part: ReasoningPart): JsonObject | null {
  if (part.format !== OWN_FORMAT || part.signature === undefined) return null;
  const { id, encrypted } = unpackState(part.signature);
  return {
    type: 'reasoning',
    ...(id === null ? {} : { id }),
    summary: summaryOf(part.text),
    encrypted_content: encrypted,
  };
}

/** Reasoning for an open model, which takes plain text (recorded: DeepSeek's), without another maker's state. */
export function plainReasoningItem({ text, format }: ReasoningPart): JsonObject | null {
  if (text === '' || format === OWN_FORMAT) return null;
  return { type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text }] };
}

/** `summary` as this wire writes it. */
export function summaryOf(text: string): Json {
  return text === '' ? [] : [{ type: 'summary_text', text }];
}

/**
 * State of any maker's as `encrypted_content` of an item towards a caller of this wire. This maker's own goes as it came
 * where the item has the id it was made for (the maker checks that they fit), else packed.
 */
export function shownState(
  state: string,
  format: string | null,
  item: { readonly id: string; readonly redacted: boolean },
): string {
  if (item.redacted) return `${REDACTED}${format ?? ''}:${state}`;
  const own = format === OWN_FORMAT ? unpackState(state) : null;
  return own !== null && own.id === item.id ? own.encrypted : `${FOREIGN}${format ?? ''}:${state}`;
}

/** True for state that we packed. */
export function isPacked(encrypted: string): boolean {
  return encrypted.startsWith(FOREIGN) || encrypted.startsWith(REDACTED);
}

function unpackForeign(
  text: string,
  mark: string,
): { readonly format: string | null; readonly data: string } | null {
  if (!text.startsWith(mark)) return null;
  const end = text.indexOf(':', mark.length);
  if (end === -1) return null;
  const format = text.slice(mark.length, end);
  return { format: format === '' ? null : format, data: text.slice(end + 1) };
}
