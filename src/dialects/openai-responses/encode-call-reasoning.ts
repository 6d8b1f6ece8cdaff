// How a model is asked to think, and to show it, on this wire.
import type { ChatCall } from '../../core/call.ts';
import type { Target } from '../../core/dialect.ts';
import { asString, type Json, type JsonRecord } from '../../lib/json.ts';
import { FieldEdits } from '../openai-chat/field-edits.ts';
import { isOff, writeReasoning } from '../openai-chat/reasoning-request.ts';
import type { CallNotes } from './call-notes.ts';

/** The effort in the words the model takes (the same as on the chat wire), and a summary unless none may be shown. */
export function encodeReasoning(
  { reasoning, sampling, extra }: ChatCall,
  target: Target,
  notes: CallNotes,
): JsonRecord {
  // An effort of the maker's that the hub has no word for.
  const unknown = asString(extra['openai-chat']?.reasoning_effort);
  const effort: Json | undefined =
    reasoning === null
      ? unknown
      : (effortOf(reasoning, sampling.maxTokens, target, notes) ?? unknown);
  const shows =
    reasoning !== null &&
    reasoning.exclude !== true &&
    !isOff(reasoning) &&
    target.reasoning !== false &&
    target.quirks.reasoningSummary !== false;
  return {
    ...(effort === undefined ? {} : { effort }),
    ...(shows ? { summary: 'auto' } : {}),
  };
}

function effortOf(
  reasoning: NonNullable<ChatCall['reasoning']>,
  maxTokens: number | undefined,
  target: Target,
  notes: CallNotes,
): Json | undefined {
  const edits = new FieldEdits(maxTokens === undefined ? {} : { max_tokens: maxTokens });
  const isSilent = target.quirks.reasoningRequest === 'none';
  writeReasoning(edits, reasoning, {
    ...target,
    quirks: { ...target.quirks, reasoningRequest: isSilent ? 'none' : 'effort' },
  });
  notes.losses.push(...edits.losses);
  return edits.get('reasoning_effort');
}
