// A last assistant message as the beginning of the answer: each maker of this wire has its own way to say so, and most have none.
import type { Target } from '../../core/dialect.ts';
import type { Quirks } from '../../core/provider.ts';
import type { JsonRecord } from '../../lib/json.ts';
import { findRule } from '../find-rule.ts';
import { effortsOf } from './reasoning-request.ts';

/** How the target is told; null where it cannot be. */
export function prefillOf({ model, quirks }: Target): NonNullable<Quirks['prefill']> | null {
  const { prefill: taken } = findRule(model, quirks.modelRules ?? []) ?? {};
  return taken === false ? null : (quirks.prefill ?? null);
}

/** Not by a model that thinks and cannot be told not to: it would think first, or take the rest of the answer for thought. */
export function takesPrefill(target: Target): boolean {
  return prefillOf(target) !== null && (target.reasoning !== true || canStop(target));
}

function canStop(target: Target): boolean {
  switch (target.quirks.reasoningRequest ?? 'effort') {
    case 'effort':
      return effortsOf(target)?.includes('none') === true;
    case 'reasoning-object':
    case 'thinking-type':
    case 'enable-thinking':
      return true;
    case 'none':
      return false;
  }
}

/** The message, marked where the target wants a mark. */
export function begun(message: JsonRecord, target: Target): JsonRecord {
  switch (prefillOf(target)) {
    case 'prefix-flag':
      return { ...message, prefix: true };
    case 'partial-flag':
      return { ...message, partial: true };
    case 'plain':
    case 'continue-final-message':
    case null:
      return message;
  }
}

/** What the request says of it. */
export function prefillFields(messages: readonly JsonRecord[], target: Target): JsonRecord {
  if (prefillOf(target) !== 'continue-final-message') return {};
  // The two exclude each other, and the second is on unless it is turned off.
  return messages.at(-1)?.role === 'assistant'
    ? { continue_final_message: true, add_generation_prompt: false }
    : {};
}
