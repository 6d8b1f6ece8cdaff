// Which key and which region: configuration first, then the environment, whose key pair counts only where it was asked for.
import { describe, expect, test } from 'bun:test';
import type { ConfigFile } from '../config/schema.ts';
import { configureProviders } from './configure-providers.ts';

function configured(
  providers: NonNullable<ConfigFile['providers']>,
  environment: { readonly [name: string]: string } = {},
) {
  return configureProviders({ config: { providers }, environment, local: new Map(), sim: null });
}

const PAIR = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'secret' };
const address = (region: string) => `https://bedrock-runtime.${region}.amazonaws.com`;

describe('the key', () => {
  test('an API key travels as it is, from the configuration or the environment', () => {
    const named = configured({ bedrock: { api_key: 'k' } }).providers.get('bedrock');
    expect(named?.keys).toEqual([{ label: 'key-1', secret: 'k' }]);
    expect(named?.provider.baseUrl).toBe(address('us-east-1'));
    const { providers } = configured({}, { AWS_BEARER_TOKEN_BEDROCK: 'b' });
    for (const id of ['bedrock', 'bedrock-anthropic'])
      expect(providers.get(id)?.keys).toEqual([{ label: 'AWS_BEARER_TOKEN_BEDROCK', secret: 'b' }]);
  });

  test('a pair in the environment is used only where the configuration names the provider', () => {
    const unasked = configured({}, PAIR);
    expect(unasked.providers.has('bedrock')).toBe(false);
    expect(unasked.unavailable.get('bedrock')?.remedy).toContain('AWS_BEARER_TOKEN_BEDROCK');
    const asked = configured(
      { bedrock: {} },
      { ...PAIR, AWS_SESSION_TOKEN: 't', AWS_REGION: 'eu-west-1' },
    );
    expect(asked.providers.get('bedrock')?.keys).toEqual([
      {
        label: 'AWS_ACCESS_KEY_ID',
        secret: 'secret',
        aws: {
          accessKeyId: 'AKIA',
          secretAccessKey: 'secret',
          sessionToken: 't',
          region: 'eu-west-1',
        },
      },
    ]);
    expect(asked.providers.has('bedrock-anthropic')).toBe(false);
  });

  test('a configured pair goes before everything; half a pair is none', () => {
    const aws = { access_key_id: 'A', secret_access_key: 'S', region: 'ap-south-1' };
    const { providers } = configured({ bedrock: { aws } }, { ...PAIR, AWS_REGION: 'eu-west-1' });
    expect(providers.get('bedrock')?.keys[0]?.aws).toEqual({
      accessKeyId: 'A',
      secretAccessKey: 'S',
      region: 'ap-south-1',
    });
    expect(providers.get('bedrock')?.provider.baseUrl).toBe(address('ap-south-1'));
    expect(configured({ bedrock: { aws: { access_key_id: 'A' } } }).providers.size).toBe(0);
  });
});

test('the region: configured, else the environment’s, else the default; a base URL stands', () => {
  const url = (entry: object, environment = {}) =>
    configured({ bedrock: { api_key: 'k', ...entry } }, environment).providers.get('bedrock')
      ?.provider.baseUrl;
  expect(url({ region: 'eu-north-1' }, { AWS_REGION: 'us-west-2' })).toBe(address('eu-north-1'));
  expect(url({}, { AWS_DEFAULT_REGION: 'us-west-2' })).toBe(address('us-west-2'));
  expect(url({ base_url: 'http://proxy.test' })).toBe('http://proxy.test');
  const region = (entry: object) =>
    configured({ bedrock: { api_key: 'k', ...entry } }).providers.get('bedrock')?.region;
  expect(region({ region: 'eu-north-1' })).toBe('eu-north-1');
  expect(region({})).toBe('us-east-1');
});
