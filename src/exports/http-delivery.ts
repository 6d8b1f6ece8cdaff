// What an HTTP answer says of a batch, by its status alone, where the other side has no words of its own for it.
import { type HttpAnswer, meaningOf, type NoAnswer } from '../lib/http-call.ts';
import type { Delivery } from './export-sink.ts';

/** It is about what was sent, or how much. */
const OF_ROWS: ReadonlySet<number> = new Set([400, 413, 422]);

export function deliveryOf(answer: HttpAnswer | NoAnswer): Delivery {
  if (answer.status === null) return { kind: 'later', why: answer.why, afterMs: null };
  const { status, afterMs } = answer;
  const why = `it answered ${status}`;
  switch (meaningOf(status)) {
    case 'taken':
      return { kind: 'taken', rejected: [] };
    case 'later':
      return { kind: 'later', why, afterMs };
    case 'refused':
      return OF_ROWS.has(status)
        ? { kind: 'refused', why, splits: true }
        : { kind: 'refused', why };
  }
}
