// The Messages codec against recorded traffic: every stream at every cut, every request both ways.
import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChatCall } from '../../src/core/call.ts';
import { type Collected, collect } from '../../src/core/collect.ts';
import type { ChatEvent } from '../../src/core/event.ts';
import { anthropicMessages } from '../../src/dialects/anthropic-messages/index.ts';
import { decodeUsage } from '../../src/dialects/anthropic-messages/usage.ts';
import { estimateTokens } from '../../src/dialects/count-tokens.ts';
import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
  parseJson,
} from '../../src/lib/json.ts';
import { SseParser } from '../../src/lib/sse.ts';
import { lawBreaks } from '../contracts/event-law.ts';
import { contextOf, METADATA, targetOf } from '../contracts/example-reply.ts';
import { streamBreaks } from '../contracts/messages-stream-law.ts';
import { filesUnder, interactions, recordingsFolder } from './find-recordings.ts';

const folder = recordingsFolder();
const suite = folder === null ? describe.skip : describe;
if (folder === null) console.log('skipped: no recordings beside this repository');

interface Stream {
  readonly name: string;
  readonly text: string;
}

/** Every recorded stream: as SSE text, one message each. */
function streams(): Stream[] {
  if (folder === null) return [];
  const found: Stream[] = [];
  for (const source of ['pydantic-ai', 'openllmetry']) {
    for (const { id, response } of interactions(join(folder, source, 'anthropic.messages.jsonl'))) {
      const body = response.body ?? '';
      if (body.startsWith('event:')) found.push({ name: `${source} ${id}`, text: body });
    }
  }
  for (const { name, text } of filesUnder(
    join(folder, 'vercel-ai/packages/anthropic'),
    '.chunks.txt',
  )) {
    for (const [index, chunks] of messagesIn(text.split('\n')).entries()) {
      found.push({ name: `vercel-ai ${name} ${index}`, text: sse(chunks) });
    }
  }
  for (const { name, text } of filesUnder(join(folder, 'lingua'), '.json')) {
    for (const [where, chunks] of linguaStreams(JSON.parse(text) as JsonObject)) {
      // Some captures hold a whole message where their stream should be.
      if (chunks[0]?.type === 'message') continue;
      found.push({ name: `lingua ${name} ${where}`, text: sse(chunks) });
    }
  }
  return found;
}

/** A file of chunks may hold several messages, one after the other. */
function messagesIn(lines: readonly string[]): JsonObject[][] {
  const messages: JsonObject[][] = [[]];
  for (const line of lines) {
    if (line.trim() === '') continue;
    const chunk = JSON.parse(line) as JsonObject;
    messages.at(-1)?.push(chunk);
    if (chunk.type === 'message_stop') messages.push([]);
  }
  return messages.filter((chunks) => chunks.length > 0);
}

function* linguaStreams(file: JsonObject): Generator<[string, JsonObject[]]> {
  const providers = asObject(file.providers) ?? {};
  for (const provider in providers) {
    if (!provider.includes('anthropic')) continue;
    for (const key of ['response_streaming', 'followup_response_streaming']) {
      const chunks = asObject(providers[provider])?.[key];
      if (Array.isArray(chunks)) yield [`${provider} ${key}`, chunks as JsonObject[]];
    }
  }
  const transforms = asObject(file.transforms) ?? {};
  for (const transform in transforms) {
    const chunks = asObject(transforms[transform])?.captured_target_stream;
    if (transform.endsWith('anthropic') && Array.isArray(chunks))
      yield [transform, chunks as JsonObject[]];
  }
}

function sse(chunks: readonly JsonObject[]): string {
  return chunks
    .map((chunk) => `event: ${String(chunk.type)}\ndata: ${JSON.stringify(chunk)}\n\n`)
    .join('');
}

function decode(pieces: Iterable<string>): ChatEvent[] {
  const parser = new SseParser();
  const decoder = anthropicMessages.decoder();
  const events: ChatEvent[] = [];
  for (const piece of pieces)
    for (const frame of parser.push(piece)) events.push(...decoder.push(frame));
  for (const frame of parser.end()) events.push(...decoder.push(frame));
  events.push(...decoder.end());
  return events;
}

