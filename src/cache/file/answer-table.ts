// The table of kept answers, on the thread that owns it: batches in, look-ups, what is dropped, over or too much out.
import type { Store } from '../../store/open-store.ts';
import { openStore } from '../../store/open-store.ts';
import { type AnswerSealing, closeAnswer, openAnswer } from '../answer-seal.ts';
import type { AnswerFilter } from '../answer-store.ts';
import { type Drop, isDropped } from '../drops.ts';
import { marksOf } from '../owner-marks.ts';
import type { AnswerChange, DropsSince, FileBounds, FoundAnswer } from './answer-rows.ts';
import { type AnswerStatements, MIGRATIONS, prepareAnswers } from './answer-statements.ts';

/** A file of its own beside the others: it holds callers' content, and may be deleted at any time. */
export const CACHE_FILE = 'cache.db';
/** What is over goes in pieces, so that a batch never waits long for it. */
const PRUNE_ROWS = 500;
/** No lock is waited for longer. */
const LOCK_WAIT_MS = 1000;
/** Pages of the file that are given back at once. */
const VACUUM_PAGES = 2000;
/** So many drops are remembered; who missed more drops all it has. */
const DROPS = 1000;

interface SizedRow {
  readonly rowid: number;
  readonly bytes: number;
}

export class AnswerTable {
  readonly #store: Store;
  readonly #sealing: AnswerSealing;
  readonly #sql: AnswerStatements;
  /** As this connection knows it. */
  #used = { bytes: 0, entries: 0 };

  private constructor(store: Store, sealing: AnswerSealing) {
    this.#store = store;
    this.#sealing = sealing;
    this.#sql = prepareAnswers(store.sqlite);
    this.#measure();
  }

  /** Throws `storage_unavailable`. */
  static open(dataDir: string, sealing: AnswerSealing): AnswerTable {
    const store = openStore({ dataDir, file: CACHE_FILE, migrations: MIGRATIONS });
    const { sqlite } = store;
    try {
      sqlite.run(`PRAGMA busy_timeout = ${LOCK_WAIT_MS}`);
      sqlite.run('PRAGMA wal_autocheckpoint = 1000');
      // What is deleted is what callers were told: its pages are overwritten.
      sqlite.run('PRAGMA secure_delete = ON');
      const mode = sqlite.query<{ auto_vacuum: number }, []>('PRAGMA auto_vacuum').get();
      // Without it the file stays as large as it ever was. It takes hold with a VACUUM, which costs nothing while it is new.
      if (mode?.auto_vacuum !== 2) sqlite.run('PRAGMA auto_vacuum = INCREMENTAL; VACUUM');
      const table = new AnswerTable(store, sealing);
      // Where they are sealed now, what was kept before in plain text is not given any more, and goes.
      if (sealing.seals !== null) sqlite.run("DELETE FROM answers WHERE typeof(value) = 'text'");
      return table;
    } catch (error) {
      store.close();
      throw error;
    }
  }

