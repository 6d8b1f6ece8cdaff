// SpoolWriter: lines → the segments of one spool, on the main thread. It never waits and never throws; at most one write is under
// way. Whatever the system says to a write, the same bytes are tried again at the same place, so that no line is there twice or torn.

import type { Log } from '../../lib/log.ts';
import { storageError } from '../../store/storage-error.ts';
import { LineQueue } from './line-queue.ts';
import type { OpenSegment, SegmentFile } from './segment-file.ts';
import { type SpoolPosition, segmentPath } from './spool-folder.ts';

/** Writes begin so far apart. Each costs some 70 µs, whatever is in it: waking up for it, and again when it is done. */
const WRITE_GAP_MS = 20;
/** Where rows keep coming, the next of them sees that it is time, and the loop need not be woken for it. */
const TIMER_GRACE_MS = 5;
/** So much is written at once, without a wait. */
const MAX_WRITE_CHARS = 256 * 1024;
const SEGMENT_BYTES = 8 * 1024 * 1024;
/** While the disk takes nothing so much is kept; what comes beyond is dropped and counted. */
const MAX_QUEUED_ROWS = 50_000;
const MAX_QUEUED_CHARS = 32 * 1024 * 1024;
const RETRY_FIRST_MS = 50;
const RETRY_MAX_MS = 5000;

export interface SpoolWriterOptions {
  readonly folder: string;
  readonly open: OpenSegment;
  readonly log: Log;
  readonly now: () => number;
  /** Makes the folder again where it is gone. Throws the system's errors. */
  readonly makeFolder: () => void;
  /** Lines are in the file. */
  readonly onWritten: () => void;
  readonly maxQueuedRows?: number;
  readonly segmentBytes?: number;
}

interface Pending {
  readonly bytes: Buffer;
  readonly rows: number;
  readonly since: number;
  done: number;
}

export class SpoolWriter {
  readonly #options: SpoolWriterOptions;
  readonly #queue = new LineQueue();
  #file: SegmentFile | null = null;
  #segment = 1;
  #offset = 0;
  #pending: Pending | null = null;
  #busy = false;
  #turnOver = false;
  #timer: Timer | null = null;
  #failures = 0;
  #lastWrite = Number.NEGATIVE_INFINITY;
  #lastError: string | null = null;
  #written = 0;
  #bytesBefore = 0;
  #accepted = 0;
  #waiters: { readonly target: number; tell(): void }[] = [];
  #stopped = false;

  constructor(options: SpoolWriterOptions) {
    this.#options = options;
  }

  /** The end of what is in the files. */
  get position(): SpoolPosition {
    return { segment: this.#segment, offset: this.#offset };
  }

  /** Bytes in all segments so far. */
  get bytes(): number {
    return this.#bytesBefore + this.#offset;
  }

  /** Bytes of the segments before the one that is being written. */
  get bytesBefore(): number {
    return this.#bytesBefore;
  }

  /** Rows in the files. */
  get written(): number {
    return this.#written;
  }

  /** Rows not in the files yet. */
  get queued(): number {
    return this.#queue.rows + (this.#pending?.rows ?? 0);
  }

  get queuedChars(): number {
    return this.#queue.chars + (this.#pending?.bytes.length ?? 0);
  }

  get oldestAt(): number | null {
    return this.#pending?.since ?? this.#queue.oldestAt;
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
    this.#queue.push(line, this.#options.now());
    // While one is under way its end sees to the next; one that failed has to wait.
    if (!this.#busy && this.#failures === 0) this.#writeSoon();
  }

  /** Begins a new segment with the next line: the file was taken away. */
  turnOver(): void {
    this.#turnOver = true;
  }

  /** Resolves when everything pushed so far is in the files. */
  drained(): Promise<void> {
    if (this.queued === 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiters.push({ target: this.#accepted, tell: resolve });
    if (!this.#busy) void this.#write();
    return promise;
  }

  /** Gives up what is queued: how many rows. */
  stop(): number {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const given = this.queued;
    this.#queue.clear();
    this.#pending = null;
    if (!this.#busy) this.#closeFile();
    return given;
  }

  #onTimer = (): void => {
    this.#timer = null;
    if (!this.#busy) void this.#write();
  };

  /** At once, if the last write is long enough ago. */
  #writeSoon(): void {
    const waitMs = this.#lastWrite + WRITE_GAP_MS - performance.now();
    if (waitMs <= 0 || this.#queue.chars >= MAX_WRITE_CHARS) void this.#write();
    else this.#timer ??= setTimeout(this.#onTimer, waitMs + TIMER_GRACE_MS);
  }

  async #write(): Promise<void> {
    this.#busy = true;
    this.#lastWrite = performance.now();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    try {
      await this.#writePending();
      this.#busy = false;
      this.#onSuccess();
    } catch (error) {
      this.#busy = false;
      this.#onFailure(error);
    }
    if (this.#stopped) this.#closeFile();
  }

  async #writePending(): Promise<void> {
    this.#pending ??= this.#take();
    const pending = this.#pending;
    if (pending === null) return;
    const isFull = this.#offset >= (this.#options.segmentBytes ?? SEGMENT_BYTES);
    if (pending.done === 0 && (isFull || this.#turnOver)) this.#nextSegment();
    this.#file ??= await this.#openFile();
    while (pending.done < pending.bytes.length) {
      const rest = pending.done === 0 ? pending.bytes : pending.bytes.subarray(pending.done);
      const taken = await this.#file.write(rest, this.#offset + pending.done);
      if (taken === 0) throw Object.assign(new Error('write took nothing'), { code: 'ENOSPC' });
      pending.done += taken;
    }
    this.#offset += pending.bytes.length;
    this.#written += pending.rows;
    this.#pending = null;
  }

  #take(): Pending | null {
    const since = this.#queue.oldestAt;
    const lines = this.#queue.take(MAX_WRITE_CHARS);
    if (lines === null || since === null) return null;
    return { bytes: Buffer.from(lines.text), rows: lines.rows, since, done: 0 };
  }

  async #openFile(): Promise<SegmentFile> {
    const { folder, open, makeFolder } = this.#options;
    const path = segmentPath(folder, this.#segment);
    try {
      return await open(path);
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'ENOENT') throw error;
      makeFolder();
      return open(path);
    }
  }

  #nextSegment(): void {
    this.#turnOver = false;
    this.#closeFile();
    this.#bytesBefore += this.#offset;
    this.#segment += 1;
    this.#offset = 0;
  }

  #closeFile(): void {
    this.#file?.close();
    this.#file = null;
  }

  #onSuccess(): void {
    this.#failures = 0;
    if (this.#lastError !== null) {
      this.#lastError = null;
      this.#options.log('info', 'The spool of the log is being written again.');
    }
    this.#options.onWritten();
    const told = this.#waiters.filter((one) => one.target <= this.#written);
    this.#waiters = this.#waiters.filter((one) => one.target > this.#written);
    for (const { tell } of told) tell();
    if (this.#queue.rows === 0) return;
    if (this.#waiters.length > 0) void this.#write();
    else this.#writeSoon();
  }

  /** Said once, until it works again. */
  #onFailure(error: unknown): void {
    if (this.#stopped) return;
    const why = storageError(error, this.#options.folder).message;
    if (this.#lastError === null) {
      const problem = 'The spool of the log cannot be written now; rows are kept and tried again.';
      this.#options.log('error', `${problem} ${why}`);
    }
    this.#lastError = why;
    const waitMs = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#timer ??= setTimeout(this.#onTimer, waitMs);
  }
}