function relay(text: string): string {
  const parser = new SseParser();
  const through = anthropicMessages.relay(contextOf(), () => METADATA);
  return (
    parser
      .push(text)
      .map((frame) => through.push(frame))
      .join('') + through.end()
  );
}

/** What the vendor's page says a client does with the events, in the plainest way. */
function accumulate(text: string): JsonObject {
  let message: { [key: string]: Json } = {};
  const content: { [key: string]: Json }[] = [];
  const inputs: string[] = [];
  for (const line of text.split('\n')) {
    if (!line.startsWith('data:')) continue;
    const data = JSON.parse(line.slice(5)) as { [key: string]: Json } & JsonObject;
    const index = asNumber(data.index) ?? 0;
    const delta = asObject(data.delta);
    const block = content[index];
    if (data.type === 'message_start') message = data.message as { [key: string]: Json };
    if (data.type === 'content_block_start') {
      content[index] = { ...(data.content_block as { [key: string]: Json }) };
      inputs[index] = '';
    }
    if (data.type === 'content_block_delta' && block && delta) {
      if (delta.type === 'text_delta')
        block.text = `${asString(block.text) ?? ''}${String(delta.text)}`;
      if (delta.type === 'thinking_delta')
        block.thinking = `${String(block.thinking)}${String(delta.thinking)}`;
      if (delta.type === 'signature_delta') block.signature = delta.signature as Json;
      if (delta.type === 'compaction_delta') block.content = delta.content as Json;
      if (delta.type === 'citations_delta')
        block.citations = [...asArray(block.citations), delta.citation as Json];
      if (delta.type === 'input_json_delta') inputs[index] += String(delta.partial_json);
    }
    if (data.type === 'content_block_stop' && block && inputs[index])
      block.input = JSON.parse(inputs[index] ?? '');
    if (data.type === 'message_delta') {
      const usage = { ...asObject(message.usage), ...asObject(data.usage) } as Json;
      message = { ...message, ...(delta as { [key: string]: Json }), usage };
    }
  }
  return { ...message, content: content.length > 0 ? content : asArray(message.content) };
}

/** A whole message in the words of `collect`, by another road than the codec's. */
function expected(message: JsonObject): Collected['blocks'] {
  return asArray(message.content).map((value) => {
    const block = value as { [key: string]: Json };
    switch (block.type) {
      case 'text': {
        const citations = asArray(block.citations).map((citation) => ({
          dialect: 'anthropic-messages' as const,
          value: citation,
        }));
        return { kind: 'text', text: String(block.text), citations };
      }
      case 'thinking':
        return {
          kind: 'reasoning',
          text: String(block.thinking),
          signature: asString(block.signature) || null,
          format: 'anthropic-claude-v1',
        };
      case 'redacted_thinking':
        return {
          kind: 'redacted-reasoning',
          data: String(block.data),
          format: 'anthropic-claude-v1',
        };
      case 'tool_use':
        return {
          kind: 'tool-use',
          id: String(block.id),
          name: String(block.name),
          arguments: JSON.stringify(block.input),
          custom: false,
        };
      default:
        return { kind: 'opaque', dialect: 'anthropic-messages', value: block };
    }
  });
}

/** Arguments are compared by meaning: a stream spells them as the model did. */
function normal(blocks: Collected['blocks']): Collected['blocks'] {
  return blocks.map((block) =>
    block.kind === 'tool-use'
      ? { ...block, arguments: JSON.stringify(JSON.parse(block.arguments)) }
      : block,
  );
}

function outcome(events: readonly ChatEvent[]): Collected | string {
  try {
    return collect(events);
  } catch (thrown) {
    return String((thrown as { code?: string }).code);
  }
}

/** Made by hand elsewhere to be unlawful: another answer begins inside this one. */
const SPLICED = /spliced-message-start/;

