// A virtual key as its row has it: read into a record, and written from one.
import type { SQLQueryBindings } from 'bun:sqlite';
import { z } from 'zod';
import type { KeyRecord } from '../../core/key.ts';
import { cacheOptions } from '../../core/options.ts';
import { asArray, asObject, asString, parseJson } from '../../lib/json.ts';
import type { VirtualKeysTable } from '../../store/tables.ts';
import { limitsText, readLimits } from './stored-limits.ts';

/** As it is kept: times in milliseconds. */
const storedCache = cacheOptions.extend({ ttl: z.number().positive().optional() });

/** What is spoiled opens less than what was written, never more. */
export function toRecord(row: VirtualKeysTable): KeyRecord {
  const limits = readLimits(row.limits);
  const userLimits = readLimits(row.user_limits);
  return {
    id: row.id,
    name: row.name,
    // A role this version does not know must not open more than the least one does.
    role: row.role === 'admin' ? 'admin' : 'inference',
    origin: 'api',
    prefix: row.prefix,
    allowedModels: listOf(row.allowed_models),
    allowedRouters: listOf(row.allowed_routers),
    // Nobody can tell any more what it may spend.
    enabled: row.enabled === 1 && !limits.spoiled && !userLimits.spoiled,
    limits: limits.limits,
    userLimits: userLimits.limits,
    labels: textsOf(row.labels),
    expiresAt: row.expires_at,
    metadata: row.metadata === null ? null : (asObject(parseJson(row.metadata)) ?? null),
    logBodies: row.log_bodies === null ? null : row.log_bodies === 1,
    cache: row.cache === null ? null : cacheOf(row.cache),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** What an operator can change about a key, by column. */
export function columnsOf(key: KeyRecord): { readonly [column: string]: SQLQueryBindings } {
  return {
    name: key.name,
    role: key.role,
    prefix: key.prefix,
    allowed_models: jsonOrNull(key.allowedModels),
    allowed_routers: jsonOrNull(key.allowedRouters),
    enabled: key.enabled ? 1 : 0,
    limits: limitsText(key.limits),
    user_limits: limitsText(key.userLimits),
    labels: Object.keys(key.labels).length === 0 ? null : JSON.stringify(key.labels),
    expires_at: key.expiresAt,
    metadata: jsonOrNull(key.metadata),
    log_bodies: key.logBodies === null ? null : Number(key.logBodies),
    cache: jsonOrNull(key.cache),
    updated_at: key.updatedAt,
  };
}

function listOf(text: string | null): readonly string[] | null {
  if (text === null) return null;
  return asArray(parseJson(text)).map((pattern) => asString(pattern) ?? '');
}

function textsOf(text: string | null): { readonly [name: string]: string } {
  if (text === null) return {};
  const entries = Object.entries(asObject(parseJson(text)) ?? {});
  return Object.fromEntries(entries.map(([name, value]) => [name, asString(value) ?? '']));
}

/** What cannot be read any more may have said that nothing is to be kept. */
function cacheOf(text: string): KeyRecord['cache'] {
  const stored = storedCache.safeParse(parseJson(text));
  return stored.success ? stored.data : { mode: 'off' };
}

function jsonOrNull(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value);
}
