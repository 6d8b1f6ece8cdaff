// A JSON Schema in the words this wire's schema fields take: what they lack is said in another way that means the same,
// or told to the model in the description and named.
//
// The words: ai.google.dev/api/generate-content#FIELDS.response_json_schema and #Schema; recorded as taken besides:
// `default`, `pattern`, `minLength`, `maxLength`, type lists, `$defs` with `$ref`, `additionalProperties`.
// Reported from the live API: an empty OBJECT and an unknown `format` are refused.
import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
} from '../../lib/json.ts';
import { SchemaReferences } from './schema-references.ts';

type Lose = (what: string) => void;
type Out = { [key: string]: Json };

const KEPT: ReadonlySet<string> = new Set([
  'title',
  'description',
  'default',
  'enum',
  'required',
  'minItems',
  'maxItems',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'pattern',
  'propertyOrdering',
]);

/** They say nothing about what is valid. */
const REMARKS: ReadonlySet<string> = new Set([
  '$schema',
  '$id',
  '$comment',
  '$defs',
  'definitions',
  'deprecated',
  'readOnly',
  'writeOnly',
  'nullable',
]);

const FORMATS: ReadonlySet<string> = new Set([
  'date-time',
  'date',
  'time',
  'duration',
  'enum',
  'int32',
  'int64',
  'float',
  'double',
]);

/** The schema in this wire's words. `lose` is told of every constraint that is no longer enforced, by its path under `path`. */
export function fitSchema(
  schema: JsonObject,
  path: string,
  lose: Lose,
): { readonly [key: string]: Json } {
  const references = new SchemaReferences(schema);
  const fitting = new Fitting(references, lose);
  const out = fitting.schema(schema, path);
  const definitions: Out = {};
  // Definitions may use others: each is fitted when it is first used.
  for (let name = references.next(); name !== undefined; name = references.next())
    definitions[name] = fitting.schema(references.definition(name), `${path}.$defs.${name}`);
  return Object.keys(definitions).length === 0 ? out : { ...out, $defs: definitions };
}

/** True for the schema of a function without arguments: this wire wants it left out. */
export function isEmptyObject(schema: JsonObject): boolean {
  if (asString(schema.type)?.toLowerCase() !== 'object' && schema.type !== undefined) return false;
  const members = Object.keys(asObject(schema.properties) ?? {}).length;
  const open = isObject(schema.additionalProperties) || schema.$ref !== undefined;
  const combined = ['anyOf', 'oneOf', 'allOf'].some((name) => asArray(schema[name]).length > 0);
  return members === 0 && !open && !combined;
}

class Fitting {
  readonly #references: SchemaReferences;
  readonly #lose: Lose;

  constructor(references: SchemaReferences, lose: Lose) {
    this.#references = references;
    this.#lose = lose;
  }

