// BodyEdits: changes to the members of a request, made in its text and in the same parsed, wherever a member stands: at the
// top level, or in the `extra_body` that stands over it. Every byte outside the changed members stays.
import type { Restated } from '../core/dialect.ts';
import { asObject, type Json, type JsonObject } from '../lib/json.ts';
import { insertElements, memberText, spliceObject } from '../lib/json-splice.ts';

/** A piece of JSON as it is written, and what it says. */
export interface Written {
  readonly raw: string;
  readonly value: Json;
}

export function written(value: Json): Written {
  return { raw: JSON.stringify(value), value };
}

export class BodyEdits {
  readonly #text: string;
  readonly #body: JsonObject;
  readonly #envelope: JsonObject | undefined;
  readonly #put = new Map<string, Written>();

  /** @param text the body's own. */
  constructor(text: string, body: JsonObject) {
    this.#text = text;
    this.#body = body;
    this.#envelope = asObject(body.extra_body);
  }

  /** What the request says as things stand; undefined where it says nothing, or null. */
  get(name: string): Json | undefined {
    const put = this.#put.get(name);
    if (put !== undefined) return put.value;
    return (this.#isInside(name) ? this.#envelope?.[name] : this.#body[name]) ?? undefined;
  }

  /** The member's text as things stand. Asked of members that are there. */
  raw(name: string): string {
    const put = this.#put.get(name);
    if (put !== undefined) return put.raw;
    const holder = this.#isInside(name) ? memberText(this.#text, 'extra_body') : this.#text;
    return memberText(holder ?? '{}', name) ?? 'null';
  }

  put(name: string, what: Written): void {
    this.#put.set(name, what);
  }

  /** More elements before those of a list. */
  prepend(name: string, elements: readonly Written[], list: readonly Json[]): void {
    this.insert(name, 0, elements, list);
  }

  /** More elements before the one at this place of a list. */
  insert(name: string, place: number, elements: readonly Written[], list: readonly Json[]): void {
    if (elements.length === 0) return;
    const raws = elements.map(({ raw }) => raw);
    const values = elements.map(({ value }) => value);
    const value = [...list.slice(0, place), ...values, ...list.slice(place)];
    this.put(name, { raw: insertElements(this.raw(name), place, raws), value });
  }

  result(): Restated {
    if (this.#put.size === 0) return { text: this.#text, body: this.#body };
    const top = new Map<string, string>();
    const inside = new Map<string, string>();
    const body: { [name: string]: Json | undefined } = { ...this.#body };
    const envelope: { [name: string]: Json | undefined } = { ...this.#envelope };
    for (const [name, { raw, value }] of this.#put) {
      const isInside = this.#isInside(name);
      (isInside ? inside : top).set(name, raw);
      (isInside ? envelope : body)[name] = value;
    }
    if (inside.size > 0) {
      const before = memberText(this.#text, 'extra_body') ?? '{}';
      top.set('extra_body', spliceObject(before, { set: inside }));
      body.extra_body = envelope;
    }
    return { text: spliceObject(this.#text, { set: top }), body };
  }

  #isInside(name: string): boolean {
    return this.#envelope !== undefined && Object.hasOwn(this.#envelope, name);
  }
}
