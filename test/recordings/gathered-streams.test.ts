// Every recorded stream of the callers' wires, gathered into the reply it would have been whole: it decodes to what the
// stream itself decodes to, and has the members that whole replies to the same requests were recorded with.
import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { MessageStream } from '@anthropic-ai/sdk/lib/MessageStream';
import { ChatCompletionStream } from 'openai/lib/ChatCompletionStream';
import { type Collected, type CollectedBlock, collect } from '../../src/core/collect.ts';
import type { CallerDialectId, ChatDialect } from '../../src/core/dialect.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { WrappedEventReader } from '../../src/dialects/bedrock-converse/wrapped-events.ts';
import { DIALECTS } from '../../src/dialects/index.ts';
import { unpackState } from '../../src/dialects/openai-responses/reasoning-items.ts';
import { SseReader } from '../../src/lib/frame-reader.ts';
import { asObject, asObjects, type Json, type JsonObject, parseJson } from '../../src/lib/json.ts';
import { SseFrame } from '../../src/lib/sse.ts';
import { type Recorded, recordedCalls } from './fidelity/sources.ts';
import { filesUnder, recordingsFolder } from './find-recordings.ts';

const folder = recordingsFolder();
const suite = folder === null ? describe.skip : describe;
if (folder === null)
  console.log('skipped: gathered streams (no recordings at ../shared/recordings)');

const isCallers = (wire: string): wire is CallerDialectId => wire in DIALECTS;
const streams =
  folder === null
    ? []
    : recordedCalls(folder).flatMap((recorded) =>
        recorded.reply.stream && isCallers(recorded.wire)
          ? [{ recorded, dialect: DIALECTS[recorded.wire] }]
          : [],
      );

function framesIn({ host, reply }: Recorded): SseFrame[] {
  const reader = host === 'bedrock-invoke' ? new WrappedEventReader() : new SseReader();
  return [...reader.push(reply.bytes), ...reader.end()];
}

/** Null: the stream holds an error. */
function decoded(dialect: ChatDialect, frames: readonly SseFrame[]): Collected | null {
  const decoder = dialect.decoder();
  try {
    return collect([...frames.flatMap((frame) => decoder.push(frame)), ...decoder.end()]);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(GatewayError);
    return null;
  }
}

function gathered(dialect: ChatDialect, frames: readonly SseFrame[]): JsonObject {
  const gatherer = dialect.gatherer();
  for (const frame of frames) gatherer.push(frame);
  return gatherer.reply();
}

/** Shortened by hand: its deltas are the beginning of another text than the one it ends with. */
const SHORTENED = 'openai-shell-container.1.chunks.txt 0';
/** A router that gives the response another id in every event. */
const ROTATING = 'github-copilot-id-rotation.1.chunks.txt 0';

/** What an answer says, without what its two forms may tell in different order or spell differently. */
function meaning({ id, model, created, blocks, finish }: Collected): unknown {
  const texts = (kind: CollectedBlock['kind']) =>
    blocks.map((block) => (block.kind === kind && 'text' in block ? block.text : '')).join('');
  const { usage, reason, stopSequence } = finish;
  return {
    ...{ id, model, created, usage, reason, stopSequence },
    ...{ text: texts('text'), refusal: texts('refusal'), reasoning: texts('reasoning') },
    signed: blocks
      .flatMap((block) => (block.kind === 'reasoning' ? [[block.format, stateIn(block)]] : []))
      .filter(([, state]) => state !== null),
    hidden: blocks.flatMap((block) =>
      block.kind === 'redacted-reasoning' ? [[block.format, block.data]] : [],
    ),
    calls: blocks.flatMap((block) =>
      block.kind === 'tool-use'
        ? [[block.id, block.name, parseJson(block.arguments) ?? block.arguments, block.custom]]
        : [],
    ),
    citations: blocks.flatMap((block) => (block.kind === 'text' ? block.citations : [])),
    opaque: opaqueIn(blocks),
  };
}

/** The responses wire encrypts a state anew for every event it stands in: it is told by the item's id. */
function stateIn({ format, signature }: Extract<CollectedBlock, { kind: 'reasoning' }>) {
  const isItem = format === 'openai-responses-v1' && signature !== null;
  return isItem ? unpackState(signature).id : signature;
}

