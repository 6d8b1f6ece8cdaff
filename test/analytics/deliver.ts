// What an exporter does with a sink, as far as it matters to one: the same batch again until it is there, halves where it splits.
import type { LogRow } from '../../src/core/log-row.ts';
import type { Delivery, ExportSink } from '../../src/exports/export-sink.ts';
import { sampleExchange } from '../../src/ledger/sample-exchange.ts';
import { toLogRow } from '../../src/ledger/stored-row.ts';

export interface Delivered {
  readonly rejected: { readonly id: string; readonly why: string }[];
  readonly later: string[];
}

const MAX_TRIES = 200;

/** Throws where it is refused, or does not get there. */
export async function deliver(
  sink: ExportSink,
  rows: readonly LogRow[],
  size = sink.maxRows,
): Promise<Delivered> {
  const delivered: Delivered = { rejected: [], later: [] };
  for (let from = 0; from < rows.length; from += size)
    await deliverBatch(sink, rows.slice(from, from + size), delivered);
  return delivered;
}

async function deliverBatch(sink: ExportSink, rows: readonly LogRow[], told: Delivered) {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const delivery: Delivery = await sink.send(rows, AbortSignal.timeout(20_000));
    if (delivery.kind === 'taken') {
      for (const { index, why } of delivery.rejected)
        told.rejected.push({ id: rows[index]?.id ?? '', why });
      return;
    }
    if (delivery.kind === 'later') {
      told.later.push(delivery.why);
      continue;
    }
    if (delivery.splits !== true) throw new Error(`refused: ${delivery.why}`);
    if (rows.length === 1) {
      told.rejected.push({ id: rows[0]?.id ?? '', why: delivery.why });
      return;
    }
    const middle = Math.ceil(rows.length / 2);
    await deliverBatch(sink, rows.slice(0, middle), told);
    await deliverBatch(sink, rows.slice(middle), told);
    return;
  }
  throw new Error(`not there after ${MAX_TRIES} tries: ${told.later.at(-1)}`);
}

/** Ready, however long it takes. */
export async function prepared(sink: ExportSink): Promise<void> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const delivery = await sink.prepare?.(AbortSignal.timeout(20_000));
    if (delivery === undefined || delivery.kind === 'taken') return;
    if (delivery.kind === 'refused') throw new Error(`refused: ${delivery.why}`);
  }
  throw new Error('not ready');
}

/** A row of the log, of a request a moment ago. */
export function row(change: Partial<LogRow> = {}): LogRow {
  const id = Bun.randomUUIDv7();
  return { ...toLogRow(sampleExchange({ id, at: Date.now() - 1000 })), ...change };
}

/** Rows of some users, each of which keeps its variant. */
export function rows(count: number): LogRow[] {
  return Array.from({ length: count }, (_, n) => {
    const user = n % 7 === 0 ? null : `user-${n % 40}`;
    const variant_id = n % 2 === 0 ? 'a' : 'b';
    return row({ user, router_id: 'support', route_id: 'default', variant_id });
  });
}
