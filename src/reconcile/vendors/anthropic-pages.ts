// What Anthropic's Admin API answers to GET /v1/organizations/usage_report/messages and /v1/organizations/cost_report.
// platform.claude.com/docs/en/api/admin/usage_report/retrieve_messages and …/cost_report/retrieve: cost is "in lowest
// currency units (e.g. cents) as a decimal string. For example, "123.45" in "USD" represents $1.23"; `model`, `token_type`
// and `cost_type` are null unless grouped by description; usage counts no requests. Priority Tier is not in the costs
// (docs.anthropic.com/en/api/usage-cost-api).
import { asObjects, type JsonObject } from '../../lib/json.ts';
import {
  ALL_MODELS,
  type BillLine,
  type BillProblem,
  type BillText,
  type Statement,
} from '../billed.ts';
import { NO_COUNTS } from '../counts.ts';
import { UNITS } from '../decimal.ts';
import { jsonCell, LineReader } from '../line-reader.ts';
import { modelId } from './anthropic-csv.ts';

/** Null: they are none of these. */
export function readAnthropicPages(pages: readonly JsonObject[]): BillText | null {
  const buckets = pages.flatMap((page) => asObjects(page.data));
  if (buckets.length === 0 || buckets.some((bucket) => bucket.starting_at === undefined))
    return null;
  const lines: BillLine[] = [];
  const days = new Set<string>();
  const statements = new Set<Statement>();
  const problems: BillProblem[] = [];
  for (const [at, bucket] of buckets.entries()) {
    const day = new LineReader(jsonCell(bucket), `data[${at}]`, problems).day('starting_at');
    if (day === null) continue;
    days.add(day);
    for (const [index, result] of asObjects(bucket.results).entries()) {
      const line = new LineReader(jsonCell(result), `data[${at}].results[${index}]`, problems);
      const read = line.text('amount') === '' ? usageLine(line, day) : costLine(line, day);
      if (read === null) continue;
      lines.push(read);
      statements.add(read.statement);
    }
  }
  return {
    vendor: 'anthropic',
    format: 'Anthropic usage or cost report, API',
    statements: [...statements],
    unit: UNITS.cents,
    lines,
    days: [...days].sort(),
    problems,
  };
}

function usageLine(line: LineReader, day: string): BillLine | null {
  const model = line.text('model');
  if (model === '') {
    line.wrong('names no model: ask for the usage grouped by model (group_by[]=model)');
    return null;
  }
  const counts = {
    ...NO_COUNTS,
    input: line.count('uncached_input_tokens'),
    cache_read: line.count('cache_read_input_tokens'),
    cache_write_5m: line.count('cache_creation.ephemeral_5m_input_tokens'),
    cache_write_1h: line.count('cache_creation.ephemeral_1h_input_tokens'),
    output: line.count('output_tokens'),
    searches: line.count('server_tool_use.web_search_requests'),
  };
  return { ...about(line, day), statement: 'usage.messages', model, counts, cost: null };
}

function costLine(line: LineReader, day: string): BillLine | null {
  const currency = line.text('currency');
  if (currency !== '' && currency.toUpperCase() !== 'USD') {
    line.wrong(`its amount is in "${currency.slice(0, 10)}"; only US dollars can be compared`);
    return null;
  }
  const cost = line.amount('amount');
  if (cost === null) return null;
  const named = line.text('model');
  const other = line.text('cost_type') || line.text('description');
  const model = named === '' ? other || ALL_MODELS : modelId(named);
  return { ...about(line, day), statement: 'costs', model, counts: NO_COUNTS, cost };
}

function about(line: LineReader, day: string) {
  const tier = line.text('service_tier').toLowerCase();
  return {
    day,
    apiKey: line.text('api_key_id') || null,
    tier: tier === '' || tier === 'standard' ? null : tier,
    place: line.place,
  };
}
