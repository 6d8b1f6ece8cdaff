// Recorded Bedrock traffic: every reply and stream read, cut anywhere, against a narrow reading that shares no code with the
// gateway's; every shape of request it makes among those that were accepted; translations against another implementation's.
// Native InvokeModel bodies of other makers than Claude (Titan, Llama 2, Jurassic, Command, embeddings) are not spoken.
import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { collect } from '../../src/core/collect.ts';
import type { Decoder, Target, UpstreamDialect } from '../../src/core/dialect.ts';
import type { ChatEvent } from '../../src/core/event.ts';
import { totalInput, totalOutput, type Usage } from '../../src/core/usage.ts';
import { anthropicMessages } from '../../src/dialects/anthropic-messages/index.ts';
import { bedrockConverse } from '../../src/dialects/bedrock-converse/index.ts';
import { WrappedEventReader } from '../../src/dialects/bedrock-converse/wrapped-events.ts';
import { openaiChat } from '../../src/dialects/openai-chat/index.ts';
import { AwsEventStreamReader } from '../../src/lib/aws-event-stream.ts';
import type { FrameReader } from '../../src/lib/frame-reader.ts';
import {
  asArray,
  asObject,
  asObjects,
  asString,
  type Json,
  type JsonObject,
  parseJson,
} from '../../src/lib/json.ts';
import { SseFrame } from '../../src/lib/sse.ts';
import { bedrock } from '../../src/providers/bedrock.ts';
import { lawBreaks } from '../contracts/event-law.ts';
import { targetOf } from '../contracts/example-reply.ts';
import { differences, shown } from './differences.ts';
import { filesUnder, interactions, recordingsFolder } from './find-recordings.ts';

const folder = recordingsFolder();
const suite = folder === null ? describe.skip : describe;
if (folder === null) console.log('skipped: no recordings beside this repository');

interface Recorded {
  readonly name: string;
  readonly model: string;
  readonly operation: string;
  readonly request: JsonObject | undefined;
  readonly status: number;
  readonly headers: JsonObject;
  readonly body: string;
  readonly bytes: Uint8Array | null;
}

function recorded(): Recorded[] {
  if (folder === null) return [];
  const files = filesUnder(folder, '.jsonl').filter(({ name }) =>
    /(?:bedrock|localhost_8787)\.(?:converse|invoke_model)\.jsonl$/.test(name),
  );
  return files.flatMap(({ name }) =>
    interactions(join(folder, name)).map(({ id, request, response }) => {
      const [model = '', operation = ''] = (request.url.split('/model/')[1] ?? '').split('/');
      const binary = asString((response as { body_b64?: string }).body_b64);
      return {
        name: `${name} ${id}`,
        model: decodeURIComponent(model),
        operation,
        request: asObject(parseJson(request.body ?? '')),
        status: response.status,
        headers: response.headers,
        body: response.body ?? '',
        bytes: binary === undefined ? null : Buffer.from(binary, 'base64'),
      };
    }),
  );
}

const ALL = recorded();
const CONVERSE = ALL.filter(({ operation }) => operation.startsWith('converse'));
const WHOLE = CONVERSE.filter(({ status, bytes }) => status === 200 && bytes === null);
const STREAMS = CONVERSE.filter(({ bytes }) => bytes !== null);
const CLAUDE_INVOKED = ALL.filter(
  ({ operation, model, request }) =>
    operation.startsWith('invoke') && model.includes('claude') && request?.messages !== undefined,
);

/** What an answer says, as far as a caller looks at it. */
interface Said {
  readonly text: string;
  readonly reasoning: string;
  readonly signatures: readonly string[];
  readonly redacted: readonly string[];
  readonly calls: readonly (readonly [id: string, name: string, input: Json])[];
  readonly opaque: number;
  readonly stop: string | null;
}

function membersOf(objects: readonly JsonObject[], member: string): JsonObject[] {
  return objects.map((object) => asObject(object[member])).filter((found) => found !== undefined);
}

