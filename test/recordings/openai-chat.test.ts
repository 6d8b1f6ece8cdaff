// Every recorded chat completion, request and answer, through the openai-chat dialect: nothing refused, nothing lost.
import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { collect } from '../../src/core/collect.ts';
import { GatewayError } from '../../src/core/errors.ts';
import type { ChatEvent } from '../../src/core/event.ts';
import { totalInput, totalOutput } from '../../src/core/usage.ts';
import { openaiChat } from '../../src/dialects/openai-chat/index.ts';
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
import { type SseFrame, SseParser } from '../../src/lib/sse.ts';
import { PROVIDERS } from '../../src/providers/index.ts';
import { lawBreaks } from '../contracts/event-law.ts';
import { contextOf, METADATA, targetOf } from '../contracts/example-reply.ts';
import { filesUnder, interactions, recordingsFolder } from './find-recordings.ts';

interface Recorded {
  readonly name: string;
  readonly request: JsonObject | null;
  /** Of a streamed answer: the body as it came. */
  readonly stream: string | null;
  readonly reply: JsonObject | null;
}

/** Vendors whose fixtures are of this wire. */
const FIXTURES = [
  'alibaba',
  'cerebras',
  'deepseek',
  'groq',
  'mistral',
  'moonshotai',
  'openai-compatible',
  'perplexity',
  'xai',
];

const folder = recordingsFolder();
const recorded = folder === null ? [] : readAll(folder);
const streams = recorded.filter((entry) => entry.stream !== null);
const replies = recorded.filter((entry) => entry.reply !== null);
const requests = recorded.filter((entry) => entry.request !== null);
const refusals = folder === null ? [] : readRefusals(folder);

