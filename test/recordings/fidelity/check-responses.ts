// What OpenAI's Responses takes: platform.openai.com/docs/api-reference/responses/create and recorded requests.
import { asObjects, asString, type JsonObject } from '../../../src/lib/json.ts';
import {
  any,
  either,
  filled,
  flag,
  list,
  matching,
  nullable,
  number,
  object,
  oneOf,
  problemsOf,
  record,
  type Shape,
  tagged,
  text,
} from './shape.ts';

const NAME = matching(/^[a-zA-Z0-9_-]{1,128}$/);
const CALL_ID = matching(/^.{1,64}$/);
const said: Shape = tagged('type', {
  input_text: record({ 'type!': text, 'text!': text }),
  input_image: record({
    'type!': text,
    image_url: filled,
    file_id: filled,
    detail: oneOf('auto', 'low', 'high', 'original'),
  }),
  input_file: record({
    'type!': text,
    file_data: text,
    file_id: filled,
    file_url: filled,
    filename: text,
    detail: any,
  }),
  output_text: record({
    'type!': text,
    'text!': text,
    annotations: list(any),
    logprobs: list(any),
  }),
  refusal: record({ 'type!': text, 'refusal!': text }),
});
const message = record({
  type: oneOf('message'),
  id: text,
  'role!': oneOf('user', 'assistant', 'system', 'developer'),
  'content!': either(text, list(said)),
  status: text,
  phase: any,
});
const output = either(text, list(said));

const item: Shape = (value, path) => {
  const type = asString((value as JsonObject).type) ?? 'message';
  const shape = ITEMS[type];
  if (shape) return shape(value, path);
  return HOSTED_ITEM.test(type) ? [] : [`${path}.type is ${type}`];
};
const ITEMS: { readonly [type: string]: Shape } = {
  message,
  reasoning: record({
    'type!': text,
    id: text,
    'summary!': list(object),
    content: nullable(list(object)),
    encrypted_content: nullable(text),
    status: any,
  }),
  function_call: record({
    'type!': text,
    id: text,
    'call_id!': CALL_ID,
    'name!': NAME,
    'arguments!': text,
    status: any,
    namespace: any,
  }),
  function_call_output: record({
    'type!': text,
    id: text,
    'call_id!': CALL_ID,
    'output!': output,
    status: any,
  }),
  custom_tool_call: record({
    'type!': text,
    id: text,
    'call_id!': CALL_ID,
    'name!': NAME,
    'input!': text,
    status: any,
  }),
  custom_tool_call_output: record({
    'type!': text,
    id: text,
    'call_id!': CALL_ID,
    'output!': output,
  }),
  item_reference: record({ 'type!': text, 'id!': filled }),
};
/** Items of tools the provider runs itself, and those that stand for a compacted conversation. */
const HOSTED_ITEM =
  /^(?:web_search|file_search|code_interpreter|computer|image_generation|mcp|local_shell|shell|apply_patch|tool_search|additional_tools|compaction|program)/;

const tool: Shape = (value, path) => {
  const type = asString((value as JsonObject).type) ?? '';
  if (type === 'function')
    return record({
      'type!': text,
      'name!': NAME,
      description: nullable(text),
      'parameters!': nullable(object),
      strict: nullable(flag),
      defer_loading: any,
      allowed_callers: any,
      output_schema: any,
    })(value, path);
  if (type === 'custom')
    return record({ 'type!': text, 'name!': NAME, description: text, format: object })(value, path);
  return type === '' ? [`${path} has no type`] : [];
};

const body = record({
  model: text,
  input: either(text, list(item)),
  instructions: nullable(either(text, list(item))),
  tools: list(tool),
  tool_choice: either(oneOf('auto', 'none', 'required'), object),
  parallel_tool_calls: flag,
  max_output_tokens: nullable(number),
  max_tool_calls: any,
  temperature: nullable(number),
  top_p: nullable(number),
  top_logprobs: any,
  text: record({ format: object, verbosity: any }),
  reasoning: nullable(object),
  stream: nullable(flag),
  stream_options: any,
  store: nullable(flag),
  include: nullable(list(text)),
  metadata: any,
  user: any,
  safety_identifier: any,
  prompt_cache_key: any,
  prompt_cache_retention: any,
  prompt_cache_options: any,
  previous_response_id: nullable(text),
  conversation: any,
  background: any,
  service_tier: any,
  truncation: any,
  prompt: any,
  context_management: any,
  moderation: any,
});

export function checkResponses(request: JsonObject): readonly string[] {
  const items = Array.isArray(request.input) ? asObjects(request.input) : [];
  const called = new Set(
    items.flatMap(({ type, call_id }) =>
      /_call$/.test(asString(type) ?? '') ? (asString(call_id) ?? []) : [],
    ),
  );
  // What a stored conversation or another item holds is not seen here.
  const isWhole =
    request.previous_response_id == null &&
    request.conversation == null &&
    !items.some(({ type }) => type === 'item_reference');
  const strays = items.flatMap(({ type, call_id }) =>
    isWhole &&
    /^(?:function|custom_tool)_call_output$/.test(asString(type) ?? '') &&
    !called.has(asString(call_id) ?? '')
      ? [`no call for the output of ${String(call_id)}`]
      : [],
  );
  return [...problemsOf(body, request), ...strays];
}
