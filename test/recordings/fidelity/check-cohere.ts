// What Cohere's v2 chat takes: docs.cohere.com/reference/chat and recorded requests.
import { asObjects, asString, type JsonObject } from '../../../src/lib/json.ts';
import {
  any,
  count,
  either,
  filled,
  flag,
  list,
  number,
  object,
  oneOf,
  problemsOf,
  record,
  tagged,
  text,
} from './shape.ts';

const said = tagged('type', {
  text: record({ 'type!': text, 'text!': text }),
  image_url: record({
    'type!': text,
    'image_url!': record({ 'url!': filled, detail: oneOf('auto', 'low', 'high') }),
  }),
});
const answered = tagged('type', {
  text: record({ 'type!': text, 'text!': text }),
  thinking: record({ 'type!': text, 'thinking!': text }),
});
const returned = tagged('type', {
  text: record({ 'type!': text, 'text!': text }),
  document: record({ 'type!': text, 'document!': record({ 'data!': any, id: text }) }),
});
const call = record({
  'id!': filled,
  'type!': oneOf('function'),
  'function!': record({ 'name!': filled, 'arguments!': text }),
});

const body = record({
  'model!': filled,
  'messages!': list(
    tagged('role', {
      system: record({ 'role!': text, 'content!': either(filled, list(said, 1)) }),
      user: record({ 'role!': text, 'content!': either(filled, list(said, 1)) }),
      assistant: record({
        'role!': text,
        content: either(text, list(answered)),
        tool_calls: list(call, 1),
        tool_plan: text,
        citations: list(any),
      }),
      tool: record({
        'role!': text,
        'tool_call_id!': filled,
        'content!': either(text, list(returned)),
      }),
    }),
    1,
  ),
  stream: flag,
  tools: list(
    record({
      'type!': oneOf('function'),
      'function!': record({ 'name!': filled, description: text, 'parameters!': object }),
    }),
    1,
  ),
  strict_tools: flag,
  tool_choice: oneOf('REQUIRED', 'NONE'),
  documents: list(any),
  citation_options: object,
  response_format: record({
    'type!': oneOf('text', 'json_object'),
    json_schema: object,
    schema: object,
  }),
  safety_mode: text,
  max_tokens: count,
  stop_sequences: list(text),
  temperature: number,
  seed: number,
  frequency_penalty: number,
  presence_penalty: number,
  k: number,
  p: number,
  logprobs: flag,
  thinking: record({ 'type!': oneOf('enabled', 'disabled'), token_budget: number }),
  priority: number,
  raw_prompting: flag,
});

export function checkCohere(request: JsonObject): readonly string[] {
  const called = new Set<string>();
  const strays: string[] = [];
  for (const [index, { role, tool_calls, tool_call_id }] of asObjects(request.messages).entries()) {
    for (const { id } of asObjects(tool_calls)) called.add(asString(id) ?? '');
    if (role === 'tool' && !called.has(asString(tool_call_id) ?? ''))
      strays.push(`messages[${index}] answers a call that is not there`);
  }
  return [...problemsOf(body, request), ...strays];
}