describe.skipIf(folder === null)(
  `recorded chat completions${folder === null ? ' (skipped: none at ../shared/recordings)' : ''}`,
  () => {
    test('are all here', () => {
      expect({
        streams: streams.length,
        replies: replies.length,
        requests: requests.length,
      }).toEqual({
        streams: 202,
        replies: 678,
        requests: 811,
      });
    });

    test('streams decode to what they say, however they are cut', () => {
      const failed: string[] = [];
      for (const { name, stream } of streams) {
        if (stream === null) continue;
        const whole = decodeStream([stream]);
        expect({ name, breaks: lawBreaks(whole) }).toEqual({ name, breaks: [] });
        expect({ name, events: decodeStream(cut(stream, name)) }).toEqual({ name, events: whole });
        if (stream.length < 40_000)
          expect({ name, events: decodeStream(stream) }).toEqual({ name, events: whole });
        const said = naiveStream(stream);
        if (said.error) {
          failed.push(name);
          expect({ name, last: whole.at(-1)?.type }).toEqual({ name, last: 'error' });
        } else expect({ name, ...summary(whole) }).toEqual({ name, ...said.answer });
      }
      // The provider refused the model's own tool call in the middle of these.
      expect(failed.length).toBe(2);
    });

    test('replies decode to what they say', () => {
      const failed: string[] = [];
      for (const { name, reply } of replies) {
        if (!reply) continue;
        let events: readonly ChatEvent[];
        try {
          events = openaiChat.decodeReply(reply);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(GatewayError);
          failed.push(`${name}: ${thrown instanceof GatewayError ? thrown.code : ''}`);
          continue;
        }
        expect({ name, breaks: lawBreaks(events) }).toEqual({ name, breaks: [] });
        expect({ name, ...summary(events) }).toEqual({ name, ...naiveReply(reply) });
      }
      expect(failed).toEqual([expect.stringMatching(/azure.*: upstream_invalid_request$/)]);
    });

    test('streams pass the relay as they came, metadata in the last frame', () => {
      for (const { name, stream } of streams) {
        if (stream === null || naiveStream(stream).error) continue;
        const before = frames([stream]);
        const after = frames([relayed(before, true)]);
        expect({ name, done: after.at(-1)?.data }).toEqual({ name, done: '[DONE]' });
        const sent = before.filter((frame) => frame.data !== '[DONE]');
        const got = after.slice(0, -1);
        const { metadata, ...last } = got.at(-1)?.json ?? {};
        expect({ name, metadata }).toEqual({ name, metadata: { ...METADATA } });
        // A stream that gave no finish reason gets a chunk that does.
        const unfinished = !before.some((frame) =>
          asObjects(frame.json?.choices).some((choice) => choice.finish_reason),
        );
        const kept = unfinished
          ? got.filter(
              (frame) => !asObjects(frame.json?.choices).some((choice) => choice.finish_reason),
            )
          : got;
        expect({ name, count: kept.length }).toEqual({ name, count: sent.length });
        const heads = sent.slice(0, -1).map((frame) => frame.raw);
        expect({ name, frames: kept.slice(0, heads.length).map((frame) => frame.raw) }).toEqual({
          name,
          frames: heads,
        });
        const { error: _, ...original } = sent.at(-1)?.json ?? {};
        expect({ name, last: unfinished ? {} : last }).toEqual({
          name,
          last: unfinished ? {} : original,
        });
      }
    });

    test('streams survive being encoded again', () => {
      for (const { name, stream } of streams) {
        if (stream === null || naiveStream(stream).error) continue;
        const events = decodeStream([stream]);
        const encoder = openaiChat.encoder(contextOf(), () => METADATA);
        const text = events.map((event) => encoder.push(event)).join('');
        expect({ name, answer: again(decodeStream([text])) }).toEqual({
          name,
          answer: again(events),
        });
      }
    });

    test('replies survive being encoded again', () => {
      for (const { name, reply } of replies) {
        if (!reply || reply.error) continue;
        const events = openaiChat.decodeReply(reply);
        const encoded = JSON.parse(
          JSON.stringify(openaiChat.encodeReply(events, contextOf(), () => METADATA)),
        ) as JsonObject;
        expect({ name, answer: again(openaiChat.decodeReply(encoded)) }).toEqual({
          name,
          answer: again(events),
        });
      }
    });

    test('replies pass through with our metadata as the only change', () => {
      for (const { name, reply } of replies) {
        if (!reply) continue;
        const text = JSON.stringify(reply, null, 2);
        const { metadata: _, ...original } = reply;
        const { metadata, ...rest } = JSON.parse(
          openaiChat.forwardReply(text, reply, METADATA),
        ) as JsonObject;
        expect({ name, metadata, rest }).toEqual({
          name,
          metadata: { ...asObject(reply.metadata), ...METADATA },
          rest: original,
        });
      }
    });

    test('requests pass through with only the model and stream_options changed', () => {
      for (const { name, request } of requests) {
        if (!request) continue;
        openaiChat.checkCall(request);
        const target = targetOf('another', {
          quirks: { webSearchOptions: true, reasoningRequest: 'reasoning-object' },
        });
        const text = JSON.stringify(request, null, 1);
        const forwarded = openaiChat.forwardCall(text, request, target);
        const { stream_options, ...sent } = JSON.parse(forwarded.body) as JsonObject;
        const { models: _m, provider: _p, metadata: _, stream_options: options, ...rest } = request;
        expect({ name, losses: forwarded.losses, sent }).toEqual({
          name,
          losses: [],
          sent: { ...rest, model: 'another' },
        });
        expect({ name, stream_options }).toEqual({
          name,
          stream_options:
            request.stream === true ? { ...asObject(options), include_usage: true } : options,
        });
      }
    });

    test('refusals say whose fault they are', () => {
      const codes: { [code: string]: number } = {};
      for (const { name, status, body } of refusals) {
        const { code, message, details } = openaiChat.decodeError(
          status,
          new Headers(),
          asObject(parseJson(body)),
          body,
        );
        codes[`${status} ${code}`] = (codes[`${status} ${code}`] ?? 0) + 1;
        expect({
          name,
          message: message.length > 0 && !message.includes('http'),
          status: details.upstreamStatus,
        }).toEqual({ name, message: true, status });
      }
      expect(codes).toEqual({
        '400 upstream_invalid_request': 8,
        '404 upstream_not_found': 5,
        '429 upstream_payment_required': 1,
        '429 upstream_rate_limited': 7,
        '503 upstream_overloaded': 1,
        '529 upstream_overloaded': 2,
      });
    });

    test('requests can be written for every provider of this wire, both ways', () => {
      const targets = PROVIDERS.filter((provider) => provider.dialect === 'openai-chat').map(
        (provider) => targetOf('m', { provider: provider.id, quirks: provider.quirks }),
      );
      for (const [at, { name, request }] of requests.entries()) {
        // Each provider meets every kind of request, not every request.
        const target = targets[at % targets.length];
        if (!request || !target) continue;
        const encoded = openaiChat.encodeCall(openaiChat.decodeCall(request), target);
        const forwarded = openaiChat.forwardCall(JSON.stringify(request), request, target);
        for (const { body, losses } of [encoded, forwarded]) {
          const sent = JSON.parse(body) as JsonObject;
          expect(sent.model).toBe('m');
          expect({ name, messages: asObjects(sent.messages).length > 0 }).toEqual({
            name,
            messages: true,
          });
          for (const field of target.quirks.refusedFields ?? [])
            expect(sent[field]).toBeUndefined();
          for (const loss of losses) expect(loss).toMatch(/^[a-z_.[\]0-9]+: ./);
        }
      }
    });

    test('requests are the same after a visit to the hub', () => {
      let exact = 0;
      for (const { name, request } of requests) {
        if (!request) continue;
        const call = openaiChat.decodeCall(request);
        const target = targetOf(asString(request.model) ?? '', {
          quirks: {
            webSearchOptions: true,
            cacheControl: true,
            reasoningReplay: 'required',
            reasoningField: fieldOf(request),
            reasoningRequest: request.reasoning
              ? 'reasoning-object'
              : request.thinking
                ? 'thinking-type'
                : 'effort',
            ...(request.thinking ? { efforts: ['low', 'high', 'max'] } : {}),
            ...(request.max_completion_tokens ? { maxTokensField: 'max_completion_tokens' } : {}),
            ...(request.tool_choice === 'any' ? { toolChoiceRequired: 'any' } : {}),
          },
        });
        const { body } = openaiChat.encodeCall(call, target);
        expect({ name, body: meaning(JSON.parse(body) as JsonObject) }).toEqual({
          name,
          body: meaning(request),
        });
        expect(openaiChat.encodeCall(call, target).body).toBe(body);
        exact += 1;
      }
      expect(exact).toBe(requests.length);
    });
  },
);

