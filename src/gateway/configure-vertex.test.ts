// Where a Google Cloud project is reached, and by whose word, for every way of saying so.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProviderConfig } from '../config/schema.ts';
import { googleVertex } from '../providers/google-vertex.ts';
import { vertexAnthropic } from '../providers/vertex-anthropic.ts';
import { configureVertex } from './configure-vertex.ts';

let folder: string;
const place = (name: string) => join(folder, name);

const ACCOUNT = {
  type: 'service_account',
  project_id: 'of-the-key',
  private_key_id: 'k1',
  private_key: '-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----\n',
  client_email: 'it@of-the-key.iam.gserviceaccount.com',
  token_uri: 'https://oauth2.googleapis.com/token',
};
const PERSON = {
  type: 'authorized_user',
  client_id: 'c',
  client_secret: 's',
  refresh_token: 'r',
  quota_project_id: 'of-the-person',
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'switchyard-vertex-'));
  writeFileSync(place('account.json'), JSON.stringify(ACCOUNT));
  writeFileSync(place('application_default_credentials.json'), JSON.stringify(PERSON));
  writeFileSync(place('other.json'), JSON.stringify({ type: 'external_account' }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function configured(
  entry: ProviderConfig | undefined,
  environment: { readonly [name: string]: string } = {},
  provider = googleVertex,
  secrets: readonly string[] = [],
) {
  const keys = secrets.map((secret) => ({ label: 'key-1', secret }));
  const found = configureVertex({ provider, entry, keys, environment });
  return found === null
    ? null
    : { url: found.provider.baseUrl, label: found.keys[0]?.label, google: found.keys[0]?.google };
}

describe('the address', () => {
  const url = (entry: ProviderConfig, environment = {}, provider = googleVertex) =>
    configured({ credentials_file: place('account.json'), ...entry }, environment, provider)?.url;

  test('holds the project and the location, the global one where nobody says', () => {
    expect(url({ project: 'p' })).toBe(
      'https://aiplatform.googleapis.com/v1beta1/projects/p/locations/global/publishers/google',
    );
    expect(url({ project: 'p', location: 'europe-west4' })).toBe(
      'https://europe-west4-aiplatform.googleapis.com/v1beta1/projects/p/locations/europe-west4/publishers/google',
    );
    expect(url({ project: 'p', location: 'eu' }, {}, vertexAnthropic)).toBe(
      'https://aiplatform.eu.rep.googleapis.com/v1/projects/p/locations/eu/publishers/anthropic',
    );
  });

  test('comes from the environment, and the project else from the credentials', () => {
    expect(url({}, { GOOGLE_CLOUD_PROJECT: 'q', GOOGLE_CLOUD_LOCATION: 'us-east5' })).toContain(
      '/projects/q/locations/us-east5/',
    );
    expect(url({})).toContain('/projects/of-the-key/locations/global/');
  });

  test('of the operator’s own stands as it is', () => {
    expect(url({ project: 'p', base_url: 'http://127.0.0.1:1/x' })).toBe('http://127.0.0.1:1/x');
  });

  test('is in a region, where it is known which', () => {
    const region = (entry: ProviderConfig) =>
      configureVertex({
        provider: googleVertex,
        entry: { credentials_file: place('account.json'), ...entry },
        keys: [],
        environment: {},
      })?.region;
    expect(region({ location: 'europe-west4' })).toBe('europe-west4');
    expect(region({})).toBe('global');
    expect(region({ base_url: 'http://127.0.0.1:1/x' })).toBeNull();
    expect(region({ base_url: 'http://127.0.0.1:1/x', location: 'eu' })).toBe('eu');
  });

  test('of a key alone has no project (express mode)', () => {
    expect(configured({}, {}, googleVertex, ['k'])).toEqual({
      url: 'https://aiplatform.googleapis.com/v1beta1/publishers/google',
      label: 'key-1',
      google: undefined,
    });
  });
});

describe('the credentials', () => {
  test('are the file that is named, by the configuration before the environment', () => {
    const environment = { GOOGLE_APPLICATION_CREDENTIALS: place('account.json') };
    expect(configured(undefined, environment)?.google).toEqual({
      kind: 'service-account',
      clientEmail: ACCOUNT.client_email,
      privateKey: ACCOUNT.private_key,
      keyId: 'k1',
      tokenUrl: ACCOUNT.token_uri,
    });
    const named = { credentials_file: place('application_default_credentials.json') };
    expect(configured(named, environment)).toEqual({
      url: 'https://aiplatform.googleapis.com/v1beta1/projects/of-the-person/locations/global/publishers/google',
      label: 'credentials file',
      google: {
        kind: 'authorized-user',
        clientId: 'c',
        clientSecret: 's',
        refreshToken: 'r',
        tokenUrl: 'https://oauth2.googleapis.com/token',
      },
    });
  });

  test('are those gcloud left, or the machine’s, only for a provider somebody asked for', () => {
    const environment = { CLOUDSDK_CONFIG: folder, GOOGLE_CLOUD_PROJECT: 'p' };
    expect(configured({}, environment)?.google?.kind).toBe('authorized-user');
    expect(configured(undefined, environment)).toBeNull();
    const elsewhere = { ...environment, CLOUDSDK_CONFIG: place('nothing') };
    expect(configured({}, { ...elsewhere, GCE_METADATA_HOST: '127.0.0.1:5' })?.google).toEqual({
      kind: 'machine',
      tokenUrl: 'http://127.0.0.1:5/computeMetadata/v1/instance/service-accounts/default/token',
    });
    expect(configured({}, { CLOUDSDK_CONFIG: folder })).toBeNull();
  });

  test('that cannot be read, or are of another kind, are none', () => {
    for (const name of ['nothing.json', 'other.json'])
      expect(configured({ project: 'p', credentials_file: place(name) })).toBeNull();
  });
});
