// The Gemini codec against recorded traffic: every reply and stream, every error, and what was sent to real endpoints.
import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChatCall } from '../../src/core/call.ts';
import { type Collected, collect } from '../../src/core/collect.ts';
import type { Target } from '../../src/core/dialect.ts';
import type { ChatEvent } from '../../src/core/event.ts';
import { totalInput, totalOutput } from '../../src/core/usage.ts';
import { gemini } from '../../src/dialects/gemini/index.ts';
import { DIALECTS } from '../../src/dialects/index.ts';
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
import { SseParser } from '../../src/lib/sse.ts';
import { google } from '../../src/providers/google.ts';
import { lawBreaks } from '../contracts/event-law.ts';
import { filesUnder, interactions, recordingsFolder } from './find-recordings.ts';

const folder = recordingsFolder();
const suite = folder === null ? describe.skip : describe;
if (folder === null) console.log('skipped: no recordings beside this repository');

const FILES = [
  'pydantic-ai/gemini.generateContent.jsonl',
  'pydantic-ai/vertex.generateContent.jsonl',
  'pydantic-ai/localhost_8787.generateContent.jsonl',
  'openllmetry/gemini.generateContent.jsonl',
];

/** Captured without its last piece. */
const CUT: ReadonlySet<string> = new Set([
  'systemMessageArrayContent.json chat-completions_to_google stream',
]);

/** An answer as the replies it came in: one, or those of a stream. */
interface Answer {
  readonly name: string;
  readonly replies: readonly JsonObject[];
  readonly streamed: boolean;
}

interface Exchange {
  readonly name: string;
  readonly status: number;
  readonly request: JsonObject;
  readonly text: string;
}

function exchanges(): Exchange[] {
  if (folder === null) return [];
  return FILES.flatMap((file) =>
    interactions(join(folder, file)).map(({ id, request, response }) => ({
      name: `${file} ${id}`,
      status: response.status,
      request: asObject(parseJson(request.body ?? '')) ?? {},
      text: response.body ?? '',
    })),
  );
}

function answers(): Answer[] {
  if (folder === null) return [];
  const found: Answer[] = [];
  for (const { name, status, text } of exchanges()) {
    if (status !== 200) continue;
    const streamed = text.startsWith('data:');
    found.push({ name, streamed, replies: streamed ? payloads(text) : objects([parseJson(text)]) });
  }
  const fixtures = join(folder, 'vercel-ai/packages/google/src/__fixtures__');
  for (const { name, text } of filesUnder(fixtures, '.chunks.txt'))
    found.push({ name, streamed: true, replies: objects(text.split('\n').map(parseJson)) });
  for (const { name, text } of filesUnder(fixtures, '.json')) {
    const body = asObject(parseJson(text)) ?? {};
    if (body.error === undefined) found.push({ name, streamed: false, replies: [body] });
  }
  for (const { name, text } of filesUnder(join(folder, 'lingua'), '.json'))
    found.push(...linguaAnswers(name, asObject(parseJson(text)) ?? {}));
  return found;
}

function linguaAnswers(name: string, file: JsonObject): Answer[] {
  const found: Answer[] = [];
  const add = (where: string, value: Json | undefined): void => {
    const replies = objects(Array.isArray(value) ? value : [value]);
    if (replies.some((reply) => reply.candidates !== undefined))
      found.push({ name: `${name} ${where}`, streamed: Array.isArray(value), replies });
  };
  const google = asObject(asObject(file.providers)?.google) ?? {};
  for (const key in google) if (key.includes('response')) add(key, google[key]);
  const transforms = asObject(file.transforms) ?? {};
  for (const key in transforms) {
    if (!key.endsWith('_to_google')) continue;
    add(`${key} response`, asObject(transforms[key])?.captured_target_response);
    add(`${key} stream`, asObject(transforms[key])?.captured_target_stream);
  }
  return found;
}

function payloads(text: string): JsonObject[] {
  return objects(
    text
      .split('\n')
      .flatMap((line) => (line.startsWith('data:') ? [parseJson(line.slice(5))] : [])),
  );
}

function objects(values: readonly (Json | undefined)[]): JsonObject[] {
  return values.filter(isObject);
}

