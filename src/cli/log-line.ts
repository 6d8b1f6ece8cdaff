// A request of the log as one line.
import type { LogRow } from '../core/log-row.ts';

export function logLine(row: LogRow): string {
  const { usage } = row;
  const tokens = `${sum([usage.input, usage.cache_read, usage.cache_write_5m, usage.cache_write_1h])}→${sum([usage.output, usage.reasoning])} tokens`;
  const cost = row.cost_usd === null ? 'cost unknown' : `$${row.cost_usd.toFixed(6)}`;
  const hit = row.saved === null ? '' : `  ${row.saved.kind} hit${savedWords(row.saved)}`;
  const ttft = row.ttft_ms === null ? '' : ` (first token ${Math.round(row.ttft_ms)} ms)`;
  const what = row.model ?? `${row.requested_model} ${row.error?.code ?? ''}`;
  return `${row.at}  ${row.status}  ${what}${row.simulated ? ' (simulated)' : ''}  ${tokens}  ${cost}${hit}  ${Math.round(row.total_ms)} ms${ttft}  ${row.id}`;
}

function savedWords({ cost_usd }: NonNullable<LogRow['saved']>): string {
  return cost_usd === null ? '' : `, saved $${cost_usd.toFixed(6)}`;
}

function sum(counts: readonly (number | null)[]): string {
  const known = counts.filter((count) => count !== null);
  return known.length === 0 ? '?' : String(known.reduce((total, count) => total + count, 0));
}
