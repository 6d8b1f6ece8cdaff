// Arguments of a function call that come in pieces by JSON path, as Vertex streams them on request:
// `{partialArgs: [{jsonPath: "$.a[0].b", stringValue: "…", willContinue: true}]}`
// (docs.cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling#streaming-fc, and recorded streams).
import { asObjects, asString, isObject, type Json, type JsonObject } from '../../lib/json.ts';

type Holder = { [key: string]: Value };
type Value = null | boolean | number | string | Value[] | Holder;

/** Lists longer than this are a broken path, not arguments. */
const MAX_INDEX = 100_000;

export class PartialArguments {
  readonly #root: Holder;

  /** @param given what of the arguments came whole. */
  constructor(given: JsonObject | undefined) {
    this.#root = structuredClone(given ?? {}) as Holder;
  }

  add(pieces: Json | undefined): void {
    for (const piece of asObjects(pieces)) {
      const path = stepsOf(asString(piece.jsonPath) ?? '');
      if (path.length > 0) put(this.#root, path, piece);
    }
  }

  text(): string {
    return JSON.stringify(this.#root);
  }
}

function put(root: Holder, path: readonly (string | number)[], piece: JsonObject): void {
  let at: Holder | Value[] = root;
  path.forEach((step, index) => {
    const next = path[index + 1];
    const known = read(at, step);
    if (next === undefined) write(at, step, valueFrom(piece, known));
    else {
      const inside: Holder | Value[] =
        Array.isArray(known) || isHolder(known) ? known : typeof next === 'number' ? [] : {};
      write(at, step, inside);
      at = inside;
    }
  });
}

/** Text continues what is there already. */
function valueFrom(piece: JsonObject, known: Value | undefined): Value {
  if (typeof piece.stringValue === 'string')
    return (typeof known === 'string' ? known : '') + piece.stringValue;
  if (typeof piece.numberValue === 'number') return piece.numberValue;
  return typeof piece.boolValue === 'boolean' ? piece.boolValue : null;
}

function read(holder: Holder | Value[], step: string | number): Value | undefined {
  if (Array.isArray(holder)) return typeof step === 'number' ? holder[step] : undefined;
  return Object.hasOwn(holder, step) ? holder[step] : undefined;
}

function write(holder: Holder | Value[], step: string | number, value: Value): void {
  if (!Array.isArray(holder)) {
    Object.defineProperty(holder, step, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  } else if (typeof step === 'number' && step <= MAX_INDEX) {
    while (holder.length < step) holder.push(null);
    holder[step] = value;
  }
}

function isHolder(value: Value | undefined): value is Holder {
  return isObject(value);
}

/** `$.a[0]['b c']` as its steps. */
function stepsOf(path: string): (string | number)[] {
  const steps: (string | number)[] = [];
  let at = path.startsWith('$') ? 1 : 0;
  while (at < path.length) {
    if (path[at] === '[') {
      const end = path.indexOf(']', at);
      if (end === -1) return steps;
      const inner = path.slice(at + 1, end);
      const quoted = inner.startsWith("'") || inner.startsWith('"');
      steps.push(quoted ? inner.slice(1, -1) : Number(inner));
      at = end + 1;
    } else {
      const start = path[at] === '.' ? at + 1 : at;
      at = start;
      while (at < path.length && path[at] !== '.' && path[at] !== '[') at += 1;
      if (at > start) steps.push(path.slice(start, at));
    }
  }
  return steps;
}
