// IngestSpool: one spool on its way into the database: the next batch, its rows, then its place, then the segments that are done with.
import { rmSync } from 'node:fs';
import { basename } from 'node:path';
import { GatewayError } from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import type { PricesTable, RequestsTable } from '../../store/tables.ts';
import type { LogStore } from '../log-store.ts';
import { toStoredRow } from '../stored-row.ts';
import { consumerPositions } from './consumer-position.ts';
import type { IngestFigures } from './ingest-figures.ts';
import type { RefusedRows } from './refused-rows.ts';
import type { SettledPositions } from './settled.ts';
import {
  isBefore,
  SPOOL_START,
  type SpoolPosition,
  segmentPath,
  segmentsIn,
} from './spool-folder.ts';
import { type SpoolBatch, SpoolTail } from './spool-tail.ts';

/** What writing needs of a log store. */
type RowStore = Pick<LogStore, 'insert' | 'keepPrices' | 'settle'>;

export interface IngestTools {
  readonly settled: SettledPositions;
  readonly refused: RefusedRows;
  readonly figures: IngestFigures;
  /** Rows were set aside. */
  readonly onRefused: (rows: number, reason: string) => void;
  /** Bytes that a consumer may lag behind. */
  readonly maxLagBytes: number;
}

export interface IngestedRow {
  readonly exchange: Exchange;
  readonly row: RequestsTable;
}

export class IngestSpool {
  readonly folder: string;
  readonly name: string;
  readonly #tools: IngestTools;
  #tail: SpoolTail | null = null;
  #batch: SpoolBatch | null = null;
  #readAt = 0;
  /** What became of its rows, when only its place is not kept yet. */
  #inserted: Awaited<ReturnType<typeof insert>> | null = null;
  /** The place as it stands in the database. */
  #settled: SpoolPosition | null = null;

  constructor(folder: string, tools: IngestTools) {
    this.folder = folder;
    this.name = basename(folder);
    this.#tools = tools;
  }

  /** All up to here is in the database. */
  get position(): SpoolPosition | null {
    return this.#settled;
  }

  get isUnlinked(): boolean {
    return this.#tail?.isUnlinked ?? false;
  }

  /** Bytes that are not in the database; all of them until its place is known. */
  remainingBytes(): number {
    const from = this.#settled ?? SPOOL_START;
    let bytes = 0;
    for (const segment of segmentsIn(this.folder)) {
      if (segment < from.segment) continue;
      const { size } = Bun.file(segmentPath(this.folder, segment));
      bytes += segment === from.segment ? Math.max(0, size - from.offset) : size;
    }
    return bytes;
  }

  /** Reads on, unless a batch is waiting to be written. False: there is nothing to write. Throws when the disk or the database does. */
  read(): boolean {
    if (this.#tail === null) {
      this.#settled = this.#tools.settled.of(this.name);
      this.#tail = new SpoolTail(this.folder, this.#settled);
    }
    if (this.#batch === null) {
      this.#batch = this.#tail.next();
      this.#readAt = Date.now();
    }
    return this.#batch !== null;
  }

  /** The batch is a full one: there is more behind it. */
  get hasMore(): boolean {
    return this.#batch?.isFull ?? false;
  }