/** Read from the vendor's blocks by the description alone. */
function narrow(blocks: readonly JsonObject[], stop: string | null): Said {
  const texts = blocks.map(({ text }) => asString(text) ?? '');
  const reasonings = membersOf(blocks, 'reasoningContent');
  const spoken = membersOf(reasonings, 'reasoningText');
  const uses = membersOf(blocks, 'toolUse');
  const own = uses.filter(({ type }) => type !== 'server_tool_use');
  return {
    text: texts.join(''),
    reasoning: spoken.map(({ text }) => asString(text) ?? '').join(''),
    signatures: spoken.flatMap(({ signature }) => asString(signature) ?? []),
    redacted: reasonings.flatMap(({ redactedContent: data }) =>
      typeof data === 'string' ? [atob(data)] : [],
    ),
    calls: own.map(({ toolUseId, name, input }) => [
      asString(toolUseId) ?? '',
      asString(name) ?? '',
      input ?? {},
    ]),
    opaque: uses.length - own.length + blocks.filter(({ toolResult }) => toolResult).length,
    stop,
  };
}

/** The same of our events. */
function said(events: readonly ChatEvent[]): Said {
  const { blocks, finish } = collect(events);
  const of = <K extends (typeof blocks)[number]['kind']>(kind: K) =>
    blocks.filter(
      (block): block is Extract<(typeof blocks)[number], { kind: K }> => block.kind === kind,
    );
  return {
    text: of('text')
      .map(({ text }) => text)
      .join(''),
    reasoning: of('reasoning')
      .map(({ text }) => text)
      .join(''),
    signatures: of('reasoning').flatMap(({ signature }) => signature ?? []),
    redacted: of('redacted-reasoning').map(({ data }) => data),
    calls: of('tool-use').map(({ id, name, arguments: json }) => [
      id,
      name,
      JSON.parse(json) as Json,
    ]),
    opaque: of('opaque').length,
    stop: finish.raw,
  };
}

/** The blocks a stream's messages add up to, read without the gateway's reader: no checksums, headers searched as text. */
function narrowStream(bytes: Uint8Array): {
  blocks: JsonObject[];
  stop: string | null;
  usage: JsonObject;
} {
  const events: JsonObject[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length; at += view.getUint32(at)) {
    const headers = Buffer.from(bytes.subarray(at + 12, at + 12 + view.getUint32(at + 4))).toString(
      'latin1',
    );
    const payload = bytes.subarray(at + 12 + view.getUint32(at + 4), at + view.getUint32(at) - 4);
    // The name, the type of its value, two bytes of length, the value.
    const value = headers.slice(headers.indexOf(':event-type') + ':event-type'.length + 3);
    const type = /^[A-Za-z]+/.exec(value)?.[0] ?? '';
    events.push({ [type]: JSON.parse(Buffer.from(payload).toString()) as Json });
  }
  return addUp(events);
}

type Mutable = { [name: string]: Json | undefined };

