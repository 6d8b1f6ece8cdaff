// Translations between the two wires against those of another implementation, whose requests the real providers took.
// Its choices are one opinion: what is compared is what a caller would miss, and every deliberate difference is listed.
import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { collect } from '../../src/core/collect.ts';
import type { ChatDialect } from '../../src/core/dialect.ts';
import type { ChatEvent } from '../../src/core/event.ts';
import { totalInput, totalOutput } from '../../src/core/usage.ts';
import { DIALECTS } from '../../src/dialects/index.ts';
import {
  asArray,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
} from '../../src/lib/json.ts';
import { SseParser, sseText } from '../../src/lib/sse.ts';
import { contextOf, METADATA, targetOf } from '../contracts/example-reply.ts';
import { filesUnder, recordingsFolder } from './find-recordings.ts';

const folder = recordingsFolder();
const suite = folder === null ? describe.skip : describe;
if (folder === null) console.log('skipped: no recordings beside this repository');

const OPENAI = DIALECTS['openai-chat'];
const ANTHROPIC = DIALECTS['anthropic-messages'];

interface Pair {
  readonly name: string;
  readonly from: ChatDialect;
  readonly to: ChatDialect;
  readonly request: JsonObject | undefined;
  readonly transform: JsonObject;
}

const DIRECTIONS = [
  ['chat-completions_to_anthropic', 'chat-completions', OPENAI, ANTHROPIC],
  ['anthropic_to_chat-completions', 'anthropic', ANTHROPIC, OPENAI],
] as const;

function pairs(): Pair[] {
  if (folder === null) return [];
  const found: Pair[] = [];
  for (const { name, text } of filesUnder(join(folder, 'lingua'), '.json')) {
    const file = JSON.parse(text) as JsonObject;
    for (const [direction, source, from, to] of DIRECTIONS) {
      const transform = asObject(asObject(file.transforms)?.[direction]);
      const request = asObject(asObject(asObject(file.providers)?.[source])?.request);
      if (transform)
        found.push({
          name: `${name.replace('.json', '')} ${direction}`,
          from,
          to,
          request,
          transform,
        });
    }
  }
  return found;
}

/** What a request says, read by its own dialect: turns without the borders between messages of one side. */
function requestGist(dialect: ChatDialect, body: JsonObject): { [what: string]: Json } {
  const call = dialect.decodeCall(body);
  const turns: { role: string; parts: Json[] }[] = [];
  for (const { role, parts } of call.messages) {
    const last = turns.at(-1);
    const said = parts.flatMap((part): Json[] => {
      switch (part.type) {
        case 'text':
          return part.text === '' ? [] : [part.text];
        case 'tool-use':
          return [
            [
              'call',
              part.id,
              part.name,
              JSON.parse(part.arguments === '' ? '{}' : part.arguments) as Json,
            ],
          ];
        case 'tool-result':
          return [
            [
              'result',
              part.toolUseId,
              part.content.map((inner) => (inner.type === 'text' ? inner.text : inner.type)),
            ],
          ];
        case 'image':
        case 'document':
          return [[part.type, JSON.stringify(part.source)]];
        default:
          return [[part.type]];
      }
    });
    if (last?.role === role) last.parts.push(...said);
    else turns.push({ role, parts: said });
  }
  const tools = call.tools.map(
    (tool): Json =>
      tool.type === 'function'
        ? [tool.name, tool.description ?? '', tool.parameters ?? null, tool.strict ?? false]
        : ['opaque', tool.name],
  );
  const { sampling } = call;
  return {
    turns: turns as unknown as Json,
    tools,
    choice: (call.toolChoice?.type === 'auto' ? null : call.toolChoice) as Json,
    limit: sampling.maxTokens ?? null,
    sampling: [
      sampling.temperature ?? null,
      sampling.topP ?? null,
      sampling.topK ?? null,
      (sampling.stop ?? null) as Json,
    ],
    format: (call.output.type === 'json-schema' ? call.output.schema : call.output.type) as Json,
    thinking: (call.reasoning
      ? (call.reasoning.mode ?? call.reasoning.effort ?? null)
      : null) as Json,
    stream: call.stream,
    user: call.user,
  };
}

/** What differs, field by field, and why it is so. Whatever is not listed must be the same. */
interface Differences {
  readonly [name: string]: { readonly [field: string]: string };
}

const JSON_MODE =
  'JSON without a schema is asked for in the system prompt: as a forced call the answer came back wrapped';
const NO_QUIRKS =
  'which efforts a model takes is its provider’s declared quirk, and none is declared here';

const REQUEST_DIFFERENCES: Differences = {
  'jsonSchemaMinimumMaximumParam chat-completions_to_anthropic': {
    format: 'bounds the API cannot enforce are still told, in the description',
  },
  'reasoningEffortMaxClampsToGpt5NanoParam anthropic_to_chat-completions': { thinking: NO_QUIRKS },
  'responsesReasoningEffortMaxParam anthropic_to_chat-completions': { thinking: NO_QUIRKS },
  'textFormatJsonObjectParam chat-completions_to_anthropic': {
    turns: JSON_MODE,
    tools: JSON_MODE,
    choice: JSON_MODE,
  },
};

