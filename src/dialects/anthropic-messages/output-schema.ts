// A JSON Schema in the subset that constrained answers take: what the subset lacks is moved into the description, so the
// model is still told, and named.
//
// The subset: platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations. The vendor's
// own client libraries rewrite schemas the same way before they send them.
import { asArray, isObject, type Json, type JsonObject } from '../../lib/json.ts';

const FORMATS: ReadonlySet<string> = new Set([
  'date-time',
  'time',
  'date',
  'duration',
  'email',
  'hostname',
  'uri',
  'ipv4',
  'ipv6',
  'uuid',
]);

/** Members that hold a schema, a list of schemas, or schemas by name. */
const ONE = ['items', 'not'];
const MANY = ['anyOf', 'allOf', 'prefixItems'];
const NAMED = ['properties', '$defs', 'definitions'];

const REFUSED: ReadonlySet<string> = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  'patternProperties',
  'propertyNames',
]);

/** The schema in the subset. `lose` is told of every constraint that is no longer enforced, by its path under `path`. */
export function restrictSchema(
  schema: JsonObject,
  path: string,
  lose: (what: string) => void,
): { readonly [key: string]: Json } {
  const out: { [key: string]: Json } = {};
  const said: string[] = [];
  for (const key in schema) {
    const value = schema[key];
    if (value === undefined || key === '$schema') continue;
    if (isRefused(key, value)) {
      said.push(`${key}: ${JSON.stringify(value)}`);
      lose(`${path}.${key}: not enforced; told in the description`);
    } else if (key === 'oneOf') out.anyOf = children(value, `${path}.oneOf`, lose);
    else out[key] = nested(key, value, path, lose);
  }
  if (isObjectSchema(schema)) {
    if (schema.additionalProperties !== undefined && schema.additionalProperties !== false) {
      lose(`${path}.additionalProperties: always false`);
    }
    out.additionalProperties = false;
  }
  if (said.length > 0) {
    const before = typeof out.description === 'string' ? `${out.description}\n\n` : '';
    out.description = `${before}{${said.join(', ')}}`;
  }
  return out;
}

function isRefused(key: string, value: Json): boolean {
  if (key === 'format') return typeof value === 'string' && !FORMATS.has(value);
  if (key === 'minItems') return value !== 0 && value !== 1;
  return REFUSED.has(key);
}

function isObjectSchema(schema: JsonObject): boolean {
  return (
    schema.type === 'object' ||
    asArray(schema.type).includes('object') ||
    isObject(schema.properties)
  );
}

function nested(key: string, value: Json, path: string, lose: (what: string) => void): Json {
  const here = `${path}.${key}`;
  if (ONE.includes(key) && isObject(value)) return restrictSchema(value, here, lose);
  if (MANY.includes(key)) return children(value, here, lose);
  if (NAMED.includes(key) && isObject(value)) {
    const out: { [name: string]: Json } = {};
    for (const name in value) out[name] = child(value[name] ?? null, `${here}.${name}`, lose);
    return out;
  }
  return value;
}

function children(value: Json, path: string, lose: (what: string) => void): Json {
  return asArray(value).map((item, index) => child(item, `${path}[${index}]`, lose));
}

function child(value: Json, path: string, lose: (what: string) => void): Json {
  return isObject(value) ? restrictSchema(value, path, lose) : value;
}

/** The schema of a function's arguments: of an object, with its type said; in the subset where calls are held to it. */
export function argumentsSchema(
  parameters: JsonObject | undefined,
  strict: boolean,
  path: string,
  lose: (what: string) => void,
): Json {
  if (parameters === undefined) return { type: 'object', properties: {} };
  const schema = strict ? restrictSchema(parameters, `${path}.parameters`, lose) : parameters;
  return (schema.type === 'object' ? schema : { ...schema, type: 'object' }) as Json;
}
