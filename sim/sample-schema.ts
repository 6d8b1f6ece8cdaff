// A JSON Schema → a small value that fits it: tool arguments and structured output of the simulated model.
import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
} from '../src/lib/json.ts';
import { samplePattern } from './sample-pattern.ts';

const FORMATS: { readonly [format: string]: string } = {
  'date-time': '2026-01-01T12:00:00Z',
  date: '2026-01-01',
  time: '12:00:00Z',
  duration: 'P1D',
  email: 'simulated@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uuid: '00000000-0000-4000-8000-000000000001',
  uri: 'https://example.com/simulated',
};

/** Deeper than this only what must be there is made, so that recursive schemas end. */
const GENEROUS_DEPTH = 4;
const MAX_DEPTH = 40;

/**
 * A value for `schema`. Values that differ for each `variant` where the schema leaves room. Properties: the required
 * ones; all of them where the schema names none as required.
 */
export function sampleSchema(schema: JsonObject, variant = 0): Json {
  return new SchemaSampler(schema, variant).value(schema, 'value', 0);
}

class SchemaSampler {
  readonly #root: JsonObject;
  readonly #variant: number;

  constructor(root: JsonObject, variant: number) {
    this.#root = root;
    this.#variant = variant;
  }

  value(given: JsonObject, name: string, depth: number): Json {
    const schema = this.#resolve(given);
    if (depth > MAX_DEPTH) return null;
    if (schema.const !== undefined) return schema.const;
    const options = asArray(schema.enum);
    if (options.length > 0) return options[this.#variant % options.length] ?? null;
    switch (typeOf(schema)) {
      case 'object':
        return this.#object(schema, depth);
      case 'array':
        return this.#array(schema, name, depth);
      case 'integer':
      case 'number':
        return this.#number(schema, typeOf(schema) === 'integer');
      case 'boolean':
        return true;
      case 'null':
        return null;
      default:
        return this.#string(schema, name);
    }
  }

  /** Follows references and folds anyOf, oneOf and allOf into the schema. */
  #resolve(given: JsonObject): JsonObject {
    let schema = given;
    for (let hops = 0; hops < MAX_DEPTH; hops += 1) {
      const reference = asString(schema.$ref);
      const options = [...asArray(schema.anyOf), ...asArray(schema.oneOf)].filter(isObject);
      const parts = asArray(schema.allOf).filter(isObject);
      if (reference !== undefined) schema = merge(without(schema, '$ref'), this.#lookUp(reference));
      else if (parts.length > 0) {
        schema = parts.reduce(
          (sum: JsonObject, part) => merge(sum, this.#resolve(part)),
          without(schema, 'allOf'),
        );
      } else if (options.length > 0) {
        const chosen =
          options.find((option) => typeOf(this.#peek(option)) !== 'null') ?? options[0];
        schema = merge(without(without(schema, 'anyOf'), 'oneOf'), chosen ?? {});
      } else return schema;
    }
    return schema;
  }

  /** The option itself where it is a reference: enough to tell its type. */
  #peek(option: JsonObject): JsonObject {
    const reference = asString(option.$ref);
    return reference === undefined ? option : this.#lookUp(reference);
  }

  #lookUp(reference: string): JsonObject {
    let at: Json | undefined = this.#root as Json;
    for (const step of reference.split('/').slice(1)) {
      const key = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
      at = asObject(at)?.[key];
    }
    return asObject(at) ?? {};
  }

  #object(schema: JsonObject, depth: number): Json {
    const properties = asObject(schema.properties) ?? {};
    const required = asArray(schema.required).map(String);
    const generous = schema.required === undefined && depth < GENEROUS_DEPTH;
    const names = generous ? Object.keys(properties) : required;
    const made: { [name: string]: Json } = {};
    for (const name of names)
      made[name] = this.value(asObject(properties[name]) ?? {}, name, depth + 1);
    const missing = (asNumber(schema.minProperties) ?? 0) - names.length;
    const others = Object.keys(properties).filter((name) => !names.includes(name));
    for (let index = 0; index < missing; index += 1) {
      const name = others[index] ?? `simulated_${index + 1}`;
      const of = asObject(properties[name]) ?? asObject(schema.additionalProperties) ?? {};
      made[name] = this.value(of, name, depth + 1);
    }
    return made;
  }

  #array(schema: JsonObject, name: string, depth: number): Json {
    const first = asArray(schema.prefixItems);
    const wanted = Math.max(
      asNumber(schema.minItems) ?? (depth < GENEROUS_DEPTH ? 1 : 0),
      first.length,
    );
    const length = Math.min(wanted, asNumber(schema.maxItems) ?? wanted);
    const items = asObject(schema.items) ?? {};
    const made: Json[] = [];
    for (let index = 0; index < length; index += 1) {
      const of = asObject(first[index]) ?? items;
      const sampler =
        schema.uniqueItems === true ? new SchemaSampler(this.#root, this.#variant + index) : this;
      made.push(sampler.value(of, name, depth + 1));
    }
    return made;
  }

  #number(schema: JsonObject, whole: boolean): number {
    const step = asNumber(schema.multipleOf) ?? (whole ? 1 : 0.5);
    const above = asNumber(schema.exclusiveMinimum);
    const below = asNumber(schema.exclusiveMaximum);
    const min = Math.max(
      asNumber(schema.minimum) ?? Number.NEGATIVE_INFINITY,
      above ?? Number.NEGATIVE_INFINITY,
    );
    const max = Math.min(
      asNumber(schema.maximum) ?? Number.POSITIVE_INFINITY,
      below ?? Number.POSITIVE_INFINITY,
    );
    const fits = (n: number) => n >= min && n <= max && n !== above && n !== below;
    const start = Number.isFinite(min)
      ? Math.ceil(min / step) * step
      : Math.min(step, Math.floor(max / step) * step);
    const base = fits(start) ? start : start + step;
    const varied = base + this.#variant * step;
    if (fits(varied)) return varied;
    if (fits(base)) return base;
    return Number.isFinite(max) && !whole && schema.multipleOf === undefined
      ? (min + max) / 2
      : base;
  }

