// MeaningsOnDisk: writes what changes a little later and together, reads what is there a page at a time, and does without where
// the disk fails.
import { storageError } from '../../store/storage-error.ts';
import { type Marks, marksMatch } from '../owner-marks.ts';
import { type MeaningChange, MeaningsTable } from './meanings-table.ts';
import type { MeaningsSealing } from './packed-meaning.ts';
import type { AddedMeaning } from './search-worker.ts';

const WRITE_AFTER_MS = 200;
const RETRY_AFTER_MS = 5000;
/** Changes that wait for a disk that fails; the oldest are not written then. */
const MAX_PENDING = 10_000;
/** Between two pages searches are answered. */
const PAGE_ROWS = 200;
const EXPIRE_ROWS = 500;
/** Drops that wait for a disk that fails; beyond them everything on it goes. */
const MAX_UNDROPPED = 1000;
const ALL: Marks = ['', '', '', ''];

export interface OnDiskOptions {
  readonly dataDir: string;
  readonly sealing: MeaningsSealing;
  /** Said once, until it works again. */
  readonly trouble: (message: string) => void;
}

export class MeaningsOnDisk {
  readonly #options: OnDiskOptions;
  #table: MeaningsTable | null = null;
  #pending = new Map<string, MeaningChange>();
  /** Drops that the disk does not know of yet. */
  #undropped: Marks[] = [];
  /** What was dropped stands in the disk's log still. */
  #isToWipe = false;
  #timer: Timer | null = null;
  #isFailing = false;
  #isClosed = false;

  constructor(options: OnDiskOptions) {
    this.#options = options;
  }

  note(change: MeaningChange): void {
    this.#pending.delete(change.key);
    this.#pending.set(change.key, change);
    if (this.#pending.size > MAX_PENDING) {
      const [oldest] = this.#pending.keys();
      if (oldest !== undefined) this.#pending.delete(oldest);
    }
    this.#writeSoon(this.#isFailing ? RETRY_AFTER_MS : WRITE_AFTER_MS);
  }

  write(): void {
    if (this.#pending.size + this.#undropped.length === 0 && !this.#isToWipe) return;
    const isDone = this.#attempt((table) => table.write(this.#pending.values()));
    if (isDone) this.#pending = new Map();
    if (!isDone || this.#isToWipe) this.#writeSoon(RETRY_AFTER_MS);
  }

  /** Gives everything that is there, first added first, a page at a time. */
  read(now: number, give: (added: AddedMeaning) => void): void {
    this.#read(0, now, give);
  }

  /** False: the disk fails. It is done before anything else is, as soon as it works. */
  drop(whose: Marks): boolean {
    for (const change of this.#pending.values())
      if (change.vector !== null && marksMatch(change.whose, whose))
        this.#pending.delete(change.key);
    this.#undropped = this.#undropped.length < MAX_UNDROPPED ? [...this.#undropped, whose] : [ALL];
    const isDone = this.#attempt(() => undefined) && !this.#isToWipe;
    if (!isDone) this.#writeSoon(RETRY_AFTER_MS);
    return isDone;
  }

  /** Takes out what is over, in pieces. */
  expire(now: number): void {
    if (this.#isClosed || this.#isFailing) return;
    let more = false;
    this.#attempt((table) => {
      more = table.expire(now, EXPIRE_ROWS);
    });
    if (more) setTimeout(() => this.expire(now), 0);
  }

  close(): void {
    this.write();
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#drop();
  }

  #read(after: number, now: number, give: (added: AddedMeaning) => void): void {
    if (this.#isClosed) return;
    // What was removed meanwhile is not to come back.
    this.write();
    let next: number | null = null;
    this.#attempt((table) => {
      const page = table.page(after, PAGE_ROWS, now);
      for (const added of page.found) give(added);
      next = page.after;
    });
    const from = next;
    if (from !== null) setTimeout(() => this.#read(from, now, give), 0);
  }

  #writeSoon(afterMs: number): void {
    if (this.#isClosed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.write();
    }, afterMs);
  }

  /** False: it failed. The next attempt opens the database anew: it may have been replaced. */
  #attempt(work: (table: MeaningsTable) => void): boolean {
    const { dataDir, sealing, trouble } = this.#options;
    try {
      this.#table ??= MeaningsTable.open(dataDir, sealing);
      for (const whose of this.#undropped) this.#table.drop(whose);
      this.#isToWipe ||= this.#undropped.length > 0;
      this.#undropped = [];
      work(this.#table);
      if (this.#isToWipe) this.#isToWipe = !this.#table.wipe();
      this.#isFailing = false;
      return true;
    } catch (error) {
      this.#drop();
      if (!this.#isFailing)
        trouble(
          `Prompts that have answers are held in memory only, for now. ${storageError(error, dataDir).message}`,
        );
      this.#isFailing = true;
      return false;
    }
  }

  #drop(): void {
    try {
      this.#table?.close();
    } catch {
      // it was unusable already
    }
    this.#table = null;
  }
}
