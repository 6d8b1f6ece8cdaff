// How long and how free an answer may be, in this wire's words. It has no stop sequences, no seed and no penalties.
import type { ChatCall } from '../../core/call.ts';
import type { Target } from '../../core/dialect.ts';
import type { JsonRecord } from '../../lib/json.ts';
import type { CallNotes } from './call-notes.ts';

/** "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16" (the maker's own words). */
const MIN_OUTPUT = 16;

/** A limit as this wire takes it: a provider that takes none at all is given none. */
export function limitSent(stated: number, { quirks }: Pick<Target, 'quirks'>): number | null {
  return quirks.refusedFields?.includes('max_output_tokens') === true
    ? null
    : Math.max(stated, MIN_OUTPUT);
}

export function encodeSampling(
  { sampling }: ChatCall,
  target: Target,
  hasTools: boolean,
  notes: CallNotes,
): JsonRecord {
  const { maxTokens, temperature, topP, parallelToolCalls } = sampling;
  if ((sampling.stop ?? []).length > 0) notes.lose('stop', 'this wire has no stop sequences');
  if (sampling.seed !== undefined) notes.lose('seed', 'this wire has none');
  if (sampling.topK !== undefined) notes.lose('top_k', 'this wire has none');
  if ((sampling.presencePenalty ?? 0) !== 0) notes.lose('presence_penalty', 'this wire has none');
  if ((sampling.frequencyPenalty ?? 0) !== 0) notes.lose('frequency_penalty', 'this wire has none');
  return {
    ...(maxTokens === undefined ? {} : { max_output_tokens: fitted(maxTokens, target, notes) }),
    ...chance('temperature', temperature, target, notes),
    ...chance('top_p', topP, target, notes),
    ...(parallelToolCalls === undefined || !hasTools
      ? {}
      : { parallel_tool_calls: parallelToolCalls }),
  };
}

/** Reasoning models refuse all but the default (platform.openai.com/docs/guides/reasoning). */
function chance(
  name: string,
  value: number | undefined,
  target: Target,
  notes: CallNotes,
): JsonRecord {
  if (value === undefined) return {};
  if (target.temperature !== false) return { [name]: value };
  if (value !== 1) notes.lose(name, `not taken by ${target.model}`);
  return {};
}

/** Callers of other dialects must name a limit, and name their own model's; above this one's the call would be refused. */
function fitted(maxTokens: number, target: Target, notes: CallNotes): number {
  if (target.maxOutput !== null && maxTokens > target.maxOutput) {
    notes.lose(
      'max_tokens',
      `lowered from ${maxTokens} to ${target.maxOutput}, the most ${target.model} writes`,
    );
    return target.maxOutput;
  }
  if (maxTokens >= MIN_OUTPUT) return maxTokens;
  notes.lose('max_tokens', `raised from ${maxTokens} to ${MIN_OUTPUT}, the least this wire takes`);
  return MIN_OUTPUT;
}
