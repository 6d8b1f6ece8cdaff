// Rows of the releases that kept the log in `switchyard.db`: moved into the log's own tables, some at a time, newest first.
import type { Database } from 'bun:sqlite';
import { existsSync } from 'node:fs';
import { connect } from '../../store/connect.ts';
import { storageError } from '../../store/storage-error.ts';
import type { RequestsTable } from '../../store/tables.ts';
import type { LogStore } from '../log-store.ts';
import { STORED_COLUMNS } from '../stored-row.ts';

const AT_ONCE = 1000;
/** An emptied file of less is left as it is: its room is used again. */
const WORTH_SHRINKING_BYTES = 64 * 1024 * 1024;

export interface Moved {
  readonly rows: number;
  /** There are, or may be, more. */
  readonly more: boolean;
  /** Rows the log will never take: left out of it. */
  readonly refused: number;
  readonly reason: string | null;
}

const NOTHING: Moved = { rows: 0, more: false, refused: 0, reason: null };

/**
 * Moves some rows, and drops the old table after the last. Whatever is killed when, a row is in one of the two places, or in
 * both and then moved again, which changes nothing. Several processes may be at it. Rejects with `storage_unavailable`.
 * @param path switchyard.db, already migrated
 */
export async function moveOldRows(
  path: string,
  store: LogStore,
  atOnce: number = AT_ONCE,
): Promise<Moved> {
  if (!existsSync(path)) return NOTHING;
  const sqlite = opened(path);
  try {
    const rows = oldRows(sqlite, atOnce);
    if (rows === null) return NOTHING;
    if (rows.length === 0) {
      dropTable(sqlite);
      return NOTHING;
    }
    const { refused, reason } = await store.insert(rows.map(complete));
    sqlite
      .transaction(() => {
        // Whoever moved the same rows may have dropped their table.
        if (!hasTable(sqlite)) return;
        const remove = sqlite.query('DELETE FROM requests WHERE id = ?');
        for (const { id } of rows) remove.run(String(id));
      })
      .immediate();
    return { rows: rows.length, more: true, refused, reason };
  } catch (error) {
    throw storageError(error, path);
  } finally {
    sqlite.close();
  }
}

/** The newest of them; null: there is no such table any more. In one view of the file: another process may be dropping it. */
function oldRows(
  sqlite: Database,
  atOnce: number,
): readonly { readonly [column: string]: unknown }[] | null {
  const read = sqlite.transaction(() => {
    if (!hasTable(sqlite)) return null;
    return sqlite
      .query<{ readonly [column: string]: unknown }, [number]>(
        'SELECT * FROM requests ORDER BY id DESC LIMIT ?',
      )
      .all(atOnce);
  });
  return read.deferred();
}

function opened(path: string): Database {
  try {
    return connect(path);
  } catch (error) {
    throw storageError(error, path);
  }
}

function hasTable(sqlite: Database): boolean {
  const table = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'requests'";
  return sqlite.query(table).get() !== null;
}

/** Columns that its release did not know are null, as they are in rows it wrote before a column was added. */
function complete(row: { readonly [column: string]: unknown }): RequestsTable {
  const whole = Object.fromEntries(STORED_COLUMNS.map((column) => [column, row[column] ?? null]));
  return whole as unknown as RequestsTable;
}

/** Unless another process wrote to it meanwhile, or the file is not migrated: older steps change the table. */
function dropTable(sqlite: Database): void {
  const isMigrated = "SELECT 1 FROM migrations WHERE name = '008-facts'";
  if (sqlite.query(isMigrated).get() === null) return;
  sqlite
    .transaction(() => {
      if (hasTable(sqlite) && sqlite.query('SELECT 1 FROM requests LIMIT 1').get() === null)
        sqlite.run('DROP TABLE requests');
    })
    .immediate();
  shrink(sqlite);
}

/** Gives back the room of the rows that are gone. What is left in the file is small. */
function shrink(sqlite: Database): void {
  const free = sqlite.query<{ freelist_count: number }, []>('PRAGMA freelist_count').get();
  const size = sqlite.query<{ page_size: number }, []>('PRAGMA page_size').get();
  if ((free?.freelist_count ?? 0) * (size?.page_size ?? 0) < WORTH_SHRINKING_BYTES) return;
  try {
    sqlite.run('VACUUM');
  } catch {
    // Somebody is reading: the room stays in the file and is used again.
  }
}
