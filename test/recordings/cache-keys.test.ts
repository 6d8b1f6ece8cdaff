// Over every recorded request: whatever is changed, removed or added in it changes the key of its answer, but for what was looked
// at and found to say nothing of the answer; the order of its members does not.
import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import type { CallerDialectId } from '../../src/core/dialect.ts';
import { DIALECTS } from '../../src/dialects/index.ts';
import { type Asked, promptKey } from '../../src/gateway/caching/answer-key.ts';
import { asObject, isObject, type Json, type JsonObject, parseJson } from '../../src/lib/json.ts';
import { filesUnder, interactions, recordingsFolder } from './find-recordings.ts';

const folder = recordingsFolder();
const suite = folder === null ? describe.skip : describe;
if (folder === null) console.log('skipped: no recordings beside this repository');

const OWNER = { tenant: 'k', user: null, namespace: null };

/** Looked at: they say who answers, who asks, or how the answer travels. */
const SAYS_NOTHING: ReadonlySet<string> = new Set(['model', 'models', 'stream', 'provider']);
/** On wires whose replies do not repeat them. */
const ASKERS: ReadonlySet<string> = new Set([
  'user',
  'metadata',
  'safety_identifier',
  'prompt_cache_key',
]);

interface Recorded {
  readonly name: string;
  readonly wire: CallerDialectId;
  readonly body: JsonObject;
}

const SUFFIXES: readonly (readonly [string, CallerDialectId])[] = [
  ['.chat.completions.jsonl', 'openai-chat'],
  ['.messages.jsonl', 'anthropic-messages'],
  ['.responses.jsonl', 'openai-responses'],
];

/** Each body once, those of one file in a row. */
function recorded(root: string): readonly Recorded[] {
  const found = new Map<string, Recorded>();
  for (const source of ['pydantic-ai', 'openllmetry'])
    for (const [suffix, wire] of SUFFIXES)
      for (const { name } of filesUnder(join(root, source), suffix))
        for (const { id, request } of interactions(join(root, source, name))) {
          const body = asObject(parseJson(request.body ?? ''));
          if (body !== undefined)
            found.set(wire + request.body, { name: `${name} ${id}`, wire, body });
        }
  return [...found.values()];
}

function keyOf(
  wire: CallerDialectId,
  body: JsonObject,
  text = JSON.stringify(body),
): string | null {
  const asked: Asked = {
    dialect: DIALECTS[wire],
    body,
    text,
    // Whether it is streamed is another matter.
    stream: false,
    forwarded: null,
  };
  return promptKey(asked, OWNER);
}

type Path = readonly (string | number)[];

/** Every value in it, those that hold others among them. */
function* places(value: Json | undefined, path: Path = []): Generator<Path> {
  if (path.length > 0) yield path;
  if (Array.isArray(value))
    for (const [index, item] of value.entries()) yield* places(item as Json, [...path, index]);
  else if (isObject(value)) for (const name in value) yield* places(value[name], [...path, name]);
}

/** The same with another value at one place; `undefined`: with none. */
function changed(
  value: Json | undefined,
  path: Path,
  make: (old: Json | undefined) => Json | undefined,
): Json | undefined {
  const [step, ...rest] = path;
  if (step === undefined) return make(value);
  if (Array.isArray(value)) {
    const items = [...(value as readonly Json[])];
    const item = changed(items[Number(step)], rest, make);
    if (item === undefined) items.splice(Number(step), 1);
    else items[Number(step)] = item;
    return items;
  }
  const object = { ...(value as JsonObject) };
  const member = changed(object[step], rest, make);
  if (member === undefined) delete object[step];
  else object[step] = member;
  return object;
}

function another(value: Json | undefined): Json {
  if (typeof value === 'string') return `${value}.`;
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'boolean') return !value;
  if (Array.isArray(value)) return [...(value as readonly Json[]), 'more'];
  if (isObject(value)) return { ...value, nobodyKnows: 1 } as JsonObject;
  return 'something';
}

const saysNothing = (wire: CallerDialectId, [first]: Path, other: JsonObject) =>
  (wire === 'openai-chat' && first === 'stream_options' && onlyCountsTokens(other)) ||
  SAYS_NOTHING.has(String(first)) ||
  (wire !== 'openai-responses' && ASKERS.has(String(first)));

/** Whether usage comes in a chunk of its own is the gateway's affair, whoever asks for it. */
const onlyCountsTokens = ({ stream_options: options }: JsonObject) =>
  options === undefined ||
  (isObject(options) && Object.keys(options).every((name) => name === 'include_usage'));

const reversed = (object: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(object).reverse());

suite('keys of recorded requests', () => {
  const requests = folder === null ? [] : recorded(folder);

  test('there are some of each wire', () => {
    for (const [, wire] of SUFFIXES)
      expect(requests.filter((one) => one.wire === wire).length).toBeGreaterThan(20);
  });

  test('every value in them counts, but for those that say nothing of the answer', () => {
    let counted = 0;
    for (const { name, wire, body } of requests) {
      const key = keyOf(wire, body);
      if (key === null) throw new Error(`${name} has no key`);
      const wrong: string[] = [];
      const must = (path: Path, what: string, other: JsonObject) => {
        counted += 1;
        const same = keyOf(wire, other) === key;
        if (same !== saysNothing(wire, path, other)) wrong.push(`${path.join('.')} ${what}`);
      };
      for (const path of places(body)) {
        must(path, 'changed', changed(body, path, another) as JsonObject);
        must(path, 'removed', changed(body, path, () => undefined) as JsonObject);
      }
      expect({ name, wrong }).toEqual({ name, wrong: [] });
    }
    console.log(`${requests.length} recorded requests, ${counted} changes`);
    expect(counted).toBeGreaterThan(10_000);
  }, 120_000);

  test('the order of members says nothing, that of elements and in schemas does', () => {
    for (const { name, wire, body } of requests) {
      const key = keyOf(wire, body);
      const list = wire === 'openai-responses' ? 'input' : 'messages';
      const { [list]: entries } = body;
      const turned = Array.isArray(entries)
        ? { ...body, [list]: entries.map((one) => (isObject(one) ? reversed(one) : one)) }
        : body;
      expect([name, keyOf(wire, reversed(turned))]).toEqual([name, key]);
      expect([name, keyOf(wire, body, JSON.stringify(body, null, 2)) === null]).toEqual([
        name,
        false,
      ]);
      if (
        !Array.isArray(entries) ||
        JSON.stringify(entries) === JSON.stringify(entries.toReversed())
      )
        continue;
      expect([name, keyOf(wire, { ...body, [list]: entries.toReversed() }) === key]).toEqual([
        name,
        false,
      ]);
    }
  });

  test('no two that differ have the same', () => {
    const keys = new Map<string, string>();
    for (const { name, wire, body } of requests) {
      const { model: _, stream: __, ...all } = body;
      const { stream_options: ___, ...fewer } = all;
      const rest = wire === 'openai-chat' && onlyCountsTokens(all) ? fewer : all;
      const without = wire === 'openai-responses' ? rest : withoutAskers(rest);
      const said = wire + JSON.stringify(sorted(without));
      const key = keyOf(wire, body) ?? '';
      expect([name, keys.get(key) ?? said]).toEqual([name, said]);
      keys.set(key, said);
    }
  });
});

function withoutAskers(body: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !ASKERS.has(name)));
}

function sorted(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return value.map((item) => sorted(item as Json) as Json);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((name) => [name, sorted(value[name])]),
  ) as JsonObject;
}
