// Which rows an export gets, and what of each: chosen and cut here, before any sink sees them.
import { createHash, createHmac } from 'node:crypto';
import type { ExportSettings } from '../config/exports-schema.ts';
import type { LogRow } from '../core/log-row.ts';
import type { Json, JsonObject } from '../lib/json.ts';

type Filter = NonNullable<ExportSettings['filter']>;

const SAMPLE_DIGITS = 12;
const SAMPLE_SPAN = 16 ** SAMPLE_DIGITS;

/** @return the row as the export may have it; null: it is none of its. The same row comes out the same each time. */
export function rowDressing(settings: ExportSettings): (row: LogRow) => LogRow | null {
  const { filter = {}, user = 'plain', user_hash_key: key, drop = [] } = settings;
  return (row) => {
    if (!passes(row, filter)) return null;
    if (user === 'plain' && drop.length === 0) return row;
    let dressed = row;
    if (user !== 'plain' && row.user !== null)
      dressed = { ...dressed, user: user === 'none' ? null : hashed(row.user, key) };
    for (const path of drop) dressed = without(dressed, path);
    return dressed;
  };
}

function passes(row: LogRow, filter: Filter): boolean {
  const { models, routers, keys, endpoints, outcome, sample } = filter;
  return (
    (models === undefined || models.some((model) => isModel(row, model))) &&
    (routers === undefined || (row.router_id !== null && routers.includes(row.router_id))) &&
    (keys === undefined || (row.key_id !== null && keys.includes(row.key_id))) &&
    (endpoints === undefined || endpoints.includes(row.endpoint)) &&
    (outcome === undefined || row.outcome === outcome) &&
    (sample === undefined || isSampled(row.id, sample))
  );
}

function isModel(row: LogRow, wanted: string): boolean {
  if (wanted.endsWith('/*')) return row.model?.startsWith(wanted.slice(0, -1)) === true;
  return row.model === wanted || row.requested_model === wanted;
}

/** By the id alone, so that it is the same rows in back-fills and after restarts. The id's own end is chance, its begin is time. */
function isSampled(id: string, part: number): boolean {
  const digits = id.replaceAll('-', '').slice(-SAMPLE_DIGITS);
  return Number.parseInt(digits, 16) / SAMPLE_SPAN < part;
}

function hashed(user: string, key: string | undefined): string {
  const hash = key === undefined ? createHash('sha256') : createHmac('sha256', key);
  return hash.update(user).digest('hex');
}

function without(row: LogRow, path: string): LogRow {
  switch (path) {
    case 'metadata':
      return { ...row, metadata: null };
    case 'facts':
      return { ...row, facts: null };
    case 'attempts':
      return { ...row, attempts: [] };
    case 'losses':
      return { ...row, losses: [] };
    case 'reasoning':
      return { ...row, reasoning: '' };
    case 'key_id':
      return { ...row, key_id: null };
    case 'trace_id':
      return { ...row, trace_id: null, parent_span_id: null };
    case 'error.message':
      return {
        ...row,
        error: row.error === null ? null : { ...row.error, message: null },
        attempts: row.attempts.map((attempt) => ({ ...attempt, message: null })),
      };
    default:
      return { ...row, metadata: withoutMember(row.metadata, path.split('.').slice(1)) };
  }
}

function withoutMember(object: JsonObject | null, path: readonly string[]): JsonObject | null {
  const [name, ...further] = path;
  if (object === null || name === undefined || !Object.hasOwn(object, name)) return object;
  const { [name]: member, ...others } = object;
  if (further.length === 0 || !isPlainObject(member)) return further.length === 0 ? others : object;
  return { ...others, [name]: withoutMember(member, further) ?? undefined };
}

function isPlainObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