function addUp(events: readonly JsonObject[]): {
  blocks: JsonObject[];
  stop: string | null;
  usage: JsonObject;
} {
  const blocks: Mutable[] = [];
  const inputs: string[] = [];
  let stop: string | null = null;
  let usage: JsonObject = {};
  for (const event of events) {
    const start = asObject(event.contentBlockStart);
    const delta = asObject(event.contentBlockDelta);
    stop = asString(asObject(event.messageStop)?.stopReason) ?? stop;
    usage = asObject(asObject(event.metadata)?.usage) ?? usage;
    const index = Number((start ?? delta)?.contentBlockIndex ?? 0);
    if (start) blocks[index] = { ...asObject(start.start) };
    if (!delta) continue;
    blocks[index] ??= {};
    const block = blocks[index];
    const gained = asObject(delta.delta) ?? {};
    if (typeof gained.text === 'string') block.text = (asString(block.text) ?? '') + gained.text;
    const input = asString(asObject(gained.toolUse)?.input);
    if (input !== undefined) inputs[index] = (inputs[index] ?? '') + input;
    const reasoning = asObject(gained.reasoningContent);
    if (reasoning?.redactedContent !== undefined)
      block.reasoningContent = { redactedContent: reasoning.redactedContent };
    else if (reasoning) {
      const before: JsonObject = asObject(asObject(block.reasoningContent)?.reasoningText) ?? {};
      const text = (asString(before.text) ?? '') + (asString(reasoning.text) ?? '');
      const signature = asString(reasoning.signature) ?? asString(before.signature);
      block.reasoningContent = { reasoningText: { text, ...(signature ? { signature } : {}) } };
    }
  }
  inputs.forEach((input, index) => {
    const toolUse: JsonObject = asObject(blocks[index]?.toolUse) ?? {};
    blocks[index] = {
      ...blocks[index],
      toolUse: { ...toolUse, input: (parseJson(input) ?? {}) as Json },
    };
  });
  return { blocks: blocks.filter(Boolean), stop, usage };
}

function checkUsage(usage: Usage, told: JsonObject): void {
  expect(usage.input).toBe(Number(told.inputTokens));
  expect(usage.output).toBe(Number(told.outputTokens));
  expect((totalInput(usage) ?? 0) + (totalOutput(usage) ?? 0)).toBe(Number(told.totalTokens));
}

function usageOf(events: readonly ChatEvent[]): Usage {
  const last = events.at(-1);
  if (last?.type !== 'finish') throw new Error(`no finish but ${JSON.stringify(last)}`);
  return last.usage;
}

/** The events of a body that came in pieces of so many bytes. */
function streamed(
  bytes: Uint8Array,
  size: number,
  [frames, decoder]: readonly [FrameReader, Decoder],
): ChatEvent[] {
  const events: ChatEvent[] = [];
  for (let at = 0; at < bytes.length; at += size)
    for (const frame of frames.push(bytes.subarray(at, at + size)))
      events.push(...decoder.push(frame));
  for (const frame of frames.end()) events.push(...decoder.push(frame));
  return [...events, ...decoder.end()];
}

suite('Converse', () => {
  test('there is enough of it', () => {
    expect(WHOLE.length).toBeGreaterThan(150);
    expect(STREAMS.length).toBeGreaterThan(10);
    expect(CLAUDE_INVOKED.length).toBeGreaterThan(5);
  });

  test.each(WHOLE.map((one) => [one.name, one] as const))('%s', (_, { body }) => {
    const reply = asObject(parseJson(body)) ?? {};
    const events = bedrockConverse.decodeReply(reply);
    expect(lawBreaks(events)).toEqual([]);
    const blocks = asObjects(asObject(asObject(reply.output)?.message)?.content);
    expect(said(events)).toEqual(narrow(blocks, asString(reply.stopReason) ?? null));
    checkUsage(usageOf(events), asObject(reply.usage) ?? {});
  });

  test.each(STREAMS.map((one) => [one.name, one] as const))('%s, cut anywhere', (_, { bytes }) => {
    if (bytes === null) throw new Error('no bytes');
    const reading = () => [new AwsEventStreamReader(), bedrockConverse.decoder()] as const;
    const events = streamed(bytes, bytes.length, reading());
    expect(lawBreaks(events)).toEqual([]);
    const { blocks, stop, usage } = narrowStream(bytes);
    expect(said(events)).toEqual(narrow(blocks, stop));
    checkUsage(usageOf(events), usage);
    for (const size of [1, 7, 13, 100, 4096])
      expect(streamed(bytes, size, reading())).toEqual(events);
  });

  test('a damaged byte anywhere is noticed', () => {
    const [{ bytes } = { bytes: null }] = STREAMS;
    if (bytes === null) throw new Error('no stream');
    for (let at = 0; at < bytes.length; at += 11) {
      const damaged = Uint8Array.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 0x40;
      let thrown: unknown = null;
      try {
        const events = streamed(damaged, 64, [
          new AwsEventStreamReader(),
          bedrockConverse.decoder(),
        ]);
        // A length that grew swallows what follows: then the answer does not end.
        if (events.at(-1)?.type === 'error') thrown = new SyntaxError('cut');
      } catch (error) {
        thrown = error;
      }
      expect({
        at,
        noticed: thrown instanceof SyntaxError || thrown instanceof RangeError,
      }).toEqual({ at, noticed: true });
    }
  });

  test('its refusals', () => {
    const codes = CONVERSE.filter(({ status }) => status !== 200).map(
      ({ status, headers, body }) => {
        const sent = new Headers(JSON.parse(JSON.stringify(headers)) as { [name: string]: string });
        const error = bedrockConverse.decodeError(status, sent, asObject(parseJson(body)), body);
        return `${error.code}: ${error.message.slice(0, 40)}`;
      },
    );
    expect([...new Set(codes)].sort()).toEqual([
      'upstream_invalid_request: The model returned the following errors:',
      "upstream_invalid_request: This model doesn't support the s3Uri fie",
      "upstream_invalid_request: This model doesn't support the video con",
      'upstream_not_found: The provided model identifier is invalid',
    ]);
  });
});