function sse(replies: readonly JsonObject[]): string {
  return replies.map((reply) => `data: ${JSON.stringify(reply)}\r\n\r\n`).join('');
}

function eventsOf({ replies, streamed }: Answer): readonly ChatEvent[] {
  return streamed ? decoded([sse(replies)]) : gemini.decodeReply(replies[0] ?? {});
}

function decoded(pieces: readonly string[]): ChatEvent[] {
  const parser = new SseParser();
  const decoder = gemini.decoder();
  const events: ChatEvent[] = [];
  for (const piece of pieces)
    for (const frame of parser.push(piece)) events.push(...decoder.push(frame));
  for (const frame of parser.end()) events.push(...decoder.push(frame));
  events.push(...decoder.end());
  return events;
}

/** What an answer says, read from its parts without the codec. */
function meaning({ replies }: Answer) {
  const candidates = replies.flatMap((reply) =>
    asObjects(reply.candidates).filter(({ index }) => (index ?? 0) === 0),
  );
  const parts = candidates.flatMap(({ content }) => asObjects(asObject(content)?.parts));
  const texts = (thought: boolean) =>
    parts
      .filter((part) => (part.thought === true) === thought)
      .map(({ text }) => asString(text) ?? '')
      .join('');
  return {
    text: texts(false),
    thoughts: texts(true),
    calls: parts.flatMap(({ functionCall }) => asString(asObject(functionCall)?.name) ?? []),
    wholeArguments: parts.flatMap(({ functionCall }) => {
      const call = asObject(functionCall);
      return call?.args !== undefined && call.willContinue !== true ? [call.args] : [];
    }),
    signatures: parts.flatMap(({ thoughtSignature }) => asString(thoughtSignature) ?? []),
    opaque: parts.filter(
      (part) =>
        part.text === undefined && part.functionCall === undefined && part.inlineData === undefined,
    ).length,
    finish: candidates.map(({ finishReason }) => finishReason).findLast(Boolean),
  };
}

function blocksOf(answer: Collected) {
  const { blocks } = answer;
  const texts = (kind: 'text' | 'reasoning') =>
    blocks.flatMap((block) => (block.kind === kind ? [block.text] : [])).join('');
  const calls = blocks.filter((block) => block.kind === 'tool-use');
  return { texts, calls, opaque: blocks.filter((block) => block.kind === 'opaque') };
}

