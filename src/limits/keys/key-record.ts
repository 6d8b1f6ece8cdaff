// What a virtual key is made of: its record as made, changed and checked.
import type { KeyFields } from '../../config/key-fields.ts';
import { limitsOf } from '../../config/limit-fields.ts';
import { invalid } from '../../core/errors.ts';
import type { KeyRecord, KeyRole } from '../../core/key.ts';
import { shownPrefix } from '../../core/key-secret.ts';
import { type Budget, type Limits, NO_LIMITS, type RateLimit } from '../../core/limits.ts';
import type { JsonObject } from '../../lib/json.ts';

/** The id under which the log knows the operator's own admin key, which is not in the database. */
export const ADMIN_KEY_ID = 'admin';

/** Absent: unchanged. Null: cleared. Each is replaced whole: a rate limit that names one rate has no other. */
export interface KeyPatch {
  readonly name?: string | undefined;
  readonly role?: KeyRole | undefined;
  readonly allowedModels?: readonly string[] | null | undefined;
  readonly allowedRouters?: readonly string[] | null | undefined;
  readonly enabled?: boolean | undefined;
  readonly budgets?: readonly Budget[] | null | undefined;
  readonly rate?: RateLimit | null | undefined;
  readonly userLimits?: Limits | null | undefined;
  readonly labels?: { readonly [name: string]: string } | null | undefined;
  /** Unix milliseconds. */
  readonly expiresAt?: number | null | undefined;
  readonly metadata?: JsonObject | null | undefined;
  readonly logBodies?: boolean | null | undefined;
  readonly cache?: KeyRecord['cache'] | undefined;
}

export interface NewKey extends KeyPatch {
  readonly name: string;
  readonly role: KeyRole;
}

/** What was written in the fields of the file or the API. */
export function patchOf(fields: KeyFields): KeyPatch {
  const { user_limits: ofUsers } = fields;
  return {
    allowedModels: fields.allowed_models,
    allowedRouters: fields.allowed_routers,
    enabled: fields.enabled,
    budgets: fields.budget,
    rate: fields.rate_limit,
    userLimits: ofUsers ? limitsOf(ofUsers) : ofUsers,
    labels: fields.labels,
    expiresAt: fields.expires_at,
    metadata: fields.metadata,
    logBodies: fields.log_bodies,
    cache: fields.cache,
  };
}

/** A key that may do everything its role may, and has no limit. */
export function plainRecord(
  of: Pick<KeyRecord, 'id' | 'name' | 'role' | 'origin' | 'prefix' | 'createdAt'>,
): KeyRecord {
  return {
    ...of,
    allowedModels: null,
    allowedRouters: null,
    enabled: true,
    limits: NO_LIMITS,
    userLimits: NO_LIMITS,
    labels: {},
    expiresAt: null,
    metadata: null,
    logBodies: null,
    cache: null,
    updatedAt: of.createdAt,
  };
}

export function adminRecord(secret: string, now: number): KeyRecord {
  const prefix = shownPrefix(secret);
  const about = { id: ADMIN_KEY_ID, name: 'admin', role: 'admin', origin: 'config' } as const;
  return plainRecord({ ...about, prefix, createdAt: now });
}

export function patched(key: KeyRecord, patch: KeyPatch, now: number | null): KeyRecord {
  const { name, allowedModels, allowedRouters, userLimits, labels } = patch;
  return {
    ...key,
    name: name === undefined ? key.name : name.trim(),
    role: patch.role ?? key.role,
    allowedModels: allowedModels === undefined ? key.allowedModels : trimmed(allowedModels),
    allowedRouters: allowedRouters === undefined ? key.allowedRouters : trimmed(allowedRouters),
    enabled: patch.enabled ?? key.enabled,
    limits: limitsOf({ budget: patch.budgets, rate_limit: patch.rate }, key.limits),
    userLimits: userLimits === undefined ? key.userLimits : (userLimits ?? NO_LIMITS),
    labels: labels === undefined ? key.labels : (labels ?? {}),
    expiresAt: patch.expiresAt === undefined ? key.expiresAt : patch.expiresAt,
    metadata: patch.metadata === undefined ? key.metadata : patch.metadata,
    logBodies: patch.logBodies === undefined ? key.logBodies : patch.logBodies,
    cache: patch.cache === undefined ? key.cache : patch.cache,
    updatedAt: now,
  };
}

/** Throws `invalid_request` with the field's public name. The fields of the file and the API were checked before. */
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

function trimmed(patterns: readonly string[] | null): readonly string[] | null {
  return patterns?.map((pattern) => pattern.trim()) ?? null;
}