suite('InvokeModel, Claude', () => {
  test.each(CLAUDE_INVOKED.map((one) => [one.name, one] as const))('%s', (_, { body, bytes }) => {
    if (bytes === null) {
      const events = anthropicMessages.decodeReply(asObject(parseJson(body)) ?? {});
      expect(lawBreaks(events)).toEqual([]);
      expect(usageOf(events).output).toBeGreaterThan(0);
      return;
    }
    const reading = () => [new WrappedEventReader(), anthropicMessages.decoder()] as const;
    const events = streamed(bytes, bytes.length, reading());
    expect(lawBreaks(events)).toEqual([]);
    expect(said(events).text).not.toBe('');
    for (const size of [1, 17, 1000]) expect(streamed(bytes, size, reading())).toEqual(events);
    const frames = new WrappedEventReader().push(bytes);
    expect(frames.map(({ event }) => event)[0]).toBe('message_start');
    expect(frames.at(-1)?.raw).toBe('event: message_stop\ndata: {"type":"message_stop"}\n\n');
  });
});

/** Another implementation's captures: parsed events and replies. */
interface Captured {
  readonly name: string;
  readonly provider: UpstreamDialect;
  readonly value: JsonObject | readonly Json[];
}

function lingua(): {
  readonly captured: Captured[];
  readonly pairs: readonly (readonly [string, JsonObject, JsonObject])[];
} {
  const captured: Captured[] = [];
  const pairs: (readonly [string, JsonObject, JsonObject])[] = [];
  for (const { name, text } of folder === null ? [] : filesUnder(join(folder, 'lingua'), '.json')) {
    const file = JSON.parse(text) as JsonObject;
    const providers: JsonObject = asObject(file.providers) ?? {};
    const transform = asObject(asObject(file.transforms)?.['chat-completions_to_bedrock']);
    const from = [
      ['bedrock', bedrockConverse, asObject(providers.bedrock)],
      ['bedrock-anthropic', anthropicMessages, asObject(providers['bedrock-anthropic'])],
      ['transform', bedrockConverse, transform],
    ] as const;
    for (const [source, provider, held] of from) {
      for (const [member, value] of Object.entries(held ?? {})) {
        const answers = /^(?:followup_)?response|^captured_target/.test(member);
        // What the provider refused is no answer.
        if (!answers || asObject(value)?.error !== undefined) continue;
        if (Array.isArray(value) ? value.length === 0 : asObject(value) === undefined) continue;
        captured.push({
          name: `${name} ${source} ${member}`,
          provider,
          value: value as JsonObject,
        });
      }
    }
    const request = asObject(asObject(providers['chat-completions'])?.request);
    const expected = asObject(transform?.expected_request);
    if (request && expected) pairs.push([name.replace('.json', ''), request, expected]);
  }
  return { captured, pairs };
}

