// The table of what is kept, on the thread that owns it: batches in, look-ups, what is over or too much out.
import type { Statement } from 'bun:sqlite';
import { type SealingKey, seal, unseal } from '../lib/seal.ts';
import type { Migration } from '../store/migrate.ts';
import { openStore, type Store } from '../store/open-store.ts';
import { type Change, type Found, KEPT_KINDS, type KeptKind, type KeptLimits } from './kept.ts';

/** Beside the keys and the log, in a file of its own: it holds conversations, is large, and may be deleted at any time. */
export const STATE_FILE = 'state.db';
/** What is over goes in pieces, so that a batch never waits long for it. */
const PRUNE_ROWS = 500;
/** No lock is waited for longer: a look-up may stand behind it. */
const LOCK_WAIT_MS = 1000;

const MIGRATIONS: readonly Migration[] = [
  {
    name: 's001-kept',
    up(sqlite) {
      sqlite.run(`CREATE TABLE kept (
        tenant TEXT NOT NULL,
        kind TEXT NOT NULL,
        key TEXT NOT NULL,
        value TEXT NOT NULL,
        bytes INTEGER NOT NULL,
        expires_at INTEGER NOT NULL
      )`);
      sqlite.run('CREATE UNIQUE INDEX kept_address ON kept (tenant, kind, key)');
      // Sums and the oldest of a kind come from this index alone.
      sqlite.run('CREATE INDEX kept_oldest ON kept (kind, expires_at, bytes)');
    },
  },
];

/** How values are sealed, and what opens those of before. */
export interface KeptSealing {
  /** Null: they stand as they are. */
  readonly seals: SealingKey | null;
  readonly opens: readonly SealingKey[];
}

export const UNSEALED: KeptSealing = { seals: null, opens: [] };

export class KeptTable {
  readonly #store: Store;
  readonly #sealing: KeptSealing;
  readonly #statements: Statements;
  /** Bytes of each kind, as this connection knows them. */
  #used = new Map<string, number>();

  private constructor(store: Store, sealing: KeptSealing) {
    this.#store = store;
    this.#sealing = sealing;
    this.#statements = prepare(store);
    this.#measure();
  }

  /** Throws `storage_unavailable`. */
  static open(dataDir: string, sealing: KeptSealing = UNSEALED): KeptTable {
    const store = openStore({ dataDir, file: STATE_FILE, migrations: MIGRATIONS });
    try {
      store.sqlite.run(`PRAGMA busy_timeout = ${LOCK_WAIT_MS}`);
      store.sqlite.run('PRAGMA wal_autocheckpoint = 1000');
      // What was deleted is conversation text: its pages are overwritten.
      store.sqlite.run('PRAGMA secure_delete = ON');
      return new KeptTable(store, sealing);
    } catch (error) {
      store.close();
      throw error;
    }
  }

