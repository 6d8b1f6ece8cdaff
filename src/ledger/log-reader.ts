// The main thread's side of reading the log. The read worker starts with the first question.
import type { Price } from '../core/price.ts';
import { DatabaseThread } from '../store/database-thread.ts';
import type { LogQuestion } from './answer-question.ts';
import type { ExportFormat } from './export-text.ts';
import { cursorAfter, type LogFilter } from './log-filter.ts';
import type { LogRow } from './log-row.ts';
import type { LogPlace } from './log-store.ts';
import { unlessRefused } from './usage/refusal.ts';
import type { UsageFormat } from './usage/usage-answer.ts';
import type { UsageQuery } from './usage/usage-query.ts';

export interface LogPage {
  readonly logs: readonly LogRow[];
  /** Give it back as `cursor` for the rows that follow; null on the last page. */
  readonly nextCursor: string | null;
}

/** A page of rows as text. */
export interface ExportedPage {
  readonly text: string;
  readonly nextCursor: string | null;
}

export class LogReader {
  readonly #thread: DatabaseThread<LogQuestion>;

  constructor(place: LogPlace) {
    this.#thread = new DatabaseThread({
      path: JSON.stringify(place),
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

  /** A page as the log's API answers it, in JSON: made by the worker, for a thousand rows are work. Rejects with `storage_unavailable`. */
  page(filter: LogFilter): Promise<string> {
    return this.#thread.ask((id) => ({ kind: 'page', id, filter }));
  }

  /** Rejects with `storage_unavailable`. */
  async get(id: string): Promise<LogRow | null> {
    const rows = await this.#ask((question) => ({ kind: 'get', id: question, row: id }));
    return rows[0] ?? null;
  }

  /** Newest first: the filter's limit is how many rows a page has. Rejects with `storage_unavailable`. */
  async export(filter: LogFilter, format: ExportFormat): Promise<ExportedPage> {
    const answer = await this.#thread.ask((id) => ({ kind: 'export', id, filter, format }));
    const end = answer.indexOf('\n');
    return { text: answer.slice(end + 1), nextCursor: end === 0 ? null : answer.slice(0, end) };
  }

  /** The prices of these versions (core/price-version.ts), of those that are kept. Rejects with `storage_unavailable`. */
  async prices(versions: readonly string[]): Promise<ReadonlyMap<string, Price>> {
    const answer = await this.#thread.ask((id) => ({ kind: 'prices', id, versions }));
    return new Map(Object.entries(JSON.parse(answer) as { [version: string]: Price }));
  }

  /** As text (usage/usage-answer.ts). Rejects with `invalid_request` where too many rows would be read, and `storage_unavailable`. */
  async usage(query: UsageQuery, format: UsageFormat, now: number): Promise<string> {
    const question = { query, format, now };
    return unlessRefused(await this.#thread.ask((id) => ({ kind: 'usage', id, question })));
  }

  close(): Promise<void> {
    return this.#thread.close();
  }

  async #ask(question: (id: number) => LogQuestion): Promise<LogRow[]> {
    return JSON.parse(await this.#thread.ask(question)) as LogRow[];
  }
}
