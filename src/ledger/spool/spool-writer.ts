// SpoolWriter: lines → the spool, from the main thread, which never waits for a disk: it puts them into a ring that a thread of its
// own empties (spool-worker.ts). Until that has started, and where there is none, it writes by itself.
import { close, fdatasync, open } from 'node:fs';
import type { Log } from '../../lib/log.ts';
import { storageError } from '../../store/storage-error.ts';
import { LineQueue } from './line-queue.ts';
import { type OpenSegment, openSegment } from './segment-file.ts';
import { SEGMENT_BYTES, SegmentWriter } from './segment-writer.ts';
import type { SpoolPosition } from './spool-folder.ts';
import { SpoolRing } from './spool-ring.ts';
import { SpoolThread } from './spool-thread.ts';

const OWN_GAP_MS = 20;
const RETRY_FIRST_MS = 50;
const RETRY_MAX_MS = 5000;
/** Where the ring is full it is seen so often whether it has room. */
const PUMP_MS = 10;
const PUMP_CHARS = 256 * 1024;
const DRAIN_LOOK_MS = 2;
/** While the disk takes nothing so much is kept; what comes beyond is dropped and counted. */
const MAX_QUEUED_ROWS = 50_000;
const MAX_QUEUED_CHARS = 32 * 1024 * 1024;

export interface SpoolWriterOptions {
  readonly folder: string;
  readonly log: Log;
  readonly now: () => number;
  /** Makes the folder again where it is gone. Throws the system's errors. */
  readonly makeFolder: () => void;
  /** Lines are in the file. Told of by this thread's own writes only. */
  readonly onWritten: () => void;
  /** What the writing thread has to know of the one that reads after it; null: this thread writes. */
  readonly ingest: SharedArrayBuffer | null;
  readonly open?: OpenSegment;
  /** The program of the thread that writes. */
  readonly worker?: URL;
  readonly maxQueuedRows?: number;
  readonly segmentBytes?: number;
}

export class SpoolWriter {
  readonly #options: SpoolWriterOptions;
  readonly #ring = new SpoolRing();
  readonly #own: SegmentWriter;
  readonly #thread: SpoolThread | null;
  /** What the ring has no room for. */
  readonly #queue = new LineQueue();
  #rest: Buffer = Buffer.alloc(0);
  #pump: Timer | null = null;
  #timer: Timer | null = null;
  #failures = 0;
  #lastError: string | null = null;
  #accepted = 0;
  #mark = { row: 0, at: 0 };
  #stopped = false;

