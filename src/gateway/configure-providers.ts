// Which providers can be used now, and what would make the others usable: configuration and environment → providers.
import type { ConfigFile, ProviderConfig } from '../config/schema.ts';
import type { ConfiguredProvider, ProviderKey, ProviderLimits } from '../core/plan.ts';
import { FREE } from '../core/price-of.ts';
import type { Provider } from '../core/provider.ts';
import { DIALECTS } from '../dialects/index.ts';
import { PROVIDERS } from '../providers/index.ts';
import type { UnavailableProvider } from '../routing/resolve.ts';
import { azureRemedy, configureAzure } from './configure-azure.ts';
import { bedrockRemedy, configureBedrock } from './configure-bedrock.ts';
import { configureVertex, vertexRemedy } from './configure-vertex.ts';

export interface ProviderSources {
  readonly config: ConfigFile;
  readonly environment: { readonly [name: string]: string | undefined };
  /** Local servers that answered, by provider id, with the models they serve. */
  readonly local: ReadonlyMap<string, readonly string[]>;
  /** The simulated provider, where it runs. */
  readonly sim: { readonly url: string; readonly models: readonly string[] } | null;
}

export interface Providers {
  readonly providers: ReadonlyMap<string, ConfiguredProvider>;
  readonly unavailable: ReadonlyMap<string, UnavailableProvider>;
}

/** Other spellings of provider ids. */
export const PROVIDER_ALIASES: ReadonlyMap<string, string> = new Map(
  PROVIDERS.flatMap((provider) =>
    (provider.aliases ?? []).map((alias) => [alias, provider.id] as const),
  ),
);

/** Every name a provider may be configured under without saying where it is. */
export const KNOWN_PROVIDERS: ReadonlySet<string> = new Set([
  ...PROVIDERS.map((provider) => provider.id),
  ...PROVIDER_ALIASES.keys(),
]);

/** Never throws for what the schema accepts. */
export function configureProviders(sources: ProviderSources): Providers {
  const entries = entriesOf(sources);
  const providers = new Map<string, ConfiguredProvider>();
  const unavailable = new Map<string, UnavailableProvider>();
  for (const provider of PROVIDERS) {
    const configured = configureKnown(provider, entries.get(provider.id), sources);
    if (configured) providers.set(provider.id, settled(configured, entries.get(provider.id)));
    else unavailable.set(provider.id, { id: provider.id, remedy: remedyFor(provider) });
  }
  for (const [id, entry] of entries) {
    if (KNOWN_PROVIDERS.has(id) || entry === null || entry.enabled === false) continue;
    const custom = configureCustom(id, entry);
    if (custom) providers.set(id, settled(custom, entry));
  }
  withoutNeedlessSimulation(providers, unavailable, entries);
  return { providers, unavailable };
}

type Entry = ProviderConfig | null | undefined;

/** By canonical id. */
function entriesOf({ config }: ProviderSources): ReadonlyMap<string, Exclude<Entry, undefined>> {
  return new Map(
    Object.entries(config.providers ?? {}).map(([id, entry]) => [
      PROVIDER_ALIASES.get(id) ?? id,
      entry,
    ]),
  );
}

/**
 * One provider as the configuration has it, but for its keys. Null: nobody knows it, it was switched off, or it has no address.
 * @param keys at least one; where they say where they hold (an AWS region, a Google project), that is where it is reached.
 */
export function configureWith(
  id: string,
  keys: readonly ProviderKey[],
  sources: ProviderSources,
): ConfiguredProvider | null {
  const entry = entriesOf(sources).get(id);
  if (entry?.enabled === false) return null;
  const { api_key, api_keys, aws, credentials_file, region, project, ...rest } = entry ?? {};
  const place = { region: keys[0]?.aws?.region ?? region, project: projectFor(keys, project) };
  const without: ProviderConfig = { ...rest, ...place };
  const known = PROVIDERS.find((provider) => provider.id === id);
  const configured =
    known === undefined
      ? configureCustom(id, without)
      : configureKnown(known, entry === undefined && known.local ? entry : without, sources, keys);
  if (configured === null || configured.provider.auth.kind === 'none') return null;
  return settled({ ...configured, keys }, entry);
}

/** A service account's own. A plain key has its project with it, and another's is not asked. */
function projectFor(keys: readonly ProviderKey[], configured: string | undefined) {
  const google = keys[0]?.google;
  if (google?.kind !== 'service-account') return undefined;
  return google.projectId ?? configured;
}

/** The simulated provider stands in only where there is no other, or where it was asked for. */
export function withoutNeedlessSimulation(
  providers: Map<string, ConfiguredProvider>,
  unavailable: Map<string, UnavailableProvider>,
  entries: ReadonlyMap<string, unknown>,
): void {
  for (const [id, { provider }] of providers) {
    if (!provider.simulated || entries.has(id) || providers.size === 1) continue;
    providers.delete(id);
    unavailable.set(id, { id, remedy: remedyFor(provider) });
  }
}

