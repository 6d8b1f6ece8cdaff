// Messages of this wire → turns: reasoning, text and tool calls of one assistant message become parts of one turn, and
// the results of parallel calls, which are messages of their own here, share one user turn.
import type { Message, Part, ToolResultPart, ToolUsePart } from '../../core/call.ts';
import {
  asArray,
  asObject,
  asObjects,
  asString,
  isObject,
  type Json,
  type JsonObject,
} from '../../lib/json.ts';
import { extraOf } from './call-extras.ts';
import { decodeCache, decodeContent, decodeResultContent } from './decode-parts.ts';
import { decodeReasoning } from './reasoning-details.ts';
import { argumentsText } from './tool-calls.ts';

export function decodeMessages(messages: readonly Json[]): Message[] {
  const turns: Message[] = [];
  const functionIds = new Map<string, string>();
  let results: ToolResultPart[] | null = null;
  messages.forEach((item, at) => {
    const message = asObject(item) ?? {};
    const path = `messages[${at}]`;
    if (message.role === 'tool' || message.role === 'function') {
      if (results === null) {
        results = [];
        turns.push({ role: 'user', parts: results, path });
      }
      results.push(decodeResult(message, functionIds));
      return;
    }
    results = null;
    turns.push(decodeTurn(message, path, functionIds));
  });
  return turns;
}

function decodeTurn(message: JsonObject, path: string, functionIds: Map<string, string>): Message {
  const name = asString(message.name);
  const named = name === undefined ? {} : { name };
  const { role } = message;
  if (role === 'assistant') {
    const parts = decodeAssistant(message, path, functionIds);
    return { role, ...named, parts: marked(message, parts), path };
  }
  const turn = role === 'system' || role === 'developer' ? role : 'user';
  return { role: turn, ...named, parts: marked(message, decodeContent(message.content)), path };
}

/** A mark on a message is one on its last part. */
function marked(message: JsonObject, parts: Part[]): Part[] {
  const cache = decodeCache(message);
  const last = parts.at(-1);
  if (cache === null || last === undefined || last.cache !== undefined) return parts;
  return [...parts.slice(0, -1), { ...last, cache }];
}

function decodeResult(message: JsonObject, functionIds: Map<string, string>): ToolResultPart {
  // The legacy role names the function, not the call; the last call of that name is meant.
  const toolUseId =
    asString(message.tool_call_id) ??
    functionIds.get(asString(message.name) ?? '') ??
    asString(message.name) ??
    '';
  const cache = decodeCache(message);
  return {
    type: 'tool-result',
    toolUseId,
    content: decodeResultContent(message.content),
    ...(cache === null ? {} : { cache }),
  };
}

function decodeAssistant(
  message: JsonObject,
  path: string,
  functionIds: Map<string, string>,
): Part[] {
  const parts: Part[] = withCitations(decodeContent(message.content), message);
  const refusal = asString(message.refusal);
  if (refusal) parts.push({ type: 'refusal', text: refusal });
  // Pictures a model made, as routers write them and this gateway does: they come back with its answer.
  parts.push(...decodeContent(asObjects(message.images)));
  const audio = asObject(message.audio);
  if (audio)
    parts.push({
      type: 'opaque',
      dialect: 'openai-chat',
      value: { type: 'audio', audio: audio as Json },
    });
  for (const call of asObjects(message.tool_calls)) {
    const extra = extraOf(call);
    if (extra !== null) parts.push({ type: 'redacted-reasoning', ...extra });
    parts.push(decodeCall(call));
  }
  const legacy = asObject(message.function_call);
  if (legacy) {
    const name = asString(legacy.name) ?? '';
    // These calls have no id; one is made from where they stand, so it is the same every time.
    const id = `call_${path.replace(/\D/g, '')}`;
    functionIds.set(name, id);
    parts.push({ type: 'tool-use', id, name, arguments: argumentsText(legacy.arguments) });
  }
  return withReasoning(parts, message);
}

function decodeCall(call: JsonObject): ToolUsePart {
  const id = asString(call.id) ?? '';
  const custom = asObject(call.custom);
  if (custom && (call.type === 'custom' || !isObject(call.function))) {
    return {
      type: 'tool-use',
      id,
      name: asString(custom.name) ?? '',
      arguments: argumentsText(custom.input),
      custom: true,
    };
  }
  const called = asObject(call.function) ?? {};
  return {
    type: 'tool-use',
    id,
    name: asString(called.name) ?? '',
    arguments: argumentsText(called.arguments),
  };
}

/** Annotations belong to the text, which is one string here. */
function withCitations(parts: Part[], message: JsonObject): Part[] {
  const value = asArray(message.annotations);
  const at = parts.findIndex((part) => part.type === 'text');
  const part = parts[at];
  if (value.length === 0 || part?.type !== 'text') return parts;
  return parts.with(at, { ...part, citations: { dialect: 'openai-chat', value } });
}

/** Reasoning stands before the rest, save where its entries say it stood between: texts share the place of the first. */
function withReasoning(parts: readonly Part[], message: JsonObject): Part[] {
  const waiting = decodeReasoning(message);
  if (waiting.length === 0) return [...parts];
  const merged: Part[] = [];
  let place = 0;
  let textSeen = false;
  for (const part of parts) {
    const counts = part.type === 'tool-use' || (part.type === 'text' && !textSeen);
    textSeen ||= part.type === 'text';
    for (let next = waiting[0]; counts && next && next.place <= place; next = waiting[0]) {
      merged.push(next.part);
      waiting.shift();
      place += 1;
    }
    merged.push(part);
    if (counts) place += 1;
  }
  for (const { part } of waiting) merged.push(part);
  return merged;
}
