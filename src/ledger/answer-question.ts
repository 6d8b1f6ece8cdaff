// What the log is asked, and the answers, as text: whoever asks is on another thread.
import type { JsonObject } from '../lib/json.ts';
import { parseJson } from '../lib/json.ts';
import { type ExportFormat, exportText } from './export-text.ts';
import { cursorAfter, type LogFilter } from './log-filter.ts';
import type { LogStore } from './log-store.ts';
import { fromStoredRow } from './stored-row.ts';
import { answerUsage, type UsageQuestion } from './usage/answer-usage.ts';

export type LogQuestion =
  /** → an array of log rows: one more than the filter's limit where there are more. */
  | { readonly kind: 'list'; readonly id: number; readonly filter: LogFilter }
  /** → an array of one log row, or none. */
  | { readonly kind: 'get'; readonly id: number; readonly row: string }
  /** → what the log's API answers. */
  | { readonly kind: 'page'; readonly id: number; readonly filter: LogFilter }
  /** → the next cursor or nothing, a line break, and the page's text: made here, for it is work the main thread must not have. */
  | {
      readonly kind: 'export';
      readonly id: number;
      readonly filter: LogFilter;
      readonly format: ExportFormat;
    }
  /** → an object: price by version, of those that are kept. */
  | { readonly kind: 'prices'; readonly id: number; readonly versions: readonly string[] }
  /** → what `unlessRefused` reads. */
  | { readonly kind: 'usage'; readonly id: number; readonly question: UsageQuestion };

export async function answerQuestion(store: LogStore, question: LogQuestion): Promise<string> {
  switch (question.kind) {
    case 'list':
      return JSON.stringify((await store.list(question.filter)).map(fromStoredRow));
    case 'get': {
      const row = await store.get(question.row);
      return JSON.stringify(row === null ? [] : [fromStoredRow(row)]);
    }
    case 'page':
      return pageOf(store, question.filter);
    case 'export':
      return exported(store, question.filter, question.format);
    case 'prices':
      return JSON.stringify(await pricesOf(store, question.versions));
    case 'usage':
      return answerUsage(store, question.question);
  }
}

async function exported(store: LogStore, filter: LogFilter, format: ExportFormat): Promise<string> {
  const { rows, cursor } = await turned(store, filter);
  return `${cursor ?? ''}\n${exportText(rows, format)}`;
}

async function pageOf(store: LogStore, filter: LogFilter): Promise<string> {
  const { rows, cursor } = await turned(store, filter);
  return JSON.stringify({ logs: rows.map(fromStoredRow), next_cursor: cursor });
}

async function turned(store: LogStore, filter: LogFilter) {
  const found = await store.list(filter);
  const rows = found.slice(0, filter.limit);
  const last = found.length > filter.limit ? rows.at(-1) : undefined;
  return { rows, cursor: last === undefined ? null : cursorAfter(last.id) };
}

async function pricesOf(store: LogStore, versions: readonly string[]): Promise<JsonObject> {
  const query = store.build
    .selectFrom('prices')
    .select(['version', 'price'])
    .where('version', 'in', versions)
    .compile();
  const rows = await store.read(query);
  return Object.fromEntries(rows.map(({ version, price }) => [version, parseJson(price)]));
}
