// The thread that reads the log, on its own read-only connection: a slow query holds up neither requests nor writing.
import type { Database, SQLQueryBindings } from 'bun:sqlite';
import type { CompiledQuery } from 'kysely';
import { connect } from '../store/connect.ts';
import type { FromDatabaseThread, ToDatabaseThread } from '../store/database-thread.ts';
import { storageError } from '../store/storage-error.ts';
import type { RequestsTable } from '../store/tables.ts';
import type { LogFilter } from './log-filter.ts';
import { listQuery, rowQuery } from './log-query.ts';
import { fromStoredRow } from './stored-row.ts';

declare const self: Worker;

/** The answer to either is an array of log rows. */
export type LogQuestion =
  | { readonly kind: 'list'; readonly id: number; readonly filter: LogFilter }
  | { readonly kind: 'get'; readonly id: number; readonly row: string };

let path = '';
let sqlite: Database | null = null;

self.onmessage = (event: MessageEvent<ToDatabaseThread<LogQuestion>>) => {
  const request = event.data;
  switch (request.kind) {
    case 'open':
      path = request.path;
      break;
    case 'list':
      self.postMessage(answer(request.id, () => listQuery(request.filter)));
      break;
    case 'get':
      self.postMessage(answer(request.id, () => rowQuery(request.row)));
      break;
    case 'close':
      sqlite?.close();
      sqlite = null;
      self.postMessage({ kind: 'closed' } satisfies FromDatabaseThread);
      break;
    default:
      request satisfies never;
  }
};

function answer(id: number, query: () => CompiledQuery<RequestsTable>): FromDatabaseThread {
  try {
    sqlite ??= connect(path, { readOnly: true });
    const { sql, parameters } = query();
    // Only strings, numbers and null come out of a log filter.
    const statement = sqlite.prepare<RequestsTable, SQLQueryBindings[]>(sql);
    try {
      const rows = statement.all(...(parameters as SQLQueryBindings[]));
      return { kind: 'done', id, json: JSON.stringify(rows.map(fromStoredRow)) };
    } finally {
      statement.finalize();
    }
  } catch (error) {
    return { kind: 'failed', id, message: storageError(error, path).message };
  }
}
