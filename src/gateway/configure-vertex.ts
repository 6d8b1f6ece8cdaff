// Where a Google Cloud project is reached and what its tokens are made from: configuration, environment and key files → a
// provider. Read once, when the configuration is loaded.
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ProviderConfig } from '../config/schema.ts';
import type { ConfiguredProvider, GoogleCredentials, ProviderKey } from '../core/plan.ts';
import type { Provider } from '../core/provider.ts';
import { asObject, asString, type JsonObject, parseJson } from '../lib/json.ts';

interface VertexSources {
  /** The provider with the operator's overrides in it. */
  readonly provider: Provider;
  readonly entry: ProviderConfig | null | undefined;
  /** The configured keys, else the environment's. */
  readonly keys: readonly ProviderKey[];
  readonly environment: { readonly [name: string]: string | undefined };
}

const TOKEN_URL = 'https://oauth2.googleapis.com/token';
const MACHINE_PATH = '/computeMetadata/v1/instance/service-accounts/default/token';

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

/**
 * In the order of Google's own libraries: the file that was named, the one gcloud leaves, this machine's account. The last
 * two only where somebody said that this provider is wanted: they are there for many reasons.
 */
function credentialsOf(sources: VertexSources): Found | null {
  const { entry, environment } = sources;
  const named =
    wordOf(entry?.credentials_file) ?? wordOf(environment.GOOGLE_APPLICATION_CREDENTIALS);
  if (named !== null) return fromFile(named, 'credentials file');
  if (!entry || projectOf(sources) === null) return null;
  const folder = wordOf(environment.CLOUDSDK_CONFIG) ?? join(homedir(), '.config', 'gcloud');
  const left = fromFile(join(folder, 'application_default_credentials.json'), 'gcloud');
  if (left !== null) return left;
  const host = wordOf(environment.GCE_METADATA_HOST) ?? 'metadata.google.internal';
  const google: GoogleCredentials = { kind: 'machine', tokenUrl: `http://${host}${MACHINE_PATH}` };
  return { key: { label: 'this machine', secret: '', google }, project: null };
}

/** Null where the file cannot be read, or is of a kind this gateway makes no tokens from. */
function fromFile(file: string, label: string): Found | null {
  let body: JsonObject | undefined;
  try {
    body = asObject(parseJson(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
  const google = body && credentialsIn(body);
  if (!body || !google) return null;
  const secret =
    google.kind === 'service-account'
      ? google.privateKey
      : google.kind === 'authorized-user'
        ? google.refreshToken
        : '';
  return {
    key: { label, secret, google },
    project: asString(body.project_id) ?? asString(body.quota_project_id) ?? null,
  };
}

function credentialsIn(body: JsonObject): GoogleCredentials | null {
  const tokenUrl = asString(body.token_uri) ?? TOKEN_URL;
  const clientEmail = asString(body.client_email);
  const privateKey = asString(body.private_key);
  const keyId = asString(body.private_key_id);
  if (body.type === 'service_account' && clientEmail && privateKey)
    return {
      kind: 'service-account',
      clientEmail,
      privateKey,
      tokenUrl,
      ...(keyId === undefined ? {} : { keyId }),
    };
  const clientId = asString(body.client_id);
  const clientSecret = asString(body.client_secret);
  const refreshToken = asString(body.refresh_token);
  if (body.type === 'authorized_user' && clientId && clientSecret && refreshToken)
    return { kind: 'authorized-user', clientId, clientSecret, refreshToken, tokenUrl };
  return null;
}

/** An unset variable may come as an empty text. */
function wordOf(value: string | undefined): string | null {
  const word = value?.trim() ?? '';
  return word === '' ? null : word;
}
