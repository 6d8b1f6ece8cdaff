// Where a resource is and how it is spoken to, from every way of saying it.
import { describe, expect, test } from 'bun:test';
import type { ProviderConfig } from '../config/schema.ts';
import { findProvider } from '../providers/index.ts';
import { configureAzure } from './configure-azure.ts';

const KEY = { label: 'key-1', secret: 'k' };

function configured(
  entry: ProviderConfig | null,
  environment: { readonly [name: string]: string } = {},
  keys = [KEY],
) {
  const provider = findProvider('azure');
  if (provider === undefined) throw new Error('it is not known');
  return configureAzure({ provider, entry, keys, environment });
}

describe('the address', () => {
  test.each<[string, ProviderConfig | null, { readonly [name: string]: string }, string]>([
    ['a name', { resource: 'mine' }, {}, 'https://mine.openai.azure.com/openai/v1'],
    ['a host', { resource: 'mine.example.com' }, {}, 'https://mine.example.com/openai/v1'],
    ['an address', { resource: 'https://x.test/' }, {}, 'https://x.test/openai/v1'],
    [
      'the environment',
      null,
      { AZURE_OPENAI_ENDPOINT: 'https://e.test/openai/v1/' },
      'https://e.test/openai/v1',
    ],
    ['a name there', null, { AZURE_RESOURCE_NAME: 'n' }, 'https://n.openai.azure.com/openai/v1'],
    [
      'the configuration first',
      { resource: 'c' },
      { AZURE_OPENAI_ENDPOINT: 'https://e.test' },
      'https://c.openai.azure.com/openai/v1',
    ],
    ['a base URL as it stands', { base_url: 'http://p/x' }, {}, 'http://p/x'],
  ])('%s', (_how, entry, environment, baseUrl) => {
    expect(configured(entry, environment)?.provider.baseUrl).toBe(baseUrl);
  });

  test('without one, or without a key, there is no provider', () => {
    expect(configured(null)).toBeNull();
    expect(configured(null, { AZURE_OPENAI_ENDPOINT: ' ' })).toBeNull();
    expect(configured({ resource: 'mine' }, {}, [])).toBeNull();
  });
});

describe('the API', () => {
  const at = (api_version: string) => configured({ resource: 'mine', api_version })?.provider;

  test('has no version, or a word for one', () => {
    expect(at('v1')?.hosting).toBeUndefined();
    expect(at('preview')?.hosting).toEqual({ path: '{path}?api-version=preview' });
    expect(at('preview')?.alsoSpeaks).toEqual(['openai-responses']);
  });

  test('of a date has the deployment in its path and knows what it knew then', () => {
    const old = at('2024-02-01');
    expect(old?.baseUrl).toBe('https://mine.openai.azure.com/openai');
    expect(old?.hosting).toEqual({
      path: '/deployments/{model}{path}?api-version=2024-02-01',
    });
    expect(old?.alsoSpeaks).toEqual([]);
    expect(old?.quirks).toMatchObject({
      maxTokensField: 'max_tokens',
      developerRole: false,
      streamUsage: false,
      responseFormats: ['json_object'],
    });
    expect(at('2024-10-21')?.quirks.streamUsage).toBeUndefined();
    expect(at('2025-04-01-preview')?.quirks.maxTokensField).toBe('max_completion_tokens');
    expect(old?.quirks.modelRules?.filter((rule) => 'dialect' in rule)).toEqual([]);
  });

  test('takes what the operator declares', () => {
    const entry = { resource: 'mine', api_version: '2024-02-01', quirks: { developerRole: true } };
    expect(configured(entry)?.provider.quirks).toMatchObject({
      developerRole: true,
      maxTokensField: 'max_tokens',
    });
  });
});

test('an Entra token travels as a bearer token, a key in its own header', () => {
  const token = { label: 'key-1', secret: 'eyJhbGciOi.eyJzdWIi.c2ln' };
  expect(configured({ resource: 'mine' })?.provider.auth).toEqual({
    kind: 'header',
    name: 'api-key',
  });
  expect(configured({ resource: 'mine' }, {}, [token])?.provider.auth).toEqual({ kind: 'bearer' });
  const found = configured({ resource: 'mine' }, { AZURE_OPENAI_AD_TOKEN: token.secret }, []);
  expect(found?.keys).toEqual([{ label: 'AZURE_OPENAI_AD_TOKEN', secret: token.secret }]);
  expect(found?.provider.auth).toEqual({ kind: 'bearer' });
});
