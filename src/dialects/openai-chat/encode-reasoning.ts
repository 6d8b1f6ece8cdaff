// Reasoning that goes back with an assistant turn, where the target wants it back, in the field it wants it in.
import type { ReasoningPart, RedactedReasoningPart } from '../../core/call.ts';
import type { Target } from '../../core/dialect.ts';
import type { Quirks } from '../../core/provider.ts';
import type { JsonRecord } from '../../lib/json.ts';
import { encryptedEntry, textEntry } from './reasoning-details.ts';

/**
 * The least that servers which insist on reasoning accept from a turn whose reasoning nobody has any more
 * (BerriAI/litellm pull/28057: an empty text is refused by some).
 */
const PLACEHOLDER = ' ';

/** The members to add to the message. A signature is only sent with the name of whose it is. */
export function encodeReasoningParts(
  parts: readonly (ReasoningPart | RedactedReasoningPart)[],
  hasCalls: boolean,
  quirks: Quirks,
  lose: (problem: string) => void,
): JsonRecord {
  const field = quirks.reasoningField ?? 'reasoning_content';
  if (quirks.reasoningReplay === undefined) {
    // Reasoning of turns that are over is dropped by the makers themselves; between tool calls it is the train of thought.
    if (hasCalls && parts.length > 0)
      lose('reasoning before a tool call is not taken back by this provider');
    return {};
  }
  if (field === 'reasoning_details') return details(parts, lose);
  const text = parts.map((part) => (part.type === 'reasoning' ? part.text : '')).join('');
  if (parts.some((part) => part.type === 'redacted-reasoning'))
    lose('encrypted reasoning can only be read by its maker');
  if (text !== '') return { [field]: text };
  return hasCalls && quirks.reasoningReplay === 'required' ? { [field]: PLACEHOLDER } : {};
}

function details(
  parts: readonly (ReasoningPart | RedactedReasoningPart)[],
  lose: (problem: string) => void,
): JsonRecord {
  const entries: JsonRecord[] = [];
  for (const part of parts) {
    const index = entries.length;
    if (part.type === 'reasoning') {
      const signed =
        part.signature !== undefined && part.format !== undefined
          ? { signature: part.signature }
          : {};
      entries.push(textEntry(index, part.format, { text: part.text, ...signed }));
    } else if (part.format !== undefined)
      entries.push(encryptedEntry(index, part.format, part.data));
    else lose('encrypted reasoning of an unnamed maker cannot be given back');
  }
  return entries.length === 0 ? {} : { reasoning_details: entries };
}

/** Thoughts as parts of the content. Recorded: other makers' are taken as text; only a model that thinks knows such parts. */
export function thinkingParts(
  parts: readonly (ReasoningPart | RedactedReasoningPart)[],
  target: Target,
  lose: (problem: string) => void,
): JsonRecord[] {
  if (parts.some((part) => part.type === 'redacted-reasoning'))
    lose('encrypted reasoning can only be read by its maker');
  const texts = parts.flatMap((part) => (part.type === 'reasoning' && part.text ? [part] : []));
  if (texts.length === 0) return [];
  if (target.reasoning === false) {
    lose('reasoning is not taken by a model that does not think');
    return [];
  }
  if (texts.some((part) => part.signature !== undefined))
    lose('the signature of the reasoning is of use only to its maker');
  return texts.map(({ text }) => ({ type: 'thinking', thinking: [{ type: 'text', text }] }));
}