// ---- reading the recordings

function readAll(root: string): Recorded[] {
  const all: Recorded[] = [];
  for (const source of ['pydantic-ai', 'openllmetry']) {
    for (const { name } of filesUnder(join(root, source), '.chat.completions.jsonl')) {
      for (const { id, request, response } of interactions(join(root, source, name))) {
        const answer = response.status === 200 ? (response.body ?? '') : '';
        all.push({
          name: `${source}/${name} ${id}`,
          request: asObject(parseJson(request.body ?? '')) ?? null,
          ...answerOf(answer),
        });
      }
    }
  }
  for (const vendor of FIXTURES) {
    for (const suffix of ['.json', '.chunks.txt', '.sse']) {
      for (const { name, text } of filesUnder(
        join(root, 'vercel-ai/packages', vendor, 'src'),
        suffix,
      )) {
        // Of another wire.
        if (!name.startsWith('responses/')) all.push(...fixture(`${vendor}/${name}`, text));
      }
    }
  }
  for (const { name, text } of filesUnder(join(root, 'lingua'), '.json'))
    all.push(...linguaCase(name, text));
  return all;
}

/** Error replies: those among the recordings, and those quoted from public issues. */
function readRefusals(
  root: string,
): { readonly name: string; readonly status: number; readonly body: string }[] {
  const found = ['pydantic-ai', 'openllmetry'].flatMap((source) =>
    filesUnder(join(root, source), '.chat.completions.jsonl').flatMap(({ name }) =>
      interactions(join(root, source, name))
        .filter(({ response }) => response.status >= 400)
        .map(({ id, response }) => ({
          name: `${name} ${id}`,
          status: response.status,
          body: response.body ?? '',
        })),
    ),
  );
  const cited = filesUnder(join(root, 'errors'), '.jsonl').flatMap(({ text }) =>
    text.split('\n').map((line) => asObject(parseJson(line)) ?? {}),
  );
  for (const { provider, status, body, source } of cited) {
    if (Number(status) >= 400)
      found.push({
        name: `${asString(provider)} ${asString(source)}`,
        status: Number(status),
        body: asString(body) ?? '',
      });
  }
  return found;
}

