// Where an Azure OpenAI resource is and which of its two APIs it is spoken to by: configuration and environment → a provider.
import type { ProviderConfig } from '../config/schema.ts';
import type { ConfiguredProvider, ProviderKey } from '../core/plan.ts';
import type { Provider, Quirks } from '../core/provider.ts';

interface AzureSources {
  /** The provider with the operator's overrides in it. */
  readonly provider: Provider;
  readonly entry: ProviderConfig | null | undefined;
  /** The configured keys, else the environment's. */
  readonly keys: readonly ProviderKey[];
  readonly environment: { readonly [name: string]: string | undefined };
}

/** What is missing where it cannot be used. */
export function azureRemedy({ env }: Provider): string {
  return `set ${env[0] ?? 'its key'} and AZURE_OPENAI_ENDPOINT, or give its api_key and resource in the configuration`;
}

/** Null where there is no key or no address. */
export function configureAzure(sources: AzureSources): ConfiguredProvider | null {
  const { entry, environment, provider } = sources;
  const version = wordOf(
    entry?.api_version ?? environment.AZURE_OPENAI_API_VERSION ?? environment.OPENAI_API_VERSION,
  );
  const classic = version !== null && isDated(version);
  const baseUrl = wordOf(entry?.base_url) ?? addressOf(entry, environment, classic);
  const keys = sources.keys.length > 0 ? sources.keys : tokenOf(environment);
  if (baseUrl === null || (keys.length === 0 && entry?.base_url === undefined)) return null;
  return {
    provider: {
      ...provider,
      baseUrl,
      ...authOf(provider, keys),
      ...(classic ? classicApi(version, entry) : currentApi(version)),
      quirks: {
        ...provider.quirks,
        ...(classic ? classicQuirks(version, provider.quirks) : {}),
        ...own(entry),
      },
    },
    keys,
    models: entry?.models ?? [],
    region: null,
  };
}

/** Versions are dates (`2024-10-21`, `2025-04-01-preview`); the current API has none, or a word (`v1`, `preview`, `latest`). */
function isDated(version: string): boolean {
  return version.startsWith('20');
}

/** The resource's address; an endpoint may be given with or without the path that follows it. */
function addressOf(
  entry: AzureSources['entry'],
  environment: AzureSources['environment'],
  classic: boolean,
): string | null {
  const endpoint = hostOf(
    wordOf(entry?.resource) ??
      wordOf(environment.AZURE_OPENAI_ENDPOINT) ??
      wordOf(environment.AZURE_RESOURCE_NAME),
  );
  if (endpoint === null) return null;
  const root = withoutEnd(withoutEnd(withoutEnd(endpoint, '/'), '/openai/v1'), '/openai');
  return classic ? `${root}/openai` : `${root}/openai/v1`;
}

/** A name, a host or an address. */
function hostOf(resource: string | null): string | null {
  if (resource === null || resource.includes('://')) return resource;
  return resource.includes('.') ? `https://${resource}` : `https://${resource}.openai.azure.com`;
}

function withoutEnd(text: string, end: string): string {
  return text.endsWith(end) ? text.slice(0, -end.length) : text;
}

/** `v1`: the deployment stands in the body as the model, and no version is needed ("preview" may be asked for by name). */
function currentApi(version: string | null): Partial<Provider> {
  if (version === null || version === 'v1') return {};
  return { hosting: { path: `{path}?api-version=${encodeURIComponent(version)}` } };
}

/** Dated versions: the deployment stands in the path. Their other wires are elsewhere, so that they speak only this one. */
function classicApi(version: string, entry: AzureSources['entry']): Partial<Provider> {
  return {
    dialect: entry?.dialect ?? 'openai-chat',
    alsoSpeaks: [],
    hosting: { path: `/deployments/{model}{path}?api-version=${encodeURIComponent(version)}` },
  };
}

/** What older versions do not know is refused by name; learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle */
function classicQuirks(version: string, { modelRules }: Quirks): Quirks {
  const date = version.slice(0, 10);
  return {
    // The other wire is not there, whatever a model is served on elsewhere.
    modelRules: (modelRules ?? []).map(({ dialect: _, toolsDialect: _tools, ...rule }) => rule),
    ...(date < '2024-12-01' ? { maxTokensField: 'max_tokens', developerRole: false } : {}),
    ...(date < '2024-09-01' ? { streamUsage: false, parallelToolCalls: false } : {}),
    ...(date < '2024-08-01' ? { responseFormats: ['json_object'] } : {}),
  };
}

/** What the operator declared wins over what a version is known for; undefined members hide nothing. */
function own(entry: AzureSources['entry']): Quirks {
  return JSON.parse(JSON.stringify(entry?.quirks ?? {})) as Quirks;
}

/** Microsoft Entra ID tokens are JSON Web Tokens; keys never have that form. */
function authOf(provider: Provider, keys: readonly ProviderKey[]): Pick<Provider, 'auth'> {
  const tokens = keys.length > 0 && keys.every(({ secret }) => isToken(secret));
  return { auth: tokens ? { kind: 'bearer' } : provider.auth };
}

function isToken(secret: string): boolean {
  return secret.startsWith('eyJ') && secret.split('.').length === 3;
}

function tokenOf(environment: AzureSources['environment']): ProviderKey[] {
  const secret = wordOf(environment.AZURE_OPENAI_AD_TOKEN);
  return secret === null ? [] : [{ label: 'AZURE_OPENAI_AD_TOKEN', secret }];
}

/** An unset variable may come as an empty text. */
function wordOf(value: string | undefined): string | null {
  const word = value?.trim() ?? '';
  return word === '' ? null : word;
}
