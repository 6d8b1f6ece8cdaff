// Changes to the top-level fields of a request, gathered before any of them is made: the same quirks apply to a body we
// write and to a caller's text that is only patched.
import type { Json, JsonObject, JsonRecord } from '../../lib/json.ts';

export class FieldEdits {
  readonly #fields: JsonObject;
  readonly set = new Map<string, Json>();
  readonly remove = new Set<string>();
  readonly losses: string[] = [];

  constructor(fields: JsonObject) {
    this.#fields = fields;
  }

  /** The field as it stands after the edits so far; undefined where it is absent or null. */
  get(name: string): Json | undefined {
    if (this.remove.has(name)) return undefined;
    return this.set.get(name) ?? this.#fields[name] ?? undefined;
  }

  put(name: string, value: Json): void {
    this.remove.delete(name);
    this.set.set(name, value);
  }

  drop(name: string): void {
    this.set.delete(name);
    if (this.#fields[name] !== undefined) this.remove.add(name);
  }

  /** `path: what happened to it`. */
  lose(what: string): void {
    if (!this.losses.includes(what)) this.losses.push(what);
  }

  /** The fields with the edits made; what was there keeps its place. */
  applied(): JsonRecord {
    const result: { [name: string]: Json } = {};
    for (const [name, value] of Object.entries(this.#fields)) {
      if (value !== undefined && !this.remove.has(name)) result[name] = value;
    }
    for (const [name, value] of this.set) result[name] = value;
    return result;
  }
}