  schema(given: JsonObject, path: string): Out {
    const schema = this.#resolved(given, path);
    if (typeof schema === 'string') return { $ref: schema };
    const merged = this.#joined(schema, path);
    const out: Out = {};
    const said: string[] = [];
    for (const key in merged) {
      const value = merged[key];
      if (value === undefined || REMARKS.has(key)) continue;
      if (!this.#write(out, key, value, merged, path)) said.push(this.#tell(key, value, path));
    }
    if (merged.nullable === true) out.type = withNull(out.type);
    if (said.length > 0) {
      const before = typeof out.description === 'string' ? `${out.description}\n\n` : '';
      out.description = `${before}{${said.join(', ')}}`;
    }
    return out;
  }

  /** False where the wire has no word for it. */
  #write(out: Out, key: string, value: Json, schema: JsonObject, path: string): boolean {
    const here = `${path}.${key}`;
    switch (key) {
      case 'type':
        out.type = lowered(value);
        return true;
      case 'format':
        if (typeof value !== 'string' || !FORMATS.has(value)) return false;
        out.format = value;
        return true;
      case 'const':
        return writeConst(out, value);
      case 'examples':
        // An annotation, which a description holds as well.
        out.description = [
          asString(out.description) ?? asString(schema.description),
          `Examples: ${JSON.stringify(value)}`,
        ]
          .filter(Boolean)
          .join('\n\n');
        return true;
      case 'description':
        out.description = asString(out.description) ?? value;
        return true;
      case 'exclusiveMinimum':
      case 'exclusiveMaximum':
        return writeExclusive(out, key, value, schema);
      case 'properties':
        out.properties = this.#named(value, here);
        return true;
      case 'items':
        if (Array.isArray(value)) out.prefixItems = this.#list(value, here);
        else out.items = this.#one(value, here);
        return true;
      case 'additionalProperties':
        out.additionalProperties = typeof value === 'boolean' ? value : this.#one(value, here);
        return true;
      case 'prefixItems':
        out.prefixItems = this.#list(value, here);
        return true;
      case 'anyOf':
      case 'oneOf':
        out.anyOf = [...asArray(out.anyOf), ...this.#list(value, here)];
        return true;
      default:
        if (!KEPT.has(key)) return false;
        out[key] = value;
        return true;
    }
  }

  /** What a reference stands for, merged with what stands beside it; a text where it stays a reference. */
  #resolved(schema: JsonObject, path: string): JsonObject | string {
    const reference = asString(schema.$ref);
    if (reference === undefined) return schema;
    const { $ref: _, ...beside } = schema;
    const kept = this.#references.keep(reference);
    // Nothing may stand beside a reference here; a choice of one may have company.
    if (kept !== null) {
      const alone = Object.keys(beside).every((key) => REMARKS.has(key));
      return alone ? kept : { ...beside, anyOf: [...asArray(beside.anyOf), { $ref: reference }] };
    }
    this.#lose(
      `${path}.$ref: ${reference} is not among the schema's definitions; anything goes there`,
    );
    return beside;
  }

  /** `allOf` as one schema, where its members do not speak of the same things. */
  #joined(schema: JsonObject, path: string): JsonObject {
    const members = asArray(schema.allOf);
    if (members.length === 0) return schema;
    let joined: JsonObject = { ...schema, allOf: undefined };
    members.forEach((member, index) => {
      const found = asObject(member) ?? {};
      const inner = this.#references.whole(found);
      const both =
        inner === null ? null : union(joined, this.#joined(inner, `${path}.allOf[${index}]`));
      if (both === null) joined = { ...joined, allOf: [...asArray(joined.allOf), found] };
      else joined = both;
    });
    return joined;
  }

  #tell(key: string, value: Json, path: string): string {
    this.#lose(`${path}.${key}: not enforced; told in the description`);
    return `${key}: ${JSON.stringify(value)}`;
  }

  #named(value: Json, path: string): Json {
    const out: Out = {};
    for (const [name, member] of Object.entries(asObject(value) ?? {}))
      out[name] = this.#one(member ?? null, `${path}.${name}`);
    return out;
  }

  #list(value: Json, path: string): Json[] {
    return asArray(value).map((item, index) => this.#one(item, `${path}[${index}]`));
  }

  /** `true` is a schema too: anything goes. */
  #one(value: Json, path: string): Json {
    return this.schema(asObject(value) ?? {}, path);
  }
}

function lowered(type: Json): Json {
  if (typeof type === 'string') return type.toLowerCase();
  return asArray(type).map((name) => (typeof name === 'string' ? name.toLowerCase() : name));
}

function withNull(type: Json | undefined): Json {
  if (type === undefined) return ['null'];
  const types = Array.isArray(type) ? type : [type];
  return types.includes('null') ? types : [...types, 'null'];
}

/** One lawful value is a choice of one; only texts and numbers can be chosen from. */
function writeConst(out: Out, value: Json): boolean {
  if (value === null) {
    out.type = 'null';
    return true;
  }
  if (typeof value !== 'string' && typeof value !== 'number') return false;
  out.type ??= typeof value;
  out.enum = [value];
  return true;
}

/** Whole numbers have a next one. */
function writeExclusive(out: Out, key: string, value: Json, schema: JsonObject): boolean {
  const bound = asNumber(value);
  if (bound === undefined || asString(schema.type)?.toLowerCase() !== 'integer') return false;
  if (key === 'exclusiveMinimum')
    out.minimum = Math.max(
      Math.floor(bound) + 1,
      asNumber(schema.minimum) ?? Number.NEGATIVE_INFINITY,
    );
  else
    out.maximum = Math.min(
      Math.ceil(bound) - 1,
      asNumber(schema.maximum) ?? Number.POSITIVE_INFINITY,
    );
  return true;
}

/** Both at once; null where they say different things of one word. */
function union(one: JsonObject, other: JsonObject): JsonObject | null {
  const out: { [key: string]: Json | undefined } = { ...one };
  for (const [key, value] of Object.entries(other)) {
    const known = out[key];
    if (value === undefined) continue;
    if (known === undefined || JSON.stringify(known) === JSON.stringify(value)) out[key] = value;
    else if (key === 'required') out[key] = [...new Set([...asArray(known), ...asArray(value)])];
    else if (key === 'properties') {
      const properties = union(asObject(known) ?? {}, asObject(value) ?? {});
      if (properties === null) return null;
      out[key] = properties;
    } else if (key !== 'description' && key !== 'title') return null;
  }
  return out;
}
