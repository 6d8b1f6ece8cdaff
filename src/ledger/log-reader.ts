// The main thread's side of reading the log. The read worker starts with the first question.
import { DatabaseThread } from '../store/database-thread.ts';
import { cursorAfter, type LogFilter } from './log-filter.ts';
import type { LogRow } from './log-row.ts';
import type { LogQuestion } from './read-worker.ts';

export interface LogPage {
  readonly logs: readonly LogRow[];
  /** Give it back as `cursor` for the rows that follow; null on the last page. */
  readonly nextCursor: string | null;
}

export class LogReader {
  readonly #thread: DatabaseThread<LogQuestion>;

  /** @param path the database file, already migrated. */
  constructor(path: string) {
    this.#thread = new DatabaseThread({
      path,
      start: () => new Worker(new URL('./read-worker.ts', import.meta.url), { smol: true }),
      closed: 'The log is closed.',
      crashed: 'The thread that reads the log ended unexpectedly.',
    });
  }

  /** Newest first. Rejects with `storage_unavailable`. */
  async list(filter: LogFilter): Promise<LogPage> {
    const rows = await this.#ask((id) => ({ kind: 'list', id, filter }));
    const logs = rows.slice(0, filter.limit);
    const last = rows.length > filter.limit ? logs.at(-1) : undefined;
    return { logs, nextCursor: last === undefined ? null : cursorAfter(last.id) };
  }

  /** Rejects with `storage_unavailable`. */
  async get(id: string): Promise<LogRow | null> {
    const rows = await this.#ask((question) => ({ kind: 'get', id: question, row: id }));
    return rows[0] ?? null;
  }

  close(): Promise<void> {
    return this.#thread.close();
  }

  async #ask(question: (id: number) => LogQuestion): Promise<LogRow[]> {
    return JSON.parse(await this.#thread.ask(question)) as LogRow[];
  }
}
