// Cheap checks of a caller's body: the types and places of the common fields. Unknown fields are the provider's affair.
import { invalid } from '../../core/errors.ts';
import { isObject, type Json, type JsonObject } from '../../lib/json.ts';

const NUMBERS = [
  'temperature',
  'top_p',
  'top_k',
  'max_tokens',
  'max_completion_tokens',
  'n',
  'seed',
  'presence_penalty',
  'frequency_penalty',
  'top_logprobs',
] as const;
const BOOLEANS = ['stream', 'parallel_tool_calls', 'logprobs'] as const;
const STRINGS = ['model', 'user', 'safety_identifier', 'reasoning_effort'] as const;
const OBJECTS = ['stream_options', 'response_format', 'logit_bias'] as const;

/** Throws `invalid_request` naming the path. Whatever the wire's own maker takes passes, legacy fields included. */
export function checkCall(body: JsonObject): void {
  checkMessages(body.messages);
  for (const name of NUMBERS) check(body, name, isNumber, 'must be a number');
  for (const name of BOOLEANS) check(body, name, isBoolean, 'must be true or false');
  for (const name of STRINGS) check(body, name, isString, 'must be a string');
  for (const name of OBJECTS) check(body, name, isObject, 'must be an object');
  check(body, 'stop', isStop, 'must be a string or an array of strings');
  check(body, 'tool_choice', isChoice, 'must be a string or an object');
  check(body, 'function_call', isChoice, 'must be a string or an object');
  checkFunctions(body, 'tools', 'function');
  checkFunctions(body, 'functions', null);
  if (isObject(body.response_format) && !isString(body.response_format.type)) {
    throw invalid('response_format.type', 'must be a string');
  }
}

function checkMessages(messages: Json | undefined): void {
  if (messages === undefined)
    throw invalid('messages', 'is missing: send an array with at least one message');
  if (!Array.isArray(messages)) throw invalid('messages', 'must be an array');
  if (messages.length === 0) throw invalid('messages', 'must hold at least one message');
  for (let at = 0; at < messages.length; at++) checkMessage(messages[at], `messages[${at}]`);
}

function checkMessage(message: unknown, path: string): void {
  if (!isObject(message)) throw invalid(path, 'must be an object');
  switch (message.role) {
    case 'system':
    case 'developer':
    case 'user':
      if (message.content === undefined || message.content === null) {
        throw invalid(`${path}.content`, 'must be a string or an array of parts');
      }
      break;
    case 'tool':
      if (!isString(message.tool_call_id))
        throw invalid(`${path}.tool_call_id`, 'must be the id of the tool call it answers');
      break;
    case 'function':
      if (!isString(message.name))
        throw invalid(`${path}.name`, 'must be the name of the function it answers');
      break;
    case 'assistant':
      checkToolCalls(message, path);
      break;
    default:
      throw invalid(
        `${path}.role`,
        'must be one of system, developer, user, assistant, tool, function',
      );
  }
  checkContent(message.content, `${path}.content`);
}

function checkContent(content: Json | undefined, path: string): void {
  if (content === undefined || content === null || typeof content === 'string') return;
  if (!Array.isArray(content)) throw invalid(path, 'must be a string or an array of parts');
  for (let at = 0; at < content.length; at++) checkPart(content[at], `${path}[${at}]`);
}

function checkPart(part: unknown, path: string): void {
  if (!isObject(part)) throw invalid(path, 'must be an object with a type');
  if (!isString(part.type)) throw invalid(`${path}.type`, 'must be a string');
  switch (part.type) {
    case 'text':
      if (!isString(part.text)) throw invalid(`${path}.text`, 'must be a string');
      return;
    case 'image_url':
      if (isString(part.image_url)) return;
      if (!isObject(part.image_url))
        throw invalid(`${path}.image_url`, 'must be an object with a url');
      if (!isString(part.image_url.url)) throw invalid(`${path}.image_url.url`, 'must be a string');
      return;
    case 'input_audio':
    case 'file':
      if (!isObject(part[part.type])) throw invalid(`${path}.${part.type}`, 'must be an object');
      return;
    default:
      return;
  }
}

function checkToolCalls(message: JsonObject, path: string): void {
  const calls = message.tool_calls;
  if (calls === undefined || calls === null) return;
  if (!Array.isArray(calls)) throw invalid(`${path}.tool_calls`, 'must be an array');
  calls.forEach((call: unknown, at) => {
    const place = `${path}.tool_calls[${at}]`;
    if (!isObject(call)) throw invalid(place, 'must be an object');
    if (!isString(call.id)) throw invalid(`${place}.id`, 'must be a string');
    const kind = call.type === 'custom' ? 'custom' : 'function';
    const payload = call[kind];
    if (!isObject(payload)) throw invalid(`${place}.${kind}`, 'must be an object');
    if (!isString(payload.name)) throw invalid(`${place}.${kind}.name`, 'must be a string');
  });
}

/** @param member where a tool of its type keeps the function; null: the entry is one itself. */
function checkFunctions(body: JsonObject, name: string, member: string | null): void {
  const list = body[name];
  if (list === undefined || list === null) return;
  if (!Array.isArray(list)) throw invalid(name, 'must be an array');
  list.forEach((entry: unknown, at) => {
    const path = `${name}[${at}]`;
    if (!isObject(entry)) throw invalid(path, 'must be an object');
    // Some makers' own clients leave the type of a function tool out.
    const isFunction =
      member === null ||
      entry.type === member ||
      (entry.type === undefined && entry[member] !== undefined);
    if (!isFunction) {
      if (!isString(entry.type)) throw invalid(`${path}.type`, 'must be a string');
      return;
    }
    const place = member === null ? path : `${path}.${member}`;
    const found = member === null ? entry : entry[member];
    if (!isObject(found)) throw invalid(place, 'must be an object');
    if (!isString(found.name)) throw invalid(`${place}.name`, 'must be a string');
    check(found, 'parameters', isObject, 'must be a JSON Schema object', place);
  });
}

function check(
  body: JsonObject,
  name: string,
  is: (value: Json) => boolean,
  problem: string,
  under?: string,
): void {
  const value = body[name];
  if (value !== undefined && value !== null && !is(value))
    throw invalid(under === undefined ? name : `${under}.${name}`, problem);
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

/** 1e999 is JSON too, and reads as Infinity, which cannot be written again. */
function isNumber(value: unknown): boolean {
  return Number.isFinite(value);
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean';
}

function isStop(value: Json): boolean {
  return isString(value) || (Array.isArray(value) && value.every(isString));
}

function isChoice(value: Json): boolean {
  return isString(value) || isObject(value);
}
