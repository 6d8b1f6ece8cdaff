// References inside a JSON Schema. Those to definitions stay references, which this wire takes (recorded, also where a
// definition uses itself); it knows definitions only as `$defs` at the root.
import { asArray, asObject, asString, type JsonObject } from '../../lib/json.ts';

/** How far references to references are followed. */
const MAX_HOPS = 16;

export class SchemaReferences {
  readonly #root: JsonObject;
  /** The definitions in use, by the name they get, in the order of first use. */
  readonly #used = new Map<string, JsonObject>();
  readonly #names = new Map<string, string>();
  #handed = 0;

  constructor(root: JsonObject) {
    this.#root = root;
  }

  /** The reference as it is written on this wire; null where it leads nowhere. */
  keep(reference: string): string | null {
    const known = this.#names.get(reference);
    if (known !== undefined) return `#/$defs/${known}`;
    const target = this.#find(reference);
    if (target === null) return null;
    const name = this.#nameFor(reference);
    this.#names.set(reference, name);
    this.#used.set(name, target);
    return `#/$defs/${name}`;
  }

  /** The next definition that was used and not yet written; undefined where there is none. */
  next(): string | undefined {
    const name = [...this.#used.keys()][this.#handed];
    if (name !== undefined) this.#handed += 1;
    return name;
  }

  definition(name: string): JsonObject {
    return this.#used.get(name) ?? {};
  }

  /** A schema that is no mere reference; null where it leads nowhere, or round in a circle. */
  whole(schema: JsonObject): JsonObject | null {
    let found: JsonObject | null = schema;
    for (let hop = 0; hop < MAX_HOPS; hop++) {
      const reference: string | undefined = asString(found?.$ref);
      if (reference === undefined || found === null) return found;
      const { $ref: _, ...beside }: JsonObject = found;
      const target = this.#find(reference);
      found = target === null ? null : { ...target, ...beside };
    }
    return null;
  }

  #find(reference: string): JsonObject | null {
    if (reference !== '#' && !reference.startsWith('#/')) return null;
    let at: unknown = this.#root;
    for (const step of reference.split('/').slice(1)) {
      const name = unescaped(step);
      at = Array.isArray(at) ? asArray(at)[Number(name)] : asObject(at)?.[name];
    }
    return asObject(at) ?? null;
  }

  /** Its last step, made different where two references would be called the same. */
  #nameFor(reference: string): string {
    const last = unescaped(reference.split('/').at(-1) ?? '').replace(/[^A-Za-z0-9_.-]/g, '_');
    const name = last === '' || last === '#' || last === '_' ? 'Root' : last;
    let free = name;
    for (let count = 2; this.#used.has(free); count++) free = `${name}_${count}`;
    return free;
  }
}

/** RFC 6901, in a URI fragment. */
function unescaped(step: string): string {
  const plain = step.replaceAll('~1', '/').replaceAll('~0', '~');
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
}
