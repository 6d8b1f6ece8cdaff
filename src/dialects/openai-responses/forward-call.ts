// A caller's own text on its way to a provider of the same wire: our fields cut, the model put in, declared quirks applied;
// every other byte as it came, since prompt caches hash them.
import type { EncodedCall, Target } from '../../core/dialect.ts';
import { OUR_FIELDS } from '../../core/options.ts';
import { asObject, asString, isObject, type Json, type JsonObject } from '../../lib/json.ts';
import { memberText, spliceObject } from '../../lib/json-splice.ts';
import { forwardInput } from './forward-input.ts';

/** Edits to the top level. */
interface Edits {
  readonly remove: Set<string>;
  /** Raw JSON by field. */
  readonly set: Map<string, string>;
  readonly losses: string[];
}

/** Both ours and the wire's own: what of them is the wire's goes on. */
const SHARED: ReadonlySet<string> = new Set(['metadata', 'reasoning']);

/** What callers ask of us that this wire has no word for, and we do not do for it. */
const UNANSWERED: readonly string[] = ['web_search', 'web_search_options', 'audio'];

/** What the plan goes by: nobody names another model, or another form of the answer, behind its back. */
const DECIDED: ReadonlySet<string> = new Set(['model', 'stream']);

export function forwardCall(text: string, body: JsonObject, target: Target): EncodedCall {
  const edits: Edits = { remove: new Set(), set: new Map(), losses: [] };
  cutOurs(body, edits);
  mergeExtraBody(text, body, edits);
  keepMetadata(body, edits);
  keepReasoning(body, edits);
  if (body.model !== target.model) edits.set.set('model', JSON.stringify(target.model));
  const input = forwardInput(text, body, (what) => edits.losses.push(what));
  if (input !== null) edits.set.set('input', input);
  applyQuirks(body, target, edits);
  const untouched = edits.remove.size === 0 && edits.set.size === 0;
  return { body: untouched ? text : spliceObject(text, edits), losses: edits.losses };
}

function cutOurs(body: JsonObject, edits: Edits): void {
  for (const field in body)
    if (OUR_FIELDS.has(field) && !SHARED.has(field)) edits.remove.add(field);
  const asked = { ...body, ...asObject(body.extra_body) };
  for (const field of UNANSWERED) {
    const value = asked[field];
    if (value !== undefined && value !== null && value !== false)
      edits.losses.push(`${field}: dropped; this provider is not asked for it`);
  }
}

/** Members of a literal `extra_body` that are not ours are meant for the provider. */
function mergeExtraBody(text: string, body: JsonObject, edits: Edits): void {
  if (!isObject(body.extra_body)) return;
  const envelope = memberText(text, 'extra_body');
  if (envelope === undefined) return;
  for (const field in body.extra_body) {
    if (OUR_FIELDS.has(field) && !SHARED.has(field)) continue;
    if (DECIDED.has(field)) continue;
    const raw = memberText(envelope, field);
    if (raw !== undefined) edits.set.set(field, raw);
  }
}

/** What the edits leave of a field that may have been put in from `extra_body`. */
function fieldOf(name: string, body: JsonObject, edits: Edits): JsonObject | undefined {
  const raw = edits.set.get(name);
  return asObject(raw === undefined ? body[name] : JSON.parse(raw));
}

/** The wire's own are texts; values of other types were meant for us alone. */
function keepMetadata(body: JsonObject, edits: Edits): void {
  const metadata = fieldOf('metadata', body, edits);
  if (metadata === undefined) return;
  const texts = Object.entries(metadata).filter(([, value]) => typeof value === 'string');
  if (texts.length === Object.keys(metadata).length) return;
  put('metadata', Object.fromEntries(texts), edits);
  for (const name in metadata) {
    if (typeof metadata[name] !== 'string')
      edits.losses.push(`metadata.${name}: used here; the provider takes only texts`);
  }
}

/** Ours says more than the wire's: `max_tokens` and `enabled` have no word here, `exclude` is done by us. */
function keepReasoning(body: JsonObject, edits: Edits): void {
  const reasoning = fieldOf('reasoning', body, edits);
  if (reasoning === undefined) return;
  const { max_tokens, enabled, exclude, ...own } = reasoning;
  if (max_tokens === undefined && enabled === undefined && exclude === undefined) return;
  if (typeof max_tokens === 'number')
    edits.losses.push('reasoning.max_tokens: this wire has only efforts; dropped');
  const off = enabled === false && own.effort === undefined ? { effort: 'none' } : {};
  put('reasoning', { ...own, ...off }, edits);
}

/** An object with nothing left in it is not sent. */
function put(name: string, value: JsonObject, edits: Edits): void {
  edits.set.delete(name);
  if (Object.keys(value).length === 0) edits.remove.add(name);
  else edits.set.set(name, JSON.stringify(value as Json));
}

function applyQuirks(body: JsonObject, target: Target, edits: Edits): void {
  const { refusedFields, renamedFields } = target.quirks;
  for (const field of refusedFields ?? []) {
    if (edits.remove.has(field) || (body[field] === undefined && !edits.set.has(field))) continue;
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
