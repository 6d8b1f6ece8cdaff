// A caller's body of this wire → ChatCall. What the hub has no word for stays in `extra`, where others name it as lost.
import type { ChatCall, Effort, Reasoning } from '../../core/call.ts';
import { OUR_FIELDS, readOptions } from '../../core/options.ts';
import {
  asArray,
  asNumber,
  asObject,
  asString,
  type Json,
  type JsonObject,
} from '../../lib/json.ts';
import { decodeMessages } from './decode-messages.ts';
import { decodeOutput, decodeTools } from './decode-tools.ts';
import { decodeSampling } from './sampling.ts';

const EFFORTS: ReadonlySet<string> = new Set<Effort>([
  'none',
  'minimal',
  'low',
  'medium',
  'high',
  'xhigh',
  'max',
]);

/** Fields that are read into the hub's own words. */
const CARRIED: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'tools',
  'functions',
  'tool_choice',
  'function_call',
  'parallel_tool_calls',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'top_k',
  'stop',
  'seed',
  'presence_penalty',
  'frequency_penalty',
  'enable_thinking',
  'stream',
  'user',
]);

/** Ours, but something the caller expects to take effect: whoever cannot do it has to say so. */
const OURS_WITH_EFFECT: ReadonlySet<string> = new Set([
  'web_search',
  'web_search_options',
  'audio',
]);

export function decodeCall(body: JsonObject): ChatCall {
  const fields = flat(body);
  const { tools, choice } = decodeTools(fields);
  const output = decodeOutput(fields.response_format);
  return {
    model: asString(fields.model) ?? '',
    messages: decodeMessages(asArray(fields.messages)),
    tools,
    toolChoice: choice,
    sampling: decodeSampling(fields, fields.max_completion_tokens ?? fields.max_tokens),
    output: output ?? { type: 'text' },
    reasoning: decodeReasoning(fields),
    stream: fields.stream === true,
    user: userOf(fields),
    extra: extraOf(fields, output === null),
  };
}

/** The end user: `user`, else its successor. */
export function userOf(body: JsonObject): string | null {
  return asString(body.user) || asString(body.safety_identifier) || null;
}

/** A literal `extra_body` means its members at the top level, as the SDK that has this argument would send them. */
export function flat(body: JsonObject): JsonObject {
  const extra = asObject(body.extra_body);
  if (!extra) return body;
  const { extra_body: _, ...rest } = body;
  return { ...rest, ...extra };
}

/** How to think: our `reasoning` first, then the wire's `reasoning_effort`, then makers' own switches. */
export function decodeReasoning(body: JsonObject): Reasoning | null {
  const option =
    body.reasoning === undefined ? undefined : readOptions({ reasoning: body.reasoning }).reasoning;
  const effort = option?.effort ?? asEffort(body.reasoning_effort);
  const budget =
    option?.max_tokens ??
    asNumber(body.thinking_budget) ??
    asNumber(asObject(body.thinking)?.budget_tokens);
  const mode =
    option?.enabled === true ? 'enabled' : option?.enabled === false ? 'disabled' : modeOf(body);
  const reasoning: Reasoning = {
    ...(effort === undefined ? {} : { effort }),
    ...(budget === undefined ? {} : { budget }),
    ...(mode === undefined ? {} : { mode }),
    ...(option?.exclude === true ? { exclude: true } : {}),
  };
  return Object.keys(reasoning).length === 0 ? null : reasoning;
}

function asEffort(value: Json | undefined): Effort | undefined {
  return typeof value === 'string' && EFFORTS.has(value) ? (value as Effort) : undefined;
}

function modeOf(body: JsonObject): Reasoning['mode'] {
  const type = asObject(body.thinking)?.type;
  if (type === 'enabled' || type === 'adaptive' || type === 'disabled') return type;
  if (body.enable_thinking === true) return 'enabled';
  return body.enable_thinking === false ? 'disabled' : undefined;
}

function extraOf(body: JsonObject, unknownFormat: boolean): ChatCall['extra'] {
  const extra: { [name: string]: Json | undefined } = {};
  for (const [name, value] of Object.entries(body)) {
    if (value === undefined || value === null || CARRIED.has(name)) continue;
    if (
      OUR_FIELDS.has(name)
        ? OURS_WITH_EFFECT.has(name) && value !== false
        : says(name, value, body, unknownFormat)
    )
      extra[name] = value;
  }
  return Object.keys(extra).length === 0 ? {} : { 'openai-chat': extra };
}

/** False for values that ask for nothing beyond what the hub carries. */
function says(name: string, value: Json, body: JsonObject, unknownFormat: boolean): boolean {
  switch (name) {
    case 'n':
      return value !== 1;
    case 'logprobs':
      return value !== false;
    case 'response_format':
      return unknownFormat;
    case 'stream_options':
      return Object.entries(asObject(value) ?? {}).some(
        ([option, asked]) => option !== 'include_usage' && asked !== false,
      );
    case 'safety_identifier':
      return Boolean(asString(body.user));
    case 'thinking':
      return Object.keys(asObject(value) ?? {}).some(
        (member) => member !== 'type' && member !== 'budget_tokens',
      );
    case 'thinking_budget':
      return false;
    case 'reasoning_effort':
      return asEffort(value) === undefined;
    default:
      return true;
  }
}
