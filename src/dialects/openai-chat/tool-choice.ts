// tool_choice for targets that take only some of its values, or only while they do not think.
import type { Reasoning } from '../../core/call.ts';
import type { Target } from '../../core/dialect.ts';
import { asArray, asObject, asString, isObject, type Json } from '../../lib/json.ts';
import type { FieldEdits } from './field-edits.ts';
import { isOff, writeReasoning } from './reasoning-request.ts';

type Kind = 'auto' | 'none' | 'required' | 'tool';

/** @param reasoning what the call asks of thinking; null: nothing. */
export function fitToolChoice(
  edits: FieldEdits,
  target: Target,
  reasoning: Reasoning | null,
): void {
  const choice = edits.get('tool_choice');
  const kind = kindOf(choice);
  if (kind === null) return;
  const { toolChoice, toolChoiceRequired } = target.quirks;
  const works = (candidate: Kind): boolean => toolChoice?.includes(candidate) ?? true;
  if (blockedByThinking(edits, target, reasoning, kind)) return;
  if (works(kind)) {
    if (kind === 'required' && toolChoiceRequired !== undefined)
      edits.put('tool_choice', toolChoiceRequired);
    return;
  }
  replace(edits, target, kind, works);
}

function kindOf(choice: Json | undefined): Kind | null {
  switch (choice) {
    case 'auto':
    case 'none':
    case 'required':
      return choice;
    case 'any':
      return 'required';
    default:
      return isObject(choice) && (choice.type === 'function' || choice.type === 'custom')
        ? 'tool'
        : null;
  }
}

/**
 * Thinking the caller asked for wins over a forced tool; thinking that is only the model's habit is turned off for it.
 * True when the choice has been dropped.
 */
function blockedByThinking(
  edits: FieldEdits,
  target: Target,
  reasoning: Reasoning | null,
  kind: Kind,
): boolean {
  const rule = target.quirks.toolChoiceWhileThinking;
  if (rule === undefined || rule.works.includes(kind) || target.reasoning === false) return false;
  if (reasoning !== null && isOff(reasoning)) return false;
  if (reasoning === null) {
    if (!rule.byDefault) return false;
    writeReasoning(edits, { mode: 'disabled' }, target);
    edits.lose(
      `reasoning: turned off, because ${target.provider} takes no forced tool_choice while its models think`,
    );
    return false;
  }
  edits.drop('tool_choice');
  edits.lose(
    `tool_choice: not taken by ${target.provider} while its models think, so the model chooses`,
  );
  return true;
}

/** The nearest thing to a choice that does not work. */
function replace(
  edits: FieldEdits,
  target: Target,
  kind: Kind,
  works: (kind: Kind) => boolean,
): void {
  const tools = asArray(edits.get('tools'));
  if (kind === 'none') {
    // Without tools none can be called, which is what was asked.
    edits.drop('tool_choice');
    edits.drop('tools');
    edits.drop('parallel_tool_calls');
    return;
  }
  const only = tools.length === 1 ? functionName(tools[0]) : undefined;
  if (kind === 'tool' && works('required')) {
    edits.put('tool_choice', target.quirks.toolChoiceRequired ?? 'required');
    if (only === undefined)
      edits.lose(`tool_choice: ${target.provider} cannot be held to one tool, only to any of them`);
    return;
  }
  if (kind === 'required' && only !== undefined && works('tool')) {
    edits.put('tool_choice', { type: 'function', function: { name: only } });
    return;
  }
  edits.drop('tool_choice');
  if (kind !== 'auto')
    edits.lose(`tool_choice: "${kind}" is not taken by ${target.provider}, so the model chooses`);
}

function functionName(tool: Json | undefined): string | undefined {
  return asString(asObject(asObject(tool)?.function)?.name);
}