  /** When the oldest row of the batch ended; when it was read, where it has none. */
  get oldestAt(): number {
    for (const record of this.#batch?.records ?? [])
      if ('exchange' in record) return record.exchange.at + record.exchange.totalMs;
    return this.#readAt;
  }

  /** Writes the batch. Rejects when the database does not take it now; it may be tried again then. */
  async write(rows: RowStore): Promise<number> {
    const batch = this.#batch;
    const from = this.#settled;
    if (batch === null || from === null) return 0;
    if (this.#inserted === null) {
      this.#inserted = await insert(batch, rows);
      if (this.#inserted.refused > 0) this.#tools.refused.keep(this.#inserted.refusedLines);
    }
    const { written, refused, late, reason, exchanges } = this.#inserted;
    if (!this.#tools.settled.settle(this.name, from, batch.to, exchanges)) {
      // Another has done it, or the database is another: go on from where it says.
      this.close();
      return 0;
    }
    this.#batch = null;
    this.#inserted = null;
    this.#settled = batch.to;
    const { figures } = this.#tools;
    figures.add('written', written);
    figures.add('refused', refused);
    figures.add('late', late);
    if (refused > 0) this.#tools.onRefused(refused, reason);
    if (from.segment !== batch.to.segment) await this.removePassedSegments(rows);
    return batch.records.length + batch.damaged.length;
  }

  /** Those who have not read all of it: their names. */
  waitingConsumers(): string[] {
    const end = this.#settled;
    if (end === null) return [];
    const waiting = consumerPositions(this.folder).filter((one) => isBefore(one.position, end));
    return waiting.map((one) => one.name);
  }

  /** Gives up the folder, which is in the database whole. */
  async remove(rows: Pick<LogStore, 'settle'>): Promise<void> {
    await this.#settleAll(rows);
    const unread = this.#unreadSegments();
    this.close();
    rmSync(this.folder, { recursive: true, force: true });
    this.#tools.figures.add('skippedSegments', unread);
    this.#tools.settled.forget(this.name);
  }

  /** Who reads the folder cannot count them once it is gone. Those that go one by one it sees by their numbers. */
  #unreadSegments(): number {
    const end = this.#settled;
    if (end === null) return 0;
    const segments = segmentsIn(this.folder);
    let unread = 0;
    for (const { position } of consumerPositions(this.folder))
      if (isBefore(position, end))
        unread += segments.filter((one) => one >= position.segment && one <= end.segment).length;
    return unread;
  }

  /** What it has read and not written is read again. */
  close(): void {
    this.#tail?.close();
    this.#tail = null;
    this.#batch = null;
    this.#inserted = null;
    this.#settled = null;
  }

  /** Segments that all have passed; and those that a consumer lags behind too far with: it goes on behind them. */
  async removePassedSegments(rows: Pick<LogStore, 'settle'>): Promise<void> {
    const end = this.#settled;
    if (end === null) return;
    const passed = segmentsIn(this.folder).filter((one) => one < end.segment);
    if (passed.length === 0) return;
    const consumers = consumerPositions(this.folder);
    const slowest = Math.min(end.segment, ...consumers.map((one) => one.position.segment));
    const done: number[] = [];
    let kept = 0;
    for (const segment of passed.reverse()) {
      kept += Bun.file(segmentPath(this.folder, segment)).size;
      const isSkipped = segment >= slowest && kept > this.#tools.maxLagBytes;
      if (segment < slowest || isSkipped) done.push(segment);
    }
    if (done.length === 0) return;
    await this.#settleAll(rows);
    for (const segment of done) rmSync(segmentPath(this.folder, segment), { force: true });
  }

  /** A power cut must not take the rows after the spool has given them up: rows and places are on the disk first. */
  async #settleAll(rows: Pick<LogStore, 'settle'>): Promise<void> {
    await rows.settle();
    await this.#tools.settled.flushed();
  }
}

/** @return what became of each, and the exchanges that are to be counted */
async function insert(batch: SpoolBatch, rows: RowStore) {
  const prices: PricesTable[] = [];
  const good: IngestedRow[] = [];
  const refusedLines = [...batch.damaged];
  let reason = 'a line of the spool is damaged';
  for (const record of batch.records) {
    if ('price' in record) {
      prices.push(record.price);
      continue;
    }
    try {
      good.push({ exchange: record.exchange, row: toStoredRow(record.exchange) });
    } catch (error) {
      refusedLines.push(JSON.stringify(record));
      reason = error instanceof Error ? error.message : String(error);
    }
  }
  if (prices.length > 0) await rows.keepPrices(prices);
  const inserted = await insertAll(good, rows);
  refusedLines.push(...inserted.refused.map(({ exchange }) => JSON.stringify({ exchange })));
  const refusedRows = new Set(inserted.refused);
  return {
    written: good.length - refusedRows.size - inserted.late,
    refused: refusedLines.length,
    late: inserted.late,
    reason: inserted.reason ?? reason,
    refusedLines,
    exchanges: good.filter((one) => !refusedRows.has(one)).map(({ exchange }) => exchange),
  };
}

interface AllInserted {
  readonly refused: readonly IngestedRow[];
  readonly late: number;
  readonly reason: string | null;
}

/** Which rows it refuses, a store says only by halves: those that are there already are no matter. */
async function insertAll(all: readonly IngestedRow[], rows: RowStore): Promise<AllInserted> {
  if (all.length === 0) return { refused: [], late: 0, reason: null };
  const { refused, reason, late } = await insertSafely(all, rows);
  if (refused === 0) return { refused: [], late, reason: null };
  if (refused === all.length) return { refused: all, late, reason };
  const middle = Math.ceil(all.length / 2);
  const left = await insertAll(all.slice(0, middle), rows);
  const right = await insertAll(all.slice(middle), rows);
  return {
    refused: [...left.refused, ...right.refused],
    late: left.late + right.late,
    reason,
  };
}

/** What is no failure of the database is one of a row: tried again for ever, it would hold up all behind it. */
async function insertSafely(all: readonly IngestedRow[], rows: RowStore) {
  try {
    return await rows.insert(all.map(({ row }) => row));
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'storage_unavailable') throw error;
    const reason = error instanceof Error ? error.message : String(error);
    // Of one: it is at fault. Of several: some of them are, which the halves will tell.
    return { refused: 1, reason, late: 0 };
  }
}
