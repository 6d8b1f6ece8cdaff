// Snapshot: everything a request may look at, made once from configuration, environment and catalogue, then never changed.
import { buildCatalog, type Catalog, type CatalogData } from '../catalog/catalog.ts';
import type { ConfigFile, ModelConfig, ProviderConfig } from '../config/schema.ts';
import type { ConfiguredProvider, ProviderKey } from '../core/plan.ts';
import type { Provider } from '../core/provider.ts';
import { PLANNED_PROVIDERS, PROVIDERS } from '../providers/index.ts';
import type { RoutingFacts, UnavailableProvider } from '../routing/resolve.ts';

export interface Timeouts {
  readonly connectMs: number;
  readonly firstTokenMs: number;
  readonly idleMs: number;
  readonly totalMs: number;
}

export interface Snapshot extends RoutingFacts {
  readonly catalog: Catalog;
  readonly timeouts: Timeouts;
  /** More tries of the last candidate after a passing fault. */
  readonly retries: number;
  readonly maxBodyBytes: number;
  readonly drainMs: number;
  /** Things worth telling the operator: keys without a value, providers left out. */
  readonly notices: readonly string[];
}

export interface SnapshotSources {
  readonly config: ConfigFile;
  readonly environment: { readonly [name: string]: string | undefined };
  readonly catalog: CatalogData;
  /** Local servers that answered, by provider id, with the models they serve. */
  readonly local: ReadonlyMap<string, readonly string[]>;
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
  drainMs: 30_000,
} as const;

/** Pure: the same sources make the same snapshot. Never throws for what the schema accepts. */
export function buildSnapshot(sources: SnapshotSources): Snapshot {
  const { config } = sources;
  const names = aliases();
  const notices: string[] = sources.catalog.warning === null ? [] : [sources.catalog.warning];
  const providers = new Map<string, ConfiguredProvider>();
  const unavailable = new Map<string, UnavailableProvider>();
  for (const provider of PROVIDERS) {
    const configured = configureKnown(provider, sources);
    if (configured === null)
      unavailable.set(provider.id, { id: provider.id, remedy: remedyFor(provider) });
    else providers.set(provider.id, configured);
  }
  for (const [id, entry] of Object.entries(config.providers ?? {})) {
    if (PROVIDERS.some((provider) => provider.id === id)) continue;
    if (PLANNED_PROVIDERS.some((planned) => planned.id === id || planned.aliases?.includes(id))) {
      notices.push(`provider "${id}" is left out: this version does not speak its wire format yet`);
      continue;
    }
    const custom = configureCustom(id, entry ?? {});
    if (custom === null)
      notices.push(
        `provider "${id}" is left out: a provider that is not built in needs a base_url`,
      );
    else if (entry?.enabled !== false) providers.set(id, custom);
  }
  for (const planned of PLANNED_PROVIDERS) {
    if (!providers.has(planned.id))
      unavailable.set(planned.id, {
        id: planned.id,
        remedy: 'this version does not speak its wire format yet',
      });
  }
  const catalog = buildCatalog(sources.catalog, [
    ...simulatedPrices(providers),
    ...canonicalIds(config.models ?? [], names),
  ]);
  const timeouts = config.timeouts ?? {};
  return {
    providers,
    aliases: names,
    unavailable,
    catalog,
    suggestions: () => suggestions(providers, catalog),
    timeouts: {
      connectMs: timeouts.connect ?? DEFAULTS.connectMs,
      firstTokenMs: timeouts.first_token ?? DEFAULTS.firstTokenMs,
      idleMs: timeouts.idle ?? DEFAULTS.idleMs,
      totalMs: timeouts.total ?? DEFAULTS.totalMs,
    },
    retries: config.retries ?? DEFAULTS.retries,
    maxBodyBytes: config.server?.max_body ?? DEFAULTS.maxBodyBytes,
    drainMs: config.server?.drain ?? DEFAULTS.drainMs,
    notices,
  };
}