/** A built-in provider with its keys and overrides, or null where nothing makes it usable. */
function configureKnown(
  provider: Provider,
  entry: ProviderConfig | null | undefined,
  sources: ProviderSources,
  given?: readonly ProviderKey[],
): ConfiguredProvider | null {
  const wanted = entry !== undefined;
  if (entry?.enabled === false) return null;
  const listed = given ?? keysOf(entry ?? {});
  const keys = listed.length > 0 ? listed : environmentKeys(provider, sources.environment);
  const merged = override(provider, entry ?? {});
  if (provider.addressedBy === 'google-project')
    return configureVertex({ provider: merged, entry, keys, environment: sources.environment });
  if (provider.addressedBy === 'azure-resource')
    return configureAzure({ provider: merged, entry, keys, environment: sources.environment });
  if (provider.addressedBy === 'aws-region')
    return configureBedrock({ provider: merged, entry, keys, environment: sources.environment });
  if (provider.simulated) {
    const baseUrl = entry?.base_url ?? sources.sim?.url;
    return baseUrl === undefined
      ? null
      : {
          provider: { ...merged, baseUrl },
          keys,
          models: entry?.models ?? sources.sim?.models ?? [],
          region: null,
        };
  }
  if (provider.local) {
    const found = sources.local.get(provider.id);
    return found || wanted
      ? { provider: merged, keys, models: entry?.models ?? found ?? [], region: null }
      : null;
  }
  // With a base URL of the operator's own, a key is the operator's business too.
  if (keys.length === 0 && entry?.base_url === undefined) return null;
  return { provider: merged, keys, models: entry?.models ?? [], region: null };
}

function configureCustom(id: string, entry: ProviderConfig): ConfiguredProvider | null {
  if (entry.base_url === undefined) return null;
  const dialect = entry.dialect ?? 'openai-chat';
  // A wire that callers do not speak is its maker's alone: another host of it is spoken to as the maker is.
  const maker =
    dialect in DIALECTS ? undefined : PROVIDERS.find((provider) => provider.dialect === dialect);
  const plain: Provider = {
    id,
    name: id,
    dialect,
    baseUrl: entry.base_url,
    auth:
      maker?.auth ??
      (dialect === 'anthropic-messages'
        ? { kind: 'header', name: 'x-api-key' }
        : { kind: 'bearer' }),
    env: [],
    ...(dialect === 'anthropic-messages' ? { headers: { 'anthropic-version': '2023-06-01' } } : {}),
    quirks: maker?.quirks ?? {},
    docs: [],
  };
  return {
    provider: override(plain, entry),
    keys: keysOf(entry),
    models: entry.models ?? [],
    region: null,
  };
}

function override(provider: Provider, entry: ProviderConfig): Provider {
  const { operations, ...rest } = provider;
  // What is declared of the endpoints beside chat is declared for the provider's own wire.
  const declared = entry.dialect === undefined || entry.dialect === provider.dialect;
  return {
    ...rest,
    operations: {
      ...(declared ? operations : {}),
      ...(JSON.parse(JSON.stringify(entry.operations ?? {})) as Provider['operations']),
    },
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
  const single = entry.api_key === undefined ? [] : [entry.api_key];
  return [...single, ...(entry.api_keys ?? [])]
    .map((listed) => (typeof listed === 'string' ? { key: listed } : listed))
    .filter(({ key }) => key !== '')
    .map(({ key, label, weight }, index) => ({
      label: label ?? `key-${index + 1}`,
      secret: key,
      ...(weight === undefined ? {} : { weight }),
    }));
}

const DEFAULT_QUEUE_TIMEOUT_MS = 10_000;
/** As many as four rounds of answers. */
const QUEUE_FACTOR = 4;

function settled(
  configured: ConfiguredProvider,
  entry: ProviderConfig | null | undefined,
): ConfiguredProvider {
  const { provider } = configured;
  // A local server that is somewhere else may be somebody else's, who bills for it.
  const isOwn =
    provider.simulated || (provider.local !== undefined && entry?.base_url === undefined);
  const priced = isOwn || entry?.price === 'free' ? { ...configured, price: FREE } : configured;
  return limited(priced, entry);
}

function limited(
  configured: ConfiguredProvider,
  entry: ProviderConfig | null | undefined,
): ConfiguredProvider {
  if (entry?.limits === undefined) return configured;
  const { concurrent, queue, queue_timeout } = entry.limits;
  const limits: ProviderLimits = {
    concurrent,
    queue: queue ?? QUEUE_FACTOR * concurrent,
    queueTimeoutMs: queue_timeout ?? DEFAULT_QUEUE_TIMEOUT_MS,
  };
  return { ...configured, limits };
}

function environmentKeys(
  provider: Provider,
  environment: ProviderSources['environment'],
): ProviderKey[] {
  for (const name of provider.env) {
    const secret = environment[name];
    if (secret) return [{ label: name, secret }];
  }
  return [];
}

function remedyFor(provider: Provider): string {
  if (provider.addressedBy === 'azure-resource') return azureRemedy(provider);
  if (provider.addressedBy === 'google-project') return vertexRemedy(provider);
  if (provider.addressedBy === 'aws-region') return bedrockRemedy(provider);
  if (provider.local)
    return `nothing answers on port ${provider.local.port} of this machine; start it, or give its base_url in the configuration`;
  if (provider.simulated)
    return 'it is only attached when no other provider is; add "sim: {}" to the providers to have it beside others';
  return `set ${provider.env[0] ?? 'its key'} or give its api_key in the configuration`;
}
