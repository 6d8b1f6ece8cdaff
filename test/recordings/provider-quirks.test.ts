// No declared quirk may contradict what a provider was recorded to accept or to answer.
import { describe, expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Provider, Quirks } from '../../src/core/provider.ts';
import { findRule } from '../../src/dialects/find-rule.ts';
import {
  asArray,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
  parseJson,
} from '../../src/lib/json.ts';
import { SseParser } from '../../src/lib/sse.ts';
import { findProvider, PROVIDERS } from '../../src/providers/index.ts';

const ROOT = resolve(import.meta.dir, '../../../shared/recordings');
const SOURCES = ['pydantic-ai', 'openllmetry'];

/** Hosts that were recorded under another name than the one the provider is called at. */
const OTHER_HOSTS: { readonly [host: string]: string } = {
  'api.together.xyz': 'together',
  'localhost:8000': 'vllm',
  'localhost:11434': 'ollama',
  'ollama.com': 'ollama',
};
/** Reply-only recordings: folder → provider. */
const REPLY_FOLDERS: { readonly [folder: string]: string } = {
  alibaba: 'qwen',
  cerebras: 'cerebras',
  deepseek: 'deepseek',
  groq: 'groq',
  mistral: 'mistral',
  moonshotai: 'moonshot',
  xai: 'xai',
};
const REASONING_FIELDS = ['reasoning_content', 'reasoning', 'reasoning_details'] as const;
const OUR_EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

interface Exchange {
  readonly id: string;
  /** Null: only the reply was recorded. */
  readonly request: JsonObject | null;
  /** The whole reply, or the chunks of a stream. */
  readonly replies: readonly JsonObject[];
}

const present = existsSync(ROOT);
const recorded: ReadonlyMap<string, readonly Exchange[]> = present ? readAll() : new Map();

describe.skipIf(!present)(
  `recorded traffic${present ? '' : ' (skipped: none at ../shared/recordings)'}`,
  () => {
    test('covers these providers', () => {
      const accepted = [...recorded].filter(([, exchanges]) =>
        exchanges.some(({ request }) => request),
      );
      expect(accepted.map(([id]) => id).sort()).toEqual(
        'cerebras crusoe deepseek google groq huggingface mistral ollama openai openrouter together vllm zai'.split(
          ' ',
        ),
      );
      expect([...recorded.keys()]).toEqual(expect.arrayContaining(Object.values(REPLY_FOLDERS)));
    });

    test.each([...recorded.keys()].map((id) => [id]))(
      'does not contradict the quirks of %s',
      (id) => {
        expect(contradictions(quirksOf(id), recorded.get(id) ?? [])).toEqual([]);
      },
    );

    // The same check has to see these false claims, or it sees nothing.
    test.each<[string, Quirks, string]>([
      ['openai', { developerRole: false, maxTokensField: 'max_tokens' }, 'developer role'],
      [
        'openai',
        { developerRole: false, maxTokensField: 'max_tokens' },
        'max_tokens is never used',
      ],
      ['openai', { refusedFields: ['temperature'] }, 'temperature'],
      ['openai', { renamedFields: { stop: 'stops' } }, 'stop'],
      ['openai', { responseFormats: ['json_object'] }, 'response_format json_schema'],
      ['openai', { toolChoiceRequired: 'any' }, 'tool_choice required'],
      ['openai', {}, 'web_search_options'],
      ['openrouter', { streamUsage: false }, 'stream_options'],
      ['openrouter', {}, 'cache_control'],
      ['openrouter', { reasoningRequest: 'effort' }, 'effort style is never used'],
      ['groq', { toolChoice: ['auto', 'none'] }, 'tool_choice tool'],
      ['groq', { efforts: ['low', 'high'] }, 'effort none'],
      // Ids in replies do not count: Mistral answers with longer ones too, but was only seen to accept these.
      ['groq', { toolIdFormat: 'alnum9' }, 'tool id'],
      ['groq', { reasoningField: 'reasoning_content' }, 'reasoning in reasoning'],
      ['mistral', { renamedFields: { prompt_cache_key: 'cache_key' } }, 'prompt_cache_key'],
      ['mistral', { toolChoiceRequired: 'required' }, 'tool_choice any'],
      ['mistral', { reasoningReplay: 'required' }, 'without its reasoning'],
      ['mistral', { reasoningField: 'reasoning_content' }, 'reasoning in thinking-parts'],
      ['mistral', {}, 'document_url'],
      ['mistral', { documentPart: 'document_url' }, 'prefix'],
      ['groq', { modelRules: [{ match: 'qwen3', efforts: ['low'] }] }, 'effort none of qwen3'],
      [
        'groq',
        { modelRules: [{ match: 'gpt-oss', refusedFields: ['response_format'] }] },
        'accepted response_format of gpt-oss',
      ],
      ['deepseek', { reasoningField: 'reasoning' }, 'reasoning in reasoning_content'],
      ['zai', { reasoningRequest: 'enable-thinking' }, 'enable-thinking style is never used'],
      [
        'groq',
        { toolChoiceWhileThinking: { works: ['auto', 'none'], byDefault: true } },
        'while thinking',
      ],
    ])('would contradict of %s: %j', (id, quirks, problem) => {
      const found = contradictions(quirks, recorded.get(id) ?? []);
      expect(found.some((line) => line.includes(problem))).toBe(true);
    });

    test('a provider without stream_options is recorded to send usage unasked', () => {
      const silent = PROVIDERS.filter(({ quirks }) => quirks.streamUsage === false).map(
        ({ id }) => id,
      );
      expect(silent).toEqual(['mistral']);
      const streams = (recorded.get('mistral') ?? []).filter(
        ({ request, replies }) => request && replies.length > 1,
      );
      expect(streams.length).toBeGreaterThan(0);
      for (const { replies } of streams)
        expect(replies.some((chunk) => isObject(chunk.usage))).toBe(true);
    });
  },
);