  /** All of the batch or nothing of it. */
  write(changes: readonly AnswerChange[], bounds: FileBounds, now: number): void {
    this.#within(() => {
      const oldest = Math.min(...changes.map((one) => (one.text === null ? Infinity : one.gen)));
      const drops = this.#dropsAfter(oldest);
      for (const change of changes) this.#apply(change, drops, now);
      this.#fit(bounds);
    });
  }

  find(key: string, now: number): FoundAnswer | 'no-key' | null {
    const row = this.#sql.read.get(key, now);
    if (row === null) return null;
    const opened = openAnswer(this.#sealing, key, row.value);
    if (opened.ok) return { key, text: opened.text };
    // Another gateway on this folder may have its key.
    if (opened.why === 'no-key') return 'no-key';
    this.#within(() => this.#remove(key));
    return null;
  }

  /** The keys of those that were used last and fit, least recently used first. */
  newest({ maxBytes, maxEntries }: FileBounds, now: number): readonly string[] {
    const keys: string[] = [];
    let bytes = 0;
    for (const row of this.#sql.newest.iterate(now)) {
      bytes += row.bytes;
      if (bytes > maxBytes || keys.length >= maxEntries) break;
      keys.push(row.key);
    }
    return keys.reverse();
  }

  /** @returns the number of the drop, and how many answers went */
  drop(filter: AnswerFilter): { readonly gen: number; readonly removed: number } {
    let gen = 0;
    let removed = 0;
    this.#within(() => {
      gen = this.gen + 1;
      this.#sql.noteDrop.run(gen, JSON.stringify(filter));
      this.#sql.forgetDrops.run(gen - DROPS);
      removed = this.#sql.drop.run(...marksOf(filter)).changes;
      this.#measure();
    });
    this.#wipe();
    return { gen, removed };
  }

  get gen(): number {
    return this.#sql.gen.get()?.gen ?? 0;
  }

  dropsSince(gen: number): DropsSince {
    const newest = this.gen;
    // A file that was put back, or made anew, is behind what is known.
    const isIncomplete = newest < gen || newest - gen > DROPS;
    const drops = newest === gen || isIncomplete ? [] : this.#dropsAfter(gen);
    return { gen: newest, drops, isIncomplete };
  }

  used(used: readonly (readonly [key: string, at: number])[]): void {
    if (used.length === 0) return;
    this.#within(() => {
      for (const [key, at] of used) this.#sql.touch.run(at, key);
    });
  }

  /** Takes out what is over, and what is too much by the bounds as they are now. True: there may be more of it. */
  prune(bounds: FileBounds, now: number): boolean {
    let removed = 0;
    this.#within(() => {
      removed = this.#sql.prune.run(now, PRUNE_ROWS).changes;
      // Another process may have written meanwhile.
      this.#measure();
      removed += this.#fit(bounds);
    });
    if (removed > 0) this.#wipe();
    return removed >= PRUNE_ROWS;
  }

  close(): void {
    // SQLite keeps a closed connection alive until its last statement is gone.
    for (const statement of Object.values(this.#sql)) statement.finalize();
    this.#store.close();
  }

  #within(work: () => void): void {
    const { sqlite } = this.#store;
    const before = { ...this.#used };
    sqlite.run('BEGIN IMMEDIATE');
    try {
      work();
      sqlite.run('COMMIT');
    } catch (error) {
      if (sqlite.inTransaction) sqlite.run('ROLLBACK');
      this.#used = before;
      throw error;
    }
  }

  #apply(change: AnswerChange, drops: readonly Drop[], now: number): void {
    const { key } = change;
    this.#remove(key);
    if (change.text === null || isDropped(change, key, change.gen, drops)) return;
    const { owner, model, bytes, expiresAt, gen } = change;
    const value = closeAnswer(this.#sealing, key, change.text);
    const whose = marksOf({ ...owner, model });
    this.#sql.insert.run(key, ...whose, gen, bytes, expiresAt, now, value);
    this.#used.bytes += bytes;
    this.#used.entries += 1;
  }

  #remove(key: string): void {
    const old = this.#sql.remove.get(key);
    if (old === null) return;
    this.#used.bytes -= old.bytes;
    this.#used.entries -= 1;
  }

  /** What was not used longest goes first. */
  #fit({ maxBytes, maxEntries }: FileBounds): number {
    const fits = () => this.#used.bytes <= maxBytes && this.#used.entries <= maxEntries;
    let removed = 0;
    while (!fits()) {
      const oldest: readonly SizedRow[] = this.#sql.oldest.all();
      if (oldest.length === 0) return removed;
      for (const { rowid, bytes } of oldest) {
        if (fits()) return removed;
        this.#sql.evict.run(rowid);
        this.#used.bytes -= bytes;
        this.#used.entries -= 1;
        removed += 1;
      }
    }
    return removed;
  }

  #dropsAfter(gen: number): readonly Drop[] {
    if (gen === Infinity) return [];
    return this.#sql.drops
      .all(gen)
      .map(({ gen: number, filter }) => ({ gen: number, filter: JSON.parse(filter) }));
  }

  /** What was deleted stands in the write-ahead log until that is begun anew, and its room in the file until it is given back. */
  #wipe(): void {
    const { sqlite } = this.#store;
    sqlite.run(`PRAGMA incremental_vacuum(${VACUUM_PAGES})`);
    sqlite.run('PRAGMA wal_checkpoint(TRUNCATE)');
  }

  #measure(): void {
    const { bytes, entries } = this.#sql.sizes.get() ?? { bytes: 0, entries: 0 };
    this.#used = { bytes: bytes ?? 0, entries };
  }
}