function fixtures(): Captured[] {
  if (folder === null) return [];
  const under = join(folder, 'vercel-ai/packages/amazon-bedrock/src/__fixtures__');
  return [
    ...filesUnder(under, '.json').map(({ name, text }) => ({
      name,
      value: JSON.parse(text) as JsonObject,
    })),
    ...filesUnder(under, '.chunks.txt').map(({ name, text }) => ({
      name,
      value: text
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line) => JSON.parse(line) as Json),
    })),
  ].map((one) => ({ ...one, provider: bedrockConverse }));
}

const LINGUA = lingua();

suite('other people’s captures', () => {
  const all = [...LINGUA.captured, ...fixtures()];

  test.each(all.map((one) => [one.name, one] as const))('%s', (_, { provider, value }) => {
    const list = Array.isArray(value) ? asObjects(value) : null;
    const events =
      list === null ? provider.decodeReply(value as JsonObject) : decoded(provider, list);
    expect(lawBreaks(events)).toEqual([]);
    expect(events.at(-1)?.type).toBe('finish');
    if (provider !== bedrockConverse) return;
    const reply = value as JsonObject;
    const { blocks, stop } =
      list === null
        ? {
            blocks: [...asObjects(asObject(asObject(reply.output)?.message)?.content)],
            stop: asString(reply.stopReason) ?? null,
          }
        : addUp(list);
    expect(said(events)).toEqual(narrow(blocks, stop));
  });
});

function decoded(provider: UpstreamDialect, list: readonly JsonObject[]): ChatEvent[] {
  const decoder = provider.decoder();
  const frames = list.map((event) => {
    const [name = '', inner] = Object.entries(event)[0] ?? [];
    return provider === bedrockConverse
      ? new SseFrame(name, JSON.stringify(inner), '')
      : new SseFrame(asString(event.type) ?? null, JSON.stringify(event), '');
  });
  return [...frames.flatMap((frame) => decoder.push(frame)), ...decoder.end()];
}

const CLAUDE = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';
const target = (model: string): Target =>
  targetOf(model, { provider: 'bedrock', quirks: bedrock.quirks });

/** Where our translation is another than theirs, and why it should be. */
const OTHERWISE: { readonly [name: string]: readonly (readonly [path: RegExp, why: string])[] } = {
  chatCompletionsAssistantCacheControlParam: [
    [/^messages\[1\]\.content\[1\]$/, 'the caller’s cache mark arrives'],
  ],
  chatCompletionsSystemCacheControlParam: [
    [/^system|^messages/, 'a system prompt stays one, with its cache mark'],
  ],
  systemMessageArrayContent: [[/^system|^messages/, 'a system prompt stays one']],
  jsonSchemaFormatParam: [[/^outputConfig/, 'the model is held to the schema']],
  jsonSchemaMinimumMaximumParam: [[/^outputConfig/, 'the model is held to the schema']],
  textFormatJsonSchemaMissingRequiredPropertyParam: [
    [/^outputConfig/, 'the model is held to the schema'],
  ],
  textFormatJsonSchemaNullableUnionTypeGpt54NanoParam: [
    [/^outputConfig/, 'the model is held to the schema'],
  ],
  textFormatJsonObjectParam: [[/^system/, 'JSON is asked for in words, and that is named']],
  toolCallRequest: [[/toolChoice/, 'a call that is required is required']],
  toolChoiceRequiredWithReasoningParam: [
    [
      /toolChoice|thinking|additionalModelRequestFields/,
      'the call is forced, and thinking cannot go with it',
    ],
    [/strict/, 'a strict call is held to its schema'],
  ],
  multimodalRequest: [[/content/, 'a picture’s address is no bytes: theirs was refused']],
};