suite('recorded answers', () => {
  const all = answers();

  test('are all here', () => {
    expect(all.length).toBeGreaterThan(440);
    expect(all.filter(({ streamed }) => streamed).length).toBeGreaterThan(40);
  });

  test('keep the law and mean what their parts say', () => {
    for (const answer of all) {
      const events = eventsOf(answer);
      expect([answer.name, lawBreaks(events)]).toEqual([answer.name, []]);
      const last = events.at(-1);
      const wanted = meaning(answer);
      if (last?.type === 'error') {
        expect([answer.name, CUT.has(answer.name)]).toEqual([answer.name, true]);
        continue;
      }
      const collected = collect(events);
      const { texts, calls, opaque } = blocksOf(collected);
      expect([answer.name, texts('text')]).toEqual([answer.name, wanted.text]);
      expect([answer.name, texts('reasoning')]).toEqual([answer.name, wanted.thoughts]);
      expect(calls.map(({ name }) => name)).toEqual(wanted.calls);
      const read = calls.map((call) => JSON.parse(call.arguments) as Json);
      for (const whole of wanted.wholeArguments) expect(read).toContainEqual(whole);
      // Opaque blocks keep their signatures inside; metadata are blocks beside them.
      const kept = opaque.filter(({ value }) => value.type === undefined);
      expect([answer.name, kept.length]).toEqual([answer.name, wanted.opaque]);
      const signatures = collected.blocks.flatMap((block) => {
        if (block.kind === 'reasoning') return block.signature === null ? [] : [block.signature];
        const inside = block.kind === 'opaque' ? asString(block.value.thoughtSignature) : undefined;
        return inside === undefined ? [] : [inside];
      });
      expect([answer.name, signatures]).toEqual([answer.name, wanted.signatures]);
      if (calls.length > 0) expect(collected.finish.reason).toBe('tool-calls');
    }
  });

  test('count every token the provider counted, each once', () => {
    let counted = 0;
    for (const answer of all) {
      const usage = answer.replies.map((reply) => asObject(reply.usageMetadata)).findLast(Boolean);
      const total = asNumber(usage?.totalTokenCount);
      if (total === undefined || CUT.has(answer.name)) continue;
      counted += 1;
      const { finish } = collect(eventsOf(answer));
      const sum = (totalInput(finish.usage) ?? 0) + (totalOutput(finish.usage) ?? 0);
      expect([answer.name, sum]).toEqual([answer.name, total]);
      expect(finish.usage.cacheRead ?? 0).toBe(asNumber(usage?.cachedContentTokenCount) ?? 0);
      expect(finish.usage.reasoning ?? 0).toBe(asNumber(usage?.thoughtsTokenCount) ?? 0);
    }
    expect(counted).toBeGreaterThan(400);
  });

  test('of a stream are the same wherever it is cut', () => {
    for (const answer of all.filter(({ streamed }) => streamed)) {
      const text = sse(answer.replies);
      const whole = JSON.stringify(decoded([text]));
      const step = Math.max(1, Math.floor(text.length / 40));
      for (let at = 1; at < text.length; at += step)
        expect(JSON.stringify(decoded([text.slice(0, at), text.slice(at)]))).toBe(whole);
    }
  });

  test('that are cut off are told from whole ones, with nothing after the error', () => {
    for (const answer of all.filter(({ streamed, replies }) => streamed && replies.length > 1)) {
      const events = decoded([sse(answer.replies.slice(0, -1))]);
      expect([answer.name, lawBreaks(events)]).toEqual([answer.name, []]);
      const ended = answer.replies
        .slice(0, -1)
        .some(({ candidates }) => asObjects(candidates).some(({ finishReason }) => finishReason));
      expect([answer.name, events.at(-1)?.type]).toEqual([answer.name, ended ? 'finish' : 'error']);
    }
  });

  test('cite what was found, at the very words', () => {
    let checked = 0;
    for (const answer of all) {
      const supports = answer.replies.flatMap((reply) =>
        asObjects(reply.candidates).flatMap(({ groundingMetadata }) =>
          asObjects(asObject(groundingMetadata)?.groundingSupports),
        ),
      );
      if (supports.length === 0) continue;
      const { blocks } = collect(eventsOf(answer));
      const text = blocks.map((block) => (block.kind === 'text' ? block.text : '')).join('');
      const cited = blocks
        .flatMap((block) => (block.kind === 'text' ? block.citations : []))
        .map(({ value }) => asObject(asObject(value)?.url_citation) ?? {});
      const said = new Set(supports.map(({ segment }) => asString(asObject(segment)?.text)));
      for (const citation of cited) {
        const { start_index: start, end_index: end } = citation;
        expect(asString(citation.url)?.length).toBeGreaterThan(0);
        if (typeof start !== 'number' || typeof end !== 'number') continue;
        const words = text.slice(start, end);
        // Recorded once each: segments of an answer whose text was kept without a piece of it.
        if (said.has(words)) checked += 1;
      }
    }
    expect(checked).toBeGreaterThan(30);
  });
});

