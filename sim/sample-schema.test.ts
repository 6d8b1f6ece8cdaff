// Made-up values fit the schemas they were made for; zod's reading of JSON Schema is the judge.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { z } from 'zod';
import type { JsonObject } from '../src/lib/json.ts';
import { samplePattern } from './sample-pattern.ts';
import { sampleSchema } from './sample-schema.ts';

function problems(schema: JsonObject, value: unknown): string {
  const judge = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
  const read = judge.safeParse(value);
  return read.success ? '' : `${JSON.stringify(value)}: ${read.error.message}`;
}

describe('values', () => {
  const cases: readonly (readonly [schema: JsonObject, value: unknown])[] = [
    [{ type: 'string' }, 'simulated value'],
    [{ enum: ['a', 'b'] }, 'a'],
    [{ const: 'x' }, 'x'],
    [{ type: ['null', 'integer'] }, 1],
    [{ type: 'null' }, null],
    [{ type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 0.2 }, 0.1],
    [{ type: 'integer', minimum: 7, multipleOf: 5 }, 10],
    [{ type: 'integer', maximum: -3 }, -3],
    [{ type: 'string', maxLength: 5 }, 'value'],
    [{ type: 'string', minLength: 20 }, '.....simulated value'],
    [{ type: 'string', format: 'date-time' }, '2026-01-01T12:00:00Z'],
    [{ type: 'string', pattern: '^[A-Z]{3}-\\d{2,4}$' }, 'AAA-00'],
    [{ type: 'array', items: { type: 'boolean' } }, [true]],
    [{ type: 'array', items: { type: 'integer' }, minItems: 3, uniqueItems: true }, [1, 2, 3]],
    [{ type: 'array', maxItems: 0, items: {} }, []],
    [{ prefixItems: [{ type: 'string' }, { type: 'integer' }] }, ['simulated value', 1]],
    [{ type: 'object', properties: { a: { type: 'integer' }, b: {} }, required: ['a'] }, { a: 1 }],
    [
      { type: 'object', properties: { a: { type: 'integer' }, b: { type: 'null' } } },
      { a: 1, b: null },
    ],
    [
      { type: 'object', minProperties: 2, additionalProperties: { type: 'integer' } },
      { simulated_1: 1, simulated_2: 1 },
    ],
    [
      { anyOf: [{ type: 'null' }, { $ref: '#/$defs/Kind' }], $defs: { Kind: { enum: ['k'] } } },
      'k',
    ],
    [
      {
        allOf: [
          { properties: { a: { const: 1 } }, required: ['a'] },
          { properties: { b: { const: 2 } }, required: ['b'] },
        ],
      },
      { a: 1, b: 2 },
    ],
    [{}, 'simulated value'],
  ];
  test.each(cases)('%j', (schema, value) => {
    expect(sampleSchema(schema)).toEqual(value as never);
    expect(problems(schema, value)).toBe('');
  });

  test('what the judge does not read: escaped references, constant objects', () => {
    const escaped = { $ref: '#/definitions/a~1b', definitions: { 'a/b': { type: 'boolean' } } };
    expect(sampleSchema(escaped)).toBe(true);
    expect(sampleSchema({ const: { x: 1 } })).toEqual({ x: 1 });
  });

  test('recursive schemas end', () => {
    const tree: JsonObject = {
      type: 'object',
      properties: { name: { type: 'string' }, children: { type: 'array', items: { $ref: '#' } } },
      required: ['name', 'children'],
    };
    const made = sampleSchema(tree);
    expect(problems(tree, made)).toBe('');
    expect(JSON.stringify(made).length).toBeLessThan(1000);
    expect(sampleSchema({ $ref: '#' })).toBeDefined();
  });

  test('variants differ where the schema leaves room', () => {
    const schema: JsonObject = {
      type: 'object',
      properties: {
        city: { type: 'string' },
        unit: { enum: ['C', 'F'] },
        days: { type: 'integer', maximum: 2 },
      },
    };
    expect([0, 1, 2].map((variant) => sampleSchema(schema, variant))).toEqual([
      { city: 'simulated city', unit: 'C', days: 1 },
      { city: 'simulated city 2', unit: 'F', days: 2 },
      { city: 'simulated city 3', unit: 'C', days: 1 },
    ]);
  });
});

const text = fc.record({
  type: fc.constant('string'),
  minLength: fc.nat(30),
  maxLength: fc.integer({ min: 30, max: 60 }),
});
const whole = fc
  .record({
    type: fc.constant('integer'),
    minimum: fc.integer({ min: -50, max: 50 }),
    span: fc.nat(20),
  })
  .map(({ type, minimum, span }) => ({ type, minimum, maximum: minimum + span }));
const leaf = fc.oneof(
  text,
  whole,
  fc.record({ type: fc.constant('number'), minimum: fc.integer({ min: -9, max: 9 }) }),
  fc.constant({ type: 'boolean' }),
  fc.record({ enum: fc.array(fc.string(), { minLength: 1, maxLength: 4 }) }),
  fc.record({ type: fc.constant(['string', 'null']) }),
);
const { schema: anySchema } = fc.letrec<{ schema: JsonObject }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.record({ type: fc.constant('array'), items: tie('schema'), minItems: fc.nat(3) }),
    fc
      .tuple(
        fc.uniqueArray(fc.stringMatching(/^[a-z]{1,5}$/), { maxLength: 4 }),
        fc.infiniteStream(tie('schema')),
        fc.boolean(),
      )
      .map(
        ([names, schemas, required]): JsonObject => ({
          type: 'object',
          properties: Object.fromEntries(names.map((name) => [name, schemas.next().value ?? {}])),
          ...(required ? { required: names } : {}),
          additionalProperties: false,
        }),
      ),
    fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
  ),
}));

test('any schema, any variant: the value fits', () => {
  fc.assert(
    fc.property(anySchema, fc.nat(5), (schema, variant) => {
      expect(problems(schema, sampleSchema(schema, variant))).toBe('');
    }),
    { numRuns: 300 },
  );
});

describe('patterns', () => {
  test.each([
    '^[a-z]+$',
    '^\\d{4}-\\d{2}-\\d{2}$',
    '^(foo|bar)baz?$',
    '^[^@\\s]+@[^@\\s]+\\.[a-z]{2,}$',
    '^(?:\\+\\d{1,3} )?\\(\\d{3}\\) \\d{3}-\\d{4}$',
    '^#(?<hex>[0-9a-fA-F]{6})$',
    'colou?r',
    '^\\w+(\\.\\w+)*$',
    '^\\p{L}+$',
    '[\\w.-]+',
  ])('%s', (pattern) => {
    const made = samplePattern(pattern);
    if (made === null) throw new Error('nothing made');
    expect(made).toMatch(new RegExp(pattern, 'u'));
  });

  test('length is respected, and what is beyond it gives null', () => {
    expect(samplePattern('^[a-z]+$', 10)?.length).toBeGreaterThanOrEqual(10);
    expect(samplePattern('^(?=.*\\d)(?=.*[a-z]).{8,}$')).toBeNull();
    expect(samplePattern('[')).toBeNull();
  });
});
