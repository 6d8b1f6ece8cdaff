// What is kept of a request and its reply, in the words both threads and the outside use.

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
export function timeOf(id: string): number | null {
  if (!/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id))
    return null;
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

export const DAY_MS = 24 * 60 * 60 * 1000;

/** `2026-11-22`, in UTC. */
export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** The first moment of a day; null where that is none. */
export function startOf(day: string): number | null {
  const at = Date.parse(`${day}T00:00:00.000Z`);
  return /^\d{4}-\d{2}-\d{2}$/.test(day) && !Number.isNaN(at) ? at : null;
}
