// A virtual key as the outside sees it: the API, the command line and the audit trail. No secret is ever part of it.
import { shownLimits } from '../../config/limit-fields.ts';
import type { KeyRecord } from '../../core/key.ts';
import type { JsonObject } from '../../lib/json.ts';
import type { ReplacedSecret } from './key-table.ts';
import { isLimited } from './stored-limits.ts';

/** What a GET shows and no PATCH sets: sent back as it was, it is passed over. */
export const READ_ONLY_FIELDS: readonly string[] = [
  'id',
  'source',
  'prefix',
  'previous_secrets',
  'created_at',
  'updated_at',
  'usage',
  'user_usage',
];

/** @param replaced the secrets that still open it beside its newest */
export function shownKey(key: KeyRecord, replaced: readonly ReplacedSecret[]): JsonObject {
  return {
    id: key.id,
    name: key.name,
    role: key.role,
    source: key.origin,
    prefix: key.prefix,
    enabled: key.enabled,
    allowed_models: key.allowedModels,
    allowed_routers: key.allowedRouters,
    ...shownLimits(key.limits),
    user_limits: isLimited(key.userLimits) ? shownLimits(key.userLimits) : null,
    expires_at: timeOf(key.expiresAt),
    labels: key.labels,
    metadata: key.metadata,
    log_bodies: key.logBodies,
    cache: shownCache(key.cache),
    previous_secrets: replaced.map(({ prefix, validUntil }) => ({
      prefix,
      valid_until: timeOf(validUntil),
    })),
    created_at: timeOf(key.createdAt),
    updated_at: timeOf(key.updatedAt),
  };
}

/** As it may be sent back: times in seconds. */
function shownCache(cache: KeyRecord['cache']): JsonObject | null {
  if (cache === null) return null;
  const { ttl, ...rest } = cache;
  return ttl === undefined ? rest : { ...rest, ttl: ttl / 1000 };
}

function timeOf(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
