// What a configuration and an environment make: which providers can be used, with which keys, and what is said of the others.
import { describe, expect, test } from 'bun:test';
import { loadCatalogData } from '../catalog/load.ts';
import type { ConfigFile } from '../config/schema.ts';
import { buildSnapshot, type SnapshotSources } from './snapshot.ts';

const catalog = loadCatalogData('no-such-folder');
const SIM = { url: 'http://127.0.0.1:9/v1', models: ['echo'] };

function snapshot(
  config: ConfigFile,
  environment: SnapshotSources['environment'] = {},
  rest: Partial<SnapshotSources> = {},
) {
  return buildSnapshot({ config, environment, catalog, local: new Map(), sim: null, ...rest });
}

describe('buildSnapshot', () => {
  test('nothing set: no provider, or the simulated one alone', () => {
    expect([...snapshot({}).providers.keys()]).toEqual([]);
    expect([...snapshot({}, {}, { sim: SIM }).providers.keys()]).toEqual(['sim']);
  });

  test('a key in the environment is enough, and is named by its variable only', () => {
    const { providers } = snapshot({}, { OPENAI_API_KEY: 'sk-secret', GROQ_API_KEY: '' });
    expect([...providers.keys()]).toEqual(['openai']);
    expect(providers.get('openai')?.keys).toEqual([
      { label: 'OPENAI_API_KEY', secret: 'sk-secret' },
    ]);
  });

  test('the usual keys of makers with wires of their own will do', () => {
    const { providers } = snapshot({}, { GOOGLE_API_KEY: 'g', CO_API_KEY: 'c' });
    expect([...providers].map(([id, { provider, keys }]) => [id, provider.dialect, keys])).toEqual([
      ['google', 'gemini', [{ label: 'GOOGLE_API_KEY', secret: 'g' }]],
      ['cohere', 'cohere', [{ label: 'CO_API_KEY', secret: 'c' }]],
    ]);
  });

  test('the simulated provider goes when there is another, unless it is asked for', () => {
    const environment = { OPENAI_API_KEY: 'sk-secret' };
    expect(snapshot({}, environment, { sim: SIM }).providers.has('sim')).toBe(false);
    expect(
      snapshot({ providers: { sim: {} } }, environment, { sim: SIM }).providers.has('sim'),
    ).toBe(true);
  });

  test('simulated models cost nothing, and that is known', () => {
    expect(snapshot({}, {}, { sim: SIM }).catalog.get('sim', 'echo')?.price).toMatchObject({
      input: 0,
      output: 0,
    });
  });

  test('keys have labels and weights of their own, or numbers; the single key is one of the pool', () => {
    const entry = {
      api_key: 'a',
      api_keys: ['', { key: 'b', weight: 3, label: 'team' }, { key: 'c', weight: 0 }],
    };
    expect(snapshot({ providers: { openai: entry } }).providers.get('openai')?.keys).toEqual([
      { label: 'key-1', secret: 'a' },
      { label: 'team', secret: 'b', weight: 3 },
      { label: 'key-3', secret: 'c', weight: 0 },
    ]);
  });

  test('a limit has a queue of four rounds and ten seconds, or what the configuration says', () => {
    const limitsOf = (limits: { concurrent: number; queue?: number; queue_timeout?: number }) =>
      ['openai', 'mine'].map((id) => {
        const entry = { api_key: 'a', base_url: 'http://127.0.0.1:9/v1', limits };
        return snapshot({ providers: { [id]: entry } }).providers.get(id)?.limits;
      });
    const usual = { concurrent: 5, queue: 20, queueTimeoutMs: 10_000 };
    expect(limitsOf({ concurrent: 5 })).toEqual([usual, usual]);
    const own = { concurrent: 5, queue: 0, queueTimeoutMs: 800 };
    expect(limitsOf({ concurrent: 5, queue: 0, queue_timeout: 800 })).toEqual([own, own]);
    const none = snapshot({ providers: { openai: { api_key: 'a' } } }).providers.get('openai');
    expect(none?.limits).toBeUndefined();
  });

  test('configured keys replace the environment’s; empty ones do not count', () => {
    const config = { providers: { openai: { api_key: '', api_keys: ['a', '', 'b'] } } };
    expect(snapshot(config, { OPENAI_API_KEY: 'env' }).providers.get('openai')?.keys).toEqual([
      { label: 'key-1', secret: 'a' },
      { label: 'key-2', secret: 'b' },
    ]);
    const empty = { providers: { openai: { api_key: '' } } };
    expect(snapshot(empty, {}).unavailable.get('openai')?.remedy).toContain('set OPENAI_API_KEY');
  });

  test('overrides: base URL, headers and quirks over what is declared', () => {
    const config = {
      providers: {
        mistral: {
          base_url: 'http://127.0.0.1:1/v1',
          headers: { 'x-a': '1' },
          quirks: { developerRole: true },
        },
      },
    };
    const provider = snapshot(config).providers.get('mistral')?.provider;
    expect(provider).toMatchObject({
      baseUrl: 'http://127.0.0.1:1/v1',
      headers: { 'x-a': '1' },
      quirks: { developerRole: true, toolIdFormat: 'alnum9' },
    });
  });

  test('a provider of the operator’s own, with its models and prices, needs no key', () => {
    const config: ConfigFile = {
      providers: { lab: { base_url: 'http://127.0.0.1:1/v1', models: ['m'] } },
      models: [{ id: 'lab/m', context: 10, price: { input: 1, output: 2 } }],
    };
    const { providers, catalog: known } = snapshot(config);
    expect(providers.get('lab')).toMatchObject({
      keys: [],
      models: ['m'],
      provider: { dialect: 'openai-chat', auth: { kind: 'bearer' } },
    });
    expect(known.get('lab', 'm')).toMatchObject({ context: 10, price: { input: 1, output: 2 } });
  });

  test('local servers are there when found or asked for', () => {
    const local = new Map([['ollama', ['llama3']]]);
    expect(snapshot({}, {}, { local }).providers.get('ollama')?.models).toEqual(['llama3']);
    expect(snapshot({ providers: { ollama: {} } }).providers.has('ollama')).toBe(true);
    expect(snapshot({}).unavailable.get('ollama')?.remedy).toContain(
      'nothing answers on port 11434',
    );
  });

  test('another host of a wire only its maker has is spoken to as the maker is', () => {
    const { providers } = snapshot({
      providers: { mine: { dialect: 'gemini', base_url: 'http://127.0.0.1:1', api_key: 'k' } },
    });
    const { provider } = providers.get('mine') ?? {};
    expect(provider?.auth).toEqual({ kind: 'google-oauth' });
    expect(provider?.quirks.modelRules?.map(({ match }) => match)).toContain('gemini-2-5');
  });

  test('a project nobody named says what is missing', () => {
    const { providers, unavailable } = snapshot({ providers: { vertex: {} } });
    expect(providers.size).toBe(0);
    expect(unavailable.get('google-vertex')?.remedy).toContain('set GOOGLE_CLOUD_PROJECT');
  });

  test('switched off is off', () => {
    expect(
      snapshot({ providers: { openai: { enabled: false } } }, { OPENAI_API_KEY: 'k' }).providers
        .size,
    ).toBe(0);
  });
});