/** Everything the recordings say against these quirks, one line each. */
function contradictions(quirks: Quirks, exchanges: readonly Exchange[]): string[] {
  const found: string[] = [];
  for (const { id, request, replies } of exchanges) {
    const lines = [
      ...(request ? [...fieldProblems(quirks, request), ...choiceProblems(quirks, request)] : []),
      ...(request ? messageProblems(quirks, request) : []),
      ...replyProblems(quirks, replies),
    ];
    found.push(...lines.map((line) => `${id}: ${line}`));
  }
  return [
    ...found,
    ...styleProblems(
      quirks,
      exchanges.flatMap(({ request }) => (request ? [request] : [])),
    ),
  ];
}

function fieldProblems(quirks: Quirks, request: JsonObject): string[] {
  const found: string[] = [];
  const has = (field: string) => request[field] !== undefined && request[field] !== null;
  const cut = [...(quirks.refusedFields ?? []), ...Object.keys(quirks.renamedFields ?? {})];
  found.push(...cut.filter(has).map((field) => `accepted ${field}`));
  if (quirks.streamUsage === false && has('stream_options')) found.push('accepted stream_options');
  if (quirks.parallelToolCalls === false && has('parallel_tool_calls'))
    found.push('accepted parallel_tool_calls');
  if (!quirks.webSearchOptions && has('web_search_options'))
    found.push('accepted web_search_options');
  if (!quirks.cacheControl && JSON.stringify(request.messages).includes('"cache_control"')) {
    found.push('accepted cache_control');
  }
  const format = asString(asObject(request.response_format)?.type);
  if (format !== undefined && format !== 'text' && quirks.responseFormats) {
    if (!quirks.responseFormats.some((known) => known === format))
      found.push(`accepted response_format ${format}`);
  }
  const effort = effortOf(request);
  if (
    effort !== undefined &&
    OUR_EFFORTS.includes(effort) &&
    quirks.efforts?.includes(effort) === false
  ) {
    found.push(`accepted effort ${effort}`);
  }
  return [...found, ...ruleProblems(quirks, request, effort)];
}

