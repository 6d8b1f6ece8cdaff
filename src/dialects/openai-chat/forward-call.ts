// A caller's own text for a provider of the same wire: our fields cut, the model replaced, declared quirks applied.
// Every other byte stays, so what we know nothing of arrives as it was sent.
import type { EncodedCall, Target } from '../../core/dialect.ts';
import { OUR_FIELDS, readOptions } from '../../core/options.ts';
import { asArray, asObject, type Json, type JsonObject, type JsonRecord } from '../../lib/json.ts';
import { memberText, spliceObject } from '../../lib/json-splice.ts';
import { countMarks, isMarked, marksNotTaken } from './cache-marks.ts';
import { decodeReasoning, flat } from './decode-call.ts';
import { FieldEdits } from './field-edits.ts';
import { forwardMessages, holdsForeignState, instructedText } from './forward-messages.ts';
import { forwardTools, needsToolEdits } from './forward-tools.ts';
import { fitFields } from './quirks.ts';
import { effortsOf, fitEffort, fitOwnEffort, writeReasoning } from './reasoning-request.ts';
import { fitSearchAndAudio } from './search-and-audio.ts';

/** Ours, and the provider's too: they stay where the provider has them. */
const SHARED: ReadonlySet<string> = new Set([
  'reasoning',
  'web_search',
  'web_search_options',
  'audio',
]);

export function forwardCall(text: string, body: JsonObject, target: Target): EncodedCall {
  const fields = flat(body);
  const edits = new FieldEdits(fields);
  for (const name in fields) if (OUR_FIELDS.has(name) && !SHARED.has(name)) edits.drop(name);
  edits.put('model', target.model);
  const reasoning = decodeReasoning(fields);
  forwardReasoning(edits, fields, target);
  fitSearchAndAudio(edits, target);
  const instruction = fitFields(edits, target, reasoning);
  const losses = [...edits.losses];
  const messages = newMessages(text, body, fields, target, instruction, losses);
  if (target.quirks.cacheControl === false) {
    edits.drop('cache_control');
    const marks = countMarks(fields);
    if (marks > 0) losses.push(`cache_control: ${marksNotTaken(marks, target.provider)}`);
  }
  const { remove, set } = splices(edits, body, fields, target);
  if (messages !== null) set.set('messages', messages);
  const tools = newTools(text, body, fields, edits, target);
  if (tools !== null) set.set('tools', tools);
  return { body: spliceObject(text, { remove, set }), losses };
}

/** The text edits: what the fields became, and the envelope's members moved out of it, save the target's own. */
function splices(
  edits: FieldEdits,
  body: JsonObject,
  fields: JsonObject,
  { quirks }: Target,
): { remove: Set<string>; set: Map<string, string> } {
  const remove = new Set(edits.remove);
  const set = new Map<string, string>();
  if (fields !== body) {
    remove.add('extra_body');
    const kept: { [name: string]: Json } = {};
    for (const [name, value] of Object.entries(asObject(body.extra_body) ?? {})) {
      if (value === undefined) continue;
      if (quirks.ownExtraBody?.includes(name)) kept[name] = value;
      else if (!edits.remove.has(name)) set.set(name, JSON.stringify(value));
    }
    if (Object.keys(kept).length > 0) set.set('extra_body', JSON.stringify(kept));
  } else if (body.extra_body !== undefined) remove.add('extra_body');
  for (const [name, value] of edits.set) set.set(name, JSON.stringify(value));
  return { remove, set };
}

/** The tools' new text; null where it is as it was, or not there. */
function newTools(
  text: string,
  body: JsonObject,
  fields: JsonObject,
  edits: FieldEdits,
  { quirks }: Target,
): string | null {
  const kept = asArray(edits.get('tools'));
  const cutMarks = quirks.cacheControl === false;
  if (kept.length === 0 || !(edits.set.has('tools') || needsToolEdits(kept, cutMarks))) return null;
  const inPlace = fields.tools === body.tools;
  const before = inPlace ? memberText(text, 'tools') : JSON.stringify(fields.tools);
  return forwardTools(before ?? '[]', asArray(fields.tools), new Set(kept), cutMarks);
}

/** The messages' new text; null where it is as it was. */
function newMessages(
  text: string,
  body: JsonObject,
  fields: JsonObject,
  target: Target,
  instruction: string | null,
  losses: string[],
): string | null {
  const inPlace = fields.messages === body.messages;
  const before = inPlace ? undefined : JSON.stringify(fields.messages);
  // Finding the messages costs a walk over the whole text, so it waits until something has to be changed.
  const list = asArray(fields.messages);
  let current = before;
  const read = (): string => {
    current ??= memberText(text, 'messages') ?? '[]';
    return current;
  };
  const edited = needsEdits(list, target) ? forwardMessages(read(), list, target, losses) : null;
  if (instruction !== null) return instructedText(edited ?? read(), instruction);
  return edited;
}

function needsEdits(messages: readonly Json[], { quirks }: Target): boolean {
  const { developerRole, messageNames, toolIdFormat, refusedMessageFields, textParts } = quirks;
  if (developerRole === false || messageNames === false || toolIdFormat === 'alnum9') return true;
  if (textParts === false || quirks.callExtras === true) return true;
  return messages.some((message) => {
    const fields = asObject(message);
    if (fields === undefined) return false;
    return (
      fields.compression !== undefined ||
      holdsForeignState(fields, quirks) ||
      (quirks.cacheControl === false && isMarked(fields, 'content')) ||
      refusedMessageFields?.some((name) => fields[name] !== undefined) === true
    );
  });
}

/** Our `reasoning` in the target's words; a caller's own words for it stay, fitted where the target is particular. */
function forwardReasoning(edits: FieldEdits, fields: JsonObject, target: Target): void {
  const option = asObject(edits.get('reasoning'));
  if (!option) {
    edits.drop('reasoning');
    fitOwnEffort(edits, target);
    return;
  }
  const { quirks } = target;
  if (quirks.reasoningRequest === 'reasoning-object') {
    fitOption(edits, option, effortsOf(target));
    return;
  }
  edits.drop('reasoning');
  const wanted = readOptions({ reasoning: option as Json }).reasoning ?? {};
  // "Do not show it" asks nothing of the provider.
  if (wanted.effort == null && wanted.max_tokens == null && wanted.enabled == null) {
    fitOwnEffort(edits, target);
    return;
  }
  const reasoning = decodeReasoning(fields);
  for (const name of ['reasoning_effort', 'enable_thinking', 'thinking_budget']) edits.drop(name);
  if (reasoning) writeReasoning(edits, reasoning, target);
}

/** The object stays as it was written, but for an effort the router does not know. */
function fitOption(
  edits: FieldEdits,
  option: JsonObject,
  efforts: readonly string[] | undefined,
): void {
  if (typeof option.effort !== 'string') return;
  const effort = fitEffort(edits, option.effort, efforts);
  if (effort !== option.effort) edits.put('reasoning', { ...(option as JsonRecord), effort });
}