/** A built-in provider with its keys and overrides, or null where nothing makes it usable. */
function configureKnown(provider: Provider, sources: SnapshotSources): ConfiguredProvider | null {
  const entry = sources.config.providers?.[provider.id];
  const wanted = entry !== undefined;
  if (entry?.enabled === false) return null;
  const listed = keysOf(entry ?? {});
  const keys = listed.length > 0 ? listed : environmentKeys(provider, sources.environment);
  const merged = override(provider, entry ?? {});
  if (provider.simulated) {
    const baseUrl = entry?.base_url ?? sources.sim?.url;
    return baseUrl === undefined
      ? null
      : {
          provider: { ...merged, baseUrl },
          keys,
          models: entry?.models ?? sources.sim?.models ?? [],
        };
  }
  if (provider.local) {
    const found = sources.local.get(provider.id);
    return found || wanted
      ? { provider: merged, keys, models: entry?.models ?? found ?? [] }
      : null;
  }
  // With a base URL of the operator's own, a key is the operator's business too.
  if (keys.length === 0 && entry?.base_url === undefined) return null;
  return { provider: merged, keys, models: entry?.models ?? [] };
}

function configureCustom(id: string, entry: ProviderConfig): ConfiguredProvider | null {
  if (entry.base_url === undefined) return null;
  const dialect = entry.dialect ?? 'openai-chat';
  const plain: Provider = {
    id,
    name: id,
    dialect,
    baseUrl: entry.base_url,
    auth:
      dialect === 'anthropic-messages' ? { kind: 'header', name: 'x-api-key' } : { kind: 'bearer' },
    env: [],
    ...(dialect === 'anthropic-messages' ? { headers: { 'anthropic-version': '2023-06-01' } } : {}),
    quirks: {},
    docs: [],
  };
  return { provider: override(plain, entry), keys: keysOf(entry), models: entry.models ?? [] };
}

function override(provider: Provider, entry: ProviderConfig): Provider {
  return {
    ...provider,
    dialect: entry.dialect ?? provider.dialect,
    baseUrl: entry.base_url ?? provider.baseUrl,
    headers: { ...provider.headers, ...entry.headers },
    // zod gives optional fields as `T | undefined`; an undefined one must not hide a declared quirk.
    quirks: {
      ...provider.quirks,
      ...(JSON.parse(JSON.stringify(entry.quirks ?? {})) as Provider['quirks']),
    },
  };
}

/** The configured keys; empty ones (an unset environment variable) do not count. */
function keysOf(entry: ProviderConfig): ProviderKey[] {
  const secrets = [
    ...(entry.api_key === undefined ? [] : [entry.api_key]),
    ...(entry.api_keys ?? []),
  ];
  return secrets
    .filter((secret) => secret !== '')
    .map((secret, index) => ({ label: `key-${index + 1}`, secret }));
}

function environmentKeys(
  provider: Provider,
  environment: SnapshotSources['environment'],
): ProviderKey[] {
  for (const name of provider.env) {
    const secret = environment[name];
    if (secret) return [{ label: name, secret }];
  }
  return [];
}

function remedyFor(provider: Provider): string {
  if (provider.local)
    return `nothing answers on port ${provider.local.port} of this machine; start it, or give its base_url in the configuration`;
  if (provider.simulated)
    return 'it is only attached when no other provider is; add "sim: {}" to the providers to have it beside others';
  return `set ${provider.env[0] ?? 'its key'} or give its api_key in the configuration`;
}

function aliases(): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (const provider of PROVIDERS)
    for (const alias of provider.aliases ?? []) map.set(alias, provider.id);
  for (const planned of PLANNED_PROVIDERS)
    for (const alias of planned.aliases ?? []) map.set(alias, planned.id);
  return map;
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
function canonicalIds(
  models: readonly ModelConfig[],
  names: ReadonlyMap<string, string>,
): readonly ModelConfig[] {
  return models.map((model) => {
    const slash = model.id.indexOf('/');
    const provider = names.get(model.id.slice(0, slash));
    return provider === undefined ? model : { ...model, id: provider + model.id.slice(slash) };
  });
}

function* suggestions(
  providers: ReadonlyMap<string, ConfiguredProvider>,
  catalog: Catalog,
): Iterable<string> {
  for (const { provider, models } of providers.values())
    for (const model of models) yield `${provider.id}/${model}`;
  for (const facts of catalog.list()) {
    if (!providers.has(facts.provider)) continue;
    yield `${facts.provider}/${facts.model}`;
    yield facts.model;
  }
}
