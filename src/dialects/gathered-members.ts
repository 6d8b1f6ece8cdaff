// The members of many objects as those of one: what pieces of a streamed answer say beside its words.
import { isObject, type Json, type JsonObject } from '../lib/json.ts';

/** Objects inside objects are put together as well, this far down: usage has its details, and those nothing further. */
const LEVELS = 3;

/** The last value of each member counts; null takes nothing away, and an object's members are each for themselves. */
export class GatheredMembers {
  readonly #levels: number;
  /** A map: a member may be called anything, `__proto__` too. */
  readonly #members = new Map<string, Json | GatheredMembers>();

  constructor(levels = LEVELS) {
    this.#levels = levels;
  }

  take(object: JsonObject): void {
    for (const name of Object.keys(object)) this.put(name, object[name]);
  }

  put(name: string, value: Json | undefined): void {
    const before = this.#members.get(name);
    if (value === undefined || (value === null && before !== undefined)) return;
    if (this.#levels === 0 || !isObject(value)) {
      this.#members.set(name, value);
      return;
    }
    const members =
      before instanceof GatheredMembers ? before : new GatheredMembers(this.#levels - 1);
    members.take(value);
    this.#members.set(name, members);
  }

  get(name: string): Json | undefined {
    const value = this.#members.get(name);
    return value instanceof GatheredMembers ? value.object() : value;
  }

  get isEmpty(): boolean {
    return this.#members.size === 0;
  }

  object(): { readonly [name: string]: Json } {
    const members = [...this.#members].map(([name, value]): [string, Json] => [
      name,
      value instanceof GatheredMembers ? value.object() : value,
    ]);
    return Object.fromEntries(members);
  }
}
