// The response object around the output: what the caller asked, repeated as this wire repeats it. Clients' decoders want
// every field; where the caller said nothing, the wire's own defaults stand (platform.openai.com/docs/api-reference/responses/object).
import type { ReplyContext } from '../../core/dialect.ts';
import { asNumber, asObject, asObjects, type Json, type JsonObject } from '../../lib/json.ts';
import { flat } from './decode-call.ts';

/** How an answer stands. */
export interface Ending {
  readonly status: 'in_progress' | 'completed' | 'incomplete' | 'failed';
  /** Why it is not whole. */
  readonly incomplete?: 'max_output_tokens' | 'content_filter';
  readonly error?: { readonly code: string; readonly message: string };
  readonly usage: JsonObject | null;
  /** How long it took. */
  readonly durationMs?: number;
}

export class ResponseObject {
  readonly #context: ReplyContext;
  readonly #echo: JsonObject;
  readonly #begun: JsonObject | null;

  /** @param begun the response as the caller has it already: all that does not change stays as it is. */
  constructor(context: ReplyContext, begun: JsonObject | null = null) {
    this.#context = context;
    this.#begun = begun;
    this.#echo = begun === null ? echoOf(flat(context.request)) : {};
  }

  /** In the order in which the wire's maker writes the fields. */
  write(output: readonly JsonObject[], ending: Ending): JsonObject {
    if (this.#begun !== null) return goneOn(this.#begun, output, ending);
    const { id, created, model } = this.#context;
    const { status, incomplete, error, usage, durationMs } = ending;
    const completed = status === 'completed' && durationMs !== undefined;
    return {
      id,
      object: 'response',
      created_at: created,
      status,
      background: false,
      completed_at: completed ? created + Math.floor(durationMs / 1000) : null,
      error: error ?? null,
      incomplete_details: incomplete === undefined ? null : { reason: incomplete },
      model,
      output: output as Json[],
      usage,
      ...this.#echo,
    };
  }
}

function goneOn(
  begun: JsonObject,
  output: readonly JsonObject[],
  { status, incomplete, error, usage, durationMs }: Ending,
): JsonObject {
  const began = asNumber(begun.created_at) ?? 0;
  const timed = status === 'completed' && durationMs !== undefined && 'completed_at' in begun;
  return {
    ...begun,
    status,
    ...(timed ? { completed_at: Math.floor(began + durationMs / 1000) } : {}),
    error: error ?? null,
    incomplete_details: incomplete === undefined ? null : { reason: incomplete },
    output: output as Json[],
    usage,
  };
}

function echoOf(request: JsonObject): JsonObject {
  const told = (name: string, otherwise: Json): Json => request[name] ?? otherwise;
  const reasoning = asObject(request.reasoning);
  return {
    instructions: told('instructions', null),
    max_output_tokens: told('max_output_tokens', null),
    max_tool_calls: told('max_tool_calls', null),
    parallel_tool_calls: told('parallel_tool_calls', true),
    previous_response_id: told('previous_response_id', null),
    prompt_cache_key: told('prompt_cache_key', null),
    prompt_cache_retention: told('prompt_cache_retention', null),
    presence_penalty: told('presence_penalty', 0),
    frequency_penalty: told('frequency_penalty', 0),
    reasoning: {
      effort: reasoning?.effort ?? null,
      summary: reasoning?.summary ?? reasoning?.generate_summary ?? null,
    },
    safety_identifier: told('safety_identifier', null),
    service_tier: told('service_tier', 'default'),
    store: told('store', true),
    temperature: told('temperature', 1),
    text: { format: { type: 'text' }, ...asObject(request.text) },
    tool_choice: told('tool_choice', 'auto'),
    tools: asObjects(request.tools).map(toolEcho),
    top_logprobs: told('top_logprobs', 0),
    top_p: told('top_p', 1),
    truncation: told('truncation', 'disabled'),
    user: told('user', null),
    metadata: told('metadata', {}),
  };
}

/** Decoders want these members of a function, whatever is in them. */
function toolEcho(tool: JsonObject): Json {
  if (tool.type !== 'function') return tool as Json;
  return { description: null, parameters: null, strict: null, ...tool } as Json;
}
