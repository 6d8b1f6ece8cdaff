// What OpenAI's API answers to GET /v1/organization/usage/{kind} and /v1/organization/costs: pages of buckets.
import { asObjects, asString, type JsonObject } from '../../lib/json.ts';
import type { BillLine, BillProblem, BillText, Statement } from '../billed.ts';
import { UNITS } from '../decimal.ts';
import { jsonCell, LineReader } from '../line-reader.ts';
import { costLine, usageLine } from './openai-lines.ts';

const USAGE = /^organization\.usage\.(\w+)\.result$/;
const COST = 'organization.costs.result';

/** Null: they are none of these. */
export function readOpenAiPages(pages: readonly JsonObject[]): BillText | null {
  const buckets = pages.flatMap((page) => asObjects(page.data));
  const isPage = (page: JsonObject) => page.object === 'page';
  if (pages.length === 0 || !pages.every(isPage)) return null;
  if (buckets.some((bucket) => bucket.object !== 'bucket')) return null;
  const lines: BillLine[] = [];
  const days = new Set<string>();
  const statements = new Set<Statement>();
  const problems: BillProblem[] = [];
  for (const [at, bucket] of buckets.entries()) {
    const own = new LineReader(jsonCell(bucket), `data[${at}]`, problems);
    const day = own.day('start_time');
    if (day === null) continue;
    days.add(day);
    const results = [...asObjects(bucket.results), ...asObjects(bucket.result)];
    for (const [index, result] of results.entries()) {
      const line = new LineReader(jsonCell(result), `data[${at}].results[${index}]`, problems);
      const read = resultLine(line, day, asString(result.object) ?? '');
      if (read === null) continue;
      lines.push(read);
      statements.add(read.statement);
    }
  }
  return {
    vendor: 'openai',
    format: 'OpenAI usage or costs, API',
    statements: [...statements],
    unit: UNITS.dollars,
    lines,
    days: [...days].sort(),
    problems,
  };
}

function resultLine(line: LineReader, day: string, object: string): BillLine | null {
  if (object === COST)
    return costLine(line, day, { amount: 'amount.value', currency: 'amount.currency' });
  const kind = USAGE.exec(object)?.[1];
  // Sessions of the code interpreter, files searched, bytes stored: nothing the gateway sends requests for.
  if (kind === undefined || NOT_MODELS.has(kind)) return null;
  return usageLine(line, day, kind);
}

const NOT_MODELS: ReadonlySet<string> = new Set([
  'code_interpreter_sessions',
  'file_searches',
  'vector_stores',
]);
