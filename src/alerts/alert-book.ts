// AlertBook: where alerts and what is to be told are kept: in the database, and in memory while that takes no writes, since
// a full disk is what somebody should hear of.
import { Database } from 'bun:sqlite';
import { GatewayError } from '../core/errors.ts';
import type { Log } from '../lib/log.ts';
import { up } from '../store/migrations/014-alerts.ts';
import type { Store } from '../store/open-store.ts';
import { isSqliteError } from '../store/storage-error.ts';

/** What is taken along into memory: all that goes on or waits, and the newest of the history. */
const TABLES = {
  alerts: 'resolved_at IS NULL OR coalesce(silenced_until, 0) > 0',
  alert_notices: '1',
  alert_messages: "state = 'waiting'",
} as const;
const NEWEST = 500;

type Table = keyof typeof TABLES;
type Row = { readonly [column: string]: string | number | null };
type Rows = Map<string, Row>;

/** The book in memory, and each row as the database has it. */
interface Standby {
  readonly sqlite: Database;
  readonly written: ReadonlyMap<Table, Rows>;
}

export class AlertBook {
  readonly #store: Store;
  readonly #log: Log;
  #standby: Standby | null = null;
  /** One write after the other: what is written in memory is not to be missed on its way back. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(store: Store, log: Log) {
    this.#store = store;
    this.#log = log;
  }

  /** Where things stand now. */
  get sqlite(): Database {
    return this.#standby?.sqlite ?? this.#store.sqlite;
  }

  /** What stands there; where the database cannot even be read, what memory knows. */
  read<T>(look: (sqlite: Database) => T): T {
    try {
      return look(this.sqlite);
    } catch (thrown) {
      if (this.#standby !== null || !isSqliteError(thrown)) throw thrown;
      return look(this.#standBy(thrown instanceof Error ? thrown.message : ''));
    }
  }

  /** In one transaction, in the database or else in memory. */
  write<T>(work: (sqlite: Database) => T): Promise<T> {
    return this.#inTurn(async () => {
      if (this.#standby === null)
        try {
          return await this.#store.write(work);
        } catch (thrown) {
          if (!isAway(thrown)) throw thrown;
          this.#standBy(thrown.message);
        }
      const { sqlite } = this;
      return sqlite.transaction(() => work(sqlite))();
    });
  }

  /** Writes down what is in memory only, where the database takes it again. Never throws. */
  async goBack(): Promise<void> {
    if (this.#standby === null) return;
    await this.#inTurn(async () => {
      const standby = this.#standby;
      if (standby === null) return;
      try {
        await this.#store.write((sqlite) => writeBack(sqlite, standby));
      } catch {
        return;
      }
      this.#standby = null;
      standby.sqlite.close();
      this.#log('info', 'the database takes alerts again: what was kept in memory is written');
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  #standBy(reason: string): Database {
    const sqlite = new Database(':memory:');
    up(sqlite);
    const written = new Map<Table, Rows>();
    for (const table of tables()) {
      const rows = rowsToTake(this.#store.sqlite, table);
      written.set(table, rows);
      for (const row of rows.values()) put(sqlite, table, row);
    }
    this.#standby = { sqlite, written };
    this.#log('warn', 'the database takes no alerts: they are told from memory until it does', {
      reason,
    });
    return sqlite;
  }
}

function isAway(thrown: unknown): thrown is GatewayError {
  return thrown instanceof GatewayError && thrown.code === 'storage_unavailable';
}

/** Only what changed meanwhile: another process may have changed the rest. */
function writeBack(sqlite: Database, standby: Standby): void {
  for (const table of tables()) {
    const before = standby.written.get(table) ?? new Map<string, Row>();
    const now = rowsOf(standby.sqlite, `SELECT * FROM ${table}`);
    for (const [id, row] of now) {
      const known = before.get(id);
      if (known === undefined) put(sqlite, table, row);
      else change(sqlite, table, row, known);
    }
    for (const id of before.keys())
      if (!now.has(id)) sqlite.run(`DELETE FROM ${table} WHERE id = ?`, [id]);
  }
}

function tables(): readonly Table[] {
  return Object.keys(TABLES) as Table[];
}

/** None where it cannot be read: what goes on is told again then. */
function rowsToTake(sqlite: Database, table: Table): Rows {
  try {
    return rowsOf(
      sqlite,
      `SELECT * FROM ${table} WHERE ${TABLES[table]}
        OR id IN (SELECT id FROM ${table} ORDER BY id DESC LIMIT ${NEWEST})`,
    );
  } catch {
    return new Map();
  }
}

function rowsOf(sqlite: Database, select: string): Rows {
  const rows = sqlite.query<Row, []>(select).all();
  return new Map(rows.map((row) => [String(row.id), row]));
}

/** Another's alert of the same subject gives way: one of them goes on. */
function put(sqlite: Database, table: Table, row: Row): void {
  const columns = Object.keys(row);
  sqlite.run(
    `INSERT OR REPLACE INTO ${table} (${columns.join(', ')})
      VALUES (${columns.map(() => '?').join(', ')})`,
    Object.values(row),
  );
}

function change(sqlite: Database, table: Table, row: Row, before: Row): void {
  const columns = Object.keys(row).filter((column) => row[column] !== before[column]);
  if (columns.length === 0) return;
  sqlite.run(
    `UPDATE ${table} SET ${columns.map((column) => `${column} = ?`).join(', ')} WHERE id = ?`,
    [...columns.map((column) => row[column] ?? null), row.id ?? null],
  );
}
