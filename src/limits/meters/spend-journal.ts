// SpendJournal: what is spent, on its way to limits.db: a line of a file a request costs a tenth of a transaction. Each process
// has one of its own; whoever opens the folder next takes over those of processes that were killed.
import type { Database } from 'bun:sqlite';
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { FileLock } from '../../store/file-lock.ts';

/** The row in limits.db, and billionths of a dollar. */
const RECORD_BYTES = 16;
const NANO_AT = 8;
const BUFFER_RECORDS = 1024;
/** From here on it begins anew as soon as all of it is in the database. */
const LONG_BYTES = 4 * 1024 * 1024;
const LOCK = '.lock';

export class SpendJournal {
  readonly #sqlite: Database;
  readonly #folder: string;
  readonly #id: string;
  readonly #lock: FileLock;
  readonly #file: number;
  readonly #failed: (thrown: unknown) => void;
  readonly #records = Buffer.alloc(BUFFER_RECORDS * RECORD_BYTES);
  /** Bytes of the records that are noted and not written. */
  #noted = 0;
  #end = 0;
  readonly #apply;

  /** Takes over what others left, and begins one. @param failed told where it cannot be written: the database is then all there is */
  constructor(sqlite: Database, folder: string, failed: (thrown: unknown) => void) {
    this.#sqlite = sqlite;
    this.#folder = folder;
    this.#failed = failed;
    this.#id = Bun.randomUUIDv7();
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    takeOver(sqlite, folder);
    const lock = FileLock.take(join(folder, this.#id + LOCK));
    if (lock === null) throw new Error('a name nobody else has is taken');
    this.#lock = lock;
    sqlite.run('INSERT INTO journals (id, applied) VALUES (?, 0)', [this.#id]);
    this.#file = openSync(this.#path, 'w', 0o600);
    this.#apply = sqlite.query<never, [number, string]>(
      'UPDATE journals SET applied = ? WHERE id = ?',
    );
  }

  /** It is in the file before anything that waits for its turn goes on. */
  note(row: number, nano: number): void {
    if (this.#noted === this.#records.length) this.#write();
    this.#records.writeDoubleLE(row, this.#noted);
    this.#records.writeDoubleLE(nano, this.#noted + NANO_AT);
    this.#noted += RECORD_BYTES;
    if (this.#noted === RECORD_BYTES) queueMicrotask(() => this.#write());
  }

  /** In the transaction that writes all that was noted so far: it need not be read again. */
  applied(): void {
    this.#write();
    this.#apply.run(this.#end, this.#id);
  }

  /** That transaction is committed. */
  settled(): void {
    if (this.#end < LONG_BYTES) return;
    // Nothing of it is read again once it is empty, whatever is written down of where it was applied to.
    ftruncateSync(this.#file, 0);
    this.#apply.run(0, this.#id);
    this.#end = 0;
  }

  /** All of it is in the database. */
  remove(): void {
    closeSync(this.#file);
    this.#sqlite.run('DELETE FROM journals WHERE id = ?', [this.#id]);
    rmSync(this.#path, { force: true });
    this.#lock.release(true);
  }

  /** Left for the next process. */
  leave(): void {
    closeSync(this.#file);
    this.#lock.release(false);
  }

  get #path(): string {
    return join(this.#folder, this.#id);
  }

  #write(): void {
    const bytes = this.#noted;
    this.#noted = 0;
    if (bytes === 0) return;
    try {
      const written = writeSync(this.#file, this.#records, 0, bytes, this.#end);
      // Of a disk that is full a part of a record may be there: it is written over.
      if (written === bytes) this.#end += bytes;
      else this.#failed(new Error('no room left on the disk'));
    } catch (thrown) {
      this.#failed(thrown);
    }
  }
}

/** Adds what killed processes had noted and not yet added. Throws SQLite's errors. */
function takeOver(sqlite: Database, folder: string): void {
  for (const name of readdirSync(folder)) {
    if (!name.endsWith(LOCK)) continue;
    const id = name.slice(0, -LOCK.length);
    const lock = FileLock.take(join(folder, name));
    // Its process lives.
    if (lock === null) continue;
    const path = join(folder, id);
    sqlite.transaction(() => addAll(sqlite, id, path)).immediate();
    rmSync(path, { force: true });
    lock.release(true);
  }
}

function addAll(sqlite: Database, id: string, path: string): void {
  const known = sqlite
    .query<{ applied: number }, [string]>('SELECT applied FROM journals WHERE id = ?')
    .get(id);
  // It was taken over before, up to the removal of the file.
  if (known === null || !existsSync(path)) return;
  const records = readFileSync(path);
  const sums = new Map<number, number>();
  for (let at = known.applied; at + RECORD_BYTES <= records.length; at += RECORD_BYTES) {
    const row = records.readDoubleLE(at);
    sums.set(row, (sums.get(row) ?? 0) + records.readDoubleLE(at + NANO_AT));
  }
  const add = sqlite.query<never, [number, number]>(
    'UPDATE spend SET spent = spent + ? WHERE row = ?',
  );
  for (const [row, nano] of sums) add.run(nano, row);
  sqlite.run('DELETE FROM journals WHERE id = ?', [id]);
}
