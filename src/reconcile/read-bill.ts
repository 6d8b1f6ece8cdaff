// A vendor's export, recognised by what is in it: text → lines of a bill, or why it is none.
import { GatewayError } from '../core/errors.ts';
import { asObject, asString, isObject, type JsonObject } from '../lib/json.ts';
import '../lib/exact-json.ts';
import type { BillProblem, BillText } from './billed.ts';
import { type CsvTable, readCsv } from './csv-table.ts';
import { readAnthropicCsv } from './vendors/anthropic-csv.ts';
import { readAnthropicPages } from './vendors/anthropic-pages.ts';
import { readOpenAiCsv } from './vendors/openai-csv.ts';
import { readOpenAiPages } from './vendors/openai-pages.ts';

const CSV_READERS: readonly ((table: CsvTable) => BillText | null)[] = [
  readOpenAiCsv,
  readAnthropicCsv,
];
const PAGE_READERS: readonly ((pages: readonly JsonObject[]) => BillText | null)[] = [
  readOpenAiPages,
  readAnthropicPages,
];
const KNOWN =
  'Known are the CSV exports of the OpenAI dashboard (usage with the column num_model_requests, costs with amount_value) and of the Anthropic Console (usage_date_utc with usage_output_tokens or cost_usd), and what their APIs answer (/v1/organization/usage/…, /v1/organization/costs, /v1/organizations/usage_report/messages, /v1/organizations/cost_report).';
const MAX_TOLD = 20;

/** Throws `invalid_request` where it is no known export, or where lines of it cannot be read, naming each. */
export function readBill(text: string): BillText {
  const trimmed = text.replace(/^\uFEFF/, '').trimStart();
  const bill = /^[[{]/.test(trimmed) ? fromJson(trimmed) : fromCsv(trimmed);
  failOnProblems(bill);
  return bill;
}

/** Throws `invalid_request` naming the lines that cannot be read. */
export function failOnProblems(bill: BillText): void {
  const [first] = bill.problems;
  if (first === undefined) return;
  const more = bill.problems.length === 1 ? '' : ` (and ${bill.problems.length - 1} more)`;
  throw new GatewayError(
    'invalid_request',
    `${bill.format}: ${first.place}: ${first.message}${more}. Nothing was imported: a bill with lines left out would be a wrong bill.`,
    { problems: bill.problems.slice(0, MAX_TOLD).map(asDetail) },
  );
}

function asDetail({ place, message }: BillProblem) {
  return { path: place, message };
}

/** Pages of an API, from wherever. Throws as `readBill` does. */
function fromJson(text: string): BillText {
  const value = parseExactNumbers(text);
  const pages = Array.isArray(value) ? value.filter(isObject) : [value].filter(isObject);
  const bill = firstOf(PAGE_READERS, pages);
  if (bill !== null) {
    refuseUnfinished(pages);
    return bill;
  }
  const found = Object.keys(asObject(pages[0]) ?? {}).slice(0, 10);
  throw unknown(
    found.length === 0
      ? 'is JSON without an object'
      : `is JSON with the members ${found.join(', ')}`,
  );
}

/** A file that ends in the middle of a report would be a wrong bill. */
function refuseUnfinished(pages: readonly JsonObject[]): void {
  const last = pages.at(-1);
  if (last?.has_more !== true) return;
  const next = asString(last.next_page)?.slice(0, 100);
  const where = next === undefined ? '' : ` (next_page: ${next})`;
  throw new GatewayError(
    'invalid_request',
    `The file is not whole: its last page says has_more: true${where}. Ask for the pages after it and put all of them into one JSON array.`,
  );
}

function fromCsv(text: string): BillText {
  const table = readCsv(text);
  if (table.problem !== null) throw unknown(`${table.problem.message}, line ${table.problem.line}`);
  const bill = firstOf(CSV_READERS, table);
  if (bill !== null) return bill;
  const names = table.columns.slice(0, 12).map((name) => name.slice(0, 40));
  throw unknown(names.length < 2 ? 'has no columns' : `has the columns ${names.join(', ')}`);
}

function firstOf<Input>(readers: readonly ((input: Input) => BillText | null)[], input: Input) {
  for (const read of readers) {
    const bill = read(input);
    if (bill !== null) return bill;
  }
  return null;
}

function unknown(found: string): GatewayError {
  return new GatewayError(
    'invalid_request',
    `The file is no bill that can be read: it ${found}. ${KNOWN}`,
  );
}

/** JSON whose numbers are their own text: an amount must not pass through a float. Throws `invalid_json`. */
export function parseExactNumbers(text: string): unknown {
  try {
    return JSON.parse(text, (_, value, { source }) =>
      typeof value === 'number' ? (source ?? value) : value,
    );
  } catch {
    throw new GatewayError('invalid_json', 'The file begins like JSON but is none.');
  }
}
