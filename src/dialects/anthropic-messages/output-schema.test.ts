// Schemas in the subset that answers can be held to.
import { expect, test } from 'bun:test';
import { transformJSONSchema } from '@anthropic-ai/sdk/lib/transform-json-schema';
import fc from 'fast-check';
import type { JsonObject } from '../../lib/json.ts';
import { restrictSchema } from './output-schema.ts';

function restrict(schema: JsonObject): { out: JsonObject; lost: string[] } {
  const lost: string[] = [];
  return { out: restrictSchema(schema, 's', (what) => lost.push(what)), lost };
}

test('what is in the subset stays as it is', () => {
  const schema = {
    type: 'object',
    description: 'd',
    properties: {
      a: { type: ['string', 'null'], enum: ['x', null] },
      b: { type: 'array', items: { $ref: '#/$defs/n' }, minItems: 1 },
      c: { anyOf: [{ type: 'string', format: 'date-time', pattern: '^x' }, { const: 3 }] },
    },
    required: ['a', 'b', 'c'],
    additionalProperties: false,
    $defs: { n: { type: 'integer' } },
  };
  expect(restrict(schema)).toEqual({ out: schema, lost: [] });
});

test('every object is closed', () => {
  const schema = {
    $schema: 'x',
    type: 'object',
    properties: { a: { type: 'object', properties: {} } },
    additionalProperties: { type: 'string' },
  };
  expect(restrict(schema)).toEqual({
    out: {
      type: 'object',
      properties: { a: { type: 'object', properties: {}, additionalProperties: false } },
      additionalProperties: false,
    },
    lost: ['s.additionalProperties: always false'],
  });
});

test('constraints move into the description, by path', () => {
  const schema = {
    type: 'object',
    properties: {
      format: { type: 'string', maxLength: 3, format: 'phone' },
      list: { type: 'array', minItems: 2, items: { oneOf: [{ type: 'number', multipleOf: 2 }] } },
    },
  };
  expect(restrict(schema)).toEqual({
    out: {
      type: 'object',
      properties: {
        format: { type: 'string', description: '{maxLength: 3, format: "phone"}' },
        list: {
          type: 'array',
          items: { anyOf: [{ type: 'number', description: '{multipleOf: 2}' }] },
          description: '{minItems: 2}',
        },
      },
      additionalProperties: false,
    },
    lost: [
      's.properties.format.maxLength: not enforced; told in the description',
      's.properties.format.format: not enforced; told in the description',
      's.properties.list.minItems: not enforced; told in the description',
      's.properties.list.items.oneOf[0].multipleOf: not enforced; told in the description',
    ],
  });
});

test('the vendor’s own rewriting finds nothing left to move', () => {
  const leaf = fc.oneof(
    fc.record(
      {
        type: fc.constant('string'),
        maxLength: fc.nat(9),
        format: fc.constantFrom('uuid', 'phone'),
      },
      { requiredKeys: ['type'] },
    ),
    fc.record(
      { type: fc.constant('integer'), minimum: fc.nat(9), description: fc.string() },
      { requiredKeys: ['type'] },
    ),
  );
  const { node } = fc.letrec<{ node: object }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.record(
        { type: fc.constant('array'), items: tie('node'), minItems: fc.nat(3) },
        { requiredKeys: ['type', 'items'] },
      ),
      fc
        .dictionary(fc.stringMatching(/^[a-z]{1,4}$/), tie('node'), { maxKeys: 3 })
        .map((properties) => ({ type: 'object', properties })),
      fc.record({ anyOf: fc.array(tie('node'), { minLength: 1, maxLength: 2 }) }),
    ),
  }));
  fc.assert(
    fc.property(node, (schema) => {
      const { out } = restrict(JSON.parse(JSON.stringify(schema)) as JsonObject);
      expect(transformJSONSchema(out as never) as unknown).toEqual(out);
    }),
  );
});