function answerOf(text: string): Pick<Recorded, 'stream' | 'reply'> {
  const reply = asObject(parseJson(text));
  if (reply) return { stream: null, reply };
  return { stream: text.includes('data:') ? text : null, reply: null };
}

function fixture(name: string, text: string): Recorded[] {
  const entry = { name, request: null };
  if (name.endsWith('.sse')) return [{ ...entry, stream: text, reply: null }];
  if (name.endsWith('.chunks.txt'))
    return [
      {
        ...entry,
        stream: asStream(text.split('\n').filter((line) => line.trim() !== '')),
        reply: null,
      },
    ];
  const reply = asObject(parseJson(text));
  return reply && Array.isArray(reply.choices) ? [{ ...entry, stream: null, reply }] : [];
}

function linguaCase(name: string, text: string): Recorded[] {
  const recording = asObject(asObject(asObject(parseJson(text))?.providers)?.['chat-completions']);
  return ['', 'followup_'].flatMap((turn) => {
    const request = asObject(recording?.[`${turn}request`]);
    const reply = asObject(recording?.[`${turn}response`]);
    const chunks = asArray(recording?.[`${turn}response_streaming`]);
    const found: Recorded[] = [];
    if (request || reply)
      found.push({
        name: `${name} ${turn}reply`,
        request: request ?? null,
        stream: null,
        reply: reply ?? null,
      });
    if (chunks.length > 0)
      found.push({
        name: `${name} ${turn}stream`,
        request: null,
        stream: asStream(chunks.map((chunk) => JSON.stringify(chunk))),
        reply: null,
      });
    return found;
  });
}

function asStream(lines: readonly string[]): string {
  return `${lines.map((line) => `data: ${line}\n\n`).join('')}data: [DONE]\n\n`;
}

// ---- running the dialect

function frames(pieces: Iterable<string>): SseFrame[] {
  const parser = new SseParser();
  const found: SseFrame[] = [];
  for (const piece of pieces) found.push(...parser.push(piece));
  return [...found, ...parser.end()];
}

/** Usage events are told as they come; what is compared is where they lead. */
function decodeStream(pieces: Iterable<string>): ChatEvent[] {
  const decoder = openaiChat.decoder();
  const events = frames(pieces).flatMap((frame) => [...decoder.push(frame)]);
  return [...events, ...decoder.end()];
}

function relayed(input: readonly SseFrame[], includeUsage: boolean): string {
  const relay = openaiChat.relay(contextOf([], { includeUsage }), () => METADATA);
  return input.map((frame) => relay.push(frame)).join('') + relay.end();
}

/** Pieces of odd lengths, the same for the same recording. */
function cut(text: string, seed: string): string[] {
  let state = [...seed].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7);
  const pieces: string[] = [];
  for (let at = 0; at < text.length; ) {
    state = (state * 1_103_515_245 + 12_345) >>> 0;
    const length = 1 + (state % 97);
    pieces.push(text.slice(at, at + length));
    at += length;
  }
  return pieces;
}

