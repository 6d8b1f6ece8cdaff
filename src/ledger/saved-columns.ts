// What was saved, and how: the columns of a row, made of its exchange, and as the outside sees them.
import type { Exchange } from '../core/exchange.ts';
import type { LogCacheDetail, LogNear, LogRow, LogSaved } from '../core/log-row.ts';
import { totalInput, totalOutput } from '../core/usage.ts';
import { asNumber, asObject, asString, type JsonObject, parseJson } from '../lib/json.ts';
import type { RequestsTable } from '../store/tables.ts';

const NANO_PER_USD = 1e9;

type Columns = Pick<
  RequestsTable,
  'cache_detail' | 'saved_nano' | 'saved_input_tokens' | 'saved_output_tokens' | 'prompt_cache_nano'
>;

export function savedColumns({ recall, near, promptCacheNano }: Exchange): Columns {
  const saved = recall?.saved ?? null;
  return {
    cache_detail: recall || near ? JSON.stringify(detailOf(recall, near)) : null,
    saved_nano: saved?.costNano ?? null,
    saved_input_tokens: saved === null ? null : totalInput(saved.usage),
    saved_output_tokens: saved === null ? null : totalOutput(saved.usage),
    prompt_cache_nano: promptCacheNano ?? null,
  };
}

/** What no other column says; what is not known is left out. */
function detailOf(recall: Exchange['recall'], near: Exchange['near']): object {
  return {
    from: recall?.from,
    age_ms: recall?.ageMs,
    similarity: recall?.similarity ?? undefined,
    saved_estimated: recall?.saved?.estimated || undefined,
    near,
  };
}

/** A row of the releases before these columns has none of them. */
export function fromSavedColumns(
  row: Pick<RequestsTable, 'cache'> & Partial<Columns>,
): Pick<LogRow, 'cache_detail' | 'saved' | 'prompt_cache_saved_usd'> {
  const { cache: kind, cache_detail: text = null } = row;
  const detail = text === null ? null : (asObject(parseJson(text)) ?? null);
  return {
    cache_detail: kind === null && detail === null ? null : told(kind, detail ?? {}),
    saved: kind === null ? null : savedOf(kind, row, detail?.saved_estimated === true),
    prompt_cache_saved_usd: usd(row.prompt_cache_nano ?? null),
  };
}

function savedOf(kind: string, row: Partial<Columns>, isEstimated: boolean): LogSaved {
  return {
    kind,
    input_tokens: row.saved_input_tokens ?? null,
    output_tokens: row.saved_output_tokens ?? null,
    cost_usd: usd(row.saved_nano ?? null),
    ...(isEstimated ? { estimated: true } : {}),
  };
}

function told(kind: string | null, detail: JsonObject): LogCacheDetail {
  const near = asObject(detail.near);
  return {
    kind,
    from: asString(detail.from) ?? null,
    age_ms: asNumber(detail.age_ms) ?? null,
    similarity: asNumber(detail.similarity) ?? null,
    ...(near === undefined ? {} : { near: nearOf(near) }),
  };
}

function nearOf(near: JsonObject): LogNear {
  return {
    similarity: asNumber(near.similarity) ?? null,
    guard: asString(near.guard) ?? null,
    shadow: near.shadow === true,
    from: asString(near.from) ?? null,
  };
}

function usd(nano: number | null): number | null {
  return nano === null ? null : nano / NANO_PER_USD;
}
