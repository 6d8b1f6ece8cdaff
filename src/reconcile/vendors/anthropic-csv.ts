// Anthropic's Console exports: tokens (the page Usage) and cost (the page Cost). The columns are those of exports and their
// readers that users have published: `usage_date_utc,model_version,api_key,workspace,usage_type,context_window,
// usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,…` and `usage_date_utc,model,workspace,api_key,usage_type,
// context_window,token_type,cost_usd,list_price_usd,cost_type,…`. Cost names models as people do ("Claude Haiku 4.5").
import type { BillLine, BillProblem, BillText } from '../billed.ts';
import { NO_COUNTS } from '../counts.ts';
import type { CsvTable } from '../csv-table.ts';
import { UNITS } from '../decimal.ts';
import { LineReader } from '../line-reader.ts';

/** Null: it is none of these. */
export function readAnthropicCsv({ columns, rows }: CsvTable): BillText | null {
  const has = (name: string) => columns.includes(name);
  if (!has('usage_date_utc')) return null;
  const costs = has('cost_usd');
  if (!costs && !has('usage_output_tokens')) return null;
  const lines: BillLine[] = [];
  const days = new Set<string>();
  const problems: BillProblem[] = [];
  for (const row of rows) {
    const line = new LineReader(row.get, `line ${row.line}`, problems);
    const day = line.day('usage_date_utc');
    if (day === null) continue;
    days.add(day);
    const read = costs ? costLine(line, day) : usageLine(line, day);
    if (read !== null) lines.push(read);
  }
  return {
    vendor: 'anthropic',
    format: costs ? 'Anthropic cost, CSV' : 'Anthropic usage, CSV',
    statements: [costs ? 'costs' : 'usage.messages'],
    unit: UNITS.dollars,
    lines,
    days: [...days].sort(),
    problems,
  };
}

function usageLine(line: LineReader, day: string): BillLine | null {
  const model = line.text('model_version');
  if (model === '') {
    line.wrong('names no model in model_version');
    return null;
  }
  const counts = {
    ...NO_COUNTS,
    input: line.count('usage_input_tokens_no_cache'),
    cache_read: line.count('usage_input_tokens_cache_read'),
    cache_write_5m: line.count('usage_input_tokens_cache_write_5m'),
    cache_write_1h: line.count('usage_input_tokens_cache_write_1h'),
    output: line.count('usage_output_tokens'),
    searches: line.count('web_search_count'),
  };
  return { ...about(line, day), statement: 'usage.messages', model, counts, cost: null };
}

function costLine(line: LineReader, day: string): BillLine | null {
  const cost = line.amount('cost_usd');
  if (cost === null) return null;
  const named = line.text('model') || line.text('cost_type');
  const model = named === '' ? 'not named' : modelId(named);
  return { ...about(line, day), statement: 'costs', model, counts: NO_COUNTS, cost };
}

function about(line: LineReader, day: string) {
  const type = line.text('usage_type').toLowerCase();
  const speed = line.text('speed').toLowerCase();
  const tier = type === 'batch' ? 'batch' : ['', 'standard'].includes(speed) ? null : speed;
  const apiKey = line.text('api_key_id') || line.text('api_key') || null;
  return { day, apiKey, tier, place: line.place };
}

/** `Claude Haiku 4.5` → `claude-haiku-4-5`, as the vendor writes its ids. */
export function modelId(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/[\s.]+/g, '-');
}
