// A batch that an earlier life was sending is sent again in the same pieces, whatever came after it.
import { expect, test } from 'bun:test';
import type { LogRow } from '../core/log-row.ts';
import { batchName } from './batch-name.ts';
import { inBatches } from './courier.ts';
import type { ExportLane, LanePlace } from './export-lane.ts';
import { LaneBatch } from './lane-batch.ts';

const LIMITS = { maxRows: 400, maxBytes: 1_000_000 };
const rowOf = (_: unknown, at: number) =>
  ({ id: `row-${at}`, at: '2026-11-23T14:00:00.000Z', total_ms: 1 }) as LogRow;

/** One life of an export over the same rows. @param sent where the life before it was going to send to */
function lifeOf(rows: readonly LogRow[], sent: LanePlace | null) {
  let read = 0;
  const will: LanePlace[] = [];
  const lane: ExportLane = {
    ...{ spool: 'one', sentTo: sent, acknowledgedAt: 0, isGone: false, isClosed: false },
    next(maxRows) {
      const some = rows.slice(read, read + maxRows);
      read += some.length;
      return some.length === 0 ? null : { rows: some, to: { segment: 1, offset: read } };
    },
    acknowledge: () => undefined,
    willSend: (to) => will.push(to),
    waitingBytes: () => 0,
    takeSkipped: () => 0,
  };
  const options = { lane, limits: () => LIMITS, maxAgeMs: () => 0, now: () => 0 };
  const batch = new LaneBatch({ ...options, dress: (row) => row });
  batch.fill();
  const isDue = batch.isDue(false);
  batch.close();
  return { batch, isDue, will: will.at(-1) ?? null };
}

const names = ({ batch }: { readonly batch: LaneBatch }) =>
  inBatches(batch.rows, LIMITS).map(batchName);

test('although it is more than one batch may be', () => {
  const rows = Array.from({ length: 2000 }, rowOf);
  const first = lifeOf(rows, null);
  // What a read gives is all of it: two pieces, and the second may have arrived.
  expect([first.batch.rows.length, names(first).length]).toEqual([500, 2]);
  const second = lifeOf(rows, first.will);
  expect([second.isDue, names(second)]).toEqual([true, names(first)]);
});

test('and where the end of it is gone, with what there is', () => {
  const rows = Array.from({ length: 30 }, rowOf);
  const { isDue, batch } = lifeOf(rows, { segment: 1, offset: 99 });
  expect([isDue, batch.rows.length]).toEqual([true, 30]);
});
