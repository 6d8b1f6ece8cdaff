// What an HTTP answer says of a batch, by its status alone, where the other side has no words of its own for it.
import { retryAfterS } from '../lib/retry-after.ts';
import type { Delivery } from './export-sink.ts';

const MS_PER_S = 1000;
/** It may be another time: a timeout, too early, too many, and whatever is the server's own fault. */
const LATER: ReadonlySet<number> = new Set([408, 409, 423, 425, 429]);
/** It is about what was sent, or how much. */
const OF_ROWS: ReadonlySet<number> = new Set([400, 413, 422]);

/** @param now Unix milliseconds */
export function deliveryOf(response: Response, now: number): Delivery {
  const { status, ok, headers } = response;
  if (ok) return { kind: 'taken', rejected: [] };
  const why = `it answered ${status}`;
  if (LATER.has(status) || status >= 500) {
    const seconds = retryAfterS(headers, now);
    return { kind: 'later', why, afterMs: seconds === undefined ? null : seconds * MS_PER_S };
  }
  return OF_ROWS.has(status) ? { kind: 'refused', why, splits: true } : { kind: 'refused', why };
}

/** A failure before any answer. An error's message may hold the address, and that a password: its code only. */
export function unreachable(thrown: unknown): Delivery {
  const code =
    thrown instanceof Error
      ? 'code' in thrown && typeof thrown.code === 'string'
        ? thrown.code
        : thrown.name
      : 'unknown error';
  return { kind: 'later', why: `it could not be reached (${code})`, afterMs: null };
}
