// What OpenAI refuses among the items of a Responses request's input, in its words.
import {
  asArray,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
} from '../../src/lib/json.ts';
import { Refused } from '../ask.ts';
import { isState } from './reasoning-state.ts';

const ROLES: ReadonlySet<string> = new Set(['assistant', 'system', 'developer', 'user']);
const INPUT_PARTS: ReadonlySet<string> = new Set(['input_text', 'input_image', 'input_file']);
const OUTPUT_PARTS: ReadonlySet<string> = new Set(['output_text', 'refusal']);
const CALLS: ReadonlySet<string> = new Set(['function_call', 'custom_tool_call']);
const OUTPUTS: ReadonlySet<string> = new Set(['function_call_output', 'custom_tool_call_output']);

/** The first thing the vendor would refuse, or null. */
export function checkItems(items: readonly Json[]): Refused | null {
  const open = new Map<string, string>();
  for (const [at, given] of items.entries()) {
    const path = `input[${at}]`;
    if (!isObject(given)) return wrongType(path, 'an object');
    const refused = checkItem(given, path, open) ?? checkReasoning(given, path, items[at + 1]);
    if (refused) return refused;
  }
  const [unanswered] = open.keys();
  if (unanswered === undefined) return null;
  return new Refused(`No tool output found for function call ${unanswered}.`, 'input');
}

function checkItem(item: JsonObject, path: string, open: Map<string, string>): Refused | null {
  const type = asString(item.type) ?? 'message';
  if (type === 'message') return checkMessage(item, path);
  const id = asString(item.call_id);
  if (CALLS.has(type)) {
    const member = type === 'function_call' ? 'arguments' : 'input';
    for (const name of ['call_id', 'name', member])
      if (asString(item[name]) === undefined) return missing(`${path}.${name}`);
    if (id !== undefined && id.length > 64) return tooLong(`${path}.call_id`, id.length);
    open.set(id ?? '', type);
    return null;
  }
  if (!OUTPUTS.has(type)) return null;
  if (id === undefined) return missing(`${path}.call_id`);
  if (item.output === undefined) return missing(`${path}.output`);
  // A custom tool's output does not answer a function's call.
  if (open.get(id) !== type.replace('_output', ''))
    return new Refused(`No tool call found for function call output with call_id ${id}.`, 'input');
  open.delete(id);
  return Array.isArray(item.output) ? checkParts(item.output, `${path}.output`, INPUT_PARTS) : null;
}

function checkMessage(item: JsonObject, path: string): Refused | null {
  const { role, content } = item;
  if (typeof role !== 'string' || !ROLES.has(role)) {
    const message = `Invalid value: '${String(role)}'. Supported values are: 'assistant', 'system', 'developer', and 'user'.`;
    return new Refused(message, `${path}.role`, 'invalid_value');
  }
  if (typeof content === 'string') return null;
  if (!Array.isArray(content)) return missing(`${path}.content`);
  return checkParts(content, `${path}.content`, role === 'assistant' ? OUTPUT_PARTS : INPUT_PARTS);
}

function checkParts(
  parts: readonly Json[],
  path: string,
  known: ReadonlySet<string>,
): Refused | null {
  for (const [at, part] of parts.entries()) {
    const type = asString(asObject(part)?.type);
    if (type === undefined) return missing(`${path}[${at}].type`);
    if (known.has(type)) continue;
    const message = `Invalid value: '${type}'. Supported values are: ${[...known].map((name) => `'${name}'`).join(', ')}.`;
    return new Refused(message, `${path}[${at}].type`, 'invalid_value');
  }
  return null;
}

/** Nothing is stored here, so reasoning comes with its state, and with the item it led to. */
function checkReasoning(item: JsonObject, path: string, next: Json | undefined): Refused | null {
  if (item.type !== 'reasoning') return null;
  if (!Array.isArray(item.summary)) return missing(`${path}.summary`);
  const id = asString(item.id) ?? '';
  const state = asString(item.encrypted_content);
  if (state === undefined && asArray(item.content).length === 0) {
    return new Refused(
      `Item with id '${id}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`,
      'input',
      null,
      404,
    );
  }
  if (state !== undefined && !isState(state)) {
    return new Refused(
      `The encrypted content ${state.slice(0, 8)}... could not be verified. Reason: Encrypted content could not be decrypted or parsed.`,
      null,
      'invalid_encrypted_content',
    );
  }
  const follower = asObject(next);
  const follows =
    follower?.type === 'reasoning' ||
    follower?.role === 'assistant' ||
    CALLS.has(String(follower?.type));
  if (follows) return null;
  return new Refused(
    `Item '${id}' of type 'reasoning' was provided without its required following item.`,
    'input',
  );
}

export function missing(path: string): Refused {
  return new Refused(`Missing required parameter: '${path}'.`, path, 'missing_required_parameter');
}

function wrongType(path: string, wanted: string): Refused {
  return new Refused(
    `Invalid type for '${path}': expected ${wanted}, but got something else instead.`,
    path,
    'invalid_type',
  );
}

function tooLong(path: string, length: number): Refused {
  return new Refused(
    `Invalid '${path}': string too long. Expected a string with maximum length 64, but got a string with length ${length} instead.`,
    path,
    'string_above_max_length',
  );
}
