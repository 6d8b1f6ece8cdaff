// An export as the outside sees it: how it is doing, without its settings, which hold secrets.
import type { JsonObject } from '../lib/json.ts';
import type { Backfill } from './export-backfills.ts';
import type { ExportOrders, Letter } from './export-orders.ts';
import type { ExportStatus } from './export-status.ts';

const MS = 1000;

/** @param now Unix milliseconds */
export function shownExport(status: ExportStatus, orders: ExportOrders, now: number): JsonObject {
  const { name, type, oldestAt } = status;
  const { deadLetters, lost } = orders.standing(name);
  return {
    name,
    type,
    // What was ordered counts from then on, whether or not the thread that exports has seen it.
    state: orders.isPaused(name) ? 'paused' : status.state,
    lag_seconds: oldestAt === null ? 0 : Math.max(0, (now - oldestAt) / MS),
    oldest_at: moment(oldestAt),
    delivered: status.delivered,
    rejected: status.rejected,
    failures: status.failures,
    last_delivered_at: moment(status.deliveredAt),
    stuck_since: moment(status.troubleSince),
    last_error: status.lastError,
    last_error_at: moment(status.lastErrorAt),
    dead_letters: deadLetters,
    dead_letters_dropped: orders.lettersDropped(name),
    rows_lost: lost,
    backfills: orders.backfills(name).map(shownBackfill),
  };
}

export function shownBackfill(backfill: Backfill): JsonObject {
  const { id, kind, state, rows, ranges, lost } = backfill;
  return {
    id,
    kind,
    state,
    from: moment(ranges[0]?.[0] ?? null),
    to: moment(ranges.at(-1)?.[1] ?? null),
    rows,
    rows_lost: lost,
    progress: progressOf(backfill),
    created_at: moment(backfill.createdAt),
    updated_at: moment(backfill.updatedAt),
  };
}

export function shownLetter({ id, why, at, tries, again }: Letter): JsonObject {
  return { id, why, at: moment(at), tries, retrying: again };
}

/** Of the time, not of the rows, from the newest to the oldest: from 0 to 1. */
export function progressOf({ ranges, rangeAt, cursor, state }: Backfill): number {
  if (state === 'done') return 1;
  const all = ranges.reduce((sum, [from, to]) => sum + to - from, 0);
  if (all === 0) return 0;
  const done = ranges
    .slice(ranges.length - rangeAt)
    .reduce((sum, [from, to]) => sum + to - from, 0);
  const [from, to] = ranges[ranges.length - 1 - rangeAt] ?? [0, 0];
  const at = cursor === null ? to : arrivalAt(cursor);
  return Math.min(1, (done + Math.min(to - from, Math.max(0, to - at))) / all);
}

/** A cursor holds the id of a row, and that begins with when its request arrived. */
function arrivalAt(cursor: string): number {
  const id = Buffer.from(cursor, 'base64url').toString('latin1');
  return Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
}

function moment(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