type Gist = { readonly [what: string]: Json };

function compare(found: Gist, expected: Gist): string[] {
  return Object.keys(expected).filter(
    (field) => canonical(found[field]) !== canonical(expected[field]),
  );
}

/** Order of keys says nothing. */
function canonical(value: Json | undefined): string {
  return JSON.stringify(value, (_, inner: Json) =>
    isObject(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** Compares all, and holds the differences to the list. */
function hold(
  what: string,
  cases: Iterable<readonly [name: string, found: Gist, expected: Gist]>,
  listed: Differences,
): void {
  const differing: { [name: string]: string[] } = {};
  let same = 0;
  for (const [name, found, expected] of cases) {
    const fields = compare(found, expected);
    if (fields.length === 0) same += 1;
    else differing[name] = fields;
  }
  console.log(`${same} ${what} say the same, ${Object.keys(differing).length} differ on purpose`);
  expect(differing).toEqual(
    Object.fromEntries(Object.entries(listed).map(([name, fields]) => [name, Object.keys(fields)])),
  );
}

function* requestCases(): Generator<[string, Gist, Gist]> {
  for (const { name, from, to, request, transform } of pairs()) {
    const expected = asObject(transform.expected_request);
    if (request === undefined || expected === undefined) continue;
    from.checkCall(request);
    const { body } = to.encodeCall(
      from.decodeCall(request),
      targetOf(asString(expected.model) ?? ''),
    );
    yield [name, requestGist(to, JSON.parse(body) as JsonObject), requestGist(to, expected)];
  }
}

function replyGist(events: readonly ChatEvent[]): { [what: string]: Json } {
  const { blocks, finish } = collect(events);
  return {
    text: blocks
      .map((block) => (block.kind === 'text' || block.kind === 'refusal' ? block.text : ''))
      .join(''),
    reasoning: blocks.map((block) => (block.kind === 'reasoning' ? block.text : '')).join(''),
    calls: blocks.flatMap((block): Json[] =>
      block.kind === 'tool-use'
        ? [[block.id, block.name, JSON.parse(block.arguments) as Json]]
        : [],
    ),
    reason: finish.reason,
    input: totalInput(finish.usage),
    cacheRead: finish.usage.cacheRead ?? 0,
    output: totalOutput(finish.usage),
  };
}

const REPLY_DIFFERENCES: Differences = {
  'textFormatJsonObjectParam chat-completions_to_anthropic': {
    text: `the call of their request's own tool is a call to us: ${JSON_MODE}`,
    calls: 'as above',
    reason: 'as above',
  },
};

function* replyCases(): Generator<[string, Gist, Gist]> {
  for (const { name, from, to, transform } of pairs()) {
    const captured = asObject(transform.captured_target_response);
    const expected = asObject(transform.expected_response);
    if (captured === undefined || expected === undefined) continue;
    const reply = from.encodeReply(to.decodeReply(captured), contextOf(), () => METADATA);
    yield [name, replyGist(from.decodeReply(reply)), replyGist(from.decodeReply(expected))];
  }
}

function decodeStream(dialect: ChatDialect, text: string): ChatEvent[] {
  const parser = new SseParser();
  const decoder = dialect.decoder();
  const events = [...parser.push(text), ...parser.end()].flatMap((frame) => decoder.push(frame));
  return [...events, ...decoder.end()];
}

const STREAM_DIFFERENCES: Differences = {
  'simpleRequest chat-completions_to_anthropic': {
    text: 'they give the text after thinking to a second choice',
    reasoning: 'they stream thinking in a field of their own',
  },
};

function* streamCases(): Generator<[string, Gist, Gist]> {
  for (const { name, from, to, transform } of pairs()) {
    const captured = asArray(transform.captured_target_stream) as JsonObject[];
    const expected = asString(transform.expected_streaming_streaming);
    // One capture holds a whole message where its stream should be.
    if (captured.length === 0 || expected === undefined || captured[0]?.type === 'message')
      continue;
    const frames = captured.map((chunk) => sseText(JSON.stringify(chunk), asString(chunk.type)));
    const source = frames.join('') + (to === OPENAI ? sseText('[DONE]') : '');
    const encoder = from.encoder(contextOf(), () => METADATA);
    const ours = decodeStream(to, source)
      .map((event) => encoder.push(event))
      .join('');
    yield [name, replyGist(decodeStream(from, ours)), replyGist(decodeStream(from, expected))];
  }
}

suite('translations say what the other implementation’s say', () => {
  test('requests', () => hold('requests', requestCases(), REQUEST_DIFFERENCES));
  test('replies', () => hold('replies', replyCases(), REPLY_DIFFERENCES));
  test('streams', () => hold('streams', streamCases(), STREAM_DIFFERENCES));
});
