// The official SDKs as callers of what may be cached: what they show of a reply, without what differs from one reply to the next.
import type { Json, JsonObject } from '../../src/lib/json.ts';
import { asObject, asObjects, asString } from '../../src/lib/json.ts';
import type { GatewayUnderTest } from './gateway-under-test.ts';

export type Caller = 'chat' | 'responses' | 'messages';
export const CALLERS: readonly Caller[] = ['chat', 'responses', 'messages'];

/** What an SDK showed of one reply. */
export interface Shown {
  readonly id: string;
  readonly generationId: string;
  /** Our metadata. */
  readonly metadata: JsonObject;
  /** Of a stream: each piece as the SDK gave it. */
  readonly pieces: readonly JsonObject[];
  /** The whole reply, put together by the SDK where it was streamed. */
  readonly reply: JsonObject;
}

export interface Asked {
  readonly model: string;
  readonly stream: boolean;
  readonly text: string;
  /** Names of tools to offer. */
  readonly tools?: readonly string[];
  /** More of the body. */
  readonly more?: JsonObject;
}

const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as JsonObject;
const SCHEMA = { type: 'object', properties: { city: { type: 'string' } } };

/** The body each SDK is given. */
export function bodyOf(caller: Caller, { model, text, tools = [], more = {} }: Asked): JsonObject {
  if (caller === 'chat') {
    const offered = tools.map((name) => ({
      type: 'function',
      function: { name, parameters: SCHEMA },
    }));
    const messages = [{ role: 'user', content: text }];
    return { model, messages, ...(tools.length > 0 ? { tools: offered } : {}), ...more } as never;
  }
  if (caller === 'responses') {
    const offered = tools.map((name) => ({ type: 'function', name, parameters: SCHEMA }));
    return {
      model,
      input: text,
      ...(tools.length > 0 ? { tools: offered } : {}),
      ...more,
    } as never;
  }
  const offered = tools.map((name) => ({ name, input_schema: SCHEMA }));
  const messages = [{ role: 'user', content: text }];
  const offers = tools.length > 0 ? { tools: offered } : {};
  return { model, max_tokens: 4096, messages, ...offers, ...more } as never;
}

/** Asks through the SDK of this dialect, with its own helper for streams. */
export async function ask(
  gateway: GatewayUnderTest,
  caller: Caller,
  asked: Asked,
  key?: string,
): Promise<Shown> {
  const body = bodyOf(caller, asked) as never;
  const pieces: JsonObject[] = [];
  const note = async (stream: AsyncIterable<unknown>) => {
    for await (const piece of stream) pieces.push(plain(piece));
  };
  let reply: JsonObject;
  if (caller === 'chat') {
    const { completions } = gateway.openai(key).chat;
    if (asked.stream) {
      const stream = completions.stream(body);
      await note(stream);
      reply = plain(await stream.finalChatCompletion());
    } else reply = plain(await completions.create(body));
  } else if (caller === 'responses') {
    const { responses } = gateway.openai(key);
    if (asked.stream) {
      const stream = responses.stream(body);
      await note(stream);
      reply = plain(await stream.finalResponse());
    } else reply = plain(await responses.create(body));
  } else {
    const { messages } = gateway.anthropic(key);
    if (asked.stream) {
      const stream = messages.stream(body);
      await note(stream);
      reply = plain(await stream.finalMessage());
    } else reply = plain(await messages.create(body));
  }
  const metadata = metadataOf(caller, [reply, ...[...pieces].reverse()]);
  return {
    id: asString(reply.id) ?? '',
    generationId: asString(metadata.generation_id) ?? '',
    metadata,
    pieces,
    reply,
  };
}

function metadataOf(caller: Caller, from: readonly JsonObject[]): JsonObject {
  for (const one of from) {
    const holder = caller === 'responses' ? (asObject(one.response) ?? one) : one;
    const found = asObject(caller === 'responses' ? holder.gateway_metadata : holder.metadata);
    if (found?.generation_id !== undefined) return found;
  }
  return {};
}

/** What was shown, without what is each reply's own: ids made for it, our metadata, and by `dated` the time it was made. */
export function bare({ id, generationId, pieces, reply }: Shown, dated: 'dated' | 'undated'): Json {
  const text = JSON.stringify({ pieces, reply })
    .replaceAll(id, 'ID')
    .replaceAll(generationId, 'GENERATION');
  return without(JSON.parse(text), dated) as Json;
}

const TIMES: ReadonlySet<string> = new Set(['created', 'created_at', 'completed_at']);

function without(value: unknown, dated: 'dated' | 'undated'): unknown {
  if (Array.isArray(value)) return value.map((item) => without(item, dated));
  if (value === null || typeof value !== 'object') return value;
  const kept: [string, unknown][] = [];
  for (const [name, member] of Object.entries(value)) {
    if (name === '_request_id' || name === 'gateway_metadata') continue;
    if (name === 'metadata' && isOurs(member)) continue;
    if (dated === 'undated' && TIMES.has(name)) continue;
    kept.push([name, without(member, dated)]);
  }
  return Object.fromEntries(kept);
}

function isOurs(value: unknown): boolean {
  return value !== null && typeof value === 'object' && 'generation_id' in value;
}

/** The counts every form of a reply has: some details are told in one alone. */
function counts(usage: unknown): Json {
  const told = asObject(usage) ?? {};
  const names = ['prompt_tokens', 'completion_tokens', 'input_tokens', 'output_tokens'];
  const reads =
    told.cache_read_input_tokens ??
    asObject(told.prompt_tokens_details ?? told.input_tokens_details)?.cached_tokens;
  // A stream of one wire says 0 where nothing is known.
  return [...names.map((name) => told[name] ?? null), reads || null];
}

/** What a reply says, whatever its dialect and however it came: comparable between forms. */
export function said(caller: Caller, { reply }: Shown): JsonObject {
  if (caller === 'chat') {
    const choice = asObjects(reply.choices)[0] ?? {};
    const message = asObject(choice.message) ?? {};
    const calls = asObjects(message.tool_calls).map((call) => {
      const { name, arguments: args } = asObject(call.function) ?? {};
      return { id: call.id, name, args } as JsonObject;
    });
    const text = asString(message.content) ?? '';
    return { text, calls, finish: choice.finish_reason, usage: counts(reply.usage) } as JsonObject;
  }
  if (caller === 'responses') {
    const items = asObjects(reply.output);
    const calls = items
      .filter(({ type }) => type === 'function_call')
      .map(({ call_id: id, name, arguments: args }) => ({ id, name, args }));
    return {
      text: reply.output_text,
      calls,
      finish: reply.status,
      usage: counts(reply.usage),
    } as never;
  }
  const blocks = asObjects(reply.content).filter(({ type }) => type !== 'thinking');
  return { blocks, finish: reply.stop_reason, usage: counts(reply.usage) } as never;
}
