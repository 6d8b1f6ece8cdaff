// jsonCharacters: how much of a chat request is prompt beside what its turns say: tools, the answer's shape, calls and thoughts of models.
import { asObjects, isObject, type Json, type JsonObject } from '../lib/json.ts';

/** Where the wires of callers have their tools and the shape of the answer. */
const SCHEMAS = [
  'tools',
  'functions',
  'response_format',
  'text',
  'output_config',
  'output_format',
] as const;
/** Where they have their turns. */
const TURNS = ['messages', 'input'] as const;
/** Where a turn or a part of one has what a model wrote that is no text: it goes back to the model with the rest. */
const CALLS = ['tool_calls', 'function_call', 'arguments', 'thinking', 'summary'] as const;

/** As JSON, near enough, without writing it. */
export function jsonCharacters(body: JsonObject): number {
  let sum = 0;
  for (const name of SCHEMAS) sum += lengthOf(body[name]);
  for (const name of TURNS) {
    for (const turn of asObjects(body[name])) {
      sum += calledIn(turn);
      for (const part of asObjects(turn.content)) sum += calledIn(part);
    }
  }
  return sum;
}

function calledIn(part: JsonObject): number {
  let sum = part.type === 'tool_use' || part.type === 'custom_tool_call' ? lengthOf(part.input) : 0;
  for (const name of CALLS) if (part[name] !== undefined) sum += lengthOf(part[name]);
  return sum;
}

/** What was read is never deep enough to overflow the stack. */
function lengthOf(value: Json | undefined): number {
  if (value === undefined) return 0;
  if (typeof value === 'string') return value.length + 2;
  if (isObject(value)) {
    let sum = 2;
    for (const name in value) sum += name.length + 4 + lengthOf(value[name]);
    return sum;
  }
  if (!Array.isArray(value)) return 4;
  let sum = 2;
  for (const item of value as readonly Json[]) sum += lengthOf(item) + 1;
  return sum;
}
