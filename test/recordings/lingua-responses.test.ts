// What callers of other wires asked, translated into this one, against another implementation's translation of the same:
// compared by meaning, every deliberate difference listed.
import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import type { ChatDialect } from '../../src/core/dialect.ts';
import { anthropicMessages } from '../../src/dialects/anthropic-messages/index.ts';
import { openaiChat } from '../../src/dialects/openai-chat/index.ts';
import { openaiResponses } from '../../src/dialects/openai-responses/index.ts';
import {
  asArray,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
  parseJson,
} from '../../src/lib/json.ts';
import { targetOf } from '../contracts/example-reply.ts';
import { filesUnder, recordingsFolder } from './find-recordings.ts';

const folder = recordingsFolder();
const suite = folder === null ? describe.skip : describe;
if (folder === null) console.log('skipped: no recordings beside this repository');

const SOURCES: { readonly [format: string]: ChatDialect } = {
  'chat-completions': openaiChat,
  anthropic: anthropicMessages,
};

interface Case {
  readonly name: string;
  readonly ours: JsonObject;
  readonly losses: readonly string[];
  readonly theirs: JsonObject;
}

function cases(): Case[] {
  if (folder === null) return [];
  return filesUnder(join(folder, 'lingua'), '.json').flatMap(({ name, text }) => {
    const file = asObject(parseJson(text)) ?? {};
    return Object.entries(SOURCES).flatMap(([format, from]) => {
      const theirs = asObject(
        asObject(asObject(file.transforms)?.[`${format}_to_responses`])?.expected_request,
      );
      const request = asObject(asObject(asObject(file.providers)?.[format])?.request);
      if (theirs === undefined || request === undefined) return [];
      from.checkCall(request);
      const target = targetOf(asString(theirs.model) ?? '', {
        reasoning: true,
        quirks: { webSearchOptions: true },
      });
      const { body, losses } = openaiResponses.encodeCall(from.decodeCall(request), target);
      const ours = asObject(parseJson(body)) ?? {};
      return [{ name: `${name.replace('.json', '')} ${format}`, ours, losses, theirs }];
    });
  });
}

/** What a request says, field by field, with what says nothing left out. */
function gist(body: JsonObject): { [what: string]: Json } {
  openaiResponses.checkCall(body);
  const call = openaiResponses.decodeCall(body);
  const turns: Json[] = [];
  for (const { role, parts } of call.messages)
    for (const part of parts) {
      switch (part.type) {
        case 'text':
          if (part.text !== '') turns.push([role === 'developer' ? 'system' : role, part.text]);
          break;
        case 'tool-use':
          turns.push([role, 'call', part.id, part.name, parseJson(part.arguments) ?? null]);
          break;
        case 'tool-result':
          turns.push([
            role,
            'result',
            part.toolUseId,
            part.content.map((inner) => (inner.type === 'text' ? inner.text : inner.type)),
          ]);
          break;
        case 'image':
        case 'document':
          turns.push([role, part.type, JSON.stringify(part.source)]);
          break;
        default:
          turns.push([role, part.type]);
      }
    }
  const { sampling } = call;
  return {
    turns,
    tools: call.tools.map((tool) =>
      tool.type === 'function'
        ? [tool.name, tool.description ?? '', (tool.parameters ?? null) as Json]
        : [tool.type, tool.name],
    ),
    strict: call.tools.map((tool) => (tool.type === 'function' ? (tool.strict ?? false) : false)),
    choice: (call.toolChoice?.type === 'auto' ? null : call.toolChoice) as Json,
    parallel: sampling.parallelToolCalls ?? null,
    limit: sampling.maxTokens ?? null,
    sampling: [sampling.temperature ?? null, sampling.topP ?? null],
    format: (call.output.type === 'json-schema' ? call.output.schema : call.output.type) as Json,
    effort: call.reasoning?.effort ?? null,
    stream: call.stream,
    user: call.user,
    others: Object.fromEntries(
      ['metadata', 'service_tier', 'prompt_cache_key', 'safety_identifier', 'top_logprobs'].map(
        (name) => [name, body[name] ?? null],
      ),
    ),
    verbosity: asObject(body.text)?.verbosity ?? null,
  };
}

function differing(a: JsonObject, b: JsonObject): string[] {
  const [ours, theirs] = [gist(a), gist(b)];
  return Object.keys(ours).filter((field) => canonical(ours[field]) !== canonical(theirs[field]));
}

/** Order of keys says nothing. */
function canonical(value: Json | undefined): string {
  return JSON.stringify(value, (_, inner: Json) =>
    isObject(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

const OURS = '`metadata` of the chat wire is read by the gateway itself';
const USER = 'the end user has a field of his own on this wire';
const UNKNOWN =
  'what a model takes stands in the catalogue and in quirks, of which there are none here';

const DIFFERENCES: { readonly [name: string]: { readonly [field: string]: string } } = {
  'metadataParam anthropic': { user: USER, others: USER },
  'metadataParam chat-completions': { others: OURS },
  'reasoningEffortMinimalParam chat-completions': { effort: UNKNOWN },
  'safetyIdentifierParam anthropic': { user: USER, others: USER },
  'safetyIdentifierParam chat-completions': { user: USER, others: USER },
  'temperatureParam anthropic': { sampling: UNKNOWN },
  'temperatureParam chat-completions': { sampling: UNKNOWN },
  'textFormatJsonSchemaMissingRequiredPropertyParam chat-completions': {
    format: 'a schema is not made stricter than it was written',
  },
  'topPReasoningModelParam chat-completions': { sampling: UNKNOWN },
};

suite('translations into responses say what the other implementation’s say', () => {
  test('requests', () => {
    const found: { [name: string]: readonly string[] } = {};
    let same = 0;
    for (const { name, ours, theirs } of cases()) {
      const fields = differing(ours, theirs);
      if (fields.length === 0) same += 1;
      else found[name] = fields;
    }
    console.log(`${same} requests say the same, ${Object.keys(found).length} differ on purpose`);
    expect(found).toEqual(
      Object.fromEntries(
        Object.entries(DIFFERENCES).map(([name, why]) => [name, Object.keys(why)]),
      ),
    );
  });

  test('every translated call is stateless, and the same each time', () => {
    for (const { name, ours } of cases()) {
      expect({ name, store: ours.store }).toEqual({ name, store: false });
      expect({ name, include: asArray(ours.include) }).toEqual({
        name,
        include: ['reasoning.encrypted_content'],
      });
    }
    expect(cases().map(({ ours }) => JSON.stringify(ours))).toEqual(
      cases().map(({ ours }) => JSON.stringify(ours)),
    );
  });
});
