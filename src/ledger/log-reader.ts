// The main thread's side of reading the log: two read workers, so that no page and no row waits for an export or for sums. Each
// starts with the first question it is for, and takes some 15 MB from then on.

import type { LogRow } from '../core/log-row.ts';
import type { Price } from '../core/price.ts';
import { DatabaseThread } from '../store/database-thread.ts';
import type { LogQuestion } from './answer-question.ts';
import type { ExportFormat } from './export-text.ts';
import { cursorAfter, type LogFilter } from './log-filter.ts';
import type { LogPlace } from './log-store.ts';
import { takesLong } from './takes-long.ts';
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
  /** For what an index answers in milliseconds. */
  readonly #thread: DatabaseThread<LogQuestion>;
  /** For what may take seconds. */
  readonly #patientThread: DatabaseThread<LogQuestion>;

  /** @param start of a thread that runs read-worker.ts */
  constructor(place: LogPlace, start = startReadWorker) {
    const options = {
      path: JSON.stringify(place),
      start,
      closed: 'The log is closed.',
      crashed: 'The thread that reads the log ended unexpectedly.',
    };
    this.#thread = new DatabaseThread(options);
    this.#patientThread = new DatabaseThread(options);
  }

  /** Newest first. Rejects with `storage_unavailable`. */
  async list(filter: LogFilter): Promise<LogPage> {
    const answer = await this.#threadFor(filter).ask((id) => ({ kind: 'list', id, filter }));
    const rows = JSON.parse(answer) as LogRow[];
    const logs = rows.slice(0, filter.limit);
    const last = rows.length > filter.limit ? logs.at(-1) : undefined;
    return { logs, nextCursor: last === undefined ? null : cursorAfter(last.id) };
  }

  /** A page as the log's API answers it, in JSON: made by the worker, for a thousand rows are work. Rejects with `storage_unavailable`. */
  page(filter: LogFilter): Promise<string> {
    return this.#threadFor(filter).ask((id) => ({ kind: 'page', id, filter }));
  }

  /** Rejects with `storage_unavailable`. */
  async get(id: string): Promise<LogRow | null> {
    const answer = await this.#thread.ask((question) => ({ kind: 'get', id: question, row: id }));
    return (JSON.parse(answer) as LogRow[])[0] ?? null;
  }

  /** Newest first: the filter's limit is how many rows a page has. Rejects with `storage_unavailable`. */
  async export(filter: LogFilter, format: ExportFormat): Promise<ExportedPage> {
    const question = { filter, format };
    const answer = await this.#patientThread.ask((id) => ({ kind: 'export', id, ...question }));
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
    return unlessRefused(await this.#patientThread.ask((id) => ({ kind: 'usage', id, question })));
  }

  async close(): Promise<void> {
    await Promise.all([this.#thread.close(), this.#patientThread.close()]);
  }

  #threadFor(filter: LogFilter): DatabaseThread<LogQuestion> {
    return takesLong(filter) ? this.#patientThread : this.#thread;
  }
}

function startReadWorker(): Worker {
  return new Worker(new URL('./read-worker.ts', import.meta.url), { smol: true });
}
