// OpenAI's dashboard exports: usage by kind of call, and costs. One row a time bucket (a day, an hour or a minute).
import type { BillLine, BillProblem, BillText, Statement } from '../billed.ts';
import type { CsvTable } from '../csv-table.ts';
import { UNITS } from '../decimal.ts';
import { LineReader } from '../line-reader.ts';
import { COSTS, costLine, usageLine } from './openai-lines.ts';

/** The column that only this kind of usage has. */
const KINDS: readonly (readonly [string, string])[] = [
  ['output_tokens', 'completions'],
  ['characters', 'audio_speeches'],
  ['seconds', 'audio_transcriptions'],
  ['images', 'images'],
  ['num_requests', 'web_searches'],
  ['input_tokens', 'embeddings'],
];

/** What `input_tokens` alone can be the usage of: all others' exports have more columns. */
const READS_ONLY = /embed|moderation/i;

/** Null: it is none of these. */
export function readOpenAiCsv({ columns, rows }: CsvTable): BillText | null {
  const has = (name: string) => columns.includes(name);
  if (!has('start_time') && !has('start_time_iso')) return null;
  const costs = has('amount_value');
  const kind = KINDS.find(([column]) => has(column))?.[1];
  if (!costs && (kind === undefined || !has('num_model_requests'))) return null;
  const statement: Statement = costs ? COSTS : `usage.${kind ?? ''}`;
  const lines: BillLine[] = [];
  const days = new Set<string>();
  const problems: BillProblem[] = [];
  for (const row of rows) {
    const line = new LineReader(row.get, `line ${row.line}`, problems);
    const day = line.day(row.get('start_time') === '' ? 'start_time_iso' : 'start_time');
    if (day === null) continue;
    days.add(day);
    // A bucket in which nothing was used.
    if (row.get(costs ? 'amount_value' : 'num_model_requests') === '') continue;
    if (!costs && kind === 'embeddings' && !READS_ONLY.test(line.text('model'))) {
      line.wrong(
        `names "${line.text('model').slice(0, 60)}", which writes an answer, and the file has no column output_tokens: export it with all its columns`,
      );
      continue;
    }
    const read = costs
      ? costLine(line, day, { amount: 'amount_value', currency: 'amount_currency' })
      : usageLine(line, day, kind ?? '');
    if (read !== null) lines.push(read);
  }
  return {
    vendor: 'openai',
    format: costs ? 'OpenAI costs, CSV' : `OpenAI usage (${kind}), CSV`,
    statements: [statement],
    unit: UNITS.dollars,
    lines,
    days: [...days].sort(),
    problems,
  };
}
