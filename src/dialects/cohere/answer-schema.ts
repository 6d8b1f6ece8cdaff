// What the wire takes of JSON Schema for an answer, and what of it nobody enforces.
// docs.cohere.com/docs/structured-outputs, "Schema constraints" and "Unsupported schema features"
import { asArray, isObject, type Json, type JsonObject } from '../../lib/json.ts';
import type { Lose } from './encode-content.ts';

const UNENFORCED: ReadonlySet<string> = new Set([
  'allOf',
  'oneOf',
  'not',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minLength',
  'maxLength',
]);

/** "The type in the top level schema must be object. Every object in the schema must have at least one required field." */
export function isEnforceable(schema: JsonObject): boolean {
  if (schema.type !== 'object') return false;
  return schemasIn(schema).every(
    ({ type, properties, required }) =>
      (type !== 'object' && properties === undefined) || asArray(required).length > 0,
  );
}

/** One line for all of them. */
export function loseUnenforced(schema: JsonObject, lose: Lose): void {
  const found = new Set(schemasIn(schema).flatMap((inner) => Object.keys(inner)));
  const unenforced = [...found].filter((keyword) => UNENFORCED.has(keyword)).sort();
  if (unenforced.length > 0)
    lose(`response_format.schema: ${unenforced.join(', ')} not enforced here`);
}

const MAPS = ['properties', 'patternProperties', '$defs', 'definitions'] as const;
const LISTS = ['anyOf', 'allOf', 'oneOf', 'prefixItems'] as const;
const SINGLES = ['items', 'additionalProperties', 'not'] as const;

/** The schema and all that stand in it. */
function schemasIn(schema: JsonObject): JsonObject[] {
  const inner: (Json | undefined)[] = [
    ...MAPS.flatMap((name) => (isObject(schema[name]) ? Object.values(schema[name]) : [])),
    ...LISTS.flatMap((name) => asArray(schema[name])),
    ...SINGLES.map((name) => schema[name]),
  ];
  return [schema, ...inner.filter(isObject).flatMap(schemasIn)];
}