suite('recorded streams', () => {
  const all = streams();

  test('there are many', () => {
    console.log(`${all.length} recorded streams`);
    expect(all.length).toBeGreaterThan(150);
  });

  test('each decodes to what a plain client puts together, lawfully', () => {
    for (const { name, text } of all) {
      const events = decode([text]);
      expect({ name, breaks: lawBreaks(events) }).toEqual({ name, breaks: [] });
      const found = outcome(events);
      if (SPLICED.test(name)) {
        expect(found).toBe('upstream_stream_truncated');
        continue;
      }
      if (typeof found === 'string') throw new Error(`${name}: ${found}`);
      const message = accumulate(text);
      expect({ name, blocks: normal(found.blocks) }).toEqual({
        name,
        blocks: normal(expected(message)),
      });
      expect({ name, raw: found.finish.raw }).toEqual({
        name,
        raw: asString(message.stop_reason) ?? null,
      });
      expect(found.id).toBe(asString(message.id) ?? null);
    }
  });

  test('where the pieces are cut changes nothing', () => {
    let random = 1;
    const next = (below: number) => {
      random = (random * 48_271) % 2_147_483_647;
      return random % below;
    };
    for (const { name, text } of all) {
      const whole = outcome(decode([text]));
      const pieces: string[] = [];
      for (let at = 0; at < text.length; ) {
        const length = 1 + next(200);
        pieces.push(text.slice(at, at + length));
        at += length;
      }
      expect({ name, found: outcome(decode(pieces)) }).toEqual({ name, found: whole });
      if (text.length < 20_000)
        expect({ name, found: outcome(decode(text)) }).toEqual({ name, found: whole });
    }
  });

  test('cut short anywhere, each ends in exactly one finish or error', () => {
    for (const { name, text } of all) {
      const frames = text.split('\n\n').filter((frame) => frame !== '');
      const step = Math.max(1, Math.floor(frames.length / 25));
      for (let count = 0; count < frames.length; count += step) {
        const events = decode([
          frames
            .slice(0, count)
            .map((frame) => `${frame}\n\n`)
            .join(''),
        ]);
        expect({ name, count, breaks: lawBreaks(events) }).toEqual({ name, count, breaks: [] });
        // Every event that tells the reason ends the answer, though its stop may be missing.
        const told = frames.slice(0, count).some((frame) => /"stop_reason": ?"/.test(frame));
        if (!told)
          expect({ name, count, end: events.at(-1)?.type }).toEqual({ name, count, end: 'error' });
      }
    }
  });

  test('usage is what the vendor counted', () => {
    let compacted = 0;
    for (const { name, text } of all) {
      if (SPLICED.test(name)) continue;
      const found = outcome(decode([text]));
      if (typeof found === 'string') throw new Error(`${name}: ${found}`);
      const { usage } = found.finish;
      const said = asObject(accumulate(text).usage) ?? {};
      const passes = asArray(said.iterations).filter(
        (pass) => asObject(pass)?.type === 'compaction',
      );
      compacted += passes.length;
      const extra = (key: string) =>
        passes.reduce<number>((sum, pass) => sum + (asNumber(asObject(pass)?.[key]) ?? 0), 0);
      expect({ name, input: usage.input }).toEqual({
        name,
        input: (asNumber(said.input_tokens) ?? 0) + extra('input_tokens'),
      });
      const output = (usage.output ?? 0) + (usage.reasoning ?? 0);
      expect({ name, output }).toEqual({
        name,
        output: (asNumber(said.output_tokens) ?? 0) + extra('output_tokens'),
      });
      expect({ name, read: usage.cacheRead }).toEqual({
        name,
        read: asNumber(said.cache_read_input_tokens) ?? null,
      });
      const written = (usage.cacheWrite5m ?? 0) + (usage.cacheWrite1h ?? 0);
      expect({ name, written }).toEqual({
        name,
        written: asNumber(said.cache_creation_input_tokens) ?? 0,
      });
    }
    expect(compacted).toBe(1);
  });

  test('the relay passes every frame as it came, but for one that gains metadata', () => {
    for (const { name, text } of all) {
      const out = relay(text);
      const came = text.split('\n\n').filter((frame) => frame !== '');
      const went = out.split('\n\n').filter((frame) => frame !== '');
      expect({ name, frames: went.length }).toEqual({ name, frames: came.length });
      const changed = went.filter((frame) => !came.includes(frame));
      expect({ name, changed: changed.length }).toEqual({ name, changed: 1 });
      const data = JSON.parse(
        changed[0]?.slice((changed[0]?.indexOf('data: ') ?? 0) + 6) ?? '',
      ) as JsonObject;
      // A stream whose start holds everything has no message_delta: its end carries the metadata.
      const carrier = text.includes('event: message_delta') ? 'message_delta' : 'message_stop';
      expect({ name, type: data.type }).toEqual({ name, type: carrier });
      const { metadata, ...rest } = data;
      expect(metadata).toEqual({ ...METADATA });
      const original = came[went.indexOf(changed[0] ?? '')] ?? '';
      expect(JSON.parse(original.slice(original.indexOf('data:') + 5))).toEqual(rest);
    }
  });

  test('written anew, each is a lawful stream that says the same', () => {
    for (const { name, text } of all) {
      const events = decode([text]);
      const lost: string[] = [];
      const encoder = anthropicMessages.encoder(contextOf(lost), () => METADATA);
      const out = events.map((event) => encoder.push(event)).join('');
      expect({ name, breaks: streamBreaks(out), lost }).toEqual({ name, breaks: [], lost: [] });
      if (SPLICED.test(name)) continue;
      const before = outcome(events);
      const after = outcome(decode([out]));
      if (typeof before === 'string' || typeof after === 'string') throw new Error(name);
      // An empty text block is not sent: a client that sends it back would be refused.
      const said = before.blocks.filter(
        (block) => block.kind !== 'text' || block.text !== '' || block.citations.length > 0,
      );
      expect({ name, blocks: normal(after.blocks) }).toEqual({ name, blocks: normal(said) });
      expect({ name, raw: after.finish.raw }).toEqual({ name, raw: before.finish.raw });
    }
  });
});

/** Every recorded whole message. */
function replies(): { name: string; body: JsonObject }[] {
  if (folder === null) return [];
  const found: { name: string; body: JsonObject }[] = [];
  const add = (name: string, body: unknown) => {
    if (isObject(body) && body.type === 'message') found.push({ name, body });
  };
  for (const source of ['pydantic-ai', 'openllmetry']) {
    for (const { id, response } of interactions(join(folder, source, 'anthropic.messages.jsonl'))) {
      if (response.body?.startsWith('{')) add(`${source} ${id}`, JSON.parse(response.body));
    }
  }
  for (const { name, text } of filesUnder(join(folder, 'vercel-ai/packages/anthropic'), '.json'))
    add(name, JSON.parse(text));
  for (const { name, text } of filesUnder(join(folder, 'lingua'), '.json')) {
    const providers = asObject((JSON.parse(text) as JsonObject).providers) ?? {};
    for (const provider in providers) {
      if (!provider.includes('anthropic')) continue;
      for (const key of ['response', 'followup_response'])
        add(`lingua ${name} ${key}`, asObject(providers[provider])?.[key]);
    }
  }
  return found;
}

suite('recorded whole replies', () => {
  test('decode lawfully to what they say, and are written back by meaning', () => {
    const all = replies();
    console.log(`${all.length} recorded whole replies`);
    expect(all.length).toBeGreaterThan(350);
    for (const { name, body } of all) {
      const events = anthropicMessages.decodeReply(body);
      expect({ name, breaks: lawBreaks(events) }).toEqual({ name, breaks: [] });
      const found = collect(events);
      expect({ name, blocks: normal(found.blocks) }).toEqual({
        name,
        blocks: normal(expected(body)),
      });
      const back = anthropicMessages.encodeReply(events, contextOf(), () => METADATA);
      const again = collect(anthropicMessages.decodeReply(back));
      const said = found.blocks.filter((block) => block.kind !== 'text' || block.text !== '');
      expect({ name, blocks: again.blocks }).toEqual({ name, blocks: said });
      // Assembled elsewhere from several messages, so that it calls tools and ends its turn.
      const reason = name.includes('programmatic-tool-calling') ? 'tool_use' : body.stop_reason;
      expect({ name, reason: back.stop_reason }).toEqual({ name, reason });
    }
  });

  test('a forwarded reply differs only by its metadata', () => {
    for (const { name, body } of replies()) {
      const text = JSON.stringify(body, null, 1);
      const { metadata, ...rest } = JSON.parse(
        anthropicMessages.forwardReply(text, body, METADATA),
      ) as JsonObject;
      expect({ name, rest }).toEqual({ name, rest: body });
      expect(metadata).toEqual({ ...METADATA });
    }
  });
});

/** Every recorded request that the API answered. */
function requests(): { name: string; text: string; body: JsonObject }[] {
  if (folder === null) return [];
  const found: { name: string; text: string; body: JsonObject }[] = [];
  const add = (name: string, text: string) =>
    found.push({ name, text, body: JSON.parse(text) as JsonObject });
  for (const source of ['pydantic-ai', 'openllmetry']) {
    for (const { id, request, response } of interactions(
      join(folder, source, 'anthropic.messages.jsonl'),
    )) {
      if (response.status === 200 && request.body?.startsWith('{'))
        add(`${source} ${id}`, request.body);
    }
  }
  for (const { name, text } of filesUnder(join(folder, 'lingua'), '.json')) {
    const providers = asObject((JSON.parse(text) as JsonObject).providers) ?? {};
    for (const key of ['request', 'followup_request']) {
      const request = asObject(asObject(providers.anthropic)?.[key]);
      if (request) add(`lingua ${name} ${key}`, JSON.stringify(request));
    }
  }
  return found;
}

/** A request with the several spellings of one meaning made one. */
function meaning(body: JsonObject): Json {
  const { stream, output_format: beta, ...rest } = body;
  const config = {
    ...asObject(rest.output_config),
    ...(beta === undefined ? {} : { format: beta }),
  };
  const messages: { role: Json; content: Json[] }[] = [];
  for (const value of asArray(rest.messages)) {
    const message = value as { [key: string]: Json };
    const content = blocksOf(message.content).filter(
      (block) => block.type !== 'text' || String(block.text).trim() !== '',
    );
    const last = messages.at(-1);
    // Adjacent turns of one side count as one turn.
    if (last && last.role === message.role) last.content.push(...content);
    else messages.push({ role: message.role ?? null, content: [...content] });
  }
  return canonical({
    ...rest,
    ...(stream === true ? { stream } : {}),
    ...(rest.system === undefined ? {} : { system: blocksOf(rest.system) }),
    ...(Object.keys(config).length === 0 ? {} : { output_config: config as Json }),
    messages,
    ...(rest.tools === undefined ? {} : { tools: asArray(rest.tools).map(plainTool) }),
    ...(asArray(rest.stop_sequences).length === 0 ? { stop_sequences: null } : {}),
  } as Json);
}

function blocksOf(content: Json | undefined): { [key: string]: Json }[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return asArray(content).map((value) => {
    const block = { ...(value as { [key: string]: Json }) };
    // Null and the default say nothing.
    for (const key in block) if (block[key] === null) delete block[key];
    if (asObject(block.caller)?.type === 'direct') delete block.caller;
    if (block.type === 'tool_result')
      block.content = block.content === undefined ? [] : blocksOf(block.content);
    return block;
  });
}

function plainTool(value: Json): Json {
  const tool = { ...(value as { [key: string]: Json }) };
  if (tool.type === 'custom') delete tool.type;
  if (tool.strict === false) delete tool.strict;
  if (tool.description === '') delete tool.description;
  for (const key in tool) if (tool[key] === null) delete tool[key];
  return tool;
}

/** Keys in one order, nulls left out at the top. */
function canonical(value: Json): Json {
  if (Array.isArray(value)) return value.map(canonical);
  if (!isObject(value)) return value;
  const out: { [key: string]: Json } = {};
  for (const key of Object.keys(value).sort()) {
    const inner = value[key];
    if (inner !== undefined && inner !== null) out[key] = canonical(inner);
  }
  return out;
}

/** An effort alone asks another wire to think, and whoever asks to think wants to see it: written anew, both are said. */
function explicit(body: JsonObject, { reasoning }: ChatCall): JsonObject {
  const wire = asObject(body.thinking);
  const implied = reasoning?.effort !== undefined && reasoning.mode === undefined;
  if (!implied && wire?.type !== 'adaptive') return body;
  return { ...body, thinking: { type: 'adaptive', display: 'summarized', ...wire } };
}

suite('recorded requests', () => {
  const all = requests();

  test('pass the checks and are read', () => {
    console.log(`${all.length} recorded requests`);
    expect(all.length).toBeGreaterThan(330);
    for (const { name, body } of all) {
      expect(() => anthropicMessages.checkCall(body), name).not.toThrow();
      const call = anthropicMessages.decodeCall(body);
      expect(call.messages.length, name).toBeGreaterThan(0);
    }
  });

  test('forwarded to their own model, they leave as they came', () => {
    const changed: string[] = [];
    for (const { name, text, body } of all) {
      const { body: out, losses } = anthropicMessages.forwardCall(
        text,
        body,
        targetOf(String(body.model)),
      );
      if (out !== text) changed.push(`${name}: ${losses.join('; ')}`);
    }
    expect(changed).toEqual([]);
  });

  test('read and written anew, they mean the same', () => {
    const differ: string[] = [];
    const lost = new Map<string, number>();
    for (const { name, body } of all) {
      const call = anthropicMessages.decodeCall(body);
      const { body: out, losses } = anthropicMessages.encodeCall(
        call,
        targetOf(String(body.model)),
      );
      for (const loss of losses)
        lost.set(loss.replace(/\d+/g, 'n'), (lost.get(loss.replace(/\d+/g, 'n')) ?? 0) + 1);
      const was = meaning(explicit(body, call));
      const same = JSON.stringify(meaning(JSON.parse(out) as JsonObject)) === JSON.stringify(was);
      if (!same) differ.push(`${name}: ${losses.join('; ')}`);
    }
    console.log([...lost].map(([loss, count]) => `${count} ${loss}`).join('\n'));
    expect(differ).toEqual([]);
  });
});

suite('estimated tokens', () => {
  test('long texts are within a twentieth of what the vendor counted', () => {
    let compared = 0;
    for (const source of ['pydantic-ai/anthropic.count_tokens', 'openllmetry/anthropic.messages']) {
      for (const { id, request, response } of interactions(join(folder ?? '', `${source}.jsonl`))) {
        if (!request.body?.startsWith('{') || !response.body?.startsWith('{')) continue;
        const call = anthropicMessages.decodeCall(JSON.parse(request.body) as JsonObject);
        const reply = JSON.parse(response.body) as JsonObject;
        const { input, cacheRead, cacheWrite5m } = decodeUsage(reply.usage ?? reply);
        const counted = (input ?? 0) + (cacheRead ?? 0) + (cacheWrite5m ?? 0);
        if (counted < 1000 || call.tools.length > 0 || request.body.includes('"image"')) continue;
        compared += 1;
        const ratio = estimateTokens(call) / counted;
        expect({ id, close: Math.abs(ratio - 1) < 0.05 }).toEqual({ id, close: true });
      }
    }
    expect(compared).toBeGreaterThan(4);
  });
});

suite('quoted errors', () => {
  test('are understood as what they were', () => {
    const found = linesOf('errors/cited_error_bodies.jsonl')
      .filter(({ provider }) => String(provider).startsWith('anthropic'))
      .map((line) => {
        if (line.stream === true) {
          const last = decode([String(line.body)]).at(-1);
          return [200, last?.type === 'error' ? last.error.code : null, undefined];
        }
        const text = asString(line.body) ?? '';
        const headers = new Headers(line.headers as { [name: string]: string });
        const status = Number(line.status);
        const body = asObject(parseJson(text));
        const error = anthropicMessages.decodeError(status, headers, body, text);
        return [status, error.code, error.details.retryAfterS];
      });
    expect(found).toEqual([
      [529, 'upstream_overloaded', undefined],
      [529, 'upstream_overloaded', undefined],
      [200, 'upstream_overloaded', undefined],
      [429, 'upstream_rate_limited', 16],
      [429, 'upstream_rate_limited', undefined],
    ]);
  });

  test('refusals of requests stop, unknown models fall over', () => {
    const refused = interactions(join(folder ?? '', 'pydantic-ai/anthropic.messages.jsonl'))
      .filter(({ response }) => response.status >= 400)
      .map(({ response: { status, body = '' } }) => {
        const error = anthropicMessages.decodeError(
          status,
          new Headers(),
          asObject(parseJson(body)),
          body,
        );
        return [status, error.code, error.next];
      });
    expect(refused.sort()).toEqual([
      [400, 'upstream_invalid_request', 'stop'],
      [404, 'upstream_not_found', 'fallback'],
    ]);
  });
});

function linesOf(name: string): JsonObject[] {
  const text = readFileSync(join(folder ?? '', name), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JsonObject);
}
