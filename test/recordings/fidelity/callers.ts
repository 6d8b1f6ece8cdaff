// The three callers: what each asks, with its maker's own SDK, and what the SDK shows it.
import OpenAI from 'openai';
import type { CallerDialectId } from '../../../src/core/dialect.ts';
import {
  asArray,
  asNumber,
  asObject,
  asObjects,
  asString,
  isObject,
  type Json,
  type JsonObject,
  parseJson,
} from '../../../src/lib/json.ts';
import {
  askAnthropic,
  askOpenai,
  type ClientOutcome,
  caught,
  type Destination,
  plain,
} from '../replay-ground.ts';
import { readResponses } from './read-recorded.ts';
import { type Found, type Reading, readingOf } from './reading.ts';

export const CALLERS: readonly CallerDialectId[] = [
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
];

/** What a caller was shown, or how it failed. */
export interface Shown {
  readonly reading: Reading | null;
  readonly error: string | null;
  readonly losses: readonly string[];
}

/** A simple call that offers the tools which will be called. */
export function simpleCall(
  caller: CallerDialectId,
  model: string,
  stream: boolean,
  names: readonly string[],
): JsonObject {
  const schema = { type: 'object', properties: {} };
  const offered = (tool: (name: string) => JsonObject) =>
    names.length === 0 ? {} : { tools: names.map(tool) };
  const messages = [{ role: 'user', content: 'Hello' }];
  switch (caller) {
    case 'openai-chat':
      return {
        model,
        messages,
        stream,
        ...(stream ? { stream_options: { include_usage: true } } : {}),
        ...offered((name) => ({ type: 'function', function: { name, parameters: schema } })),
      };
    case 'openai-responses':
      return {
        model,
        input: 'Hello',
        stream,
        ...offered((name) => ({ type: 'function', name, parameters: schema, strict: false })),
      };
    case 'anthropic-messages':
      return {
        model,
        max_tokens: 4096,
        messages,
        stream,
        ...offered((name) => ({ name, input_schema: schema })),
      };
  }
}

/** Asks, and reads what came. It never throws. */
export async function ask(
  caller: CallerDialectId,
  to: Destination,
  body: JsonObject,
): Promise<Shown> {
  const outcome = await asked(caller, to, body);
  const losses = lossesOf(outcome);
  if (outcome.value === null) return { reading: null, error: outcome.error?.message ?? '', losses };
  return { reading: readingOf(READERS[caller](outcome)), error: null, losses };
}

function asked(caller: CallerDialectId, to: Destination, body: JsonObject): Promise<ClientOutcome> {
  switch (caller) {
    case 'openai-chat':
      return askOpenai(to, body);
    case 'anthropic-messages':
      return askAnthropic(to, body);
    case 'openai-responses':
      return askResponses(to, body);
  }
}

async function askResponses(to: Destination, body: JsonObject): Promise<ClientOutcome> {
  const client = new OpenAI({ baseURL: to.openaiUrl, apiKey: to.key, maxRetries: 0 });
  const pieces: Json[] = [];
  return caught(pieces, async () => {
    const own = structuredClone(body) as never;
    if (body.stream !== true) return client.responses.create(own);
    const { stream: _, ...rest } = structuredClone(body) as JsonObject;
    const stream = client.responses.stream(rest as never);
    for await (const event of stream) pieces.push(plain(event));
    return stream.finalResponse();
  });
}

const READERS: { readonly [C in CallerDialectId]: (outcome: ClientOutcome) => Found } = {
  'openai-chat': readCompletion,
  'openai-responses': readResponse,
  'anthropic-messages': readMessage,
};