/** What the row of the model says against what the model took. */
function ruleProblems(quirks: Quirks, request: JsonObject, effort: string | undefined): string[] {
  const rule = findRule(asString(request.model) ?? '', quirks.modelRules ?? []);
  if (rule === null) return [];
  const cut = [...(rule.refusedFields ?? []), ...(rule.stop === false ? ['stop'] : [])];
  const found = cut
    .filter((field) => filled(request[field]))
    .map((field) => `accepted ${field} of ${rule.match}`);
  if (effort !== undefined && rule.efforts?.includes(effort) === false)
    found.push(`accepted effort ${effort} of ${rule.match}`);
  return found;
}

function choiceProblems(quirks: Quirks, request: JsonObject): string[] {
  const choice = request.tool_choice;
  const word = isObject(choice) ? 'tool' : asString(choice);
  if (word === undefined) return [];
  const kind = word === 'any' ? 'required' : word;
  const known = (list: readonly string[]) => list.includes(kind);
  const found: string[] = [];
  if (quirks.toolChoice && !known(quirks.toolChoice)) found.push(`accepted tool_choice ${kind}`);
  if (kind === 'required' && word !== (quirks.toolChoiceRequired ?? 'required'))
    found.push(`accepted tool_choice ${word}`);
  const thinking = quirks.toolChoiceWhileThinking;
  const off = asObject(request.thinking)?.type === 'disabled' || effortOf(request) === 'none';
  if (thinking?.byDefault && !off && !known(thinking.works))
    found.push(`accepted tool_choice ${kind} while thinking`);
  return found;
}

function messageProblems(quirks: Quirks, request: JsonObject): string[] {
  const found: string[] = [];
  for (const message of objects(request.messages)) {
    const { role } = message;
    const calls = objects(message.tool_calls);
    if (quirks.developerRole === false && role === 'developer')
      found.push('accepted the developer role');
    if (quirks.messageNames === false && role !== 'tool' && asString(message.name))
      found.push(`accepted a ${role} name`);
    const parts = objects(message.content);
    if (
      !quirks.toolResultImages &&
      role === 'tool' &&
      parts.some(({ type }) => type === 'image_url')
    ) {
      found.push('accepted an image in a tool result');
    }
    if (quirks.documentPart !== 'document_url' && parts.some(({ type }) => type === 'document_url'))
      found.push('accepted document_url');
    if (quirks.prefill !== 'prefix-flag' && message.prefix !== undefined)
      found.push('accepted prefix');
    const reasoning = reasoningIn(message);
    if (
      quirks.reasoningField &&
      reasoning.length > 0 &&
      !reasoning.includes(quirks.reasoningField)
    ) {
      found.push(`accepted reasoning in ${reasoning.join()}`);
    }
    // Recorded: an empty one will do where the thoughts are not at hand.
    if (
      quirks.reasoningReplay === 'required' &&
      calls.length > 0 &&
      !REASONING_FIELDS.some((field) => message[field] !== undefined)
    ) {
      found.push('accepted a turn with tool calls without its reasoning');
    }
    found.push(...idProblems(quirks, [...calls.map(({ id }) => id), message.tool_call_id]));
  }
  return found;
}

function replyProblems(quirks: Quirks, replies: readonly JsonObject[]): string[] {
  const messages = replies
    .flatMap((reply) => objects(reply.choices))
    .flatMap((choice) => objects([choice.message ?? choice.delta ?? null]));
  const fields = [...new Set(messages.flatMap(reasoningIn))];
  const found: string[] = [];
  if (quirks.reasoningField && fields.length > 0 && !fields.includes(quirks.reasoningField)) {
    found.push(`answered with reasoning in ${fields.join()}`);
  }
  return found;
}

/** Where a message carries reasoning. */
function reasoningIn(message: JsonObject): NonNullable<Quirks['reasoningField']>[] {
  const inParts = objects(message.content).some(({ type }) => type === 'thinking');
  return [
    ...REASONING_FIELDS.filter((field) => filled(message[field])),
    ...(inParts ? (['thinking-parts'] as const) : []),
  ];
}

function idProblems(quirks: Quirks, ids: readonly (Json | undefined)[]): string[] {
  if (quirks.toolIdFormat !== 'alnum9') return [];
  const others = ids.filter(
    (id) => typeof id === 'string' && id !== 'null' && !/^[A-Za-z0-9]{9}$/.test(id),
  );
  return others.map((id) => `tool id ${id}`);
}