  constructor(options: SpoolWriterOptions) {
    this.#options = options;
    const { folder, ingest, segmentBytes = SEGMENT_BYTES } = options;
    this.#own = new SegmentWriter({
      ring: this.#ring,
      folder,
      segmentBytes,
      open: options.open ?? openSegment,
      onFinished: flushed,
    });
    this.#thread =
      ingest === null
        ? null
        : new SpoolThread({
            work: { ring: this.#ring.shared, ingest, folder, segmentBytes },
            ...(options.worker === undefined ? {} : { worker: options.worker }),
            letGo: () => this.#own.close(),
            onEnd: () => this.#writeSoon(),
            onFinished: flushed,
            onFailure: (error) => this.#onFailure(error),
            onWorking: () => this.#onWorking(),
          });
  }

  /** The end of what is in the files. */
  get position(): SpoolPosition {
    return this.#ring.position;
  }

  /** Bytes in all segments so far. */
  get bytes(): number {
    const { segment, offset } = this.#ring.position;
    return this.#ring.bytesBefore(segment) + offset;
  }

  bytesBefore(segment: number): number {
    return this.#ring.bytesBefore(segment);
  }

  /** Rows in the files. */
  get written(): number {
    return this.#ring.rows;
  }

  /** Rows not in the files yet. */
  get queued(): number {
    return this.#accepted - this.#ring.rows;
  }

  get queuedChars(): number {
    return this.#queue.chars + this.#rest.length + this.#ring.used;
  }

  /** When the oldest row came that is in no file; of those that came while others were on their way, about. */
  get oldestAt(): number | null {
    return this.queued === 0 ? null : this.#mark.at;
  }

  /** Not this one: its own has begun. */
  get isThreadWriting(): boolean {
    return this.#thread?.isWriting === true;
  }

  /** Why the last write failed; null when it did not. */
  get lastError(): string | null {
    return this.#lastError;
  }

  hasRoom(): boolean {
    const { maxQueuedRows = MAX_QUEUED_ROWS } = this.#options;
    return !this.#stopped && this.queued < maxQueuedRows && this.queuedChars < MAX_QUEUED_CHARS;
  }

  push(line: string): void {
    this.#accepted += 1;
    const now = this.#options.now();
    if (this.written >= this.#mark.row) this.#mark = { row: this.#accepted, at: now };
    const isBehind = this.#queue.rows > 0 || this.#rest.length > 0;
    if (isBehind || !this.#ring.put(line)) {
      this.#queue.push(line, now);
      this.#pump ??= setTimeout(this.#onPump, PUMP_MS);
    }
    this.#ring.wake();
    if (!this.isThreadWriting) this.#writeSoon();
  }

  /** Begins a new segment with the next line: the file was taken away. */
  turnOver(): void {
    this.#ring.turnOver();
  }

  /** Resolves when everything pushed so far is in the files. */
  async drained(): Promise<void> {
    const target = this.#accepted;
    if (!this.isThreadWriting && this.#failures === 0) this.#write();
    while (this.written < target && !this.#stopped) await Bun.sleep(DRAIN_LOOK_MS);
  }

  /** Gives up what is queued: how many rows. */
  stop(): number {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#pump !== null) clearTimeout(this.#pump);
    const given = this.queued;
    this.#ring.stop();
    this.#thread?.end();
    this.#own.close();
    return given;
  }

  #onPump = (): void => {
    this.#pump = null;
    for (;;) {
      if (this.#rest.length === 0) {
        const lines = this.#queue.take(PUMP_CHARS);
        if (lines === null) return;
        this.#rest = Buffer.from(lines.text);
      }
      this.#rest = this.#rest.subarray(this.#ring.putSome(this.#rest));
      this.#ring.wake();
      if (this.#rest.length === 0) continue;
      this.#pump = setTimeout(this.#onPump, PUMP_MS);
      if (!this.isThreadWriting) this.#writeSoon();
      return;
    }
  };

  #onTimer = (): void => {
    this.#timer = null;
    this.#write();
  };

  #writeSoon(): void {
    if (!this.#stopped) this.#timer ??= setTimeout(this.#onTimer, OWN_GAP_MS);
  }

  #write(): void {
    if (this.#stopped || this.isThreadWriting) return;
    try {
      if (!this.#own.write()) return;
      this.#options.onWritten();
    } catch (error) {
      this.#onFailure(error);
      this.#timer ??= setTimeout(
        this.#onTimer,
        Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** this.#failures),
      );
      this.#failures += 1;
      return;
    }
    this.#failures = 0;
    this.#onWorking();
  }

  #onWorking(): void {
    if (this.#lastError === null) return;
    this.#lastError = null;
    this.#options.log('info', 'The spool of the log is being written again.');
  }

  /** Said once, until it works again. */
  #onFailure(thrown: unknown): void {
    if (this.#stopped) return;
    let error = thrown;
    if ((thrown as { code?: unknown }).code === 'ENOENT') {
      try {
        this.#options.makeFolder();
        return;
      } catch (problem) {
        error = problem;
      }
    }
    const why = storageError(error, this.#options.folder).message;
    if (this.#lastError === null) {
      const problem = 'The spool of the log cannot be written now; rows are kept and tried again.';
      this.#options.log('error', `${problem} ${why}`);
    }
    this.#lastError = why;
  }
}

/** So that a power cut costs little of what waits long. Nobody waits for it, and what it fails at, the system does by itself later. */
function flushed(path: string): void {
  open(path, 'r', (problem, fd) => {
    if (problem === null) fdatasync(fd, () => close(fd));
  });
}
