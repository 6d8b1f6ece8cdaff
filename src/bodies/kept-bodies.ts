// What is kept of a request and its reply, in the words both threads and the outside use.
import { isUuidV7, timeOf } from '../lib/uuid-v7.ts';

/** One body on its way to be kept. */
export interface RawBody {
  /** `application/json`, `text/event-stream`, `audio/mpeg` … */
  readonly type: string;
  /** Null: it is no text; its size is all that is kept. */
  readonly text: string | null;
  /** Characters of a text, bytes of anything else, all of it. */
  readonly size: number;
  /** It was longer than was collected. */
  readonly cut: boolean;
}

export interface RawBodies {
  /** The generation id: a UUIDv7. */
  readonly id: string;
  readonly user: string | null;
  readonly request: RawBody | null;
  readonly reply: RawBody | null;
}

/** One body as it is kept: redacted, and no longer than it may be. */
export interface KeptBody {
  readonly type: string;
  readonly size: number;
  readonly text: string | null;
  readonly cut: boolean;
}

export interface KeptBodies {
  readonly request: KeptBody | null;
  readonly reply: KeptBody | null;
  /** The names of the rules that found something. */
  readonly redacted: readonly string[];
}

/** As they are read. */
export interface ReadBodies extends KeptBodies {
  readonly sealed: boolean;
}

/** When a request arrived, by its id: Unix milliseconds; null where that is none of ours. */
export function arrivedAt(id: string): number | null {
  return isUuidV7(id) ? timeOf(id) : null;
}