/** Recorded: one search told twice, when it began and when it was done; whole it is told once. */
function opaqueIn(blocks: readonly CollectedBlock[]): string[] {
  const found = blocks.flatMap((block) => (block.kind === 'opaque' ? [block.value] : []));
  const done = found.findLast((value) => 'executed_tools' in value);
  return found
    .filter((value) => value === done || !('executed_tools' in value))
    .map(named)
    .sort();
}

/** The rest of an opaque block is compared where it cannot be encrypted anew. */
function named(value: JsonObject): string {
  const isEncrypted = typeof value.encrypted_content === 'string' || 'fingerprint' in value;
  return JSON.stringify(isEncrypted ? [value.type, value.id] : sorted(value));
}

function sorted(value: Json | JsonObject | undefined): unknown {
  const object = asObject(value);
  if (object === undefined) return Array.isArray(value) ? value.map(sorted) : value;
  return Object.entries(object)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => [name, sorted(member)]);
}

suite('recorded streams, gathered', () => {
  test('are all here', () => {
    const counts = Object.entries(Object.groupBy(streams, ({ dialect }) => dialect.id));
    expect(Object.fromEntries(counts.map(([id, found]) => [id, found?.length]))).toEqual({
      'openai-chat': 221,
      'anthropic-messages': 154,
      'openai-responses': 161,
    });
  });

  for (const dialect of Object.values(DIALECTS))
    test(`of ${dialect.id} decode to what the streams decode to`, () => {
      let failed = 0;
      for (const { recorded } of streams.filter((stream) => stream.dialect === dialect)) {
        const { id } = recorded;
        const frames = framesIn(recorded);
        const told = decoded(dialect, frames);
        if (told === null) {
          failed += 1;
          continue;
        }
        const reply = collect(dialect.decodeReply(gathered(dialect, frames)));
        if (id === SHORTENED) {
          expect(reply.blocks.length).toBe(told.blocks.length);
          continue;
        }
        const expected = id === ROTATING ? { ...told, id: reply.id } : told;
        expect({ id, said: meaning(reply) }).toEqual({ id, said: meaning(expected) });
      }
      expect(failed).toBe(
        dialect.id === 'openai-chat' ? 2 : dialect.id === 'openai-responses' ? 1 : 0,
      );
    });

  test('are the same however often they are gathered, and leave the frames as they were', () => {
    for (const { recorded, dialect } of streams) {
      const frames = framesIn(recorded);
      if (decoded(dialect, frames) === null) continue;
      const before = JSON.stringify(frames.map(({ json }) => json));
      const first = gathered(dialect, frames);
      expect(gathered(dialect, frames)).toEqual(first);
      expect(JSON.stringify(frames.map(({ json }) => json)) === before).toBe(true);
    }
  });
});

// ---- the makers' own clients

/** The same, put together by the official SDKs; undefined where they give up on the stream. */
async function bySdk(id: CallerDialectId, frames: readonly SseFrame[]): Promise<unknown> {
  const lines = frames.flatMap(({ json }) => (json === undefined ? [] : [JSON.stringify(json)]));
  const stream = new Blob([lines.join('\n')]).stream();
  try {
    return id === 'openai-chat'
      ? await ChatCompletionStream.fromReadableStream(stream).finalChatCompletion()
      : await MessageStream.fromReadableStream(stream).finalMessage();
  } catch {
    return undefined;
  }
}

/** What the SDKs are right about: they know nothing of vendors' own members, parts, hosted calls or calls numbered alike. */
function known(reply: unknown): unknown {
  const { choices, content, stop_reason, usage } = asObject(reply) ?? {};
  return {
    choices: asObjects(choices).map(({ message, finish_reason }) => {
      const said = asObject(message) ?? {};
      const calls = asObjects(said.tool_calls).map((call) => {
        const { name, arguments: text } = asObject(call.function) ?? {};
        return [call.id, call.type, name, text];
      });
      return [said.content || null, said.refusal ?? null, calls, finish_reason];
    }),
    content: asObjects(content)
      .filter(({ type }) =>
        ['text', 'thinking', 'redacted_thinking', 'tool_use'].includes(String(type)),
      )
      .map((block) => ({ ...block, parsed_output: null })),
    stop_reason,
    // The one forgets usage where a later chunk has none, the other knows no iterations.
    usage: choices === undefined ? { ...asObject(usage), iterations: null } : null,
  };
}

