// SpoolLanes: the spools as an export reads them: this process's own and those of dead processes, each with the export's place in it.
import {
  closeSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import type { LogRow } from '../core/log-row.ts';
import type { ExportLane, ExportLanes, LanePlace, LaneRead } from '../exports/export-lane.ts';
import { ConsumerPosition, consumerPositions } from '../ledger/spool/consumer-position.ts';
import { ownSpools } from '../ledger/spool/own-spools.ts';
import { SPOOL_START, segmentPath, segmentsIn } from '../ledger/spool/spool-folder.ts';
import type { SpoolRecord } from '../ledger/spool/spool-record.ts';
import { SpoolTail } from '../ledger/spool/spool-tail.ts';
import { toLogRow } from '../ledger/stored-row.ts';

/** How often it looks whether spools of dead processes were taken over. */
const LOOK_EVERY_MS = 5000;
/** Of a file's end, read at once. */
const END_BYTES = 64 * 1024;
const LINE_BREAK = 10;
/** Of an export's name as a consumer. */
const PREFIX = 'export-';

export interface SpoolLanesOptions {
  readonly dataDir: string;
  /** This process's own spool. */
  readonly folder: string;
  /** The export's. */
  readonly name: string;
  readonly now: () => number;
}

/** From here on this process's spool keeps what the export has not read. Throws the system's errors. */
export function registerExport(folder: string, name: string): void {
  new SpoolLane(folder, consumerOf(name), Date.now).close();
}

/** The names of exports that have a place in these spools. */
export function registeredExports(dataDir: string, folder: string): ReadonlySet<string> {
  const names = ownSpools(dataDir, folder).flatMap(consumerPositions);
  return new Set(
    names.flatMap(({ name }) => (name.startsWith(PREFIX) ? name.slice(PREFIX.length) : [])),
  );
}

export class SpoolLanes implements ExportLanes {
  readonly #options: SpoolLanesOptions;
  readonly #lanes = new Map<string, SpoolLane>();
  #lookedAt = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(options: SpoolLanesOptions) {
    this.#options = options;
  }

  all(): readonly ExportLane[] {
    const { dataDir, folder, name, now } = this.#options;
    if (!this.#isClosed && now() - this.#lookedAt >= LOOK_EVERY_MS) {
      const folders = new Set(ownSpools(dataDir, folder));
      for (const one of folders)
        if (!this.#lanes.has(one)) this.#lanes.set(one, new SpoolLane(one, consumerOf(name), now));
      for (const [one, lane] of this.#lanes) {
        if (folders.has(one)) continue;
        lane.leave();
        this.#lanes.delete(one);
      }
      this.#lookedAt = now();
    }
    return [...this.#lanes.values()];
  }

  close(): void {
    this.#isClosed = true;
    for (const lane of this.#lanes.values()) lane.close();
  }

  remove(): void {
    const { dataDir, folder, name } = this.#options;
    for (const one of ownSpools(dataDir, folder)) {
      new ConsumerPosition(one, consumerOf(name)).remove();
      rmSync(sendingPath(one, consumerOf(name)), { force: true });
    }
  }
}

class SpoolLane implements ExportLane {
  readonly spool: string;
  readonly #folder: string;
  readonly #consumer: string;
  readonly #now: () => number;
  readonly #position: ConsumerPosition;
  readonly #tail: SpoolTail;
  /** As it is written. */
  #at: LanePlace;
  #readTo: LanePlace;
  #acknowledgedAt: number;
  #toldSkipped = 0;
  /** Whoever reads on is another, or nobody: nothing is written any more. */
  #isClosed = false;
  #isGone = false;

  constructor(folder: string, consumer: string, now: () => number) {
    this.spool = basename(folder);
    this.#folder = folder;
    this.#consumer = consumer;
    this.#now = now;
    this.#position = new ConsumerPosition(folder, consumer);
    const file = statSync(join(folder, `${consumer}.position`), { throwIfNoEntry: false });
    // Who comes later begins with what comes after it: what is there, a back-fill sends.
    this.#at = file === undefined ? endOf(folder) : this.#position.read();
    this.#acknowledgedAt = file?.mtimeMs ?? now();
    if (file === undefined) this.#position.write(this.#at);
    this.#readTo = this.#at;
    this.#tail = new SpoolTail(folder, this.#at);
  }

  get acknowledgedAt(): number {
    return this.#acknowledgedAt;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  get sentTo(): LanePlace | null {
    const [segment, offset, toSegment, toOffset] = numbersIn(
      sendingPath(this.#folder, this.#consumer),
    );
    if (toSegment === undefined || toOffset === undefined) return null;
    const isFromHere = segment === this.#at.segment && offset === this.#at.offset;
    return isFromHere ? { segment: toSegment, offset: toOffset } : null;
  }

  next(maxRows: number): LaneRead | null {
    if (this.#isClosed) return null;
    const batch = this.#tail.next(maxRows);
    if (batch === null) {
      // It may have gone on to a file that holds nothing yet: the one before is not needed any longer.
      if (same(this.#readTo, this.#at)) {
        this.acknowledge(this.#tail.position);
        this.#readTo = this.#at;
      }
      return null;
    }
    this.#readTo = batch.to;
    return { rows: batch.records.flatMap(rowsOf), to: batch.to };
  }

  acknowledge(to: LanePlace): void {
    if (same(this.#at, to)) return;
    this.#write(() => this.#position.write(to));
    this.#at = to;
    this.#acknowledgedAt = this.#now();
  }

  willSend(to: LanePlace): void {
    const path = sendingPath(this.#folder, this.#consumer);
    const { segment, offset } = this.#at;
    this.#write(() => {
      const text = `${segment} ${offset} ${to.segment} ${to.offset}\n`;
      writeFileSync(`${path}.new`, text, { mode: 0o600 });
      renameSync(`${path}.new`, path);
    });
  }

  waitingBytes(): number {
    let bytes = 0;
    for (const segment of segmentsIn(this.#folder)) {
      if (segment < this.#at.segment) continue;
      const { size } = Bun.file(segmentPath(this.#folder, segment));
      bytes += segment === this.#at.segment ? Math.max(0, size - this.#at.offset) : size;
    }
    return bytes;
  }

  takeSkipped(): number {
    const skipped = this.#tail.skippedSegments - this.#toldSkipped;
    this.#toldSkipped += skipped;
    return skipped;
  }

  /** Its folder was taken away: what is read already can still be sent. */
  leave(): void {
    this.#isGone = true;
    this.#tail.close();
  }

  close(): void {
    this.#isClosed = true;
    this.#tail.close();
  }

  #write(work: () => void): void {
    if (this.#isClosed) return;
    try {
      work();
    } catch (error) {
      // The folder is gone, with all that was to be remembered of it.
      if ((error as { code?: unknown }).code !== 'ENOENT') throw error;
    }
  }
}

export function consumerOf(name: string): string {
  return PREFIX + name;
}

/** Behind the last whole line. */
function endOf(folder: string): LanePlace {
  const segment = segmentsIn(folder).at(-1);
  if (segment === undefined) return SPOOL_START;
  const fd = openSync(segmentPath(folder, segment), 'r');
  try {
    const bytes = Buffer.allocUnsafe(END_BYTES);
    for (let to = fstatSync(fd).size; to > 0; to -= END_BYTES) {
      const from = Math.max(0, to - END_BYTES);
      const length = readSync(fd, bytes, 0, to - from, from);
      const at = bytes.subarray(0, length).lastIndexOf(LINE_BREAK);
      if (at !== -1) return { segment, offset: from + at + 1 };
    }
    return { segment, offset: 0 };
  } finally {
    closeSync(fd);
  }
}

function sendingPath(folder: string, consumer: string): string {
  return join(folder, `${consumer}.sending`);
}

function numbersIn(path: string): number[] {
  try {
    return readFileSync(path, 'utf8').trim().split(' ').map(Number);
  } catch {
    return [];
  }
}

function same(one: LanePlace, other: LanePlace): boolean {
  return one.segment === other.segment && one.offset === other.offset;
}

/** What is no row, the log refuses too. */
export function rowsOf(record: SpoolRecord): LogRow[] {
  if (!('exchange' in record)) return [];
  try {
    return [toLogRow(record.exchange)];
  } catch {
    return [];
  }
}
