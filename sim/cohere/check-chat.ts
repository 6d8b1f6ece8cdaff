// What Cohere refuses in a chat request: what its reference says does not go, and does not go together.
import {
  asArray,
  asNumber,
  asObject,
  asString,
  type Json,
  type JsonObject,
} from '../../src/lib/json.ts';
import { Refused } from '../ask.ts';

/** https://docs.cohere.com/reference/chat */
const FIELDS: ReadonlySet<string> = new Set(
  (
    'stream model messages tools strict_tools documents citation_options response_format safety_mode max_tokens ' +
    'stop_sequences temperature seed frequency_penalty presence_penalty k p logprobs tool_choice thinking priority raw_prompting'
  ).split(' '),
);
const ROLES: ReadonlySet<string> = new Set(['system', 'user', 'assistant', 'tool']);
const PARTS: { readonly [role: string]: readonly string[] } = {
  system: ['text'],
  user: ['text', 'image_url'],
  assistant: ['text', 'thinking'],
  tool: ['text', 'document'],
};
const RANGES: readonly (readonly [field: string, least: number, most: number])[] = [
  ['temperature', 0, 1],
  ['p', 0.01, 0.99],
  ['k', 0, 500],
  ['frequency_penalty', 0, 1],
  ['presence_penalty', 0, 1],
];

/** https://docs.cohere.com/reference/errors */
const TOOL_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The first thing the vendor would refuse, or null. */
export function checkChat(body: JsonObject, strict: boolean): Refused | null {
  if (asString(body.model) === undefined) return refused('model is required');
  for (const field in body)
    if (strict && !FIELDS.has(field)) return refused(`unknown field: parameter '${field}'`);
  const messages = asArray(body.messages);
  if (messages.length === 0) return refused('messages is required');
  return checkMessages(messages) ?? checkTools(body) ?? checkFormat(body) ?? checkRanges(body);
}

function checkMessages(messages: readonly Json[]): Refused | null {
  let open = new Set<string>();
  for (const [index, given] of messages.entries()) {
    const message = asObject(given) ?? {};
    const role = asString(message.role) ?? '';
    const place = `messages[${index}]`;
    if (!ROLES.has(role)) return refused(`${place}: invalid role '${role}'`);
    if (role === 'tool') {
      if (!open.delete(asString(message.tool_call_id) ?? ''))
        return refused(`${place}: tool_call_id does not match any tool call`);
    } else {
      if (open.size > 0) return refused(`${place}: not all tool calls have results`);
      open = new Set(asArray(message.tool_calls).map((call) => asString(asObject(call)?.id) ?? ''));
    }
    const problem = checkContent(message, role, open.size > 0, place);
    if (problem) return problem;
  }
  return null;
}

function checkContent(
  message: JsonObject,
  role: string,
  calls: boolean,
  place: string,
): Refused | null {
  const { content } = message;
  if (content === undefined || content === null)
    return role === 'assistant' && calls ? null : refused(`${place}: content is required`);
  if (typeof content === 'string') return null;
  for (const part of asArray(content)) {
    const type = asString(asObject(part)?.type) ?? '';
    if (!PARTS[role]?.includes(type))
      return refused(`${place}: content of type '${type}' is not allowed for role '${role}'`);
  }
  return null;
}

function checkTools(body: JsonObject): Refused | null {
  const tools = asArray(body.tools);
  for (const [index, tool] of tools.entries()) {
    const inner = asObject(asObject(tool)?.function);
    const name = asString(inner?.name);
    if (name === undefined) return refused(`tools[${index}]: name is required`);
    if (!TOOL_NAME.test(name))
      return refused(
        `tool names can only contain certain characters (A-Za-z0-9_) and can't begin with a digit (provided name: '${name}').`,
      );
    if (body.strict_tools === true && asArray(asObject(inner?.parameters)?.required).length === 0)
      return refused(`tools[${index}]: strict_tools needs at least one required parameter`);
  }
  const choice = body.tool_choice;
  if (choice === undefined) return null;
  if (choice !== 'REQUIRED' && choice !== 'NONE') return refused('invalid tool_choice');
  return tools.length > 0 ? null : refused('tool_choice is only valid when tools are given');
}

function checkFormat(body: JsonObject): Refused | null {
  const format = asObject(body.response_format);
  if (format === undefined || format.type === 'text') return null;
  if (format.type !== 'json_object') return refused('invalid response_format type');
  if (asArray(body.tools).length > 0 || asArray(body.documents).length > 0)
    return refused('response_format is not supported with tools or documents');
  return null;
}

function checkRanges(body: JsonObject): Refused | null {
  for (const [field, least, most] of RANGES) {
    const value = asNumber(body[field]);
    if (value !== undefined && (value < least || value > most))
      return refused(`${field} must be between ${least} and ${most} inclusive`);
  }
  if (body.frequency_penalty && body.presence_penalty)
    return refused('cannot specify both frequency_penalty and presence_penalty.');
  return asArray(body.stop_sequences).length > 5
    ? refused('stop_sequences must have at most 5 items')
    : null;
}

function refused(problem: string): Refused {
  return new Refused(`invalid request: ${problem}`);
}