const MAKERS = /(?:openai|azure|deepseek|groq)\.chat|lingua|anthropic/;

suite('recorded streams of the makers', () => {
  test('are put together as their SDKs do it', async () => {
    const made = { 'openai-chat': 0, 'anthropic-messages': 0, 'openai-responses': 0 };
    for (const { recorded, dialect } of streams) {
      if (!MAKERS.test(recorded.file) || dialect.id === 'openai-responses') continue;
      const frames = framesIn(recorded);
      const expected = await bySdk(dialect.id, frames);
      if (expected === undefined) continue;
      made[dialect.id] += 1;
      const { id } = recorded;
      expect({ id, said: known(gathered(dialect, frames)) }).toEqual({ id, said: known(expected) });
    }
    expect(made['openai-chat']).toBeGreaterThan(120);
    expect(made['anthropic-messages']).toBeGreaterThan(100);
  });
});

// ---- the same request, asked both ways

interface Pair {
  readonly name: string;
  readonly dialect: ChatDialect;
  readonly whole: JsonObject;
  readonly frames: readonly SseFrame[];
}

const FORMATS: { readonly [format: string]: CallerDialectId } = {
  'chat-completions': 'openai-chat',
  responses: 'openai-responses',
  anthropic: 'anthropic-messages',
  'bedrock-anthropic': 'anthropic-messages',
};

function pairs(from: string): Pair[] {
  return filesUnder(join(from, 'lingua'), '.json').flatMap(({ name, text }) =>
    Object.entries(asObject(asObject(parseJson(text))?.providers) ?? {}).flatMap(
      ([format, given]) =>
        ['', 'followup_'].flatMap((turn): Pair[] => {
          const id = FORMATS[format];
          const whole = asObject(asObject(given)?.[`${turn}response`]);
          const events = asObjects(asObject(given)?.[`${turn}response_streaming`]);
          if (id === undefined || whole === undefined || events.length === 0) return [];
          const frames = events.map((event) => new SseFrame(null, JSON.stringify(event), ''));
          const dialect = DIALECTS[id];
          // Some captures hold a whole message or an unfinished stream.
          if (decoded(dialect, frames) === null || events[0]?.type === 'message') return [];
          return [{ name: `${name} ${format} ${turn}`, dialect, whole, frames }];
        }),
    ),
  );
}

/** Paths of members. What the model says differs from answer to answer: entries of lists go by their type alone. */
function members(value: Json | undefined, path: string, into: Set<string>): Set<string> {
  if (Array.isArray(value)) {
    for (const entry of value)
      members(entry, `${path}[${String(asObject(entry)?.type ?? '')}]`, into);
    return into;
  }
  for (const [name, member] of Object.entries(asObject(value) ?? {})) {
    into.add(`${path}.${name}`);
    if (name !== 'input' && name !== 'parameters') members(member, `${path}.${name}`, into);
  }
  return into;
}

/** Told in whole replies only, or by the client library. */
const WHOLE_ONLY: { readonly [D in CallerDialectId]: RegExp } = {
  // These were streamed without being asked for their usage.
  'openai-chat': /^\.usage/,
  'openai-responses': /^\.(?:billing|output_text)/,
  'anthropic-messages': /^$/,
};

/** Here the model said something else when it was asked again. */
const ANSWERED_OTHERWISE =
  /exclusiveMinimumToolParam|parallelToolCallsRequest.*responses|multimodalRequest.*responses/;

suite('recorded streams and whole replies to the same request', () => {
  const found = folder === null ? [] : pairs(folder);

  test('there are many', () => {
    expect(found.length).toBeGreaterThan(100);
  });

  test('have the same members', () => {
    for (const { name, dialect, whole, frames } of found) {
      if (ANSWERED_OTHERWISE.test(name)) continue;
      const expected = [...members(whole, '', new Set())].filter(
        (path) => !WHOLE_ONLY[dialect.id].test(path),
      );
      const reply = members(gathered(dialect, frames), '', new Set());
      expect({ name, members: [...reply].sort() }).toEqual({ name, members: expected.sort() });
    }
  });
});
