// MeaningsTable: prompts that have answers, on disk: written in batches, read once, by the thread that searches them.
import type { Statement } from 'bun:sqlite';
import type { Migration } from '../../store/migrate.ts';
import { openStore, type Store } from '../../store/open-store.ts';
import type { Marks } from '../owner-marks.ts';
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
  {
    // Of those that are there it is not known whose they are, so they could not be dropped: they go, and come back when asked.
    name: 'm002-whose',
    up(sqlite) {
      sqlite.run('PRAGMA secure_delete = ON');
      sqlite.run('DROP TABLE meanings');
      sqlite.run(`CREATE TABLE meanings (
        key TEXT NOT NULL PRIMARY KEY,
        tenant TEXT NOT NULL,
        user TEXT NOT NULL,
        namespace TEXT NOT NULL,
        model TEXT NOT NULL,
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
  readonly tenant: string;
  readonly user: string;
  readonly namespace: string;
  readonly model: string;
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

  /** @param whose '' for any */
  drop(whose: Marks): void {
    this.#statements.drop.run(...whose);
  }

  /** What was deleted stands in the write-ahead log until that is begun anew. False: somebody else reads it now. */
  wipe(): boolean {
    const done = this.#store.sqlite
      .query<{ busy: number }, []>('PRAGMA wal_checkpoint(TRUNCATE)')
      .get();
    return done?.busy === 0;
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
    const { key, whose, partition, expiresAt } = change;
    const content = packMeaning(this.#sealing, change);
    this.#statements.insert.run(key, ...whose, partition, content, expiresAt);
  }

  /** Null: it cannot be read. It goes when it is over. */
  #opened({ content, expires_at: expiresAt, ...row }: StoredMeaning): AddedMeaning | null {
    const { key, partition, tenant, user, namespace, model } = row;
    const whose: Marks = [tenant, user, namespace, model];
    return unpackMeaning(this.#sealing, { key, partition, expiresAt, whose }, content);
  }
}

type StatementName = 'insert' | 'remove' | 'page' | 'expire' | 'drop';

function prepare({ sqlite }: Store): { readonly [name in StatementName]: Statement } {
  return {
    insert: sqlite.prepare(
      `INSERT OR REPLACE INTO meanings
        (key, tenant, user, namespace, model, partition, content, expires_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    remove: sqlite.prepare('DELETE FROM meanings WHERE key = ?'),
    page: sqlite.prepare(
      'SELECT rowid, * FROM meanings WHERE rowid > ? AND expires_at > ? ORDER BY rowid LIMIT ?',
    ),
    expire: sqlite.prepare(
      'DELETE FROM meanings WHERE rowid IN (SELECT rowid FROM meanings WHERE expires_at <= ? LIMIT ?)',
    ),
    drop: sqlite.prepare(
      `DELETE FROM meanings WHERE ?1 IN ('', tenant) AND ?2 IN ('', user) AND ?3 IN ('', namespace)
        AND ?4 IN ('', model)`,
    ),
  };
}
