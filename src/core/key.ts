// KeyRecord: a virtual key, which says who calls and what they may call. The secret itself is never part of it.
import type { JsonObject } from '../lib/json.ts';
import type { Limits } from './limits.ts';
import type { GatewayOptions } from './options.ts';

export type KeyRole = 'admin' | 'inference';

/** Who made it: the API (and the command line), or the configuration file, which alone changes it then. */
export type KeyOrigin = 'api' | 'config';

export interface KeyRecord {
  readonly id: string;
  readonly name: string;
  readonly role: KeyRole;
  readonly origin: KeyOrigin;
  /** The first characters of the secret, enough to tell keys apart on a screen. */
  readonly prefix: string;
  /** Patterns as `allowsModel` reads them; null: every model. */
  readonly allowedModels: readonly string[] | null;
  /** Routers it may call: `voice`, `router/voice`, `router/*`, `*`. They alone decide about routers; null: `allowedModels` does. */
  readonly allowedRouters: readonly string[] | null;
  /** False: refused until it is switched on again. */
  readonly enabled: boolean;
  /** What it may spend and how fast it may ask. */
  readonly limits: Limits;
  /** The same for each user of this key by themselves. */
  readonly userLimits: Limits;
  /** The operator's own words for it: `team: search`. */
  readonly labels: { readonly [name: string]: string };
  /** Unix milliseconds; null: never. From this moment on the key is refused. */
  readonly expiresAt: number | null;
  readonly metadata: JsonObject | null;
  /** Whether bodies of its requests are kept in the log; null: it does not say. */
  readonly logBodies: boolean | null;
  /** What its requests that say nothing of the cache get; null: it does not say. */
  readonly cache: NonNullable<GatewayOptions['cache']> | null;
  /** Unix milliseconds; null: nobody wrote it down, as of those in the configuration. */
  readonly createdAt: number | null;
  readonly updatedAt: number | null;
}

/** The part of a key that says what it may call. */
export type KeyAccess = Pick<KeyRecord, 'allowedModels' | 'allowedRouters'>;

export const EVERY_ACCESS: KeyAccess = { allowedModels: null, allowedRouters: null };

/**
 * What a presented secret turned out to be. Only its holder learns why it no longer opens: the key expired, it is switched
 * off, or another secret replaced this one.
 */
export type KeyCheck =
  | { readonly state: 'valid' | 'expired' | 'disabled' | 'replaced'; readonly key: KeyRecord }
  | { readonly state: 'unknown' };

const ROUTER = 'router/';

/** May this key call `id`, a `provider/model`, a `router/name` or `auto`? */
export function allows(key: KeyAccess, id: string): boolean {
  return key.allowedRouters !== null && id.startsWith(ROUTER)
    ? allowsRouter(key.allowedRouters, id.slice(ROUTER.length))
    : allowsModel(key, id);
}

function allowsRouter(patterns: readonly string[], name: string): boolean {
  for (const pattern of patterns) {
    const wanted = ownWords(pattern);
    if (wanted === '*' || wanted === name || wanted === ROUTER + name || wanted === 'router/*')
      return true;
  }
  return false;
}

/**
 * May this key call `id`, a `provider/model` or a `router/name`? Patterns: the id itself; a prefix that ends in `/*`
 * (`openai/*`, `router/*`); `*`; or a bare model id, which allows that model at every provider.
 */
export function allowsModel(key: Pick<KeyRecord, 'allowedModels'>, id: string): boolean {
  if (key.allowedModels === null) return true;
  for (const pattern of key.allowedModels)
    if (matches(pattern, id) || matches(ownWords(pattern), id)) return true;
  return false;
}

/** A router may be written as Inworld's clients write it. */
function ownWords(pattern: string): string {
  if (!pattern.startsWith('inworld/') || pattern.startsWith('inworld/models/')) return pattern;
  return `router/${pattern.slice('inworld/'.length)}`;
}

function matches(pattern: string, id: string): boolean {
  if (pattern === id || pattern === '*') return true;
  if (pattern.endsWith('/*')) return id.startsWith(pattern.slice(0, -1));
  // A bare id has no maker before it and routers are not models: `gpt-5.4` never opens `router/gpt-5.4`.
  if (pattern.includes('/') || id.startsWith('router/')) return false;
  return id.endsWith(`/${pattern}`);
}
