// Cheap checks of a caller's body: the types and places of the common fields. Unknown fields and items are the provider's
// affair.
import { GatewayError, invalid } from '../../core/errors.ts';
import { isObject, type Json, type JsonObject } from '../../lib/json.ts';
import { itemType } from './items.ts';

const NUMBERS = ['temperature', 'top_p', 'max_output_tokens', 'max_tool_calls', 'top_logprobs'];
const BOOLEANS = ['stream', 'parallel_tool_calls', 'store', 'background'];
const STRINGS = ['instructions', 'user', 'safety_identifier', 'previous_response_id', 'truncation'];
const OBJECTS = ['text', 'reasoning', 'metadata', 'stream_options'];

/** Throws `invalid_request` naming the path, and `unsupported_feature` for what no gateway could deliver. */
export function checkCall(body: JsonObject): void {
  checkInput(body);
  for (const name of NUMBERS) check(body, name, Number.isFinite, 'must be a number');
  for (const name of BOOLEANS) check(body, name, isBoolean, 'must be true or false');
  for (const name of STRINGS) check(body, name, isString, 'must be a string');
  for (const name of OBJECTS) check(body, name, isObject, 'must be an object');
  check(body, 'include', Array.isArray, 'must be an array of strings');
  check(body, 'tool_choice', isChoice, 'must be a string or an object');
  checkTools(body.tools);
  if (isObject(body.text) && given(body.text.format)) {
    if (!isObject(body.text.format)) throw invalid('text.format', 'must be an object');
    if (!isString(body.text.format.type)) throw invalid('text.format.type', 'must be a string');
  }
  if (body.background === true) {
    throw new GatewayError(
      'unsupported_feature',
      'background: an answer is given while its caller waits; it cannot be fetched later. Leave the field out, or stream.',
      { param: 'background' },
    );
  }
}

/** A stored prompt or conversation may stand for the input. */
function checkInput(body: JsonObject): void {
  const { input } = body;
  if (!given(input)) {
    if (['prompt', 'conversation', 'previous_response_id'].some((field) => given(body[field])))
      return;
    throw invalid('input', 'is missing: send a string or an array of items');
  }
  if (isString(input)) return;
  if (!Array.isArray(input)) throw invalid('input', 'must be a string or an array of items');
  if (input.length === 0 && !given(body.instructions) && !given(body.previous_response_id))
    throw invalid('input', 'must hold at least one item');
  for (let at = 0; at < input.length; at += 1) checkItem(input[at], `input[${at}]`);
}

function checkItem(item: unknown, path: string): void {
  if (!isObject(item)) throw invalid(path, 'must be an object');
  switch (itemType(item)) {
    case '':
      throw invalid(`${path}.type`, 'must be a string, or the item a message with a role');
    case 'message':
      checkMessage(item, path);
      return;
    case 'function_call':
    case 'custom_tool_call':
      for (const name of ['call_id', 'name']) must(item, name, path);
      return;
    case 'function_call_output':
    case 'custom_tool_call_output':
      must(item, 'call_id', path);
      if (!given(item.output))
        throw invalid(`${path}.output`, 'must be a string or an array of parts');
      return;
    default:
      return;
  }
}

const ROLES: readonly (Json | undefined)[] = ['user', 'assistant', 'system', 'developer'];

function checkMessage(item: JsonObject, path: string): void {
  if (!ROLES.includes(item.role))
    throw invalid(`${path}.role`, 'must be "user", "assistant", "system" or "developer"');
  const { content } = item;
  if (isString(content)) return;
  if (!Array.isArray(content))
    throw invalid(`${path}.content`, 'must be a string or an array of parts');
  for (let at = 0; at < content.length; at += 1) {
    const part: Json | undefined = content[at];
    const place = `${path}.content[${at}]`;
    if (!isObject(part)) throw invalid(place, 'must be an object with a type');
    must(part, 'type', place);
    if (part.type === 'input_text' || part.type === 'output_text') must(part, 'text', place);
  }
}

function checkTools(tools: Json | undefined): void {
  if (!given(tools)) return;
  if (!Array.isArray(tools)) throw invalid('tools', 'must be an array');
  tools.forEach((tool: Json, at) => {
    const path = `tools[${at}]`;
    if (!isObject(tool)) throw invalid(path, 'must be an object');
    must(tool, 'type', path);
    if (tool.type !== 'function' && tool.type !== 'custom') return;
    must(tool, 'name', path);
    if (given(tool.parameters) && !isObject(tool.parameters))
      throw invalid(`${path}.parameters`, 'must be a JSON Schema object');
  });
}

function must(object: JsonObject, name: string, path: string): void {
  if (!isString(object[name])) throw invalid(`${path}.${name}`, 'must be a string');
}

function check(
  body: JsonObject,
  name: string,
  is: (value: Json) => boolean,
  problem: string,
): void {
  const value = body[name];
  if (value !== undefined && value !== null && !is(value)) throw invalid(name, problem);
}

/** Null is how clients write a field they leave out. */
function given(value: Json | undefined): value is Exclude<Json, null> {
  return value !== undefined && value !== null;
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean';
}

function isChoice(value: Json): boolean {
  return isString(value) || isObject(value);
}
