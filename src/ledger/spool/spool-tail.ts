// SpoolTail: reads a spool from a position on, while it is being written and after its writer died.
//
// A consumer (what exports rows, what writes them to the database) has a name and a file `<name>.position` in the spool's folder
// (consumer-position.ts); segments stay until all that are registered so have passed them. It asks `next()` for records, does
// what it does with them, and then acknowledges `batch.to`. After a crash it begins where it acknowledged last, so records may
// come twice: know them by their ids. Which folders to read: own-spools.ts.
//
// The rule for lines: only what ends with a line break is a line. What follows the last one in a segment is being written, or was when
// the writer died; a writer never goes on in another's segment, and tries a write that failed again at the same place. So a torn tail
// is always at the end of a segment and never touches a neighbour.
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { type SpoolPosition, segmentPath, segmentsIn } from './spool-folder.ts';
import { parseLine, type SpoolRecord } from './spool-record.ts';

const FIRST_BUFFER_BYTES = 256 * 1024;
const MAX_ROWS = 250;
const LINE_BREAK = 10;

export interface SpoolBatch {
  readonly records: readonly SpoolRecord[];
  /** Lines that are none of ours: what a failing disk left. */
  readonly damaged: readonly string[];
  readonly from: SpoolPosition;
  /** Where the next one begins: what to acknowledge. */
  readonly to: SpoolPosition;
  /** It is as large as one gets: there is more, most likely. */
  readonly isFull: boolean;
}

export class SpoolTail {
  readonly folder: string;
  #position: SpoolPosition;
  #fd: number | null = null;
  #buffer = Buffer.allocUnsafe(FIRST_BUFFER_BYTES);
  #skippedSegments = 0;
  #tornBytes = 0;

  constructor(folder: string, from: SpoolPosition) {
    this.folder = folder;
    this.#position = from;
  }

  get position(): SpoolPosition {
    return this.#position;
  }

  /** Segments that were gone before they were read: this consumer lagged too far behind. */
  get skippedSegments(): number {
    return this.#skippedSegments;
  }

  /** Ends of segments that hold no whole line. */
  get tornBytes(): number {
    return this.#tornBytes;
  }

  /** The records that follow, up to `maxRows`; null: there are none yet. Throws the system's errors. */
  next(maxRows = MAX_ROWS): SpoolBatch | null {
    const from = this.#position;
    for (;;) {
      if (!this.#open()) return null;
      const batch = this.#read(from, maxRows);
      if (batch !== null) return batch;
      if (!this.#isFinished()) return null;
      // The next segment is begun when this one is finished, but perhaps after it was read here.
      const rest = this.#read(from, maxRows);
      if (rest !== null) return rest;
      if (!this.#advance()) return null;
    }
  }

  /** The segment it reads is no longer in its folder: somebody removed it. What is written to it can still be read here. */
  get isUnlinked(): boolean {
    return this.#fd !== null && fstatSync(this.#fd).nlink === 0;
  }

  close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  /** A later segment is there. */
  #isFinished(): boolean {
    const { segment } = this.#position;
    if (existsSync(segmentPath(this.folder, segment + 1))) return true;
    // Numbers have a gap where somebody removed files.
    return this.isUnlinked && segmentsIn(this.folder).some((one) => one > segment);
  }

  #open(): boolean {
    if (this.#fd !== null) return true;
    try {
      this.#fd = openSync(segmentPath(this.folder, this.#position.segment), 'r');
      return true;
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'ENOENT') throw error;
      return this.#skipTo(this.#position.segment + 1, true);
    }
  }

  /** Goes on to the segment after this one. */
  #advance(): boolean {
    if (this.#fd !== null) {
      this.#tornBytes += Math.max(0, fstatSync(this.#fd).size - this.#position.offset);
      this.close();
    }
    return this.#skipTo(this.#position.segment + 1, false);
  }

  #skipTo(atLeast: number, missed: boolean): boolean {
    const segment = segmentsIn(this.folder).find((one) => one >= atLeast);
    if (segment === undefined) return false;
    this.#skippedSegments += segment - atLeast + (missed ? 1 : 0);
    this.#position = { segment, offset: 0 };
    return this.#open();
  }

  #read(from: SpoolPosition, maxRows: number): SpoolBatch | null {
    if (this.#fd === null) return null;
    const { segment, offset } = this.#position;
    for (;;) {
      const length = readSync(this.#fd, this.#buffer, 0, this.#buffer.length, offset);
      const bytes = this.#buffer.subarray(0, length);
      if (bytes.includes(LINE_BREAK)) {
        const { records, damaged, used } = linesOf(bytes, maxRows);
        this.#position = { segment, offset: offset + used };
        const isFull = used < length || length === this.#buffer.length;
        return { records, damaged, from, to: this.#position, isFull };
      }
      if (length < this.#buffer.length) return null;
      // One line is longer than the buffer.
      this.#buffer = Buffer.allocUnsafe(this.#buffer.length * 2);
    }
  }
}

function linesOf(bytes: Buffer, maxRows: number) {
  const records: SpoolRecord[] = [];
  const damaged: string[] = [];
  let used = 0;
  while (records.length + damaged.length < maxRows) {
    const end = bytes.indexOf(LINE_BREAK, used);
    if (end === -1) break;
    const line = bytes.toString('utf8', used, end);
    const record = parseLine(line);
    if (record !== null) records.push(record);
    else damaged.push(line);
    used = end + 1;
  }
  return { records, damaged, used };
}
