// Properties: any spelling of the same router is the same router; nothing that is sent breaks the reading of it.
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { isObject, type Json } from '../lib/json.ts';
import { readRouter } from './router-schema.ts';

const name = fc.stringMatching(/^[a-z][a-zA-Z0-9]{0,8}$/);
const model = fc.tuple(name, name).map(([provider, own]) => `m${provider}/${own}`);
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const settings = {
  text_generation_config: optional(
    fc.record(
      {
        max_tokens: fc.integer({ min: 1, max: 9999 }),
        top_p: fc.constantFrom(0.1, 1),
        stop_sequences: fc.array(name, { maxLength: 3 }),
        logit_bias: fc.dictionary(
          fc.stringMatching(/^[1-9][0-9]{0,4}$/),
          fc.integer({ min: -100, max: 100 }),
        ),
        reasoning: fc.record({ max_tokens: fc.nat(), exclude: fc.boolean() }, { requiredKeys: [] }),
      },
      { requiredKeys: [] },
    ),
  ),
  web_search: optional(
    fc.oneof(fc.boolean(), fc.record({ max_results: fc.integer({ min: 1, max: 20 }) })),
  ),
  fallback: optional(
    fc.record({
      ttft_timeout: fc.constantFrom('300ms', '2s'),
      mode: fc.constantFrom('race', 'cancel'),
    }),
  ),
};
const variant = fc.record({
  variant_id: optional(name),
  model_id: model,
  model_selection: optional(
    fc.record({
      models: fc.array(model, { maxLength: 3 }),
      sort: fc.array(fc.constantFrom('price', 'conversion')),
    }),
  ),
  ...settings,
});
const route = variant.map((one) => ({ variants: [{ variant: one, weight: 100 }] }));
const router = fc.record({
  name: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,20}$/),
  displayName: optional(name),
  defaults: optional(fc.record(settings)),
  routes: fc.array(fc.record({ condition: fc.record({ cel_expression: name }), route }), {
    maxLength: 3,
  }),
  defaultRoute: route,
  commands: optional(
    fc.dictionary(fc.stringMatching(/^[a-ln-z][a-z0-9_-]{0,8}$/), fc.oneof(model, variant), {
      maxKeys: 3,
    }),
  ),
});

const camel = (key: string) =>
  key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
const snake = (key: string) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
/** Names of the operator's, which no casing may touch. */
const NAMED: ReadonlySet<string> = new Set(['commands', 'logit_bias']);

function respelled(value: Json, spell: (key: string) => string, within = ''): Json {
  if (Array.isArray(value)) return value.map((item: Json) => respelled(item, spell));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      NAMED.has(within) ? key : spell(key),
      respelled(item ?? null, spell, NAMED.has(within) ? '' : key),
    ]),
  );
}

test('camelCase, snake_case and the answer itself mean the same router', () => {
  fc.assert(
    fc.property(router, (given) => {
      const input = JSON.parse(JSON.stringify(given)) as Json;
      const reading = readRouter(input);
      if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
      for (const spell of [camel, snake])
        expect(readRouter(respelled(input, spell))).toEqual(reading);
      const again = readRouter(reading.resource);
      expect(again).toEqual(reading);
    }),
    { numRuns: 200 },
  );
});

test('what is no router is refused, whatever it is', () => {
  const keys = fc.constantFrom(
    ...[
      'name',
      'routes',
      'defaultRoute',
      'default_route',
      'variants',
      'variant',
      'weight',
      'condition',
    ],
    ...[
      'celExpression',
      'model_id',
      'modelSelection',
      'sort',
      'commands',
      '__proto__',
      'constructor',
      'etag',
    ],
    ...[
      'message_templates',
      'content_items',
      'logit_bias',
      'fallback',
      'web_search',
      'route',
      'toString',
    ],
  );
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'medium' },
      fc.constantFrom(null, true, 0, -1, 1e308, '', 'x', 'a/b', '{{', 'auto', 100),
      fc.string(),
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(fc.oneof(keys, fc.string()), tie('tree'), { maxKeys: 6 }),
    ),
  }));
  fc.assert(
    fc.property(tree, (input) => {
      const reading = readRouter(input);
      if (reading.ok) return;
      expect(reading.problems.length).toBeGreaterThan(0);
      for (const { path, message } of reading.problems) {
        expect(message).not.toBe('');
        for (const step of path) expect(['string', 'number']).toContain(typeof step);
      }
    }),
    { numRuns: 2000 },
  );
});

test('a good router with one thing broken is refused at that place or not at all', () => {
  fc.assert(
    fc.property(router, fc.jsonValue(), fc.nat(), (given, junk, choice) => {
      const input = JSON.parse(JSON.stringify(given)) as { [key: string]: Json };
      const keys = Object.keys(input);
      const key = keys[choice % keys.length] ?? 'name';
      const reading = readRouter({ ...input, [key]: junk });
      if (reading.ok) return;
      expect(
        reading.problems.every(
          ({ path }) => path.length === 0 || path[0] === key || path[0] === 'commands',
        ),
      ).toBe(true);
    }),
    { numRuns: 500 },
  );
});