  #string(schema: JsonObject, name: string): string {
    const min = asNumber(schema.minLength) ?? 0;
    const max = asNumber(schema.maxLength) ?? Number.POSITIVE_INFINITY;
    const format = FORMATS[asString(schema.format) ?? ''];
    if (format !== undefined) return format;
    const pattern = asString(schema.pattern);
    const matching = pattern === undefined ? null : samplePattern(pattern, min);
    if (matching !== null) return matching;
    const text = `simulated ${name}${this.#variant === 0 ? '' : ` ${this.#variant + 1}`}`;
    // From the end: that is where variants differ.
    return text.padStart(min, '.').slice(max < text.length ? text.length - max : 0);
  }
}

/** The type to make: the first that is not null, or what the keywords imply. */
function typeOf(schema: JsonObject): string {
  const types = Array.isArray(schema.type) ? asArray(schema.type) : [schema.type ?? null];
  const type = types.find((one) => one !== 'null' && one !== null) ?? types[0];
  if (typeof type === 'string') return type;
  if (
    schema.properties !== undefined ||
    schema.required !== undefined ||
    schema.additionalProperties !== undefined
  )
    return 'object';
  if (schema.items !== undefined || schema.prefixItems !== undefined) return 'array';
  if (
    schema.minimum !== undefined ||
    schema.maximum !== undefined ||
    schema.multipleOf !== undefined
  )
    return 'number';
  return 'string';
}

function merge(a: JsonObject, b: JsonObject): JsonObject {
  const properties = { ...asObject(a.properties), ...asObject(b.properties) };
  const required = [...asArray(a.required), ...asArray(b.required)];
  return {
    ...a,
    ...b,
    ...(Object.keys(properties).length > 0 ? { properties } : {}),
    ...(a.required !== undefined || b.required !== undefined ? { required } : {}),
  };
}

function without(schema: JsonObject, key: string): JsonObject {
  const { [key]: _, ...rest } = schema;
  return rest;
}
