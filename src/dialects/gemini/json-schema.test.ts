// Schemas as the wire takes them: what is said in other words, what is only told, and that nothing goes in silence.
import { describe, expect, test } from 'bun:test';
import type { JsonObject } from '../../lib/json.ts';
import { fitSchema, isEmptyObject } from './json-schema.ts';

function fitted(schema: JsonObject) {
  const losses: string[] = [];
  return { schema: fitSchema(schema, 's', (what) => losses.push(what)), losses };
}

describe('what the wire has words for', () => {
  test('stays as it is', () => {
    const schema = {
      type: 'object',
      title: 'T',
      description: 'D',
      properties: {
        a: { type: ['string', 'null'], minLength: 1, maxLength: 3, pattern: '^a' },
        b: { type: 'array', items: { type: 'integer', minimum: 0, maximum: 9 }, maxItems: 2 },
        c: { type: 'string', enum: ['x', 'y'], default: 'x', format: 'date-time' },
        d: { type: 'array', prefixItems: [{ type: 'number' }, { type: 'string' }] },
        e: { type: 'object', additionalProperties: { type: 'number' } },
      },
      required: ['a'],
      propertyOrdering: ['b', 'a'],
      additionalProperties: false,
    };
    expect(fitted(schema)).toEqual({ schema, losses: [] });
  });

  test('is said in them where it was said in others', () => {
    expect(
      fitted({
        type: 'OBJECT',
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        properties: {
          kind: { const: 'cat' },
          none: { const: null },
          above: { type: 'integer', exclusiveMinimum: 2, exclusiveMaximum: 9.5 },
          either: { oneOf: [{ type: 'string' }, { type: 'number' }] },
          maybe: { type: 'string', nullable: true },
          shown: { type: 'string', examples: ['a'] },
          tuple: { type: 'array', items: [{ type: 'string' }] },
          both: {
            allOf: [
              { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
              { properties: { b: { type: 'string' } }, required: ['b'] },
            ],
          },
        },
      }),
    ).toEqual({
      losses: [],
      schema: {
        type: 'object',
        properties: {
          kind: { type: 'string', enum: ['cat'] },
          none: { type: 'null' },
          above: { type: 'integer', minimum: 3, maximum: 9 },
          either: { anyOf: [{ type: 'string' }, { type: 'number' }] },
          maybe: { type: ['string', 'null'] },
          shown: { type: 'string', description: 'Examples: ["a"]' },
          tuple: { type: 'array', prefixItems: [{ type: 'string' }] },
          both: {
            type: 'object',
            properties: { a: { type: 'string' }, b: { type: 'string' } },
            required: ['a', 'b'],
          },
        },
      },
    });
  });
});

describe('what it has no words for', () => {
  test('is told in the description and named by its path', () => {
    expect(
      fitted({
        type: 'object',
        properties: {
          mail: { type: 'string', format: 'email', description: 'Where to write.' },
          share: { type: 'number', exclusiveMinimum: 0, multipleOf: 0.5 },
          list: {
            type: 'array',
            items: { type: 'string', not: { enum: ['x'] } },
            uniqueItems: true,
          },
          on: { const: true },
        },
      }),
    ).toEqual({
      losses: [
        's.properties.mail.format: not enforced; told in the description',
        's.properties.share.exclusiveMinimum: not enforced; told in the description',
        's.properties.share.multipleOf: not enforced; told in the description',
        's.properties.list.items.not: not enforced; told in the description',
        's.properties.list.uniqueItems: not enforced; told in the description',
        's.properties.on.const: not enforced; told in the description',
      ],
      schema: {
        type: 'object',
        properties: {
          mail: { type: 'string', description: 'Where to write.\n\n{format: "email"}' },
          share: { type: 'number', description: '{exclusiveMinimum: 0, multipleOf: 0.5}' },
          list: {
            type: 'array',
            items: { type: 'string', description: '{not: {"enum":["x"]}}' },
            description: '{uniqueItems: true}',
          },
          on: { description: '{const: true}' },
        },
      },
    });
  });

  test('is all of it, where members contradict each other', () => {
    const { schema, losses } = fitted({ allOf: [{ type: 'string' }, { type: 'number' }] });
    expect(schema).toEqual({ type: 'string', description: '{allOf: [{"type":"number"}]}' });
    expect(losses).toEqual(['s.allOf: not enforced; told in the description']);
  });
});

describe('references', () => {
  test('lead to definitions at the root, under one name each, in circles too', () => {
    expect(
      fitted({
        type: 'object',
        properties: {
          left: { $ref: '#/definitions/Node' },
          right: { $ref: '#/definitions/Node', description: 'The other.' },
          self: { $ref: '#' },
        },
        definitions: {
          Node: {
            type: 'object',
            properties: { next: { $ref: '#/definitions/Node' }, mail: { format: 'email' } },
          },
          Unused: { type: 'string' },
        },
      }),
    ).toEqual({
      losses: [
        's.$defs.Node.properties.mail.format: not enforced; told in the description',
        's.$defs.Root.properties.mail.format: not enforced; told in the description',
      ].slice(0, 1),
      schema: {
        type: 'object',
        properties: {
          left: { $ref: '#/$defs/Node' },
          right: { description: 'The other.', anyOf: [{ $ref: '#/$defs/Node' }] },
          self: { $ref: '#/$defs/Root' },
        },
        $defs: {
          Node: {
            type: 'object',
            properties: {
              next: { $ref: '#/$defs/Node' },
              mail: { description: '{format: "email"}' },
            },
          },
          Root: {
            type: 'object',
            properties: {
              left: { $ref: '#/$defs/Node' },
              right: { description: 'The other.', anyOf: [{ $ref: '#/$defs/Node' }] },
              self: { $ref: '#/$defs/Root' },
            },
          },
        },
      },
    });
  });

  test('that lead nowhere are named', () => {
    expect(fitted({ properties: { a: { $ref: 'other.json', title: 'A' } } })).toEqual({
      schema: { properties: { a: { title: 'A' } } },
      losses: [
        "s.properties.a.$ref: other.json is not among the schema's definitions; anything goes there",
      ],
    });
  });

  test('to each other in allOf end', () => {
    const { schema } = fitted({
      allOf: [{ $ref: '#/$defs/A' }],
      $defs: { A: { $ref: '#/$defs/B' }, B: { $ref: '#/$defs/A' } },
    });
    expect(schema.description).toContain('allOf');
  });
});

test('an object without members is none, one that is open or combined is some', () => {
  expect(isEmptyObject({ type: 'object' })).toBe(true);
  expect(isEmptyObject({ type: 'object', properties: {}, additionalProperties: false })).toBe(true);
  expect(isEmptyObject({})).toBe(true);
  expect(isEmptyObject({ type: 'object', additionalProperties: { type: 'string' } })).toBe(false);
  expect(isEmptyObject({ anyOf: [{ type: 'object' }] })).toBe(false);
  expect(isEmptyObject({ type: 'string' })).toBe(false);
});
