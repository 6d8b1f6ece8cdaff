// What a virtual key is made of: its record as made, changed, checked and read from its row.
import { invalid } from '../../core/errors.ts';
import type { KeyRecord, KeyRole } from '../../core/key.ts';
import { NO_LIMITS } from '../../core/limits.ts';
import { asArray, asObject, asString, type JsonObject, parseJson } from '../../lib/json.ts';
import type { Bit, VirtualKeysTable } from '../../store/tables.ts';
import { shownPrefix } from './secret.ts';

/** The id under which the log knows the operator's own admin key, which is not in the database. */
export const ADMIN_KEY_ID = 'admin';

export interface NewKey {
  readonly name: string;
  readonly role: KeyRole;
  readonly allowedModels?: readonly string[] | null;
  /** Unix milliseconds. */
  readonly expiresAt?: number | null;
  readonly metadata?: JsonObject | null;
  readonly logBodies?: boolean | null;
}

/** Absent: unchanged. Null: cleared. */
export type KeyPatch = Partial<NewKey>;

export function adminRecord(secret: string, now: number): KeyRecord {
  return {
    id: ADMIN_KEY_ID,
    name: 'admin',
    role: 'admin',
    prefix: shownPrefix(secret),
    allowedModels: null,
    allowedRouters: null,
    enabled: true,
    limits: NO_LIMITS,
    userLimits: NO_LIMITS,
    labels: {},
    expiresAt: null,
    metadata: null,
    logBodies: null,
    createdAt: now,
    updatedAt: now,
  };
}

export function toRecord(row: VirtualKeysTable): KeyRecord {
  const patterns = row.allowed_models === null ? null : asArray(parseJson(row.allowed_models));
  return {
    id: row.id,
    name: row.name,
    // A role this version does not know must not open more than the least one does.
    role: row.role === 'admin' ? 'admin' : 'inference',
    prefix: row.prefix,
    allowedModels: patterns?.map((pattern) => asString(pattern) ?? '') ?? null,
    allowedRouters: null,
    enabled: true,
    limits: NO_LIMITS,
    userLimits: NO_LIMITS,
    labels: {},
    expiresAt: row.expires_at,
    metadata: row.metadata === null ? null : (asObject(parseJson(row.metadata)) ?? null),
    logBodies: row.log_bodies === null ? null : row.log_bodies === 1,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export function patched(key: KeyRecord, patch: KeyPatch, now: number): KeyRecord {
  return {
    ...key,
    name: patch.name === undefined ? key.name : patch.name.trim(),
    role: patch.role ?? key.role,
    allowedModels:
      patch.allowedModels === undefined ? key.allowedModels : trimmed(patch.allowedModels),
    expiresAt: patch.expiresAt === undefined ? key.expiresAt : patch.expiresAt,
    metadata: patch.metadata === undefined ? key.metadata : patch.metadata,
    logBodies: patch.logBodies === undefined ? key.logBodies : patch.logBodies,
    updatedAt: now,
  };
}

/** Throws `invalid_request` with the field's public name. */
export function checkKey(input: KeyPatch): void {
  if (input.name !== undefined && input.name.trim() === '') {
    throw invalid('name', 'must not be empty');
  }
  const { role, expiresAt, allowedModels } = input;
  if (role !== undefined && role !== 'admin' && role !== 'inference') {
    throw invalid('role', 'must be admin or inference');
  }
  if (typeof expiresAt === 'number' && !Number.isSafeInteger(expiresAt)) {
    throw invalid('expires_at', 'must be a time');
  }
  for (const [index, pattern] of (allowedModels ?? []).entries()) {
    if (pattern.trim() === '') throw invalid(`allowed_models[${index}]`, 'must not be empty');
  }
}

export function jsonOrNull(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value);
}

export function bitOrNull(value: boolean | null): Bit | null {
  if (value === null) return null;
  return value ? 1 : 0;
}

export function trimmed(patterns: readonly string[] | null): readonly string[] | null {
  return patterns?.map((pattern) => pattern.trim()) ?? null;
}
