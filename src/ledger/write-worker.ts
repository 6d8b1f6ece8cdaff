// The thread that writes the log: takes batches of exchanges as JSON text, commits each in one transaction.
import type { Database, Statement } from 'bun:sqlite';
import type { Exchange } from '../core/exchange.ts';
import { connect } from '../store/connect.ts';
import { isBusy, isRefusal, isSqliteError, storageError } from '../store/storage-error.ts';
import { ExposureBatch, ExposureStatements } from './exposures.ts';
import { STORED_COLUMNS, toStoredRow } from './stored-row.ts';

declare const self: Worker;

/** What the main thread says: where the database is, then batches (a JSON array of exchanges), then that it is over. */
export type ToWriter = { readonly open: string } | string | { readonly close: true };

export type FromWriter =
  /** The batch is committed, but for `refused` rows that the database will never take. */
  | { readonly kind: 'written'; readonly refused: number; readonly reason: string | null }
  /** Nothing of the batch is committed; it may be sent again. */
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'closed' };

interface Connection {
  readonly sqlite: Database;
  readonly insert: Statement;
  /** Prepared with the first request of a router. */
  exposures: ExposureStatements | null;
}

// A batch may come a second time, when the first one's answer was lost with its thread.
const INSERT = `INSERT INTO requests (${STORED_COLUMNS.join(', ')})
  VALUES (${STORED_COLUMNS.map(() => '?').join(', ')}) ON CONFLICT (id) DO NOTHING`;

let path = '';
let connection: Connection | null = null;

self.onmessage = (event: MessageEvent<ToWriter>) => {
  const message = event.data;
  if (typeof message === 'string') {
    reply(writeBatch(message));
  } else if ('open' in message) {
    path = message.open;
  } else {
    drop();
    reply({ kind: 'closed' });
  }
};

function reply(message: FromWriter): void {
  self.postMessage(message);
}

function writeBatch(text: string): FromWriter {
  try {
    const exchanges = JSON.parse(text) as Exchange[];
    connection ??= open();
    try {
      insertTogether(connection, exchanges);
      return { kind: 'written', refused: 0, reason: null };
    } catch (error) {
      if (isSqliteError(error) && !isRefusal(error)) throw error;
      // One row is at fault: it must not take the others with it.
      return insertApart(connection, exchanges);
    }
  } catch (error) {
    if (!isBusy(error)) drop();
    return { kind: 'failed', message: storageError(error, path).message };
  }
}

function open(): Connection {
  const sqlite = connect(path);
  try {
    return { sqlite, insert: sqlite.prepare(INSERT), exposures: null };
  } catch (error) {
    sqlite.close();
    throw error;
  }
}

/** The next batch opens a new connection: the file may have been replaced, or its disk mounted again. */
function drop(): void {
  try {
    // SQLite keeps a closed connection alive until its last statement is gone.
    connection?.insert.finalize();
    connection?.exposures?.finalize();
    connection?.sqlite.close();
  } catch {
    // it was unusable already
  }
  connection = null;
}

function insertTogether(connection: Connection, exchanges: readonly Exchange[]): void {
  const { sqlite, insert } = connection;
  const exposures = new ExposureBatch();
  sqlite.run('BEGIN IMMEDIATE');
  try {
    for (const exchange of exchanges) {
      // A row that was there already is counted already.
      if (insert.run(...values(exchange)).changes > 0) exposures.add(exchange);
    }
    if (!exposures.isEmpty) {
      connection.exposures ??= new ExposureStatements(sqlite);
      exposures.write(connection.exposures);
    }
    sqlite.run('COMMIT');
  } catch (error) {
    if (sqlite.inTransaction) sqlite.run('ROLLBACK');
    throw error;
  }
}

function insertApart(connection: Connection, exchanges: readonly Exchange[]): FromWriter {
  let refused = 0;
  let reason: string | null = null;
  for (const exchange of exchanges) {
    try {
      insertTogether(connection, [exchange]);
    } catch (error) {
      if (isSqliteError(error) && !isRefusal(error)) throw error;
      refused += 1;
      reason = error instanceof Error ? error.message : String(error);
    }
  }
  return { kind: 'written', refused, reason };
}

/** In the order of the columns in `INSERT`: both come from the members of one literal. */
function values(exchange: Exchange): (string | number | null)[] {
  return Object.values(toStoredRow(exchange));
}
