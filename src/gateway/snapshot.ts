// Snapshot: everything a request may look at, made once from configuration, environment and catalogue, then never changed.
import { isIP } from 'node:net';
import type { BodySettings } from '../bodies/body-settings.ts';
import { buildCatalog, type Catalog, type CatalogData } from '../catalog/catalog.ts';
import { operatorMetrics } from '../catalog/operator-metrics.ts';
import type { ConfigFile, ModelConfig } from '../config/schema.ts';
import type { OperatorMetric } from '../core/model-metrics.ts';
import type { GatewayOptions } from '../core/options.ts';
import type { ConfiguredProvider, ProviderKey } from '../core/plan.ts';
import type { Router } from '../core/router.ts';
import { once } from '../lib/once.ts';
import { listOf } from '../lib/public-address.ts';
import type { RoutingFacts } from '../routing/resolve.ts';
import type { KeptLimits } from '../state/kept.ts';
import { keptLimits } from '../state/kept-limits.ts';
import type { MediaLimits } from '../upstream/fetch-media.ts';
import { type HealthSettings, healthSettings } from '../upstream/health/settings.ts';
import { type AutoFacts, autoFacts } from './auto-facts.ts';
import { type CacheSettings, cacheSettings } from './caching/settings.ts';
import { compileRouters } from './compile-routers.ts';
import { configureProviders, PROVIDER_ALIASES } from './configure-providers.ts';
import { type LimitSettings, limitSettings } from './limit-settings.ts';
import { bodyNotices, bodySettingsOf } from './open-bodies.ts';
import { type Pools, providerOf, withPools } from './pooled-keys.ts';

export interface Timeouts {
  readonly connectMs: number;
  readonly firstTokenMs: number;
  readonly idleMs: number;
  readonly totalMs: number;
}

export interface Snapshot extends RoutingFacts {
  readonly catalog: Catalog;
  readonly timeouts: Timeouts;
  /** What requests that say nothing of it get. */
  readonly fallback: ConfigFile['fallback'];
  readonly health: HealthSettings;
  /** More tries of the last candidate after a passing fault. */
  readonly retries: number;
  readonly media: MediaLimits;
  /** What requests that say nothing of it get. */
  readonly promptCaching: GatewayOptions['prompt_caching'];
  /** Which answers are given again. */
  readonly cache: CacheSettings;
  /** How much of conversations is kept, and for how long. */
  readonly kept: KeptLimits;
  /** Which bodies are kept in the log, and how. */
  readonly bodies: BodySettings;
  /** Of callers' limits: what is held for a request, and what each user may take. */
  readonly limits: LimitSettings;
  readonly maxBodyBytes: number;
  /** Of forms with files in them. */
  readonly maxUploadBytes: number;
  readonly drainMs: number;
  /** What callers' own provider keys make of it: gateway/own-keys.ts. */
  readonly own: OwnGround;
  /** Things worth telling the operator: keys without a value, providers left out. */
  readonly notices: readonly string[];
}

export interface OwnGround {
  /** Whether requests may bring keys. */
  readonly header: boolean;
  /** A provider with these keys instead of the operator's. Null: it cannot be used with them. */
  provider(id: string, keys: readonly ProviderKey[]): ConfiguredProvider | null;
  /** Whom `auto` may choose where some of the providers are others, come or gone. */
  pool: AutoFacts['changed'];
}

export interface SnapshotSources {
  readonly config: ConfigFile;
  readonly environment: { readonly [name: string]: string | undefined };
  readonly catalog: CatalogData;
  /** Local servers that answered, by provider id, with the models they serve. */
  readonly local: ReadonlyMap<string, readonly string[]>;
  /** The API's routers, and what is to be told of them. */
  readonly routers?: { readonly routers: readonly Router[]; readonly notices: readonly string[] };
  /** The figures of models the operator gave by the API. */
  readonly metrics?: readonly OperatorMetric[];
  /** The keys the operator gave by the API, by provider. */
  readonly pools?: Pools;
  /** Callers' own stored keys: blotted out wherever the operator's are. */
  readonly callersKeys?: readonly ProviderKey[];
  /** The simulated provider, where it runs. */
  readonly sim: { readonly url: string; readonly models: readonly string[] } | null;
}

const DEFAULTS = {
  connectMs: 5_000,
  firstTokenMs: 120_000,
  idleMs: 60_000,
  totalMs: 600_000,
  retries: 1,
  maxBodyBytes: 16 * 1024 * 1024,
  maxUploadBytes: 64 * 1024 * 1024,
  maxMediaBytes: 20 * 1024 * 1024,
  mediaTimeoutMs: 10_000,
  drainMs: 30_000,
} as const;

