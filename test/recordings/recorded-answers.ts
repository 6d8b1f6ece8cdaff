// What a recorded answer says, read the plain way: no states, no blocks, only sums. The measure for what the gateway makes of it.
import { createParser } from 'eventsource-parser';
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
} from '../../src/lib/json.ts';
import type { Recording } from './http-recordings.ts';

export interface Frame {
  readonly event: string | null;
  /** Parsed where it is JSON, else the text. */
  readonly data: Json;
}

/** Token counts as the provider totals them: `input` holds everything that went in, `output` all that came out. */
export interface RecordedUsage {
  readonly input: number | null;
  readonly output: number | null;
  readonly cacheRead: number | null;
  readonly cacheWrite: number | null;
  readonly cacheWrite1h: number | null;
  readonly reasoning: number | null;
  readonly audioIn: number | null;
  readonly audioOut: number | null;
  readonly searches: number | null;
}

export interface RecordedAnswer {
  readonly text: string;
  readonly reasoning: string;
  readonly refusal: string;
  /** Calls of the caller's own tools, in order; the arguments as their text. */
  readonly tools: readonly { readonly name: string; readonly arguments: string }[];
  /** The provider's word for how it ended; null where it gave none. */
  readonly finish: string | null;
  readonly usage: RecordedUsage;
  /** The addresses a message's text cites, in order. */
  readonly cited: readonly string[];
}

/** The events of a stream, by a parser that is not the gateway's. */
export function framesOf(stream: string): Frame[] {
  const frames: Frame[] = [];
  const parser = createParser({
    onEvent: ({ event, data }) =>
      frames.push({ event: event ?? null, data: parseJson(data) ?? data }),
  });
  parser.feed(stream);
  parser.reset({ consume: true });
  return frames;
}

/** The first answer of a recorded 200; undefined where it is none. */
export function readAnswer({ wire, response }: Recording): RecordedAnswer {
  const pieces = response.chunked
    ? framesOf(response.body).map(({ data }) => asObject(data) ?? {})
    : [asObject(parseJson(response.body)) ?? {}];
  return wire === 'openai-chat' ? readChat(pieces) : readMessages(pieces);
}

// ---- chat completions

function readChat(pieces: readonly JsonObject[]): RecordedAnswer {
  let text = '';
  let plain = '';
  let details = '';
  let refusal = '';
  let finish: string | null = null;
  let usage: JsonObject = {};
  const tools: { key: string; id: string; name: string; arguments: string }[] = [];
  const call = (key: string, id: string, said: JsonObject) => {
    const name = asString(said.name) ?? '';
    let known = tools.findLast((tool) => tool.key === key);
    // Recorded: calls that are all numbered 0. A name under another id is another call.
    if (known === undefined || (name !== '' && id !== '' && id !== known.id)) {
      known = { key, id, name: '', arguments: '' };
      tools.push(known);
    }
    known.name ||= name;
    known.arguments += asString(said.arguments) ?? '';
  };
  for (const piece of pieces) {
    usage = asObject(piece.usage) ?? asObject(asObject(piece.x_groq)?.usage) ?? usage;
    for (const choice of asObjects(piece.choices)) {
      if ((choice.index ?? 0) !== 0) continue;
      usage = asObject(choice.usage) ?? usage;
      finish = asString(choice.finish_reason) ?? finish;
      const whole = asObject(choice.message);
      const message = asObject(choice.delta) ?? whole ?? {};
      text += asString(message.content) ?? '';
      for (const part of asObjects(message.content)) {
        text += asString(part.text) ?? '';
        plain += asObjects(part.thinking)
          .map((piece) => asString(piece.text) ?? '')
          .join('');
      }
      plain += asString(message.reasoning_content) || asString(message.reasoning) || '';
      for (const entry of asObjects(message.reasoning_details))
        details += asString(entry.text) ?? asString(entry.summary) ?? '';
      refusal += asString(message.refusal) ?? '';
      asObjects(message.tool_calls).forEach((entry, at) => {
        // In a whole answer the place tells calls apart, in a stream the index does.
        const key = whole ? at : (asNumber(entry.index) ?? at);
        call(`${key}`, asString(entry.id) ?? '', asObject(entry.function) ?? {});
      });
      const legacy = asObject(message.function_call);
      if (legacy && (legacy.name || tools.length > 0) && tools.every(({ key }) => key === 'legacy'))
        call('legacy', '', legacy);
    }
  }
  const reasoning = details || plain;
  return {
    text,
    reasoning,
    refusal,
    tools: tools.map(({ name, arguments: text }) => ({ name, arguments: text })),
    finish,
    usage: chatUsage(usage),
    cited: [],
  };
}

