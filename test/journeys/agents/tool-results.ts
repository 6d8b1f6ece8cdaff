// The results of tool calls in a request body, whatever wire it is of.
import type { DialectId } from '../../../src/core/dialect.ts';
import { asObject, asString, isObject, type Json, type JsonObject } from '../../../src/lib/json.ts';

export interface SeenResult {
  /** Of the call it answers; '' where the wire has none. */
  readonly id: string;
  /** All its text. */
  readonly text: string;
  /** Which turn of the conversation it stands in: results of parallel calls belong into one. */
  readonly turn: number;
}

/** How far apart the results of parallel calls stand: in one turn, or each in a message of its own. */
export const RESULTS_APART: { readonly [wire in DialectId]: 0 | 1 } = {
  'openai-chat': 1,
  'openai-responses': 1,
  'anthropic-messages': 0,
  gemini: 0,
  'bedrock-converse': 0,
  cohere: 1,
};

/** In the order of the conversation. */
export function resultsIn(body: JsonObject): SeenResult[] {
  const turns = [body.messages, body.input, body.contents].find(Array.isArray) ?? [];
  return turns.flatMap((turn, index) => resultsOf(turn, index));
}

function resultsOf(value: Json, turn: number): SeenResult[] {
  const object = asObject(value);
  if (object === undefined) return [];
  const result = (id: Json | undefined, content: Json | undefined) => [
    { id: asString(id) ?? '', text: textsIn(content ?? null).join('\n'), turn },
  ];
  if (object.role === 'tool') return result(object.tool_call_id, object.content);
  if (object.type === 'tool_result') return result(object.tool_use_id, object.content);
  if (/_call_output$/.test(asString(object.type) ?? ''))
    return result(object.call_id, object.output);
  const answered = asObject(object.functionResponse);
  if (answered) return result(answered.id, answered.response);
  const converse = asObject(object.toolResult);
  if (converse) return result(converse.toolUseId, converse.content);
  const parts = [object.content, object.parts].find(Array.isArray) ?? [];
  return parts.flatMap((part) => resultsOf(part, turn));
}

function textsIn(value: Json): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  return isObject(value) ? Object.values(value).flatMap((member) => textsIn(member ?? null)) : [];
}
