// What OpenAI refuses in a Chat Completions request, in its words (from its replies as people quote them).
import {
  asArray,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
} from '../../src/lib/json.ts';
import { Refused } from '../ask.ts';

const ROLES = new Set(['system', 'assistant', 'user', 'function', 'tool', 'developer']);
const ROLE_LIST = "'system', 'assistant', 'user', 'function', 'tool', and 'developer'";

/** https://platform.openai.com/docs/api-reference/chat/create */
const FIELDS = new Set(
  (
    'messages model audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens ' +
    'metadata modalities moderation n parallel_tool_calls prediction presence_penalty prompt_cache_key prompt_cache_options ' +
    'prompt_cache_retention reasoning_effort response_format safety_identifier seed service_tier stop store stream ' +
    'stream_options temperature tool_choice tools top_logprobs top_p user verbosity web_search_options'
  ).split(' '),
);

/** The first thing the vendor would refuse, or null. */
export function checkChat(body: JsonObject, strict: boolean): Refused | null {
  if (asString(body.model) === undefined) return new Refused('you must provide a model parameter');
  if (strict) {
    for (const field in body) {
      if (!FIELDS.has(field))
        return new Refused(`Unrecognized request argument supplied: ${field}`);
    }
  }
  const { messages } = body;
  if (messages === undefined) return missing('messages');
  if (!Array.isArray(messages)) return wrongType('messages', 'an array of objects', messages);
  if (messages.length === 0) {
    return new Refused(
      "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      'messages',
      'empty_array',
    );
  }
  return (
    checkMessages(asArray(messages)) ??
    checkTools(body) ??
    checkStop(body) ??
    checkFormat(body, asArray(messages))
  );
}

function checkMessages(messages: readonly Json[]): Refused | null {
  let open = new Set<string>();
  for (const [index, given] of messages.entries()) {
    const path = `messages[${index}]`;
    if (!isObject(given)) return wrongType(path, 'an object', given);
    const role = given.role;
    if (role === undefined) return missing(`${path}.role`);
    if (typeof role !== 'string' || !ROLES.has(role)) {
      const message = `Invalid value: '${String(role)}'. Supported values are: ${ROLE_LIST}.`;
      return new Refused(message, `${path}.role`, 'invalid_value');
    }
    if (role === 'tool') {
      const id = asString(given.tool_call_id);
      if (id === undefined) return missing(`${path}.tool_call_id`);
      if (!open.delete(id)) return orphanResult(index);
    } else {
      const refused = unanswered(open) ?? checkContent(given, role, index);
      if (refused) return refused;
      open = new Set(asArray(given.tool_calls).map((call) => asString(asObject(call)?.id) ?? ''));
    }
  }
  return unanswered(open);
}

function orphanResult(index: number): Refused {
  const message =
    "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.";
  return new Refused(message, `messages.[${index}].role`);
}

function unanswered(open: ReadonlySet<string>): Refused | null {
  if (open.size === 0) return null;
  return new Refused(
    `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${[...open].join(', ')}`,
    'messages',
  );
}

function checkContent(message: JsonObject, role: string, index: number): Refused | null {
  const { content } = message;
  const path = `messages[${index}].content`;
  if (content === undefined || content === null) {
    const fine =
      role === 'assistant' &&
      (message.tool_calls ?? message.refusal ?? message.audio ?? message.function_call);
    if (fine) return null;
    return new Refused(
      "Invalid value for 'content': expected a string, got null.",
      `messages.[${index}].content`,
    );
  }
  if (typeof content === 'string') return null;
  if (!Array.isArray(content))
    return wrongType(path, 'one of a string or array of objects', content);
  for (const [at, part] of content.entries()) {
    if (asString(asObject(part)?.type) === undefined) return missing(`${path}[${at}].type`);
  }
  return null;
}

function checkTools(body: JsonObject): Refused | null {
  const names = new Set<string>();
  for (const [index, tool] of asArray(body.tools).entries()) {
    const inner = asObject(asObject(tool)?.function) ?? asObject(asObject(tool)?.custom);
    const name = asString(inner?.name);
    if (name === undefined) return missing(`tools[${index}].function`);
    const refused = checkName(name, `tools[${index}].function.name`);
    if (refused) return refused;
    names.add(name);
  }
  const choice = body.tool_choice;
  if (choice === undefined || choice === null || choice === 'none') return null;
  if (names.size === 0) {
    const message =
      "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.";
    return new Refused(message, 'tool_choice');
  }
  const wanted = asObject(asObject(choice)?.function) ?? asObject(asObject(choice)?.custom);
  if (wanted && !names.has(asString(wanted.name) ?? '')) {
    const message = `Invalid value for 'tool_choice': Tool choice '${String(wanted.name)}' not found in 'tools' parameter.`;
    return new Refused(message, 'tool_choice');
  }
  return null;
}

/** platform.openai.com/docs/api-reference/chat/create, tools[].function.name and stop */
const MAX_NAME_CHARS = 64;
const MAX_STOPS = 4;

function checkName(name: string, path: string): Refused | null {
  if (name.length > MAX_NAME_CHARS)
    return new Refused(
      `Invalid '${path}': string too long. Expected a string with maximum length ${MAX_NAME_CHARS}, but got a string with length ${name.length} instead.`,
      path,
      'string_above_max_length',
    );
  if (/^[a-zA-Z0-9_-]+$/.test(name)) return null;
  return new Refused(
    `Invalid '${path}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
    path,
    'invalid_value',
  );
}

function checkStop({ stop }: JsonObject): Refused | null {
  const count = asArray(stop).length;
  if (count <= MAX_STOPS) return null;
  return new Refused(
    `Invalid 'stop': array too long. Expected an array with maximum length ${MAX_STOPS}, but got an array with length ${count} instead.`,
    'stop',
    'array_above_max_length',
  );
}

function checkFormat(body: JsonObject, messages: readonly Json[]): Refused | null {
  const format = asObject(body.response_format);
  if (format?.type === 'json_schema') {
    const inner = asObject(format.json_schema);
    if (asString(inner?.name) === undefined) return missing('response_format.json_schema.name');
  }
  if (format?.type !== 'json_object' || JSON.stringify(messages).toLowerCase().includes('json'))
    return null;
  return new Refused(
    "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
    'messages',
  );
}

function missing(path: string): Refused {
  return new Refused(`Missing required parameter: '${path}'.`, path, 'missing_required_parameter');
}

function wrongType(path: string, wanted: string, got: Json): Refused {
  const kind =
    got === null
      ? 'null'
      : Array.isArray(got)
        ? 'an array'
        : typeof got === 'object'
          ? 'an object'
          : `a ${typeof got}`;
  return new Refused(
    `Invalid type for '${path}': expected ${wanted}, but got ${kind} instead.`,
    path,
    'invalid_type',
  );
}
