// MeaningsTable: prompts that have answers, on disk: written in batches, read once, by the thread that searches them.
import type { Statement } from 'bun:sqlite';
import type { Migration } from '../../store/migrate.ts';
import { openStore, type Store } from '../../store/open-store.ts';
import { type MeaningsSealing, packMeaning, unpackMeaning } from './packed-meaning.ts';
import type { AddedMeaning } from './search-worker.ts';

/** Of its own: it holds prompts, is large, and may be deleted at any time. */
export const MEANINGS_FILE = 'meanings.db';
/** Searches stand behind it. */
const LOCK_WAIT_MS = 100;

const MIGRATIONS: readonly Migration[] = [
  {
    name: 'm001-meanings',
    up(sqlite) {
      sqlite.run(`CREATE TABLE meanings (
        key TEXT NOT NULL PRIMARY KEY,
        partition TEXT NOT NULL,
        content BLOB NOT NULL,
        expires_at INTEGER NOT NULL
      )`);
      sqlite.run('CREATE INDEX meanings_over ON meanings (expires_at)');
    },
  },
];

/** What is to be written; only the last of a key. */
export type MeaningChange = AddedMeaning | { readonly key: string; readonly vector: null };

export interface MeaningsPage {
  readonly found: readonly AddedMeaning[];
  readonly after: number | null;
}

interface StoredMeaning {
  readonly rowid: number;
  readonly key: string;
  readonly partition: string;
  readonly content: Uint8Array;
  readonly expires_at: number;
}

export class MeaningsTable {
  readonly #store: Store;
  readonly #sealing: MeaningsSealing;
  readonly #statements: ReturnType<typeof prepare>;

  private constructor(store: Store, sealing: MeaningsSealing) {
    this.#store = store;
    this.#sealing = sealing;
    this.#statements = prepare(store);
  }

  /** Throws `storage_unavailable`. */
  static open(dataDir: string, sealing: MeaningsSealing): MeaningsTable {
    const store = openStore({ dataDir, file: MEANINGS_FILE, migrations: MIGRATIONS });
    try {
      store.sqlite.run(`PRAGMA busy_timeout = ${LOCK_WAIT_MS}`);
      store.sqlite.run('PRAGMA wal_autocheckpoint = 1000');
      // What was deleted is prompts: its pages are overwritten.
      store.sqlite.run('PRAGMA secure_delete = ON');
      return new MeaningsTable(store, sealing);
    } catch (error) {
      store.close();
      throw error;
    }
  }

  /** All of them or none. */
  write(changes: Iterable<MeaningChange>): void {
    this.#store.sqlite.transaction(() => {
      for (const change of changes) this.#apply(change);
    })();
  }

  /** The next of those that are not over, first added first. `after`: give it back for the next; null: that was all. */
  page(after: number, rows: number, now: number): MeaningsPage {
    const stored = this.#statements.page.all(after, now, rows) as StoredMeaning[];
    const found = stored.flatMap((row) => this.#opened(row) ?? []);
    const last = stored.length < rows ? undefined : stored.at(-1);
    return { found, after: last?.rowid ?? null };
  }

  /** Takes out what is over; true: there may be more of it. */
  expire(now: number, rows: number): boolean {
    return this.#statements.expire.run(now, rows).changes === rows;
  }

  dropPartition(partition: string): void {
    this.#statements.dropPartition.run(partition);
  }

  close(): void {
    // SQLite keeps a closed connection alive until its last statement is gone.
    for (const statement of Object.values(this.#statements)) statement.finalize();
    this.#store.close();
  }

  #apply(change: MeaningChange): void {
    if (change.vector === null) {
      this.#statements.remove.run(change.key);
      return;
    }
    const { key, partition, expiresAt } = change;
    this.#statements.insert.run(key, partition, packMeaning(this.#sealing, change), expiresAt);
  }

  /** Null: it cannot be read. It goes when it is over. */
  #opened({ key, partition, content, expires_at: expiresAt }: StoredMeaning): AddedMeaning | null {
    return unpackMeaning(this.#sealing, { key, partition, expiresAt }, content);
  }
}

type StatementName = 'insert' | 'remove' | 'page' | 'expire' | 'dropPartition';

function prepare({ sqlite }: Store): { readonly [name in StatementName]: Statement } {
  return {
    insert: sqlite.prepare(
      'INSERT OR REPLACE INTO meanings (key, partition, content, expires_at) VALUES (?, ?, ?, ?)',
    ),
    remove: sqlite.prepare('DELETE FROM meanings WHERE key = ?'),
    page: sqlite.prepare(
      'SELECT rowid, * FROM meanings WHERE rowid > ? AND expires_at > ? ORDER BY rowid LIMIT ?',
    ),
    expire: sqlite.prepare(
      'DELETE FROM meanings WHERE rowid IN (SELECT rowid FROM meanings WHERE expires_at <= ? LIMIT ?)',
    ),
    dropPartition: sqlite.prepare('DELETE FROM meanings WHERE partition = ?'),
  };
}
