// Rows of the log as text that leaves the house: NDJSON as it is, CSV by RFC 4180 with one column a figure.

import type { LogRow, LogUsage } from '../core/log-row.ts';
import type { RequestsTable } from '../store/tables.ts';
import { fromStoredRow } from './stored-row.ts';

export const EXPORT_FORMATS = ['ndjson', 'csv'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

type Cell = string | number | boolean | null | undefined | object;

const USAGE: readonly (keyof LogUsage)[] = [
  'input',
  'cache_read',
  'cache_write_5m',
  'cache_write_1h',
  'output',
  'reasoning',
  'audio_in',
  'audio_out',
  'searches',
  'images',
  'characters',
  'seconds',
];

/** The members that are one cell of their own name; null: they are told by other columns. */
const MEMBERS: { readonly [Member in keyof LogRow]-?: true | null } = {
  id: true,
  generation_id: null,
  at: true,
  endpoint: true,
  dialect: true,
  stream: true,
  key_id: true,
  user: true,
  requested_model: true,
  model: true,
  provider: true,
  router_id: true,
  route_id: true,
  variant_id: true,
  outcome: true,
  status: true,
  error: null,
  finish_reason: true,
  cost_usd: null,
  usage: null,
  usage_estimated: true,
  unpriced: true,
  delivered_tokens: true,
  cost_breakdown: null,
  resumed: true,
  cache: true,
  cache_detail: true,
  saved: null,
  prompt_cache_saved_usd: null,
  simulated: true,
  ttft_ms: true,
  total_ms: true,
  reasoning: true,
  attempts: true,
  losses: true,
  facts: true,
  metadata: true,
  trace_id: true,
  parent_span_id: true,
};

/** A number as it is to be written, below 0 too: what callers write is no such thing. */
class Digits {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const COLUMNS: readonly (readonly [name: string, cell: (row: LogRow) => Cell])[] = [
  ...(Object.keys(MEMBERS) as (keyof LogRow)[])
    .filter((member) => MEMBERS[member] !== null)
    .map((member) => [member, (row: LogRow): Cell => row[member]] as const),
  ['error_code', (row) => row.error?.code],
  ['error_message', (row) => row.error?.message],
  ['cost_usd', (row) => decimal(row.cost_usd)],
  ['saved_kind', (row) => row.saved?.kind],
  ['saved_usd', (row) => decimal(row.saved?.cost_usd ?? null)],
  ['saved_input_tokens', (row) => row.saved?.input_tokens],
  ['saved_output_tokens', (row) => row.saved?.output_tokens],
  ['prompt_cache_saved_usd', (row) => decimal(row.prompt_cache_saved_usd)],
  ...USAGE.map((kind) => [`usage_${kind}`, (row: LogRow): Cell => row.usage[kind]] as const),
];

/** What stands before the first row. */
export function exportHead(format: ExportFormat): string {
  return format === 'ndjson' ? '' : line(COLUMNS.map(([name]) => name));
}

export function exportText(rows: readonly RequestsTable[], format: ExportFormat): string {
  let text = '';
  for (const stored of rows) {
    const row = fromStoredRow(stored);
    text +=
      format === 'ndjson'
        ? `${JSON.stringify(row)}\n`
        : line(COLUMNS.map(([, cell]) => csvCell(cell(row))));
  }
  return text;
}

export function line(cells: readonly string[]): string {
  return `${cells.join(',')}\r\n`;
}

/** What is not known is an empty cell. */
export function csvCell(value: Cell): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value instanceof Digits) return value.text;
  return quoted(typeof value === 'string' ? harmless(value) : JSON.stringify(value));
}

/** A spreadsheet runs a cell that begins like this (in wide letters too), and callers write some of them. */
function harmless(text: string): string {
  return /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(text) ? `'${text}` : text;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Without an exponent, which some programs read as text. Whole billionths have nine places. A number's text, not a text. */
function decimal(usd: number | null): Cell {
  if (usd === null) return null;
  return /e/.test(String(usd)) ? new Digits(usd.toFixed(9).replace(/\.?0+$/, '')) : usd;
}
