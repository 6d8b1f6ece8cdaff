// CachePolicy: what a request wants of the cache: its own words over its router's over its key's over the configuration's.
import type { CacheOwner } from '../../core/cached-answer.ts';
import type { GatewayOptions } from '../../core/options.ts';
import type { VariantSettings } from '../../core/router.ts';
import type { CacheControl } from './cache-control.ts';
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
  /** A stream that is kept comes as it first came, and not at once. */
  readonly paced: boolean;
  /** There is an answer that is kept, or none: nobody is asked. */
  readonly onlyKept: boolean;
  /** It was asked for by the caller, the router or the key, not merely left on. */
  readonly asked: boolean;
}

type CacheOptions = NonNullable<GatewayOptions['cache']>;

export interface CacheAsker {
  readonly options: Pick<GatewayOptions, 'cache'>;
  readonly router: VariantSettings['cache'] | undefined;
  readonly key: CacheOptions | null;
  /** What its headers ask. */
  readonly control: CacheControl | null;
  readonly tenant: string;
  readonly user: string | null;
}

const NOTHING: CacheOptions = {};

/** Null: the cache has nothing to do with it. */
export function cachePolicy(asker: CacheAsker, settings: CacheSettings): CachePolicy | null {
  const { options, router, key, control, tenant, user } = asker;
  const said = over(options.cache, over(router, key ?? undefined)) ?? NOTHING;
  const { mode = settings.mode, ttl, threshold, namespace, shadow, replay } = said;
  if (mode === 'off' || control?.noStore) return null;
  const reads = control?.noCache !== true;
  const maxAgeMs = control?.maxAgeMs ?? null;
  const onlyKept = control?.onlyIfCached === true;
  return {
    mode,
    owner: { tenant, user: settings.perUser ? user : null, namespace: namespace ?? null },
    ttlMs: ttl ?? settings.ttlMs,
    threshold: threshold ?? null,
    shadow: shadow ?? settings.semantic.shadow,
    reads,
    keeps: true,
    maxAgeMs,
    // What another finds may be older than this one takes.
    coalesces: settings.coalesces && reads && maxAgeMs === null && !onlyKept,
    paced: replay === undefined ? settings.paced : replay === 'paced',
    onlyKept,
    asked: said.mode !== undefined,
  };
}

/** Each word by itself: who names a namespace leaves the time to others. Nearly nobody says anything. */
function over(
  words: CacheOptions | undefined,
  under: CacheOptions | undefined,
): CacheOptions | undefined {
  return words === undefined || under === undefined ? (words ?? under) : { ...under, ...words };
}
