// `tool_choice: {type: "allowed_tools"}` for targets that do not know it: the tools it leaves out of reach are left out.
import type { Target } from '../../core/dialect.ts';
import { asArray, asObject, asObjects, isObject, type Json } from '../../lib/json.ts';
import { nameOf } from './decode-tools.ts';
import type { FieldEdits } from './field-edits.ts';

/** The model may do just what it might have done, so nothing is lost. */
export function fitAllowedTools(edits: FieldEdits, { quirks }: Target): void {
  const allowed = asObject(asObject(edits.get('tool_choice'))?.allowed_tools);
  if (allowed === undefined || quirks.allowedTools === true) return;
  const names = new Set(asObjects(allowed.tools).map(nameOf));
  const tools = asArray(edits.get('tools'));
  const kept = tools.filter((tool) => isObject(tool) && names.has(nameOf(tool)));
  const mode: Json = allowed.mode ?? 'auto';
  if (kept.length > 0) {
    if (kept.length < tools.length) edits.put('tools', kept);
    edits.put('tool_choice', mode);
    return;
  }
  for (const field of ['tools', 'tool_choice', 'parallel_tool_calls']) edits.drop(field);
  if (mode === 'required')
    edits.lose('tool_choice: none of the tools it could choose from is offered');
}
