// KeyRecord: a virtual key, which says who calls and what they may call. The secret itself is never part of it.
import type { JsonObject } from '../lib/json.ts';
import type { Limits } from './limits.ts';

export type KeyRole = 'admin' | 'inference';

export interface KeyRecord {
  readonly id: string;
  readonly name: string;
  readonly role: KeyRole;
  /** The first characters of the secret, enough to tell keys apart on a screen. */
  readonly prefix: string;
  /** Patterns as `allowsModel` reads them; null: every model. */
  readonly allowedModels: readonly string[] | null;
  /** Routers it may call, by name or `*`, beside the models above; null: those that `allowedModels` opens. */
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
  /** Unix milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** What a presented secret turned out to be. An expired key is told apart so that its holder learns why. */
export type KeyCheck =
  | { readonly state: 'valid'; readonly key: KeyRecord }
  | { readonly state: 'expired'; readonly key: KeyRecord }
  | { readonly state: 'unknown' };

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