/** The client keeps only the last of a member it does not know, such as the reasoning: that is read from the chunks. */
function readCompletion({ value, pieces }: ClientOutcome): Found {
  const choice = asObjects(value?.choices)[0] ?? {};
  const message = asObject(choice.message) ?? {};
  const deltas = pieces.map(
    (piece) => asObject(asObjects(asObject(piece)?.choices)[0]?.delta) ?? {},
  );
  const reasonings = pieces.length === 0 ? [message] : deltas;
  const usage = asObject(value?.usage) ?? {};
  return {
    text: asString(message.content) ?? '',
    refusal: asString(message.refusal) ?? '',
    reasoning: reasonings.map((piece) => thoughtIn(piece)).join(''),
    tools: asObjects(message.tool_calls).map((call) => {
      const custom = asObject(call.custom);
      if (custom) return { name: String(custom.name), input: { input: custom.input ?? '' } };
      const called = asObject(call.function) ?? {};
      return { name: String(called.name), input: parsed(String(called.arguments)) };
    }),
    cut: choice.finish_reason === 'length',
    refused: choice.finish_reason === 'content_filter',
    input: asNumber(usage.prompt_tokens) ?? null,
    cacheRead: asNumber(asObject(usage.prompt_tokens_details)?.cached_tokens) ?? null,
    output: asNumber(usage.completion_tokens) ?? null,
  };
}

/** Providers of this wire have their own members for it, and what came on the wire itself passes as it was. */
function thoughtIn(message: JsonObject): string {
  const details = asObjects(message.reasoning_details).map(
    ({ text, summary }) => asString(text) ?? asString(summary) ?? '',
  );
  const parts = asObjects(message.content).flatMap(({ thinking }) => asObjects(thinking));
  return (
    asString(message.reasoning_content) ||
    asString(message.reasoning) ||
    details.join('') ||
    parts.map(({ text }) => asString(text) ?? '').join('')
  );
}

/** The final response says what its deltas said: whoever reads only one of them misses nothing. */
function readResponse({ value, pieces }: ClientOutcome): Found {
  const found = readResponses([value ?? {}], false);
  if (pieces.length === 0) return found;
  const events = pieces.map((piece) => asObject(piece) ?? {});
  const told = (type: string) =>
    events.flatMap((event) => (event.type === type ? (asString(event.delta) ?? '') : [])).join('');
  const streamed = told('response.output_text.delta');
  const cost =
    told('response.function_call_arguments.delta') + told('response.custom_tool_call_input.delta');
  const calls = asObjects(value?.output)
    .map(({ type, arguments: args, input }) =>
      type === 'function_call' || type === 'custom_tool_call'
        ? (asString(args) ?? asString(input) ?? '')
        : '',
    )
    .join('');
  if (streamed !== found.text) return { ...found, text: `${found.text} ≠ streamed ${streamed}` };
  return cost === calls ? found : { ...found, text: `${calls} ≠ streamed ${cost}` };
}

function readMessage({ value }: ClientOutcome): Found {
  const blocks = asObjects(value?.content);
  const joined = (type: string, member: string) =>
    blocks.map((block) => (block.type === type ? (asString(block[member]) ?? '') : '')).join('');
  const usage = asObject(value?.usage) ?? {};
  const count = (name: string) => asNumber(usage[name]) ?? 0;
  const reason = value?.stop_reason;
  return {
    text: joined('text', 'text'),
    reasoning: joined('thinking', 'thinking'),
    tools: blocks
      .filter(({ type }) => type === 'tool_use')
      .map(({ name, input }) => ({ name: String(name), input: input ?? null })),
    cut: reason === 'max_tokens' || reason === 'model_context_window_exceeded',
    refused: reason === 'refusal',
    input:
      count('input_tokens') +
      count('cache_read_input_tokens') +
      count('cache_creation_input_tokens'),
    cacheRead: count('cache_read_input_tokens'),
    output: count('output_tokens'),
  };
}

function parsed(text: string): Json {
  return text.trim() === '' ? {} : (parseJson(text) ?? text);
}

function lossesOf({ value, pieces }: ClientOutcome): readonly string[] {
  const metadata = [...pieces, value]
    .map((piece) => {
      const object = asObject(piece);
      return [
        object?.metadata,
        object?.gateway_metadata,
        asObject(object?.response)?.gateway_metadata,
      ].find((one) => isObject(one) && Array.isArray(one.losses));
    })
    .findLast(Boolean);
  return asArray(asObject(metadata)?.losses).map(String);
}