/** Claims about which of several ways is the vendor's: false when others were recorded and this one never. */
function styleProblems(quirks: Quirks, requests: readonly JsonObject[]): string[] {
  const found: string[] = [];
  const limits = new Set(
    ['max_tokens', 'max_completion_tokens'].filter((field) =>
      requests.some((request) => filled(request[field])),
    ),
  );
  if (quirks.maxTokensField && limits.size > 0 && !limits.has(quirks.maxTokensField)) {
    found.push(`${quirks.maxTokensField} is never used, ${[...limits].join()} is`);
  }
  const styles = {
    effort: requests.some((request) => filled(request.reasoning_effort)),
    'reasoning-object': requests.some((request) => isObject(request.reasoning)),
    'thinking-type': requests.some((request) => isObject(request.thinking)),
    'enable-thinking': requests.some((request) => request.enable_thinking !== undefined),
    none: !requests.some(
      (request) =>
        filled(request.reasoning_effort) ||
        isObject(request.reasoning) ||
        isObject(request.thinking),
    ),
  };
  const any = Object.entries(styles).some(([style, used]) => used && style !== 'none');
  if (quirks.reasoningRequest && any && !styles[quirks.reasoningRequest]) {
    found.push(`the ${quirks.reasoningRequest} style is never used, another is`);
  }
  return found;
}

function objects(value: Json | undefined): JsonObject[] {
  return asArray(value).flatMap((item) => (isObject(item) ? [item] : []));
}

function effortOf(request: JsonObject): string | undefined {
  return asString(request.reasoning_effort) ?? asString(asObject(request.reasoning)?.effort);
}

function filled(value: Json | undefined): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return value !== undefined && value !== null && value !== '';
}

function quirksOf(id: string): Quirks {
  return (findProvider(id) as Provider).quirks;
}

function readAll(): ReadonlyMap<string, readonly Exchange[]> {
  const found = new Map<string, Exchange[]>();
  const add = (id: string, exchange: Exchange) =>
    found.set(id, [...(found.get(id) ?? []), exchange]);
  for (const file of SOURCES.flatMap((source) =>
    filesIn(join(ROOT, source), '.chat.completions.jsonl'),
  )) {
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      const record = asObject(parseJson(line));
      if (record) readRecord(record, add);
    }
  }
  for (const [folder, id] of Object.entries(REPLY_FOLDERS)) {
    const fixtures = filesIn(join(ROOT, 'vercel-ai/packages', folder), '.json', '.chunks.txt');
    for (const file of fixtures) {
      const text = readFileSync(file, 'utf8');
      const replies = file.endsWith('.json') ? [parseJson(text)] : text.split('\n').map(parseJson);
      add(id, {
        id: file.slice(ROOT.length),
        request: null,
        replies: replies.flatMap((reply) => (isObject(reply) ? [reply] : [])),
      });
    }
  }
  return found;
}

function readRecord(record: JsonObject, add: (id: string, exchange: Exchange) => void): void {
  const request = asObject(record.request) ?? {};
  const response = asObject(record.response) ?? {};
  const status = Number(response.status);
  const host = new URL(asString(request.url) ?? '').host;
  const id =
    OTHER_HOSTS[host] ?? PROVIDERS.find(({ baseUrl }) => new URL(baseUrl).host === host)?.id;
  if (id === undefined || !(status >= 200 && status < 300)) return;
  const text = asString(response.body) ?? '';
  const parser = new SseParser();
  const frames = text.startsWith('{') ? [] : [...parser.push(text), ...parser.end()];
  const replies = text.startsWith('{') ? [parseJson(text)] : frames.map((frame) => frame.json);
  add(id, {
    id: String(record.id),
    request: asObject(parseJson(asString(request.body) ?? '')) ?? null,
    replies: replies.flatMap((reply) => (isObject(reply) ? [reply] : [])),
  });
}

function filesIn(folder: string, ...endings: string[]): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => endings.some((ending) => name.endsWith(ending)))
    .map((name) => join(folder, name));
}
