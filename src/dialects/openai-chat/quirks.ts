// A provider's declared differences, applied to the top-level fields of a request for it.
import type { Reasoning } from '../../core/call.ts';
import type { Target } from '../../core/dialect.ts';
import { asObject, type Json, type JsonRecord } from '../../lib/json.ts';
import { asksNothing } from '../asks-nothing.ts';
import { findRule } from '../find-rule.ts';
import { fitAllowedTools } from './allowed-tools.ts';
import type { FieldEdits } from './field-edits.ts';
import { fitResponseFormat } from './response-format.ts';
import { fitToolChoice } from './tool-choice.ts';

/** Who the end user is, the gateway records itself: a provider that does not take these loses nothing of effect. */
const ATTRIBUTION: ReadonlySet<string> = new Set(['user', 'safety_identifier']);

/** The fields that limit the output. */
const LIMITS = ['max_tokens', 'max_completion_tokens'] as const;

/**
 * Everything but reasoning, which the two directions read from different places.
 * Returns what has to be said to the model in words; null where nothing has.
 */
export function fitFields(
  edits: FieldEdits,
  target: Target,
  reasoning: Reasoning | null,
): string | null {
  const { quirks } = target;
  fitAllowedTools(edits, target);
  fitToolChoice(edits, target, reasoning);
  fitParallelCalls(edits, target);
  const instruction = fitResponseFormat(edits, target);
  fitMaxTokens(edits, quirks.maxTokensField);
  fitStreamOptions(edits, quirks.streamUsage !== false);
  const rule = findRule(target.model, quirks.modelRules ?? []);
  for (const name of [...(quirks.refusedFields ?? []), ...(rule?.refusedFields ?? [])]) {
    const value = edits.get(name);
    if (value === undefined) continue;
    edits.drop(name);
    if (!ATTRIBUTION.has(name) && !isDefault(name, value))
      edits.lose(
        `${name}: not taken by ${rule?.refusedFields?.includes(name) ? target.model : target.provider}`,
      );
  }
  for (const [name, other] of Object.entries(quirks.renamedFields ?? {}))
    rename(edits, name, other);
  return instruction;
}

/** What a field says that need not be said. */
function isDefault(name: string, value: Json): boolean {
  return asksNothing(value) || (name === 'n' && value === 1);
}

function fitParallelCalls(edits: FieldEdits, target: Target): void {
  const parallel = edits.get('parallel_tool_calls');
  if (target.quirks.parallelToolCalls !== false || parallel === undefined) return;
  edits.drop('parallel_tool_calls');
  // True is what happens anyway.
  if (parallel === false)
    edits.lose(`parallel_tool_calls: ${target.provider} cannot be held to one call at a time`);
}

/** Undeclared: the field stays as its writer chose it. */
function fitMaxTokens(
  edits: FieldEdits,
  field: 'max_tokens' | 'max_completion_tokens' | undefined,
): void {
  if (field === undefined) return;
  const value = edits.get('max_completion_tokens') ?? edits.get('max_tokens');
  if (value === undefined) return;
  edits.drop(field === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens');
  if (edits.get(field) !== value) edits.put(field, value);
}

/** Null where the provider is declared to refuse the field that would carry it: it is not sent. */
export function limitSent(stated: number, { quirks }: Pick<Target, 'quirks'>): number | null {
  const { refusedFields, maxTokensField } = quirks;
  if (refusedFields === undefined) return stated;
  const names = maxTokensField === undefined ? LIMITS : [maxTokensField];
  return names.some((name) => refusedFields.includes(name)) ? null : stated;
}

/** Usage is always asked for: without it nobody knows what a stream cost. */
function fitStreamOptions(edits: FieldEdits, supported: boolean): void {
  if (edits.get('stream') !== true) return;
  if (!supported) {
    edits.drop('stream_options');
    return;
  }
  const options = asObject(edits.get('stream_options')) as JsonRecord | undefined;
  if (options?.include_usage !== true)
    edits.put('stream_options', { ...options, include_usage: true });
}

function rename(edits: FieldEdits, name: string, other: string): void {
  const value = edits.get(name);
  if (value === undefined || name === other) return;
  edits.drop(name);
  if (edits.get(other) === undefined) edits.put(other, value);
}