suite('recorded endings of their own kind', () => {
  const find = (word: string) =>
    answers().filter(({ replies }) => JSON.stringify(replies).includes(`"${word}"`));

  test('a blocked prompt is a refusal with its reason', () => {
    const [answer] = find('promptFeedback').filter(({ replies }) =>
      replies.every((reply) => reply.candidates === undefined),
    );
    const collected = collect(eventsOf(answer ?? { name: '', replies: [], streamed: false }));
    expect(collected.finish).toMatchObject({ reason: 'content-filter', raw: 'MODEL_ARMOR' });
    expect(collected.blocks).toEqual([
      {
        kind: 'refusal',
        text: 'The prompt violated Prompt Injection and Jailbreak filters.',
      },
    ]);
  });

  test('a filtered answer has no blocks and a count of what was read', () => {
    const [answer] = find('SAFETY');
    const { blocks, finish } = collect(
      eventsOf(answer ?? { name: '', replies: [], streamed: false }),
    );
    expect(blocks).toEqual([]);
    expect(finish).toMatchObject({
      reason: 'content-filter',
      usage: { input: 14, output: 0, reasoning: null },
    });
  });

  test('traffic of another price has a tier', () => {
    const tiers = new Map<string, string | undefined>();
    for (const word of ['ON_DEMAND', 'ON_DEMAND_FLEX', 'PROVISIONED_THROUGHPUT', 'standard']) {
      const answer = find(word).find(({ replies }) =>
        replies.every((reply) => !reply.promptFeedback),
      );
      if (answer) tiers.set(word, collect(eventsOf(answer)).finish.usage.tier);
    }
    expect([...tiers]).toEqual([
      ['ON_DEMAND', undefined],
      ['ON_DEMAND_FLEX', 'flex'],
      ['PROVISIONED_THROUGHPUT', 'provisioned_throughput'],
      ['standard', undefined],
    ]);
  });

  test('arguments in pieces are put together', () => {
    const [nested] = answers().filter(({ name }) => name.includes('arguments-nested'));
    const { blocks } = collect(eventsOf(nested ?? { name: '', replies: [], streamed: true }));
    const call = blocks.find((block) => block.kind === 'tool-use');
    const recipe = asObject(asObject(parseJson(call?.arguments ?? ''))?.recipe);
    expect(recipe?.name).toBe('Lasagna');
    expect(asArray(recipe?.ingredients)).toHaveLength(10);
    expect(asArray(recipe?.ingredients)[3]).toEqual({
      amount: '3 cups',
      name: 'Mozzarella cheese',
    });
    expect(asArray(recipe?.steps)[1]).toBe(
      'Cook lasagna noodles according to package directions, drain and set aside.',
    );
  });
});

suite('recorded errors', () => {
  test('say whose fault they are', () => {
    const found = exchanges()
      .filter(({ status }) => status !== 200)
      .map(({ status, text }) => {
        const error = gemini.decodeError(status, new Headers(), asObject(parseJson(text)), text);
        return [error.code, error.details.upstreamType];
      });
    expect(found).toEqual([
      ['upstream_not_found', 'NOT_FOUND'],
      ['upstream_invalid_request', 'INVALID_ARGUMENT'],
      ['upstream_invalid_request', 'INVALID_ARGUMENT'],
    ]);
  });

  test('a limit says how long to wait', () => {
    if (folder === null) return;
    const file = 'vercel-ai/packages/google/src/__fixtures__/google-429-retry-info.json';
    const text = readFileSync(join(folder, file), 'utf8');
    for (const body of [text, `[${text}]`]) {
      const error = gemini.decodeError(429, new Headers(), asObject(parseJson(body)), body);
      expect(error.code).toBe('upstream_rate_limited');
      expect(error.details.retryAfterS).toBe(34.4);
    }
  });
});

/** Every path of names in a request, but for what is the caller's own: schemas, arguments, results. */
function pathsOf(value: Json | undefined, path: string, found: Set<string>): void {
  if (Array.isArray(value)) {
    for (const item of value) pathsOf(item as Json, `${path}[]`, found);
    return;
  }
  for (const [name, member] of Object.entries(asObject(value) ?? {})) {
    const here = `${path}.${camel(name)}`;
    found.add(here);
    if (!OWN.has(camel(name))) pathsOf(member, here, found);
  }
}

