// waitingInSpools: what waits for an export, read from the data folder alone: as the command line sees it, whether or not a gateway runs.
import { join } from 'node:path';
import type { LogRow } from '../core/log-row.ts';
import { consumerPositions } from '../ledger/spool/consumer-position.ts';
import { namesIn, type SpoolPosition, spoolRoot } from '../ledger/spool/spool-folder.ts';
import { SpoolTail } from '../ledger/spool/spool-tail.ts';
import { consumerOf, rowsOf } from './spool-lanes.ts';

/** What goes by a filter may stand before it; then nobody looks further. */
const MAX_READS = 40;

/** When the oldest request ended that is in a spool and not delivered, Unix milliseconds; null: there is none. */
export function waitingInSpools(
  dataDir: string,
  name: string,
  dress: (row: LogRow) => LogRow | null,
): number | null {
  const root = spoolRoot(dataDir);
  const folders = namesIn(root).filter((one) => !one.includes('.'));
  const oldest = folders.flatMap((one) => {
    const folder = join(root, one);
    const mine = consumerPositions(folder).find((consumer) => consumer.name === consumerOf(name));
    return mine === undefined ? [] : (firstAfter(folder, mine.position, dress) ?? []);
  });
  return oldest.length === 0 ? null : Math.min(...oldest);
}

function firstAfter(
  folder: string,
  position: SpoolPosition,
  dress: (row: LogRow) => LogRow | null,
): number | null {
  const tail = new SpoolTail(folder, position);
  try {
    for (let reads = 0; reads < MAX_READS; reads += 1) {
      const rows = tail.next()?.records.flatMap(rowsOf);
      if (rows === undefined) return null;
      const ended = rows.flatMap((row) => (dress(row) === null ? [] : endedAt(row)));
      if (ended.length > 0) return Math.min(...ended);
    }
    return null;
  } finally {
    tail.close();
  }
}

function endedAt(row: LogRow): number {
  return Date.parse(row.at) + row.total_ms;
}