interface Summary {
  readonly text: string;
  readonly reasoning: string;
  readonly refusal: string;
  readonly tools: readonly { readonly name: string; readonly arguments: string }[];
  readonly input: number | null;
  readonly output: number | null;
}

function summary(events: readonly ChatEvent[]): Summary {
  const { blocks, finish } = collect(events);
  const textOf = (kind: 'text' | 'reasoning' | 'refusal') =>
    blocks.map((block) => (block.kind === kind ? block.text : '')).join('');
  const tools = blocks.flatMap((block) =>
    block.kind === 'tool-use' ? [{ name: block.name, arguments: block.arguments }] : [],
  );
  if (finish.reason === 'tool-calls') expect(tools.length).toBeGreaterThan(0);
  return {
    text: textOf('text'),
    reasoning: textOf('reasoning'),
    refusal: textOf('refusal'),
    tools,
    input: totalInput(finish.usage),
    output: totalOutput(finish.usage),
  };
}

/** A whole answer, without what another visit may change: ids it made, pieces it joined. */
function again(events: readonly ChatEvent[]): unknown {
  const { blocks, finish } = collect(events);
  const texts = blocks.filter((block) => block.kind === 'text');
  return {
    text: texts.map((block) => block.text).join(''),
    citations: texts.flatMap((block) => block.citations),
    others: blocks
      .filter((block) => block.kind !== 'text')
      // An empty string of arguments becomes the empty object.
      .map((block) =>
        block.kind === 'tool-use' && block.arguments === '' ? { ...block, arguments: '{}' } : block,
      ),
    reason: finish.reason,
    input: totalInput(finish.usage),
    output: totalOutput(finish.usage),
    cacheRead: finish.usage.cacheRead,
    reasoning: finish.usage.reasoning,
  };
}

// ---- the independent reading: no states, no blocks, only sums

class Naive {
  text = '';
  plain = '';
  details = '';
  refusal = '';
  readonly tools = new Map<string, { name: string; arguments: string }>();
  readonly #ids = new Map<number, string>();
  usage: JsonObject = {};

  add(message: JsonObject): void {
    const content = message.content;
    if (typeof content === 'string') this.text += content;
    for (const part of asObjects(content)) {
      this.text += asString(part.text) ?? '';
      for (const piece of asObjects(part.thinking)) this.plain += asString(piece.text) ?? '';
    }
    this.plain += asString(message.reasoning_content) || asString(message.reasoning) || '';
    for (const entry of asObjects(message.reasoning_details))
      this.details += asString(entry.text) ?? asString(entry.summary) ?? '';
    this.refusal += asString(message.refusal) ?? '';
    asObjects(message.tool_calls).forEach((call, at) => {
      const called = asObject(call.function) ?? {};
      // Recorded twice in one stream: the same index for another call, told by its id.
      if (call.id && called.name)
        this.#ids.set(asNumber(call.index) ?? at, asString(call.id) ?? '');
      this.#tool(this.#ids.get(asNumber(call.index) ?? at) ?? String(at), called);
    });
    const legacy = asObject(message.function_call);
    if (legacy?.name) this.#tool('legacy', legacy);
  }

  #tool(key: string, called: JsonObject): void {
    const known = this.tools.get(key) ?? { name: '', arguments: '' };
    this.tools.set(key, {
      name: known.name || (asString(called.name) ?? ''),
      arguments: known.arguments + (asString(called.arguments) ?? ''),
    });
  }

  answer(): Summary {
    const { prompt_tokens: input, completion_tokens: completion, total_tokens: total } = this.usage;
    const output =
      asNumber(input) !== undefined && asNumber(total) !== undefined
        ? Number(total) - Number(input)
        : asNumber(completion);
    return {
      text: this.text,
      reasoning: this.details || this.plain,
      refusal: this.refusal,
      tools: [...this.tools.values()],
      input: asNumber(input) ?? null,
      output: output ?? null,
    };
  }
}

