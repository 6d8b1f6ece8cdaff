// Does a row pass a filter? As the database would say it, of a row that is still in memory.
import type { RequestsTable } from '../store/tables.ts';
import type { RowFilter, StatusFilter } from './log-filter.ts';

export function rowMatches(row: RequestsTable, filter: RowFilter): boolean {
  return (
    same(row.user_id, filter.user) &&
    same(row.key_id, filter.key) &&
    same(row.router_id, filter.router) &&
    same(row.route_id, filter.route) &&
    same(row.variant_id, filter.variant) &&
    same(row.endpoint, filter.endpoint) &&
    same(row.requested_model, filter.requested_model) &&
    same(row.error_code, filter.error) &&
    same(row.trace_id, filter.trace) &&
    flagged(row.unpriced, filter.unpriced) &&
    flagged(row.usage_estimated, filter.estimated) &&
    flagged(row.resumed, filter.resumed) &&
    (filter.model === undefined ||
      row.model === filter.model ||
      row.requested_model === filter.model) &&
    hasStatus(row, filter.status) &&
    hasCache(row.cache, filter.cache) &&
    (filter.min_total_ms === undefined || row.total_ms >= filter.min_total_ms) &&
    costsAtLeast(row.cost_nano, filter.min_cost_usd) &&
    byProvider(row, filter.provider) &&
    (filter.tried === undefined || row.attempts.includes(triedMember(filter.tried)))
  );
}

/**
 * The text of an attempt that went to this provider or this `provider/model`, as it stands among the stored ones. Quotes
 * inside a JSON string are escaped, so it stands nowhere else.
 */
export function triedMember(name: string): string {
  return `"${name.includes('/') ? 'model' : 'provider'}":${JSON.stringify(name)}`;
}

function same(value: string | null, wanted: string | undefined): boolean {
  return wanted === undefined || value === wanted;
}

function flagged(bit: 0 | 1, wanted: boolean | undefined): boolean {
  return wanted === undefined || (bit === 1) === wanted;
}

function hasStatus({ outcome, status }: RequestsTable, wanted: StatusFilter | undefined): boolean {
  if (wanted === undefined) return true;
  if ('outcome' in wanted) return outcome === wanted.outcome;
  return status >= wanted.from && status <= wanted.to;
}

function hasCache(cache: string | null, wanted: RowFilter['cache']): boolean {
  if (wanted === undefined) return true;
  if (wanted === 'hit') return cache !== null;
  return wanted === 'miss' ? cache === null : cache === wanted;
}

/** Not known is not that much. */
function costsAtLeast(nano: number | null, usd: number | undefined): boolean {
  return usd === undefined || (nano !== null && nano >= Math.round(usd * 1e9));
}

function byProvider(row: RequestsTable, wanted: string | undefined): boolean {
  if (wanted === undefined || row.provider === wanted) return true;
  return row.provider === null && row.attempts.includes(triedMember(wanted));
}
