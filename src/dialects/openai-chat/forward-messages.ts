// The messages of a caller's own text, patched one by one where the target or we must have it so.
import type { Target } from '../../core/dialect.ts';
import type { Quirks } from '../../core/provider.ts';
import {
  asArray,
  asObject,
  asObjects,
  asString,
  isObject,
  type Json,
  type JsonObject,
  type JsonRecord,
} from '../../lib/json.ts';
import {
  arrayElements,
  type ObjectEdits,
  spliceArray,
  spliceObject,
} from '../../lib/json-splice.ts';
import { isMarked, withoutMarks } from './cache-marks.ts';
import { standInFor } from './call-extras.ts';
import { joinedTexts } from './encode-parts.ts';
import { instructed } from './instruction.ts';
import { fitToolId } from './tool-ids.ts';

/** @param losses gets what an edit took away. */
export function forwardMessages(
  text: string,
  messages: readonly Json[],
  target: Target,
  losses: string[],
): string {
  const cutMarks = target.quirks.cacheControl === false;
  const edits = new Map<number, ObjectEdits>();
  const marked = new Map<number, JsonObject>();
  messages.forEach((item, at) => {
    const message = asObject(item);
    if (message === undefined) return;
    const edit = messageEdits(message, target, `messages[${at}]`, losses);
    if (edit) edits.set(at, edit);
    if (cutMarks && isMarked(message, 'content')) marked.set(at, message);
  });
  if (edits.size === 0 && marked.size === 0) return text;
  const replaced = new Map<number, string>();
  arrayElements(text).forEach(({ start, end }, at) => {
    const message = marked.get(at);
    const edit = edits.get(at);
    if (message === undefined && edit === undefined) return;
    const before = text.slice(start, end);
    const cut = message === undefined ? before : withoutMarks(before, message, 'content');
    replaced.set(at, edit === undefined ? cut : spliceObject(cut, edit));
  });
  return spliceArray(text, replaced);
}

/** The text with an instruction in its leading system message, or in one of its own. */
export function instructedText(text: string, instruction: string): string {
  const first = arrayElements(text)[0];
  if (!first) return text;
  const before: Json = JSON.parse(text.slice(first.start, first.end));
  const after = instructed([before], instruction).map((message) => JSON.stringify(message));
  return text.slice(0, first.start) + after.join(',') + text.slice(first.end);
}

/** Null where the message goes as it is. */
function messageEdits(
  message: JsonObject,
  target: Target,
  path: string,
  losses: string[],
): ObjectEdits | null {
  const { quirks } = target;
  const remove = new Set<string>();
  const set = new Map<string, string>();
  if (message.compression !== undefined) remove.add('compression');
  if (message.role === 'developer' && quirks.developerRole === false) set.set('role', '"system"');
  if (
    message.name !== undefined &&
    quirks.messageNames === false &&
    message.role !== 'tool' &&
    message.role !== 'function'
  ) {
    remove.add('name');
    if (message.name !== null) losses.push(`${path}.name: not taken by ${target.provider}`);
  }
  for (const name of quirks.refusedMessageFields ?? []) {
    if (message[name] === undefined) continue;
    remove.add(name);
    if (isThought(name) && asArray(message.tool_calls).length > 0)
      losses.push(`${path}.${name}: not taken by ${target.provider}`);
  }
  if (!remove.has('reasoning_details') && holdsForeignState(message, quirks)) {
    remove.add('reasoning_details');
    if (asArray(message.tool_calls).length > 0)
      losses.push(`${path}.reasoning_details: signed by another maker; not for ${target.provider}`);
  }
  if (quirks.toolIdFormat === 'alnum9') fitIds(message, set);
  standIn(message, target, set);
  if (quirks.textParts === false) joinContent(message.content, set);
  return remove.size === 0 && set.size === 0 ? null : { remove, set };
}

/** What is signed or encrypted cannot be of a provider that thinks in plain text; of any other it may be its own. */
export function holdsForeignState(message: JsonObject, { reasoningField }: Quirks): boolean {
  if (reasoningField === undefined || reasoningField === 'reasoning_details') return false;
  return asObjects(message.reasoning_details).some(
    ({ type, signature }) => type === 'reasoning.encrypted' || Boolean(asString(signature)),
  );
}

/** Clients drop what they do not know, and calls may be another model's: without its state the first would be refused. */
function standIn(message: JsonObject, target: Target, set: Map<string, string>): void {
  const calls = asArray(message.tool_calls);
  const [first, ...others] = calls;
  if (!isObject(first) || message.extra_content !== undefined) return;
  if (calls.some((call) => asObject(call)?.extra_content !== undefined)) return;
  const extra = standInFor(target);
  if (extra !== null)
    set.set('tool_calls', JSON.stringify([{ ...first, extra_content: extra }, ...others]));
}

/** Reasoning of turns that are over is of no use to anybody; between tool calls it is the train of thought. */
function isThought(name: string): boolean {
  return name === 'reasoning_content' || name === 'reasoning' || name === 'reasoning_details';
}

/** Parts that are nothing but text become one string; anything else is the caller's to have refused. */
function joinContent(content: Json | undefined, set: Map<string, string>): void {
  const parts = asObjects(content);
  const plain = parts.length > 0 && parts.length === asArray(content).length;
  if (!plain || parts.some((part) => part.type !== 'text')) return;
  set.set('content', JSON.stringify(joinedTexts(parts)));
}

function fitIds(message: JsonObject, set: Map<string, string>): void {
  const answered = asString(message.tool_call_id);
  if (answered !== undefined) {
    const fitted = fitToolId(answered, 'alnum9');
    if (fitted !== answered) set.set('tool_call_id', JSON.stringify(fitted));
  }
  const calls = asObjects(message.tool_calls);
  if (calls.some(({ id }) => typeof id === 'string' && fitToolId(id, 'alnum9') !== id)) {
    const fitted = asArray(message.tool_calls).map((call) =>
      isObject(call) && typeof call.id === 'string'
        ? ({ ...call, id: fitToolId(call.id, 'alnum9') } as JsonRecord)
        : call,
    );
    set.set('tool_calls', JSON.stringify(fitted));
  }
}