function naiveStream(stream: string): { readonly error: boolean; readonly answer: Summary } {
  const naive = new Naive();
  let error = false;
  let ended = false;
  for (const { json } of frames([stream])) {
    if (!json) continue;
    if (json.error && !ended) error = true;
    for (const choice of asObjects(json.choices)) {
      if (choice.index !== undefined && choice.index !== 0) continue;
      naive.add(asObject(choice.delta) ?? {});
      if (choice.finish_reason) ended = true;
      naive.usage = asObject(choice.usage) ?? naive.usage;
    }
    naive.usage = asObject(json.usage) ?? asObject(asObject(json.x_groq)?.usage) ?? naive.usage;
  }
  return { error, answer: naive.answer() };
}

function naiveReply(reply: JsonObject): Summary {
  const naive = new Naive();
  const choice = asObjects(reply.choices)[0] ?? {};
  const message = asObject(choice.message) ?? {};
  naive.add({
    ...message,
    ...(isObject(message) && Array.isArray(message.tool_calls)
      ? { tool_calls: asObjects(message.tool_calls).map(({ index: _, ...call }) => call) as Json[] }
      : {}),
  });
  naive.usage = asObject(reply.usage) ?? {};
  return naive.answer();
}

// ---- what two requests have in common by meaning

function fieldOf(request: JsonObject): 'reasoning_content' | 'reasoning' | 'reasoning_details' {
  const messages = asObjects(request.messages);
  if (messages.some((message) => message.reasoning_details)) return 'reasoning_details';
  return messages.some((message) => message.reasoning) ? 'reasoning' : 'reasoning_content';
}

/** Fields of the request that are ours and never reach a provider as they stand. */
const OURS = ['models', 'provider', 'metadata'];

/** The request with every spelling of the same thing written one way. */
function meaning(request: JsonObject): unknown {
  const { functions, function_call, stream_options: _, ...fields } = request;
  const legacyTools = asObjects(functions).map((entry) => ({ type: 'function', function: entry }));
  const tools = [...asObjects(fields.tools), ...legacyTools].map(toolMeaning);
  const thinking = asObject(fields.thinking);
  const kept = Object.entries({
    ...fields,
    tool_choice: choiceMeaning(fields.tool_choice ?? function_call),
  }).filter(
    ([name, value]) =>
      value !== null &&
      value !== undefined &&
      value !== false &&
      !OURS.includes(name) &&
      name !== 'tools' &&
      name !== 'thinking' &&
      name !== 'reasoning' &&
      !(name === 'n' && value === 1),
  );
  return {
    ...Object.fromEntries(kept),
    tools,
    ...(tools.length === 0 ? { tool_choice: undefined } : {}),
    // Its successor says the same; both are the end user.
    user: fields.user ?? fields.safety_identifier,
    safety_identifier: undefined,
    messages: messagesMeaning(asObjects(request.messages)),
    response_format: formatMeaning(request.response_format),
    // A thinking switch without a type says nothing of thinking.
    ...(thinking?.type ? { thinking: thinking.type } : {}),
    reasoning: reasoningMeaning(request.reasoning),
  };
}

function reasoningMeaning(value: Json | undefined): unknown {
  const reasoning = asObject(value);
  if (!reasoning) return undefined;
  // An effort says that thinking is on.
  return reasoning.effort ? { effort: reasoning.effort } : reasoning;
}

function toolMeaning(tool: JsonObject): unknown {
  const called = asObject(tool.function);
  if (!called) return tool;
  // An unnamed type is a function; no parameters are an empty object; false is how strict is when unset.
  const { strict, ...rest } = called;
  return {
    ...tool,
    type: 'function',
    function: {
      parameters: { type: 'object', properties: {} },
      ...rest,
      ...(strict ? { strict } : {}),
    },
  };
}

