// Where a Google Cloud project is reached and what its tokens are made from: configuration, environment and key files → a
// provider. Read once, when the configuration is loaded.
import type { ProviderConfig } from '../config/schema.ts';
import type { ConfiguredProvider, GoogleCredentials, ProviderKey } from '../core/plan.ts';
import type { Provider } from '../core/provider.ts';
import { findCredentials } from '../google/find-credentials.ts';

interface VertexSources {
  /** The provider with the operator's overrides in it. */
  readonly provider: Provider;
  readonly entry: ProviderConfig | null | undefined;
  /** The configured keys, else the environment's. */
  readonly keys: readonly ProviderKey[];
  readonly environment: { readonly [name: string]: string | undefined };
}

/** What is missing where it cannot be used. */
export function vertexRemedy({ id }: Provider): string {
  return `set GOOGLE_CLOUD_PROJECT and GOOGLE_APPLICATION_CREDENTIALS (a service account's key file that can be read), or give project and credentials_file under ${id} in the configuration`;
}

/** Null where there is no project, or nothing to prove oneself with. */
export function configureVertex(sources: VertexSources): ConfiguredProvider | null {
  const { entry, keys, provider } = sources;
  const models = entry?.models ?? [];
  if (keys.length > 0) {
    const baseUrl = entry?.base_url ?? expressUrl(sources);
    return { provider: { ...provider, baseUrl }, keys, models, region: regionOf(sources) };
  }
  const found = credentialsOf(sources);
  // At an address of the operator's own, only he can say.
  const region = entry?.base_url === undefined ? locationOf(sources) : regionOf(sources);
  if (found === null)
    return entry?.base_url === undefined ? null : { provider, keys, models, region };
  const project = projectOf(sources) ?? found.project;
  const baseUrl =
    entry?.base_url ??
    (project === null ? null : projectUrl(provider, project, locationOf(sources)));
  if (baseUrl === null) return null;
  return { provider: { ...provider, baseUrl }, keys: [found.key], models, region };
}

/** With a key alone (express mode) the project is the key's. */
function expressUrl(sources: VertexSources): string {
  const { provider } = sources;
  const project = wordOf(sources.entry?.project);
  if (project !== null) return projectUrl(provider, project, locationOf(sources));
  return provider.baseUrl.replace('/projects/PROJECT/locations/LOCATION', '');
}

function projectOf({ entry, environment }: VertexSources): string | null {
  return (
    wordOf(entry?.project) ??
    wordOf(environment.GOOGLE_CLOUD_PROJECT) ??
    wordOf(environment.GCLOUD_PROJECT)
  );
}

function locationOf(sources: VertexSources): string {
  return regionOf(sources) ?? 'global';
}

/** Null: nobody named one. */
function regionOf({ entry, environment }: VertexSources): string | null {
  return wordOf(entry?.location) ?? wordOf(environment.GOOGLE_CLOUD_LOCATION);
}

/** Regions have hosts of their own, and so have the two groups of regions. */
function projectUrl({ baseUrl }: Provider, project: string, location: string): string {
  const url = baseUrl
    .replace('PROJECT', encodeURIComponent(project))
    .replace('LOCATION', encodeURIComponent(location));
  if (location === 'global') return url;
  const host =
    location === 'us' || location === 'eu'
      ? `aiplatform.${location}.rep.googleapis.com`
      : `${location}-aiplatform.googleapis.com`;
  return url.replace('aiplatform.googleapis.com', host);
}

interface Found {
  readonly key: ProviderKey;
  /** The project the credentials name themselves. */
  readonly project: string | null;
}

/** This machine's own only where somebody said that this provider is wanted: they are there for many reasons. */
function credentialsOf(sources: VertexSources): Found | null {
  const { entry, environment } = sources;
  const found = findCredentials({
    file: wordOf(entry?.credentials_file),
    environment,
    orMachines: Boolean(entry) && projectOf(sources) !== null,
  });
  if (found === null) return null;
  const { label, credentials: google, project } = found;
  return { key: { label, secret: secretOf(google), google }, project };
}

function secretOf(google: GoogleCredentials): string {
  if (google.kind === 'service-account') return google.privateKey;
  return google.kind === 'authorized-user' ? google.refreshToken : '';
}

/** An unset variable may come as an empty text. */
function wordOf(value: string | undefined): string | null {
  const word = value?.trim() ?? '';
  return word === '' ? null : word;
}