suite('translations of chat completions', () => {
  test.each(LINGUA.pairs)('%s', (name, request, expected) => {
    const { body, losses } = bedrockConverse.encodeCall(
      openaiChat.decodeCall(request),
      target(CLAUDE),
    );
    const { modelId: _, ...theirs } = expected;
    const explained = OTHERWISE[name] ?? [];
    const left = differences(joined(theirs), asObject(parseJson(body))).filter(
      ({ path }) => !explained.some(([pattern]) => pattern.test(path)),
    );
    expect(left.map(shown)).toEqual([]);
    if (name === 'multimodalRequest') expect(losses.join()).toContain('image dropped');
  });
});

/** Theirs repeats a role where the wire wants one turn a side. */
function joined(request: JsonObject): JsonObject {
  const turns: JsonObject[] = [];
  for (const turn of asObjects(request.messages)) {
    const last = turns.at(-1);
    if (last?.role === turn.role)
      turns[turns.length - 1] = {
        ...turn,
        content: [...asArray(last?.content), ...asArray(turn.content)],
      };
    else turns.push(turn);
  }
  return { ...request, messages: turns };
}

/** Paths of a request, list places left out; what is free in form (inputs, schemas) not looked into. */
function shape(value: Json | undefined, path: string, into: Set<string>): void {
  if (Array.isArray(value)) {
    for (const item of value) shape(item, `${path}[]`, into);
    return;
  }
  const object = asObject(value);
  if (object === undefined || /\.(?:input|json)$/.test(path)) {
    into.add(path);
    return;
  }
  if (Object.keys(object).length === 0) into.add(path);
  for (const key in object) shape(object[key], path === '' ? key : `${path}.${key}`, into);
}

/** Documented, not recorded: docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html */
const DOCUMENTED = [
  /\.cachePoint\.ttl$/,
  /^additionalModelRequestFields\.thinking\.display$/,
  /^additionalModelRequestFields\.tool_choice\./,
  /^additionalModelResponseFieldPaths/,
  /\.document\.(?:citations\.enabled|context)$/,
  /\.audio\./,
];

suite('requests', () => {
  const accepted = new Set<string>();
  for (const { request } of WHOLE) shape(request, '', accepted);

  test('whatever we send of the recorded chat calls has a shape that was accepted', () => {
    if (folder === null) return;
    const models = [
      CLAUDE,
      'us.amazon.nova-lite-v1:0',
      'openai.gpt-oss-120b-1:0',
      'us.meta.llama4-maverick-17b-instruct-v1:0',
    ];
    const odd = new Set<string>();
    let calls = 0;
    for (const { name, text } of filesUnder(
      join(folder, 'pydantic-ai'),
      'openai.chat.completions.jsonl',
    )) {
      expect(text).not.toBe('');
      for (const { request } of interactions(join(folder, 'pydantic-ai', name))) {
        const body = asObject(parseJson(request.body ?? ''));
        if (body === undefined || !Array.isArray(body.messages)) continue;
        for (const model of models) {
          const call = { ...openaiChat.decodeCall(body), stream: false };
          const sent = new Set<string>();
          shape(parseJson(bedrockConverse.encodeCall(call, target(model)).body), '', sent);
          calls += 1;
          for (const path of sent)
            if (!accepted.has(path) && !DOCUMENTED.some((known) => known.test(path))) odd.add(path);
        }
      }
    }
    expect(calls).toBeGreaterThan(100);
    expect([...odd].sort()).toEqual([]);
  });

  test('the paths of recorded requests are ours', () => {
    for (const { model, operation } of CONVERSE)
      expect(bedrockConverse.path(target(model), operation === 'converse-stream')).toBe(
        `/model/${encodeURIComponent(model)}/${operation}`,
      );
  });
});