/** Both spellings are recorded. */
function camel(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

const OWN: ReadonlySet<string> = new Set([
  'args',
  'response',
  'parameters',
  'parametersJsonSchema',
  'responseSchema',
  'responseJsonSchema',
]);

/** Sent by nobody who was recorded, and why they are right. */
const DOCUMENTED: ReadonlySet<string> = new Set([
  // ai.google.dev/api/generate-content#GenerationConfig
  '.generationConfig.seed',
  '.generationConfig.presencePenalty',
  '.generationConfig.frequencyPenalty',
  '.generationConfig.mediaResolution',
]);

interface Translation {
  readonly name: string;
  readonly call: ChatCall;
  readonly target: Target;
  readonly expected: JsonObject | undefined;
}

const SOURCES: { readonly [source: string]: keyof typeof DIALECTS } = {
  'chat-completions': 'openai-chat',
  anthropic: 'anthropic-messages',
  responses: 'openai-responses',
};

/** Calls of the other wires, with what another implementation made of them; the provider took that. */
function translations(): Translation[] {
  if (folder === null) return [];
  const found: Translation[] = [];
  for (const { name, text } of filesUnder(join(folder, 'lingua'), '.json')) {
    const file = asObject(parseJson(text)) ?? {};
    for (const source in SOURCES) {
      const request = asObject(asObject(asObject(file.providers)?.[source])?.request);
      const transform = asObject(asObject(file.transforms)?.[`${source}_to_google`]);
      const dialect = DIALECTS[SOURCES[source] ?? 'openai-chat'];
      if (!request || !transform) continue;
      const expected = asObject(transform.expected_request);
      const model = asString(expected?.model) ?? 'gemini-3.5-flash';
      found.push({
        name: `${name} ${source}`,
        call: dialect.decodeCall(request),
        target: {
          provider: 'google',
          model,
          quirks: google.quirks,
          maxOutput: null,
          context: null,
          reasoning: null,
        },
        expected,
      });
    }
  }
  return found;
}

/** The same, where it means the same: absent members, the order of names, ids, and what a title or system line break says. */
function plain(value: Json | undefined): Json {
  if (Array.isArray(value)) return value.map((item) => plain(item as Json));
  if (!isObject(value)) return value ?? null;
  const members = Object.entries(value)
    .filter(([name, member]) => member !== null && member !== undefined && !SILENT.has(name))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, member]) => [name, plain(member)] as const);
  return Object.fromEntries(members);
}

/** Ids: the other implementation leaves them out in most places; the API takes calls with and without (both recorded). */
const SILENT: ReadonlySet<string> = new Set(['id', 'model', 'title']);

/** Where ours differs from the other implementation's, by case, and why ours is right. */
const DIFFERENT: { readonly [name: string]: string } = {
  'anthropicMidConversationSystemMessage.json anthropic':
    'the later instruction stays where it was said, in a user turn; theirs is moved before everything',
  'anthropicMixedToolResultWithText.json anthropic':
    'a call of another model gets what stands in for a signature also in turns that are over, so that a prompt keeps its beginning',
  'exclusiveMinimumToolParam.json chat-completions':
    'the bound the API cannot hold the model to is told in the description; theirs is gone',
  'exclusiveMinimumToolParam.json responses': 'as above',
  'webSearchToolAdvancedParam.json anthropic':
    'a search with the maker’s own tool becomes the search of this API; theirs is gone',
  'googleToolCallThoughtSignatureReplayParam.json chat-completions':
    'their callers put the signature into a field of their own, `reasoning_signature`; ours into `reasoning_details` or `extra_content`',
};

suite('requests', () => {
  test('hold no field that no recorded request has, or the reference', () => {
    const known = new Set<string>();
    for (const { request, status } of exchanges()) if (status === 200) pathsOf(request, '', known);
    // Google's own examples, in the format's own cases, are requests too.
    for (const { name, text } of folder === null ? [] : filesUnder(join(folder, 'lingua'), '.json'))
      if (name)
        pathsOf(
          asObject(asObject(asObject(asObject(parseJson(text))?.providers)?.google)?.request),
          '',
          known,
        );
    const ours = new Set<string>();
    for (const { call, target } of translations())
      pathsOf(parseJson(gemini.encodeCall(call, target).body), '', ours);
    expect(ours.size).toBeGreaterThan(25);
    expect([...ours].filter((path) => !known.has(path) && !DOCUMENTED.has(path))).toEqual([]);
  });

  test('mean what another implementation made of the same calls, but for the differences that are explained', () => {
    const differing: string[] = [];
    let same = 0;
    for (const { name, call, target, expected } of translations()) {
      if (expected === undefined) continue;
      const ours = plain(parseJson(gemini.encodeCall(call, target).body));
      if (JSON.stringify(ours) === JSON.stringify(plain(expected))) same += 1;
      else differing.push(name);
    }
    expect(differing.sort()).toEqual(Object.keys(DIFFERENT).sort());
    expect(same).toBeGreaterThan(50);
  });

  test('are the same bytes each time', () => {
    for (const { call, target } of translations())
      expect(gemini.encodeCall(call, target).body).toBe(
        gemini.encodeCall(structuredClone(call), target).body,
      );
  });
});
