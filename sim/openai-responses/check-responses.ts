// What OpenAI refuses in a Responses request, in its words (recorded, and from its replies as people quote them).
import {
  asArray,
  asNumber,
  asObject,
  asString,
  type Json,
  type JsonObject,
} from '../../src/lib/json.ts';
import { Refused } from '../ask.ts';
import { checkItems, missing } from './check-items.ts';

/** https://platform.openai.com/docs/api-reference/responses/create */
const FIELDS = new Set(
  (
    'background context_management conversation include input instructions max_output_tokens max_tool_calls metadata model ' +
    'moderation parallel_tool_calls previous_response_id prompt prompt_cache_key prompt_cache_options prompt_cache_retention ' +
    'reasoning safety_identifier service_tier store stream stream_options temperature text tool_choice tools top_logprobs ' +
    'top_p truncation user'
  ).split(' '),
);
/** What Chat Completions has under another name. */
const MOVED: { readonly [field: string]: string } = {
  messages: 'input',
  max_tokens: 'max_output_tokens',
  max_completion_tokens: 'max_output_tokens',
  response_format: 'text.format',
  reasoning_effort: 'reasoning.effort',
};
/** What it has and this API has not. */
const GONE: ReadonlySet<string> = new Set([
  'stop',
  'seed',
  'n',
  'logit_bias',
  'presence_penalty',
  'frequency_penalty',
  'top_k',
]);
const MIN_OUTPUT = 16;

/** The first thing the vendor would refuse, or null. */
export function checkResponses(body: JsonObject, strict: boolean): Refused | null {
  if (asString(body.model) === undefined) return missing('model');
  return (
    checkFields(body, strict) ??
    checkInput(body) ??
    checkTools(body) ??
    checkFormat(body) ??
    checkLimit(body)
  );
}

function checkFields(body: JsonObject, strict: boolean): Refused | null {
  for (const field in body) {
    const moved = MOVED[field];
    if (moved !== undefined) {
      const message = `Unsupported parameter: '${field}'. In the Responses API, this parameter has moved to '${moved}'. Try again with the new parameter. See 'https://platform.openai.com/docs/api-reference/responses/create' for more information.`;
      return new Refused(message, null, 'unsupported_parameter');
    }
    if (GONE.has(field) || (strict && !FIELDS.has(field)))
      return new Refused(`Unknown parameter: '${field}'.`, field, 'unknown_parameter');
  }
  const previous = body.previous_response_id;
  if (typeof previous !== 'string') return null;
  return new Refused(
    `Previous response with id '${previous}' not found.`,
    'previous_response_id',
    'previous_response_not_found',
  );
}

function checkInput({ input }: JsonObject): Refused | null {
  if (typeof input === 'string') return null;
  if (Array.isArray(input) && input.length > 0) return checkItems(input);
  return new Refused(
    'One of "input" or "previous_response_id" or \'prompt\' or \'conversation_id\' must be provided.',
    null,
    'missing_required_parameter',
  );
}

function checkTools(body: JsonObject): Refused | null {
  const names = new Set<string>();
  for (const [at, given] of asArray(body.tools).entries()) {
    const tool = asObject(given) ?? {};
    const type = asString(tool.type);
    if (type === undefined) return missing(`tools[${at}].type`);
    if (type !== 'function' && type !== 'custom') continue;
    const name = asString(tool.name);
    if (name === undefined) return missing(`tools[${at}].name`);
    names.add(name);
    const refused = checkSchema(tool, name, at);
    if (refused) return refused;
  }
  const choice = body.tool_choice;
  if (choice === undefined || choice === null || choice === 'none' || choice === 'auto')
    return null;
  if (asArray(body.tools).length === 0)
    return new Refused(
      `Tool choice '${String(asObject(choice)?.type ?? choice)}' must be specified with 'tools' parameter.`,
      'tool_choice',
    );
  const wanted = asObject(choice);
  const isNamed = wanted?.type === 'function' || wanted?.type === 'custom';
  if (!isNamed || names.has(asString(wanted?.name) ?? '')) return null;
  return new Refused(
    `Tool choice '${String(wanted?.type)}' not found in 'tools' parameter.`,
    'tool_choice',
  );
}

/** A strict schema says of every object that it has nothing else. */
function checkSchema(tool: JsonObject, name: string, at: number): Refused | null {
  if (tool.type !== 'function' || tool.strict !== true) return null;
  const schema = asObject(tool.parameters) ?? {};
  const names = Object.keys(asObject(schema.properties) ?? {});
  const required = new Set(asArray(schema.required));
  const problem =
    schema.additionalProperties !== false
      ? "'additionalProperties' is required to be supplied and to be false."
      : names.every((property) => required.has(property))
        ? null
        : "'required' is required to be supplied and to be an array including every key in properties.";
  if (problem === null) return null;
  return new Refused(
    `Invalid schema for function '${name}': In context=(), ${problem}`,
    `tools[${at}].parameters`,
    'invalid_function_parameters',
  );
}

function checkFormat(body: JsonObject): Refused | null {
  const format = asObject(asObject(body.text)?.format);
  if (format?.type === 'json_schema') {
    if (asString(format.name) === undefined) return missing('text.format.name');
    return asObject(format.schema) === undefined ? missing('text.format.schema') : null;
  }
  // The instructions do not count.
  const says = JSON.stringify(body.input as Json)
    .toLowerCase()
    .includes('json');
  if (format?.type !== 'json_object' || says) return null;
  return new Refused(
    "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.",
    'input',
  );
}

function checkLimit({ max_output_tokens: limit }: JsonObject): Refused | null {
  const tokens = asNumber(limit);
  if (tokens === undefined || tokens >= MIN_OUTPUT) return null;
  return new Refused(
    `Invalid 'max_output_tokens': integer below minimum value. Expected a value >= ${MIN_OUTPUT}, but got ${tokens} instead.`,
    'max_output_tokens',
    'integer_below_min_value',
  );
}
