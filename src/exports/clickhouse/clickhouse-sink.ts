// ClickHouse: rows over its HTTP interface, JSONEachRow. clickhouse.com/docs/interfaces/http
import type { ClickHouseSettings } from '../../config/export-clickhouse-schema.ts';
import type { LogRow } from '../../core/log-row.ts';
import { type HttpAnswer, httpCall, type NoAnswer, toldWords } from '../../lib/http-call.ts';
import { batchName } from '../batch-name.ts';
import type { Delivery, ExportSink } from '../export-sink.ts';
import { flatRow } from '../flat-row.ts';
import type { SinkTools } from '../sinks.ts';
import { addColumns, createTable, insertInto, type TableName } from './clickhouse-table.ts';

const MAX_ROWS = 10_000;
const MAX_BYTES = 16 * 1024 * 1024;
/** ClickHouse would have few large inserts. */
const MAX_AGE_MS = 5000;

/** By the code in `X-ClickHouse-Exception-Code`, src/Common/ErrorCodes.cpp. */
const CODES = {
  /** Some row cannot be read: among others, it can be found. */
  row: new Set([6, 26, 27, 38, 41, 53, 69, 70, 72, 117, 130, 131, 190, 349, 407, 469, 636]),
  credentials: new Set([192, 193, 194, 195, 291, 497, 516]),
  noTable: new Set([60]),
  noDatabase: new Set([81]),
  noColumn: new Set([16, 10, 8]),
} as const;

/** NO_DATA_TO_INSERT: some version may mind it. */
const NO_DATA = 108;

export function clickHouseSink(
  settings: ClickHouseSettings,
  { fetch }: Pick<SinkTools, 'fetch'>,
): ExportSink {
  const name: TableName = {
    database: settings.database ?? 'default',
    table: settings.table ?? 'switchyard_requests',
  };
  const headers = {
    'x-clickhouse-user': settings.username ?? 'default',
    'x-clickhouse-key': settings.password ?? '',
  };
  /** What is wrong shows in the status, not behind it. */
  const query = (parameters: Readonly<Record<string, string>>) =>
    `${settings.url}/?${new URLSearchParams({ wait_end_of_query: '1', ...parameters })}`;

  async function prepare(signal: AbortSignal): Promise<Delivery> {
    if (settings.create === false) return TAKEN;
    for (const statement of [createTable(name), addColumns(name)]) {
      const answer = await httpCall({
        ...{ fetch, headers, signal },
        url: query({}),
        method: 'POST',
        body: statement,
      });
      const delivery = deliveryOf(answer, name);
      if (delivery.kind !== 'taken') return withoutSplit(delivery);
    }
    return TAKEN;
  }

  const insert = (rows: readonly LogRow[], signal: AbortSignal) =>
    httpCall({
      ...{ fetch, signal },
      url: query({
        query: insertInto(name),
        ...(rows.length === 0 ? {} : { insert_deduplication_token: batchName(rows) }),
        date_time_input_format: 'best_effort',
        // A batch is one block: its token tells all of it.
        max_insert_block_size: String(MAX_ROWS),
        async_insert: '0',
      }),
      method: 'POST',
      headers: { ...headers, 'content-encoding': 'gzip' },
      body: Bun.gzipSync(rows.map((row) => `${JSON.stringify(flatRow(row))}\n`).join('')),
    });

  return {
    kind: 'clickhouse',
    maxRows: MAX_ROWS,
    maxBytes: MAX_BYTES,
    maxAgeMs: MAX_AGE_MS,
    prepare,
    /** No rows at all: the table, its columns and what the user is granted are looked at all the same. */
    async test(signal) {
      const ready = await prepare(signal);
      if (ready.kind !== 'taken') return ready;
      const answer = await insert([], signal);
      return codeOf(answer) === NO_DATA ? TAKEN : withoutSplit(deliveryOf(answer, name));
    },
    async send(rows, signal) {
      const answer = await insert(rows, signal);
      const delivery = deliveryOf(answer, name);
      const isStale = CODES.noTable.has(codeOf(answer)) || CODES.noColumn.has(codeOf(answer));
      if (!isStale || settings.create === false) return delivery;
      // Dropped, or an older one put back, since it was made ready.
      const ready = await prepare(signal);
      return ready.kind === 'taken'
        ? { kind: 'later', why: 'ClickHouse: the table was made again', afterMs: 0 }
        : ready;
    },
  };
}

const TAKEN: Delivery = { kind: 'taken', rejected: [] };
/** A proxy's page, or another server's, is no receipt. */
const NOT_CLICKHOUSE: Delivery = {
  kind: 'later',
  why: 'ClickHouse: an answer that is not its own: it has none of the headers X-ClickHouse-…. Check url',
  afterMs: null,
};

function deliveryOf(answer: HttpAnswer | NoAnswer, { database }: TableName): Delivery {
  if (answer.status === null)
    return { kind: 'later', why: `ClickHouse: ${answer.why}`, afterMs: null };
  const { status, text, afterMs } = answer;
  const code = codeOf(answer);
  if (status === 200 && code === 0) return isOfClickHouse(answer) ? TAKEN : NOT_CLICKHOUSE;
  const words = wordsOf(text, code);
  const why = `ClickHouse answered ${code === 0 ? status : `code ${code}`}${words === '' ? '' : `: ${words}`}`;
  if (CODES.row.has(code)) return { kind: 'refused', why, splits: true };
  if (CODES.credentials.has(code) || ((status === 401 || status === 403) && code === 0))
    return {
      kind: 'refused',
      why: `${why}. Check username, password and what the user is granted`,
    };
  if (CODES.noDatabase.has(code))
    return { kind: 'refused', why: `${why}. Make it: CREATE DATABASE ${database}` };
  if (CODES.noTable.has(code) || CODES.noColumn.has(code))
    return { kind: 'refused', why: `${why}. Make the table, or set create: true` };
  if (status === 413) return { kind: 'refused', why, splits: true };
  // Too many parts, memory, a replica that is read-only: all of that passes.
  if (code !== 0 || status === 429 || status === 408 || status >= 500)
    return { kind: 'later', why, afterMs };
  return { kind: 'refused', why };
}

/** Every answer to a query has its id, its summary and the server's name; some proxies keep only some of them. */
function isOfClickHouse({ headers }: HttpAnswer): boolean {
  return [...headers.keys()].some((name) => name.toLowerCase().startsWith('x-clickhouse-'));
}

/** 0: none. */
function codeOf(answer: HttpAnswer | NoAnswer): number {
  if (answer.status === null) return 0;
  const code = Number(answer.headers.get('x-clickhouse-exception-code') ?? 0);
  if (code !== 0) return code;
  // Of what fails after the headers have gone, only the text tells.
  return Number(/(?:^|\n)Code: (\d+)\. DB::/.exec(answer.text)?.[1] ?? 0);
}

/** Of a row that cannot be read ClickHouse tells the text too: of that only the error's name and the column are told on. */
function wordsOf(text: string, code: number): string {
  if (!CODES.row.has(code)) return toldWords(text.replace(/^Code: \d+\. DB::Exception: /, ''));
  const name = /\(([A-Z][A-Z_]+)\) \(version /.exec(text)?.[1];
  const column = /while reading the value of key (\w+)/.exec(text)?.[1];
  return [name, column].filter((word) => word !== undefined).join(', ');
}

function withoutSplit(delivery: Delivery): Delivery {
  return delivery.kind === 'refused' ? { kind: 'refused', why: delivery.why } : delivery;
}
