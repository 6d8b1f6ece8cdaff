// CachePolicy: what a request wants of the cache: its own words over its router's over the configuration's.
import type { CacheOwner } from '../../core/cached-answer.ts';
import type { GatewayOptions } from '../../core/options.ts';
import type { VariantSettings } from '../../core/router.ts';
import { cacheControl } from './cache-control.ts';
import type { CacheSettings } from './settings.ts';

export interface CachePolicy {
  readonly mode: 'exact' | 'semantic';
  readonly owner: CacheOwner;
  /** How long its answer is given to others who ask the same. */
  readonly ttlMs: number;
  /** How alike prompts have to be; null: the configuration's word. */
  readonly threshold: number | null;
  /** What means the same is looked for and written down, and not given. */
  readonly shadow: boolean;
  /** False: an answer is asked for, whatever is kept. */
  readonly reads: boolean;
  /** False: its answer is not kept. */
  readonly keeps: boolean;
  /** Older answers do not do; null: any does that is kept. */
  readonly maxAgeMs: number | null;
  /** An answer that is being made for somebody else does. */
  readonly coalesces: boolean;
  readonly paced: boolean;
  /** It was asked for by the caller or the router, not merely left on. */
  readonly asked: boolean;
}

export interface CacheAsker {
  readonly options: Pick<GatewayOptions, 'cache'>;
  readonly router: VariantSettings['cache'] | undefined;
  readonly headers: Headers;
  readonly tenant: string;
  readonly user: string | null;
}

/** Null: the cache has nothing to do with it. */
export function cachePolicy(asker: CacheAsker, settings: CacheSettings): CachePolicy | null {
  const { options, router, headers, tenant, user } = asker;
  const own = options.cache;
  const mode = own?.mode ?? router?.mode ?? settings.mode;
  if (mode === 'off') return null;
  const control = cacheControl(headers);
  if (control?.noStore) return null;
  const namespace = own?.namespace ?? router?.namespace ?? null;
  return {
    mode,
    owner: { tenant, user: settings.perUser ? user : null, namespace },
    ttlMs: own?.ttl ?? router?.ttl ?? settings.ttlMs,
    threshold: own?.threshold ?? router?.threshold ?? null,
    shadow: own?.shadow ?? router?.shadow ?? settings.semantic.shadow,
    reads: control?.noCache !== true,
    keeps: true,
    maxAgeMs: control?.maxAgeMs ?? null,
    coalesces: settings.coalesces && control?.noCache !== true,
    paced: settings.paced,
    asked: own?.mode !== undefined || router?.mode !== undefined,
  };
}
