// `reasoning_details`: how this wire carries reasoning that has a signature or is encrypted, so that it can be sent back.
// The entries are OpenRouter's (openrouter.ai/docs/use-cases/reasoning-tokens); `reasoning_content` beside them is plain text.
import type { Part, ReasoningPart, RedactedReasoningPart } from '../../core/call.ts';
import {
  asArray,
  asNumber,
  asObject,
  asString,
  type Json,
  type JsonObject,
  type JsonRecord,
} from '../../lib/json.ts';
import type { BlockSequence } from './blocks.ts';

interface ReasoningEntry {
  /** Null: encrypted. */
  readonly text: string | null;
  readonly data: string;
  readonly signature: string;
  readonly format: string | undefined;
  readonly index: number | undefined;
}

/** The entries of a `reasoning_details` member that say something. */
function reasoningEntries(value: Json | undefined): ReasoningEntry[] {
  const entries: ReasoningEntry[] = [];
  for (const item of asArray(value)) {
    const entry = asObject(item);
    if (!entry) continue;
    const text =
      entry.type === 'reasoning.encrypted'
        ? null
        : (asString(entry.text) ?? asString(entry.summary) ?? '');
    const data = asString(entry.data) ?? '';
    const signature = asString(entry.signature) ?? '';
    if (text === null ? data === '' : text === '' && signature === '') continue;
    const format = asString(entry.format);
    entries.push({
      text,
      data,
      signature,
      format: format === 'unknown' ? undefined : format,
      index: asNumber(entry.index),
    });
  }
  return entries;
}

/** The plain reasoning text of a message or delta, under either of its names. */
function reasoningText(message: JsonObject): string {
  return asString(message.reasoning_content) || asString(message.reasoning) || '';
}

/** Reasoning of a reply → blocks. Pieces of one index belong together until they are signed. */
export class ReasoningBlocks {
  readonly #blocks: BlockSequence;
  #signed: string | null = null;

  constructor(blocks: BlockSequence) {
    this.#blocks = blocks;
  }

  push(delta: JsonObject): void {
    const entries =
      delta.reasoning_details === undefined ? [] : reasoningEntries(delta.reasoning_details);
    const text = reasoningText(delta);
    // The entries repeat the plain text; where they hold none of it, it is news.
    if (text !== '' && !entries.some((entry) => entry.text))
      this.#text('reasoning', text, undefined);
    for (const entry of entries) this.#entry(entry);
  }

  /** Text without a signature. */
  text(text: string): void {
    this.#text('reasoning', text, undefined);
  }

  #entry(entry: ReasoningEntry): void {
    const { text, data, signature, format } = entry;
    if (text === null) {
      this.#blocks.open('redacted', {
        kind: 'redacted-reasoning',
        data,
        ...(format === undefined ? {} : { format }),
      });
      return;
    }
    const key = `reasoning ${entry.index ?? ''}`;
    if (text !== '') this.#text(key, text, format);
    if (signature === '') return;
    const delta = { kind: 'signature', signature } as const;
    if (!this.#blocks.add(key, delta)) {
      this.#open(key, format);
      this.#blocks.add(key, delta);
    }
    this.#signed = key;
  }

  #text(key: string, text: string, format: string | undefined): void {
    const delta = { kind: 'reasoning', text } as const;
    if (this.#signed !== key && this.#blocks.add(key, delta)) return;
    this.#open(key, format);
    this.#blocks.add(key, delta);
  }

  #open(key: string, format: string | undefined): void {
    this.#signed = null;
    this.#blocks.open(key, { kind: 'reasoning', ...(format === undefined ? {} : { format }) });
  }
}

interface PlacedReasoning {
  readonly part: ReasoningPart | RedactedReasoningPart;
  /** Where it stood among the message's other parts, as `Places` counts them. */
  readonly place: number;
}

/** Reasoning that comes back on an assistant message. Streamed pieces that come back one by one are joined again. */
export function decodeReasoning(message: JsonObject): PlacedReasoning[] {
  const entries = reasoningEntries(message.reasoning_details);
  const text = reasoningText(message);
  const parts: { part: ReasoningPart | RedactedReasoningPart; index: number | undefined }[] = [];
  if (text !== '' && !entries.some((entry) => entry.text)) {
    parts.push({ part: { type: 'reasoning', text }, index: undefined });
  }
  for (const entry of entries) {
    const last = parts.at(-1);
    if (last && continues(last, entry)) last.part = joined(last.part, entry);
    else parts.push({ part: partOf(entry), index: entry.index });
  }
  // Other writers of these entries count the entries alone, or not at all.
  const placed = parts.every(
    ({ index }, at) =>
      index !== undefined && (at === 0 ? index === 0 : index > (parts[at - 1]?.index ?? 0)),
  );
  return parts.map(({ part, index }) => ({ part, place: placed ? (index ?? 0) : 0 }));
}

function continues(
  last: {
    readonly part: ReasoningPart | RedactedReasoningPart;
    readonly index: number | undefined;
  },
  entry: ReasoningEntry,
): boolean {
  const open = last.part.type === 'reasoning' && last.part.signature === undefined;
  return open && entry.text !== null && entry.index !== undefined && entry.index === last.index;
}

function joined(
  part: ReasoningPart | RedactedReasoningPart,
  { text, signature }: ReasoningEntry,
): ReasoningPart | RedactedReasoningPart {
  if (part.type !== 'reasoning') return part;
  return { ...part, text: part.text + (text ?? ''), ...(signature === '' ? {} : { signature }) };
}

function partOf({
  text,
  data,
  signature,
  format,
}: ReasoningEntry): ReasoningPart | RedactedReasoningPart {
  const named = format === undefined ? {} : { format };
  if (text === null) return { type: 'redacted-reasoning', data, ...named };
  return { type: 'reasoning', text, ...(signature === '' ? {} : { signature }), ...named };
}

/** An entry for text, a signature or both; `index` is the part's place in the message. */
export function textEntry(
  index: number,
  format: string | undefined,
  fields: { readonly text?: string; readonly signature?: string },
): JsonRecord {
  return { type: 'reasoning.text', ...fields, ...(format === undefined ? {} : { format }), index };
}

/** An entry for reasoning nobody but its maker can read. */
export function encryptedEntry(
  index: number,
  format: string | undefined,
  data: string,
): JsonRecord {
  return { type: 'reasoning.encrypted', data, ...(format === undefined ? {} : { format }), index };
}

/**
 * The place of each part as this wire counts it: texts are one string, which stands where the first of them stood.
 * Used on both sides, so that reasoning between tool calls comes back where it was.
 */
export class Places {
  #next = 0;
  #textSeen = false;

  of(kind: Part['type']): number {
    if (kind === 'text' && this.#textSeen) return this.#next;
    if (kind === 'text') this.#textSeen = true;
    const place = this.#next;
    this.#next += 1;
    return place;
  }
}