/** Pure: the same sources make the same snapshot. Never throws for what the schema accepts. */
export function buildSnapshot(sources: SnapshotSources): Snapshot {
  const { config } = sources;
  const { providers, unavailable, catalog, auto } = groundOf(sources);
  const timeouts = config.timeouts ?? {};
  const { routers, notices } = compileRouters([
    ...(config.routers ?? []),
    ...(sources.routers?.routers ?? []),
  ]);
  const bodies = bodySettingsOf(config, routers, providers, sources.callersKeys ?? []);
  return {
    providers,
    aliases: PROVIDER_ALIASES,
    unavailable,
    catalog,
    suggestions: () => suggestions(providers, catalog),
    routers,
    get auto() {
      return auto.pool();
    },
    get metrics() {
      return auto.metrics();
    },
    timeouts: {
      connectMs: timeouts.connect ?? DEFAULTS.connectMs,
      firstTokenMs: timeouts.first_token ?? DEFAULTS.firstTokenMs,
      idleMs: timeouts.idle ?? DEFAULTS.idleMs,
      totalMs: timeouts.total ?? DEFAULTS.totalMs,
    },
    fallback: config.fallback,
    health: healthSettings(config.health),
    retries: config.retries ?? DEFAULTS.retries,
    media: mediaLimits(config.media ?? {}),
    promptCaching: config.prompt_caching,
    cache: cacheSettings(config.cache),
    kept: keptLimits(config.state),
    bodies,
    limits: limitSettings(config.limits),
    maxBodyBytes: config.server?.max_body ?? DEFAULTS.maxBodyBytes,
    maxUploadBytes: config.server?.max_upload ?? DEFAULTS.maxUploadBytes,
    drainMs: config.server?.drain ?? DEFAULTS.drainMs,
    own: {
      header: config.own_keys?.header ?? true,
      provider: (id, keys) => providerOf(id, keys, sources),
      pool: auto.changed,
    },
    notices: [
      ...(sources.catalog.warning === null ? [] : [sources.catalog.warning]),
      ...(sources.catalog.scores?.warning == null ? [] : [sources.catalog.scores.warning]),
      ...(sources.routers?.notices ?? []),
      ...notices,
      ...bodyNotices(bodies, sources.environment),
    ],
  };
}

/** The same with some providers changed, come or gone: all else stays. */
export function withProviders(
  snapshot: Snapshot,
  providers: Snapshot['providers'],
  unavailable: Snapshot['unavailable'],
  changed: ReadonlySet<string>,
): Snapshot {
  const pool = once(() => snapshot.own.pool(changed, providers));
  // What is made when it is first asked for must not be made for being copied.
  return Object.create(snapshot, {
    providers: { value: providers },
    unavailable: { value: unavailable },
    suggestions: { value: () => suggestions(providers, snapshot.catalog) },
    auto: { get: pool },
  }) as Snapshot;
}

type Ground = ReturnType<typeof configureProviders> & {
  readonly sources: Omit<SnapshotSources, 'routers'>;
  readonly catalog: Catalog;
  readonly auto: ReturnType<typeof autoFacts>;
};

/** By its configuration, which is read anew whenever it changes. */
const grounds = new WeakMap<ConfigFile, Ground>();

/** What routers stand on: where only they change it stays, for going over all models that are listed takes its time. */
function groundOf(sources: SnapshotSources): Ground {
  const { config, environment, catalog, local, sim, metrics, pools } = sources;
  const known = grounds.get(config);
  const same =
    known?.sources.environment === environment &&
    known.sources.catalog === catalog &&
    known.sources.local === local &&
    known.sources.sim === sim &&
    known.sources.metrics === metrics &&
    known.sources.pools === pools;
  if (same) return known;
  const ground = newGround(sources);
  grounds.set(config, ground);
  return ground;
}

function newGround(sources: SnapshotSources): Ground {
  const { config } = sources;
  const models = canonicalIds(config.models ?? []);
  const configured = withPools(configureProviders(sources), sources.pools ?? new Map(), sources);
  const { providers } = configured;
  const catalog = buildCatalog(sources.catalog, [...simulatedPrices(providers), ...models]);
  const auto = autoFacts({
    providers,
    catalog,
    models,
    scores: sources.catalog.scores,
    operator: operatorMetrics(config.metrics, sources.metrics ?? []),
  });
  return { ...configured, sources, catalog, auto };
}

function mediaLimits(media: NonNullable<ConfigFile['media']>): MediaLimits {
  const networks = (media.allow ?? []).filter((entry) => isIP(entry.split('/')[0] ?? '') !== 0);
  const hosts = (media.allow ?? []).filter((entry) => !networks.includes(entry));
  return {
    fetch: media.fetch ?? true,
    maxBytes: media.max_size ?? DEFAULTS.maxMediaBytes,
    timeoutMs: media.timeout ?? DEFAULTS.mediaTimeoutMs,
    allowedHosts: new Set(hosts.map((host) => host.toLowerCase())),
    allowedNetworks: listOf(networks),
  };
}

/** What is made up costs nothing: known, not assumed. */
function simulatedPrices(
  providers: ReadonlyMap<string, ConfiguredProvider>,
): readonly ModelConfig[] {
  return [...providers.values()]
    .filter(({ provider }) => provider.simulated)
    .flatMap(({ provider, models }) =>
      models.map((model) => ({ id: `${provider.id}/${model}`, price: { input: 0, output: 0 } })),
    );
}

/** The operator may write a provider by any of its names. */
function canonicalIds(models: readonly ModelConfig[]): readonly ModelConfig[] {
  return models.map((model) => {
    const slash = model.id.indexOf('/');
    const provider = PROVIDER_ALIASES.get(model.id.slice(0, slash));
    return provider === undefined ? model : { ...model, id: provider + model.id.slice(slash) };
  });
}

function* suggestions(
  providers: ReadonlyMap<string, ConfiguredProvider>,
  catalog: Catalog,
): Iterable<string> {
  for (const { provider, models } of providers.values())
    for (const model of models) {
      yield `${provider.id}/${model}`;
      yield model;
    }
  for (const facts of catalog.list()) {
    if (!providers.has(facts.provider)) continue;
    yield `${facts.provider}/${facts.model}`;
    yield facts.model;
  }
}
