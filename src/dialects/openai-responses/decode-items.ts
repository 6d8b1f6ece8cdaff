// The input of this wire, a string or items → turns. One turn of the model's is one assistant message: its reasoning, texts
// and calls are items of their own here. What answers its calls is one user message.
import type { Message, Part } from '../../core/call.ts';
import { GatewayError, invalid } from '../../core/errors.ts';
import { asString, isObject, type Json, type JsonObject } from '../../lib/json.ts';
import { decodeContent, decodeOutput, keep, type Leftovers } from './decode-content.ts';
import { DIALECT, opaqueItemRole } from './hosted-tools.ts';
import { itemType } from './items.ts';
import { decodeReasoningItem } from './reasoning-items.ts';

interface Turn {
  readonly role: Message['role'];
  readonly path: string;
  readonly parts: Part[];
  /** Made of items that have no role of their own: what belongs to the same side joins it. */
  readonly joins: boolean;
}

export function decodeInput(body: JsonObject, left: Leftovers): Message[] {
  const { input } = body;
  const turns: Turn[] = [];
  if (typeof input === 'string') {
    const parts: Part[] = [{ type: 'text', text: input }];
    turns.push({ role: 'user', path: 'input', parts, joins: false });
  } else if (Array.isArray(input)) {
    const hosted = hostedCalls(input);
    input.forEach((item: Json, at) => {
      const path = `input[${at}]`;
      if (!isObject(item)) throw invalid(path, 'must be an object');
      add(decodeItem(item, path, left, hosted), turns);
    });
  }
  return turns
    .filter(({ parts, role }) => parts.length > 0 || role === 'user')
    .map(({ role, path, parts }) => ({ role, path, parts }));
}

/** Everything the model said until somebody answers is one turn; outputs of its calls are one turn, which nothing else joins. */
function add(turn: Turn, turns: Turn[]): void {
  const last = turns.at(-1);
  const joins =
    last !== undefined &&
    last.role === turn.role &&
    (turn.role === 'assistant' || (last.joins && turn.joins));
  if (joins) for (const part of turn.parts) last.parts.push(part);
  else turns.push({ ...turn, parts: [...turn.parts] });
}

const MESSAGE = ['type', 'role', 'content', 'id', 'status'];
const FUNCTION_CALL = ['type', 'id', 'call_id', 'name', 'arguments', 'status'];
const CUSTOM_CALL = ['type', 'id', 'call_id', 'name', 'input', 'status'];
const OUTPUT = ['type', 'id', 'call_id', 'output', 'status', 'name'];
const REASONING = ['type', 'id', 'summary', 'content', 'encrypted_content', 'status'];

/** Calls of tools that only this wire has. Recorded: a search for tools, which its caller ran and answered like a call of its own. */
function hostedCalls(input: readonly Json[]): ReadonlySet<Json> {
  const calls = input.filter(isObject).filter((item) => {
    const type = itemType(item);
    return type.endsWith('_call') && type !== 'function_call' && type !== 'custom_tool_call';
  });
  return new Set(calls.flatMap(({ call_id }) => call_id ?? []));
}

function opaque(item: JsonObject, path: string, role: Turn['role']): Turn {
  return { role, path, parts: [{ type: 'opaque', dialect: DIALECT, value: item }], joins: true };
}

function decodeItem(
  item: JsonObject,
  path: string,
  left: Leftovers,
  hosted: ReadonlySet<Json>,
): Turn {
  const type = itemType(item);
  switch (type) {
    case 'message':
      keep(item, MESSAGE, path, left);
      return {
        role: decodeRole(item.role, path),
        path,
        parts: [...decodeContent(item.content, `${path}.content`, left)],
        joins: false,
      };
    case 'reasoning': {
      keep(item, REASONING, path, left);
      const part = decodeReasoningItem(item);
      return { role: 'assistant', path, parts: part === null ? [] : [part], joins: true };
    }
    case 'function_call':
      keepCaller(item, FUNCTION_CALL, path, left);
      return call(item, path, 'arguments');
    case 'custom_tool_call':
      keepCaller(item, CUSTOM_CALL, path, left);
      return call(item, path, 'input');
    case 'function_call_output':
    case 'custom_tool_call_output':
      if (hosted.has(item.call_id ?? null)) return opaque(item, path, 'user');
      keepCaller(item, OUTPUT, path, left);
      return output(item, path, left);
    case 'item_reference':
      throw new GatewayError(
        'unsupported_feature',
        `${path}: a reference to an item that only its provider has. Send the item itself, as clients do with "store": false.`,
        { param: path },
      );
    default:
      return opaque(item, path, opaqueItemRole(type));
  }
}

/** A call the model made itself says so; only one made by a program on its behalf is news. */
function keepCaller(
  item: JsonObject,
  known: readonly string[],
  path: string,
  left: Leftovers,
): void {
  const direct = isObject(item.caller) && item.caller.type === 'direct';
  keep(item, direct ? [...known, 'caller'] : known, path, left);
}

function call(item: JsonObject, path: string, member: 'arguments' | 'input'): Turn {
  const part: Part = {
    type: 'tool-use',
    id: text(item, 'call_id', path),
    name: text(item, 'name', path),
    arguments: asString(item[member]) ?? '',
    ...(member === 'input' ? { custom: true } : {}),
  };
  return { role: 'assistant', path, parts: [part], joins: true };
}

function output(item: JsonObject, path: string, left: Leftovers): Turn {
  const part: Part = {
    type: 'tool-result',
    toolUseId: text(item, 'call_id', path),
    content: decodeOutput(item.output, `${path}.output`, left),
    // How this wire says that a call went wrong; the words of it are in the output.
    ...(item.status === 'failed' ? { isError: true } : {}),
  };
  return { role: 'user', path, parts: [part], joins: true };
}

function decodeRole(role: Json | undefined, path: string): Message['role'] {
  switch (role) {
    case 'user':
    case 'assistant':
    case 'system':
    case 'developer':
      return role;
    default:
      throw invalid(`${path}.role`, 'must be "user", "assistant", "system" or "developer"');
  }
}

function text(item: JsonObject, name: string, path: string): string {
  const value = item[name];
  if (typeof value !== 'string') throw invalid(`${path}.${name}`, 'must be a string');
  return value;
}