/** Recorded: totals that hold reasoning which completion_tokens leaves out. The total is what is billed. */
function chatUsage(usage: JsonObject): RecordedUsage {
  const input = asNumber(usage.prompt_tokens) ?? null;
  const total = asNumber(usage.total_tokens) ?? null;
  const completion = asNumber(usage.completion_tokens) ?? null;
  const sent = asObject(usage.prompt_tokens_details) ?? {};
  const made = asObject(usage.completion_tokens_details) ?? {};
  return {
    input,
    output: input !== null && total !== null ? total - input : completion,
    cacheRead:
      asNumber(sent.cached_tokens) ??
      asNumber(usage.prompt_cache_hit_tokens) ??
      asNumber(usage.cached_tokens) ??
      asNumber(usage.num_cached_tokens) ??
      null,
    cacheWrite: asNumber(sent.cache_write_tokens) ?? null,
    cacheWrite1h: null,
    reasoning: asNumber(made.reasoning_tokens) ?? null,
    audioIn: asNumber(sent.audio_tokens) ?? null,
    audioOut: asNumber(made.audio_tokens) ?? null,
    searches: asNumber(asObject(usage.server_tool_use_details)?.web_search_requests) ?? null,
  };
}

// ---- messages

function readMessages(pieces: readonly JsonObject[]): RecordedAnswer {
  const blocks: { block: JsonObject; text: string; input: string }[] = [];
  const cited: string[] = [];
  let finish: string | null = null;
  let usage: JsonObject = {};
  const seen = (more: Json | undefined) => {
    // Nulls say nothing of a count that is known already.
    const told = Object.entries(asObject(more) ?? {}).filter(([, value]) => value !== null);
    usage = { ...usage, ...Object.fromEntries(told) };
  };
  for (const piece of pieces) {
    const message = asObject(piece.message) ?? (piece.type === 'message' ? piece : undefined);
    if (message) {
      seen(message.usage);
      finish = asString(message.stop_reason) ?? finish;
      for (const block of asObjects(message.content)) {
        blocks.push({ block, text: textOf(block), input: JSON.stringify(block.input ?? {}) });
        for (const { url } of asObjects(block.citations))
          cited.push(...(asString(url) ? [String(url)] : []));
      }
    }
    const index = asNumber(piece.index) ?? 0;
    if (piece.type === 'content_block_start') {
      const block = asObject(piece.content_block) ?? {};
      blocks[index] = { block, text: textOf(block), input: '' };
    }
    const delta = asObject(piece.delta) ?? {};
    const open = blocks[index];
    if (piece.type === 'content_block_delta' && open) {
      open.text += asString(delta.text) ?? asString(delta.thinking) ?? '';
      open.input += asString(delta.partial_json) ?? '';
      const url = asString(asObject(delta.citation)?.url);
      if (url !== undefined) cited.push(url);
    }
    if (piece.type === 'message_delta') {
      seen(piece.usage);
      finish = asString(delta.stop_reason) ?? finish;
    }
  }
  const of = (type: string) => blocks.filter(({ block }) => block.type === type);
  return {
    text: of('text')
      .map(({ text }) => text)
      .join(''),
    reasoning: of('thinking')
      .map(({ text }) => text)
      .join(''),
    refusal: '',
    tools: of('tool_use').map(({ block, input }) => ({
      name: asString(block.name) ?? '',
      // An input that came whole stands where the block opens.
      arguments: input === '' ? JSON.stringify(block.input ?? {}) : input,
    })),
    finish,
    usage: messagesUsage(usage),
    cited,
  };
}

function textOf(block: JsonObject): string {
  return asString(block.text) ?? asString(block.thinking) ?? '';
}

/** Input, cache reads and cache writes are apart on this wire; compaction passes are billed on top of the top-level counts. */
function messagesUsage(usage: JsonObject): RecordedUsage {
  const passes = asArray(usage.iterations)
    .filter(isObject)
    .filter(({ type }) => type === 'compaction');
  const count = (name: string) => {
    const own = asNumber(usage[name]);
    const extra = passes.reduce((sum, pass) => sum + (asNumber(pass[name]) ?? 0), 0);
    return own === undefined ? null : own + extra;
  };
  const fresh = count('input_tokens');
  const cacheRead = count('cache_read_input_tokens');
  const cacheWrite = count('cache_creation_input_tokens');
  return {
    input: fresh === null ? null : fresh + (cacheRead ?? 0) + (cacheWrite ?? 0),
    output: count('output_tokens'),
    cacheRead,
    cacheWrite,
    cacheWrite1h: asNumber(asObject(usage.cache_creation)?.ephemeral_1h_input_tokens) ?? null,
    reasoning: asNumber(asObject(usage.output_tokens_details)?.thinking_tokens) ?? null,
    audioIn: null,
    audioOut: null,
    searches: asNumber(asObject(usage.server_tool_use)?.web_search_requests) ?? null,
  };
}