  /** All of the batch or nothing of it. */
  write(changes: readonly Change[], limits: KeptLimits): void {
    const before = new Map(this.#used);
    this.#store.sqlite.run('BEGIN IMMEDIATE');
    try {
      for (const change of changes) this.#apply(change);
      for (const kind of KEPT_KINDS) this.#fit(kind, limits.kinds[kind].maxBytes);
      this.#store.sqlite.run('COMMIT');
    } catch (error) {
      if (this.#store.sqlite.inTransaction) this.#store.sqlite.run('ROLLBACK');
      this.#used = before;
      throw error;
    }
  }

  read(tenant: string, kind: KeptKind, keys: readonly string[], now: number): Found[] {
    const found: Found[] = [];
    for (const key of keys) {
      const row = this.#statements.read.get(tenant, kind, key, now) as StoredRow | null;
      const text = row && this.#opened(row.value, placeOf(tenant, kind, key));
      // What no key of these opens is as good as gone.
      if (row !== null && text !== null) found.push({ key, text, expiresAt: row.expires_at });
    }
    return found;
  }

  /** Takes out what is over, and what is too much by the limits as they are now. True: there may be more of it. */
  prune(limits: KeptLimits, now: number): boolean {
    const { changes } = this.#statements.prune.run(now, PRUNE_ROWS);
    // Another process may have written meanwhile.
    this.#measure();
    for (const kind of KEPT_KINDS) this.#fit(kind, limits.kinds[kind].maxBytes);
    return changes === PRUNE_ROWS;
  }

  close(): void {
    // SQLite keeps a closed connection alive until its last statement is gone.
    for (const statement of Object.values(this.#statements)) statement.finalize();
    this.#store.close();
  }

  #apply({ tenant, kind, key, text, bytes, expiresAt }: Change): void {
    const old = this.#statements.remove.get(tenant, kind, key) as SizedRow | null;
    this.#count(kind, -(old?.bytes ?? 0));
    if (text === null) return;
    const { seals } = this.#sealing;
    const value =
      seals === null ? text : seal(seals, Buffer.from(text), placeOf(tenant, kind, key));
    this.#statements.insert.run(tenant, kind, key, value, bytes, expiresAt);
    this.#count(kind, bytes);
  }

  #opened(value: string | Uint8Array, place: string): string | null {
    if (typeof value === 'string') return value;
    const found = unseal(this.#sealing.opens, value, place);
    return found.ok ? Buffer.from(found.bytes).toString('utf8') : null;
  }

  /** What would be over first goes first. */
  #fit(kind: KeptKind, maxBytes: number): void {
    while ((this.#used.get(kind) ?? 0) > maxBytes) {
      const oldest = this.#statements.oldest.all(kind) as SizedRow[];
      if (oldest.length === 0) return;
      for (const { rowid, bytes } of oldest) {
        if ((this.#used.get(kind) ?? 0) <= maxBytes) return;
        this.#statements.evict.run(rowid);
        this.#count(kind, -bytes);
      }
    }
  }

  #count(kind: string, bytes: number): void {
    this.#used.set(kind, (this.#used.get(kind) ?? 0) + bytes);
  }

  #measure(): void {
    const rows = this.#statements.sizes.all() as { kind: string; bytes: number }[];
    this.#used = new Map(rows.map(({ kind, bytes }) => [kind, bytes]));
  }
}

interface StoredRow {
  /** Text as it is, or bytes that are sealed. */
  readonly value: string | Uint8Array;
  readonly expires_at: number;
}
interface SizedRow {
  readonly rowid: number;
  readonly bytes: number;
}

/** Moved to another row it does not open. */
function placeOf(tenant: string, kind: string, key: string): string {
  return JSON.stringify([tenant, kind, key]);
}

type Statements = ReturnType<typeof prepare>;

function prepare({ sqlite }: Store): { readonly [name in StatementName]: Statement } {
  return {
    read: sqlite.prepare(
      'SELECT value, expires_at FROM kept WHERE tenant = ? AND kind = ? AND key = ? AND expires_at > ?',
    ),
    remove: sqlite.prepare(
      'DELETE FROM kept WHERE tenant = ? AND kind = ? AND key = ? RETURNING rowid, bytes',
    ),
    insert: sqlite.prepare(
      'INSERT INTO kept (tenant, kind, key, value, bytes, expires_at) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    prune: sqlite.prepare(
      'DELETE FROM kept WHERE rowid IN (SELECT rowid FROM kept WHERE expires_at <= ? LIMIT ?)',
    ),
    oldest: sqlite.prepare(
      'SELECT rowid, bytes FROM kept WHERE kind = ? ORDER BY expires_at, rowid LIMIT 64',
    ),
    evict: sqlite.prepare('DELETE FROM kept WHERE rowid = ?'),
    sizes: sqlite.prepare('SELECT kind, SUM(bytes) AS bytes FROM kept GROUP BY kind'),
  };
}

type StatementName = 'read' | 'remove' | 'insert' | 'prune' | 'oldest' | 'evict' | 'sizes';
