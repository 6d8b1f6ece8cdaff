// A request of this wire → ChatCall.
import type { ChatCall, Message, OutputFormat, Sampling } from '../../core/call.ts';
import { GatewayError, invalid } from '../../core/errors.ts';
import { OUR_FIELDS, readOptions } from '../../core/options.ts';
import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
} from '../../lib/json.ts';
import { joinTurns } from '../join-turns.ts';
import { decodeContent, type Leftovers } from './decode-content.ts';
import { decodeToolChoice, decodeTools } from './decode-tools.ts';
import { decodeReasoning } from './thinking.ts';

const DIALECT = 'anthropic-messages';

/** Top-level fields that have a place in ChatCall. */
const KNOWN: ReadonlySet<string> = new Set([
  'model',
  'max_tokens',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'stream',
  'thinking',
  'output_config',
  'output_format',
]);

/**
 * The whole call. Throws `invalid_request` naming the path, and `unsupported_feature` where the conversation is held by
 * the API: other wires hold none.
 */
export function decodeCall(request: JsonObject): ChatCall {
  const body = withExtraBody(request);
  if (body.thread !== undefined && body.thread !== null) throw threaded();
  const left: Leftovers = new Map();
  const { choice, parallel } = decodeToolChoice(body);
  const messages = [...decodeSystem(body, left), ...joinTurns(decodeMessages(body, left))];
  return {
    model: asString(body.model) ?? '',
    messages,
    tools: decodeTools(body),
    toolChoice: choice,
    sampling: decodeSampling(body, parallel),
    output: decodeOutput(body),
    reasoning: decodeReasoning(body, readOptions(request).reasoning),
    stream: body.stream === true,
    user: userOf(request),
    extra: leftovers(body, left),
  };
}

/**
 * A dropped `thread` would lose what was said before: the next request brings only what is new. By this code the maker's
 * client library (its `toolRunner` asks for threads unbidden) goes on with the whole conversation instead.
 */
function threaded(): GatewayError {
  return new GatewayError(
    'unsupported_feature',
    'thread: only the API that holds the thread can go on with it. Send the whole conversation without it.',
    { param: 'thread', upstreamCode: 'thread_unsupported_request' },
  );
}

/** The end user the body names, for stickiness and attribution. */
export function userOf(body: JsonObject): string | null {
  const user = asString(asObject(body.metadata)?.user_id);
  return user === undefined || user === '' ? null : user;
}

/** Client libraries that cannot add fields put them into a literal `extra_body`, meaning the top level. */
export function withExtraBody(body: JsonObject): JsonObject {
  const extra = asObject(body.extra_body);
  if (extra === undefined) return body;
  const merged: { [field: string]: Json | undefined } = { ...body };
  for (const field in extra) merged[field] = extra[field];
  return merged;
}

function decodeSystem(body: JsonObject, left: Leftovers): Message[] {
  const { system } = body;
  if (system === undefined || system === null) return [];
  const parts = decodeContent(system, 'system', left);
  return parts.length === 0 ? [] : [{ role: 'system', parts, path: 'system' }];
}

function decodeMessages(body: JsonObject, left: Leftovers): Message[] {
  if (!Array.isArray(body.messages)) throw invalid('messages', 'must be an array');
  return body.messages.map((message: Json, index) => {
    const path = `messages[${index}]`;
    if (!isObject(message)) throw invalid(path, 'must be an object');
    for (const key in message) {
      const field = message[key];
      if (field === undefined || field === null || MESSAGE_FIELDS.has(key)) continue;
      left.set(`${path}.${key}`, field);
    }
    const parts = decodeContent(message.content, `${path}.content`, left);
    return { role: decodeRole(message.role, path), parts, path };
  });
}

/** `compression` is ours and acted on before. */
const MESSAGE_FIELDS: ReadonlySet<string> = new Set(['role', 'content', 'compression']);

function decodeRole(role: Json | undefined, path: string): Message['role'] {
  if (role === 'user' || role === 'assistant' || role === 'system') return role;
  throw invalid(`${path}.role`, 'must be "user", "assistant" or "system"');
}

function decodeSampling(body: JsonObject, parallel: false | undefined): Sampling {
  const maxTokens = asNumber(body.max_tokens);
  const temperature = asNumber(body.temperature);
  const topP = asNumber(body.top_p);
  const topK = asNumber(body.top_k);
  const stop = asArray(body.stop_sequences).filter((sequence) => typeof sequence === 'string');
  return {
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(topK === undefined ? {} : { topK }),
    ...(stop.length === 0 ? {} : { stop }),
    ...(parallel === undefined ? {} : { parallelToolCalls: parallel }),
  };
}

/** `output_config.format`, or its beta name `output_format`. This wire does not name its schemas. */
export function decodeOutput(body: JsonObject): OutputFormat {
  const format = asObject(asObject(body.output_config)?.format) ?? asObject(body.output_format);
  const schema = asObject(format?.schema);
  if (format?.type !== 'json_schema' || schema === undefined) return { type: 'text' };
  return { type: 'json-schema', name: 'response', schema };
}

/** Ours, but asking for an effect: whoever cannot have it has to say so. */
const OURS_WITH_EFFECT: ReadonlySet<string> = new Set([
  'web_search',
  'web_search_options',
  'audio',
]);

/** Everything that found no place, whole or by its path. */
function leftovers(body: JsonObject, left: Leftovers): ChatCall['extra'] {
  const extra: { [field: string]: Json } = {};
  for (const field in body) {
    const value = body[field];
    if (value === undefined || value === null || KNOWN.has(field)) continue;
    if (OUR_FIELDS.has(field) && !(OURS_WITH_EFFECT.has(field) && value !== false)) continue;
    extra[field] = value;
  }
  const config = rest(body.output_config, ['effort', 'format']);
  if (config !== null) extra.output_config = config;
  const thinking = rest(body.thinking, ['type', 'budget_tokens']);
  const between =
    asObject(body.thinking)?.type === 'between_tools' ? { type: 'between_tools' } : null;
  if (thinking !== null || between !== null) extra.thinking = { ...thinking, ...between };
  for (const [path, value] of left) extra[path] = value;
  return Object.keys(extra).length === 0 ? {} : { [DIALECT]: extra };
}

function rest(value: Json | undefined, known: readonly string[]): { [field: string]: Json } | null {
  if (!isObject(value)) return null;
  const out: { [field: string]: Json } = {};
  for (const field in value) {
    const inner = value[field];
    if (inner !== undefined && inner !== null && !known.includes(field)) out[field] = inner;
  }
  return Object.keys(out).length === 0 ? null : out;
}