function choiceMeaning(choice: Json | undefined): Json | undefined {
  const named = asObject(choice);
  if (!named) return choice;
  return {
    type: 'function',
    function: { name: asString(asObject(named.function)?.name) ?? asString(named.name) ?? '' },
  };
}

function formatMeaning(format: Json | undefined): unknown {
  const wanted = asObject(format);
  if (!wanted || wanted.type === 'text') return undefined;
  const { strict, ...schema } = asObject(wanted.json_schema) ?? {};
  return {
    ...wanted,
    ...(wanted.json_schema ? { json_schema: { ...schema, ...(strict ? { strict } : {}) } } : {}),
  };
}

/**
 * Not carried, each because no other dialect could use it: `index` of a tool call (its place says it), `prefix` (the last
 * assistant turn is one) and `reasoning_signature`, which is a single maker's own; a document by URL is told in words. One maker's
 * `prompt_cache_breakpoint` is the mark the others call `cache_control`.
 */
function messagesMeaning(messages: readonly JsonObject[]): unknown[] {
  const ids = new Map<string, string>();
  return messages.map((message, at) => {
    const {
      prefix: _,
      reasoning_signature: _s,
      annotations: _a,
      tool_calls: _t,
      function_call,
      ...fields
    } = message;
    const kept = Object.fromEntries(
      Object.entries(fields).filter(([, value]) => value !== null && value !== undefined),
    );
    const legacy = asObject(function_call);
    if (legacy) ids.set(asString(legacy.name) ?? '', `call_${at}`);
    const calls = [
      ...asObjects(message.tool_calls).map(({ index: _i, type: _t, ...call }) => call),
      ...(legacy ? [{ id: `call_${at}`, function: legacy }] : []),
    ];
    const content = contentMeaning(message.content);
    const thoughts = asObjects(message.content).flatMap((part) =>
      asObjects(part.thinking).map((piece) => asString(piece.text) ?? ''),
    );
    if (message.role === 'function')
      return { role: 'tool', tool_call_id: ids.get(asString(message.name) ?? ''), content };
    return {
      ...kept,
      // Thoughts inside the content stand in the reasoning field; a turn of calls without any has a placeholder there.
      ...(message.role === 'assistant' ? thoughtMeaning(message, thoughts.join('')) : {}),
      ...(calls.length > 0 ? { tool_calls: calls } : {}),
      content,
    };
  });
}

function thoughtMeaning(message: JsonObject, inContent: string): JsonObject {
  const details = asObjects(message.reasoning_details);
  const text =
    inContent || asString(message.reasoning_content) || asString(message.reasoning) || '';
  return {
    reasoning_content: details.length > 0 ? '' : text.trim(),
    reasoning: undefined,
    reasoning_details: details.map(({ id: _i, index: _n, ...entry }) => entry) as Json[],
  };
}

/** Text alone is one text, however many parts it came in. */
function contentMeaning(content: Json | undefined): unknown {
  if (content === null || content === undefined) return '';
  if (typeof content === 'string') return content;
  const parts = asObjects(content).filter((part) => part.type !== 'thinking');
  const cleaned = parts.map((part) => {
    const { prompt_cache_breakpoint: breakpoint, ...rest } = part;
    const marked = breakpoint ? { ...rest, cache_control: { type: 'ephemeral' } } : rest;
    const present = Object.fromEntries(
      Object.entries(marked).filter(([, value]) => value !== null),
    );
    const file = asObject(part.file);
    const url = asString(part.document_url) ?? asString(file?.file_data) ?? '';
    const name = asString(file?.filename);
    if (url.startsWith('https:'))
      return { type: 'text', text: `Document${name ? ` (${name})` : ''}:\n${url}` };
    if (part.type !== 'document_url') return present;
    return { type: 'file', file: { filename: 'document.pdf', file_data: url } };
  });
  const plain = cleaned.every(
    (part) => asObject(part)?.type === 'text' && asObject(part)?.cache_control === undefined,
  );
  return plain ? cleaned.map((part) => asObject(part)?.text).join('\n\n') : cleaned;
}
