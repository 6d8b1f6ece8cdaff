// What is kept between requests, in the words both threads use: where a thing is kept, how much of it and for how long.
import type { JsonObject } from '../lib/json.ts';

/** `response`: finished replies of the Responses wire; `reasoning`: what a model thought before it called a tool. */
export type KeptKind = 'response' | 'reasoning';

export const KEPT_KINDS: readonly KeptKind[] = ['response', 'reasoning'];

export interface KindLimits {
  readonly ttlMs: number;
  /** Of the contents in the database; the oldest go first. */
  readonly maxBytes: number;
}

export interface KeptLimits {
  /** Of what is held in memory, all kinds together; the least recently used go first. */
  readonly memoryBytes: number;
  readonly kinds: { readonly [K in KeptKind]: KindLimits };
}

/** One thing to write, or to forget where `text` is null. */
export interface Change {
  readonly tenant: string;
  readonly kind: KeptKind;
  readonly key: string;
  /** JSON. */
  readonly text: string | null;
  readonly bytes: number;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

/** One thing that was found. */
export interface Found {
  readonly key: string;
  readonly text: string;
  readonly expiresAt: number;
}

/** Things found, by key. */
export type FoundValues = ReadonlyMap<string, JsonObject>;

/** What an entry costs beside its text: keys, index, bookkeeping. Counted, so that many small ones are no free lunch. */
export const ENTRY_BYTES = 128;
