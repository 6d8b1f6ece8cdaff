// A caller's own text on its way to a provider of the same wire: our fields cut, the model put in, what the model is known
// to refuse adapted; every other byte as it came, since prompt caches hash them and thinking signatures cover them.
import type { EncodedCall, Target } from '../../core/dialect.ts';
import { OUR_FIELDS, readOptions } from '../../core/options.ts';
import type { ModelRule } from '../../core/provider.ts';
import {
  asNumber,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
} from '../../lib/json.ts';
import { memberText, spliceObject } from '../../lib/json-splice.ts';
import {
  CONTROLS,
  type ControlName,
  type Controls,
  fitControls,
  withoutThinking,
} from './fit-model.ts';
import { forwardMessages } from './forward-messages.ts';
import { listedRule, ruleFor } from './model-rules.ts';
import { encodeReasoning, fromOption } from './thinking.ts';

/** Edits to the top level. */
interface Edits {
  readonly remove: Set<string>;
  /** Raw JSON by field. */
  readonly set: Map<string, string>;
  readonly losses: string[];
}

/** What callers ask of us that this wire has no word for, and we do not do for it yet. */
const UNANSWERED: readonly string[] = ['web_search', 'web_search_options', 'audio'];

/** What the plan goes by: nobody names another model, or another form of the answer, behind its back. */
const DECIDED: ReadonlySet<string> = new Set(['model', 'stream']);

export function forwardCall(text: string, body: JsonObject, target: Target): EncodedCall {
  const edits: Edits = { remove: new Set(), set: new Map(), losses: [] };
  cutOurs(body, edits);
  mergeExtraBody(text, body, edits);
  keepUserId(body, edits);
  if (body.model !== target.model) edits.set.set('model', JSON.stringify(target.model));
  const listed = listedRule(target.model, target.quirks.modelRules);
  const messages = forwardMessages(text, body, listed !== null, (what) => edits.losses.push(what));
  if (messages.text !== null) edits.set.set('messages', messages.text);
  adaptControls(body, target, listed, messages.unthoughtCalls, edits);
  applyQuirks(body, target, edits);
  const untouched = edits.remove.size === 0 && edits.set.size === 0;
  return { body: untouched ? text : spliceObject(text, edits), losses: edits.losses };
}

function cutOurs(body: JsonObject, edits: Edits): void {
  for (const field in body) if (OUR_FIELDS.has(field)) edits.remove.add(field);
  const asked = { ...body, ...asObject(body.extra_body) };
  for (const field of UNANSWERED) {
    const value = asked[field];
    if (value !== undefined && value !== null && value !== false) {
      edits.losses.push(`${field}: dropped; this provider is not asked for it`);
    }
  }
}

/** Members of a literal `extra_body` that are not ours are meant for the provider. */
function mergeExtraBody(text: string, body: JsonObject, edits: Edits): void {
  if (!isObject(body.extra_body)) return;
  const envelope = memberText(text, 'extra_body');
  if (envelope === undefined) return;
  for (const field in body.extra_body) {
    if (OUR_FIELDS.has(field)) continue;
    if (DECIDED.has(field)) continue;
    const raw = memberText(envelope, field);
    if (raw !== undefined) edits.set.set(field, raw);
  }
}

/** `metadata` is ours but for the one member that is the wire's; alone it stays as it was written. */
function keepUserId(body: JsonObject, edits: Edits): void {
  const metadata = asObject(body.metadata);
  const user = metadata?.user_id;
  if (metadata === undefined || user === undefined || (user !== null && typeof user !== 'string'))
    return;
  edits.remove.delete('metadata');
  if (Object.keys(metadata).length > 1)
    edits.set.set('metadata', JSON.stringify({ user_id: user }));
}

/** Our `reasoning` in the wire's words, and every steering field such that a model we know takes it. */
function adaptControls(
  body: JsonObject,
  target: Target,
  listed: ModelRule | null,
  unthoughtCalls: boolean,
  edits: Edits,
): void {
  const lose = (what: string) => edits.losses.push(what);
  const read = readControls(body, edits);
  const asked = withOption(read, body, target);
  const own = asked === read;
  const rule = listed ?? (own ? null : ruleFor(target.model, target.quirks.modelRules));
  let fitted = rule ? fitControls(asked, { rule, own, lose }) : asked;
  if (unthoughtCalls && fitted.thinking?.type === 'enabled') fitted = withoutThinking(fitted, lose);
  for (const name of CONTROLS) {
    if (fitted[name] === read[name]) continue;
    if (fitted[name] === undefined) {
      edits.remove.add(name);
      edits.set.delete(name);
    } else edits.set.set(name, JSON.stringify(fitted[name]));
  }
}

/** A count of tokens comes without max_tokens; 0 stands for it here and is never written. */
function readControls(body: JsonObject, edits: Edits): Controls {
  const field = (name: ControlName): Json | undefined => {
    const raw = edits.set.get(name);
    return raw === undefined ? body[name] : (JSON.parse(raw) as Json);
  };
  const controls: { [N in ControlName]?: JsonObject | number } = {
    max_tokens: asNumber(field('max_tokens')) ?? 0,
  };
  for (const name of ['thinking', 'output_config', 'tool_choice'] as const) {
    const value = asObject(field(name));
    if (value !== undefined) controls[name] = value;
  }
  for (const name of ['temperature', 'top_p', 'top_k'] as const) {
    const value = asNumber(field(name));
    if (value !== undefined) controls[name] = value;
  }
  return controls as Controls;
}

function withOption(controls: Controls, body: JsonObject, target: Target): Controls {
  if (body.reasoning === undefined && body.extra_body === undefined) return controls;
  const { reasoning: option } = readOptions(body);
  if (option === undefined) return controls;
  const rule = ruleFor(target.model, target.quirks.modelRules);
  const { thinking, effort } = encodeReasoning(fromOption(option), rule, controls.max_tokens);
  if (thinking === undefined && effort === undefined) return controls;
  const config =
    effort === undefined ? controls.output_config : { ...controls.output_config, effort };
  return {
    ...controls,
    ...(thinking === undefined ? {} : { thinking }),
    ...(config === undefined ? {} : { output_config: config }),
  };
}

function applyQuirks(body: JsonObject, target: Target, edits: Edits): void {
  const { refusedFields, renamedFields } = target.quirks;
  for (const field of refusedFields ?? []) {
    if (OUR_FIELDS.has(field) || (body[field] === undefined && !edits.set.has(field))) continue;
    edits.remove.add(field);
    edits.set.delete(field);
    edits.losses.push(`${field}: refused by the provider; dropped`);
  }
  for (const [field, name] of Object.entries(renamedFields ?? {})) {
    if (body[field] === undefined || asString(name) === undefined) continue;
    edits.remove.add(field);
    edits.set.set(name, JSON.stringify(body[field]));
  }
}
