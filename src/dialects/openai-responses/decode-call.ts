// A caller's body of this wire → ChatCall. What the hub has no word for stays in `extra`, where others name it as lost; of
// `text` and `reasoning` the members that are not carried.
// platform.openai.com/docs/api-reference/responses/create
import type { ChatCall, Message, OutputFormat, Reasoning } from '../../core/call.ts';
import { GatewayError } from '../../core/errors.ts';
import { OUR_FIELDS, readOptions } from '../../core/options.ts';
import { asArray, asObject, asString, type Json, type JsonObject } from '../../lib/json.ts';
import { decodeSampling } from '../openai-chat/sampling.ts';
import type { Leftovers } from './decode-content.ts';
import { decodeInput } from './decode-items.ts';
import { decodeTools } from './decode-tools.ts';
import { DIALECT } from './hosted-tools.ts';
import { withoutSpaces } from './tool-spaces.ts';

/** Fields that are read into the hub's own words, or that say nothing about the answer. */
const CARRIED: ReadonlySet<string> = new Set([
  'model',
  'input',
  'instructions',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'max_output_tokens',
  'temperature',
  'top_p',
  'top_k',
  'stop',
  'seed',
  'presence_penalty',
  'frequency_penalty',
  'text',
  'stream',
  'stream_options',
  'user',
  'background',
]);

/** Ours, but something the caller expects to take effect: whoever cannot do it has to say so. */
const OURS_WITH_EFFECT: ReadonlySet<string> = new Set([
  'web_search',
  'web_search_options',
  'audio',
]);

/**
 * The whole call. Throws `invalid_request` naming the path, and `unsupported_feature` where the conversation or its words
 * are held by the API: other wires hold none, and without them the model would answer something else.
 */
export function decodeCall(request: JsonObject): ChatCall {
  const body = withoutSpaces(flat(request));
  refuseHeld(body);
  const left: Leftovers = new Map();
  const { tools, choice } = decodeTools(body);
  return {
    model: asString(body.model) ?? '',
    messages: [...decodeInstructions(body), ...decodeInput(body, left)],
    tools,
    toolChoice: choice,
    sampling: decodeSampling(body, body.max_output_tokens),
    output: outputOf(body),
    reasoning: decodeReasoning(body),
    stream: body.stream === true,
    user: userOf(body),
    extra: extraOf(body, left),
  };
}

/** The end user: `user`, else its successor. */
export function userOf(body: JsonObject): string | null {
  return asString(body.user) || asString(body.safety_identifier) || null;
}

/** A literal `extra_body` means its members at the top level, as the SDK that has this argument would send them. */
export function flat(body: JsonObject): JsonObject {
  const extra = asObject(body.extra_body);
  if (extra === undefined) return body;
  const { extra_body: _, ...rest } = body;
  return { ...rest, ...extra };
}

function refuseHeld(body: JsonObject): void {
  for (const field of ['conversation', 'prompt']) {
    if (body[field] === undefined || body[field] === null) continue;
    throw new GatewayError(
      'unsupported_feature',
      `${field}: only the provider that holds it can use it. Send what is in it instead, or a model of that provider on its own wire.`,
      { param: field },
    );
  }
}

function decodeInstructions(body: JsonObject): Message[] {
  const text = asString(body.instructions);
  if (text === undefined || text === '') return [];
  return [{ role: 'system', path: 'instructions', parts: [{ type: 'text', text }] }];
}

/** The shape the answer must have; `text` where the body asks for none, or for one that only this wire knows. */
export function outputOf(request: JsonObject): OutputFormat {
  const format = asObject(asObject(flat(request).text)?.format);
  if (format?.type === 'json_object') return { type: 'json' };
  const schema = asObject(format?.schema);
  if (format?.type !== 'json_schema' || schema === undefined) return { type: 'text' };
  const description = asString(format.description);
  return {
    type: 'json-schema',
    name: asString(format.name) ?? 'answer',
    schema,
    ...(typeof format.strict === 'boolean' ? { strict: format.strict } : {}),
    ...(description === undefined ? {} : { description }),
  };
}

/** This wire's `reasoning` and ours are one field with the members of both. */
function decodeReasoning(body: JsonObject): Reasoning | null {
  if (body.reasoning === undefined || body.reasoning === null) return null;
  const option = readOptions({ reasoning: body.reasoning }).reasoning;
  const effort = option?.effort ?? undefined;
  const budget = option?.max_tokens ?? undefined;
  const reasoning: Reasoning = {
    ...(effort === undefined ? {} : { effort }),
    ...(budget === undefined ? {} : { budget }),
    ...(typeof option?.enabled === 'boolean'
      ? { mode: option.enabled ? ('enabled' as const) : ('disabled' as const) }
      : {}),
    ...(option?.exclude === true ? { exclude: true } : {}),
  };
  return Object.keys(reasoning).length === 0 ? null : reasoning;
}

const OWN_FORMATS: readonly (Json | undefined)[] = ['text', 'json_object', 'json_schema'];

/** Everything that found no place, whole or by its path. */
function extraOf(body: JsonObject, left: Leftovers): ChatCall['extra'] {
  const extra: { [name: string]: Json } = {};
  for (const name in body) {
    const value = body[name];
    if (value === undefined || value === null || CARRIED.has(name)) continue;
    if (OUR_FIELDS.has(name) ? OURS_WITH_EFFECT.has(name) && value !== false : says(name, body))
      extra[name] = value;
  }
  const reasoning = asObject(body.reasoning);
  const summary = asString(reasoning?.summary) ?? asString(reasoning?.generate_summary);
  if (summary !== undefined && summary !== 'auto') extra.reasoning = { summary };
  const text = textExtra(body);
  if (text !== null) extra.text = text;
  for (const [path, value] of left) extra[path] = value;
  return Object.keys(extra).length === 0 ? {} : { [DIALECT]: extra };
}

/** What of `text` is not carried. */
function textExtra(body: JsonObject): Json | null {
  const { verbosity, format } = asObject(body.text) ?? {};
  const extra: { [name: string]: Json } = {};
  if (typeof verbosity === 'string' && verbosity !== 'medium') extra.verbosity = verbosity;
  const known = asObject(format);
  if (known !== undefined && !OWN_FORMATS.includes(known.type)) extra.format = known as Json;
  return Object.keys(extra).length === 0 ? null : extra;
}

/** False for values that ask for nothing beyond what the hub carries. */
function says(name: string, body: JsonObject): boolean {
  const value = body[name];
  switch (name) {
    // State is given unasked wherever there is any.
    case 'include':
      return asArray(value).some((what) => what !== 'reasoning.encrypted_content');
    // What is to be kept is kept here; only that nothing is to be kept concerns a provider.
    case 'store':
      return value === false;
    case 'truncation':
      return value !== 'disabled';
    case 'top_logprobs':
      return value !== 0;
    case 'safety_identifier':
      return Boolean(asString(body.user));
    default:
      return true;
  }
}
