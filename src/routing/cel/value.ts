// Values of CEL in an evaluation. int is bigint, double and JSON's numbers are number, maps are Maps (literals) or plain objects (JSON).

/**
 * Why something has no value. Handed on instead of thrown: a name that a request does not have is the usual case, not the
 * exceptional one. Says names, types and positions, never a value.
 */
export class Failure {
  readonly note: string;
  /** The evaluation is over: `&&`, `||` and macros do not absorb it. */
  readonly final: boolean;
  constructor(note: string, final = false) {
    this.note = note;
    this.final = final;
  }
}

export class Timestamp {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
}

export class Duration {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
}

type JsonObject = Readonly<Record<string, unknown>>;
const hasOwn = Object.prototype.hasOwnProperty;

export function isJsonObject(value: unknown): value is JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return !(
    value instanceof Map ||
    value instanceof Failure ||
    value instanceof Timestamp ||
    value instanceof Duration
  );
}

export function isMap(value: unknown): boolean {
  return value instanceof Map || isJsonObject(value);
}

/** The type's name in CEL, for notes. */
export function typeOf(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'number':
      return 'double';
    default:
      if (value === null) return 'null';
      if (Array.isArray(value)) return 'list';
      if (value instanceof Timestamp) return 'timestamp';
      if (value instanceof Duration) return 'duration';
      return 'map';
  }
}

/** One key for numbers that are equal: 1 and 1.0 are one key of a map. */
export function keyOf(value: unknown): unknown {
  return typeof value === 'bigint' && BigInt(Number(value)) === value ? Number(value) : value;
}

/** The member of a map; undefined where it has none. */
export function memberOf(map: unknown, key: unknown): unknown {
  if (map instanceof Map) return map.get(keyOf(key));
  if (typeof key !== 'string' || !isJsonObject(map)) return undefined;
  return hasOwn.call(map, key) ? map[key] : undefined;
}

/** A map's keys; null where it is none. */
export function keysOf(map: unknown): readonly unknown[] | null {
  // doubles are no keys of a literal: a number here is an int as keyOf() made it
  if (map instanceof Map)
    return [...map.keys()].map((key) => (typeof key === 'number' ? BigInt(key) : key));
  return isJsonObject(map) ? Object.keys(map) : null;
}
