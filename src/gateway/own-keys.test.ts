// What callers' own keys make of a snapshot: where they are sent, what stays the operator's, and what it costs to look.
import { describe, expect, test } from 'bun:test';
import { loadCatalogData } from '../catalog/load.ts';
import type { ConfigFile } from '../config/schema.ts';
import { GatewayError } from '../core/errors.ts';
import type { ProviderKey } from '../core/plan.ts';
import type { CallersKeys } from '../vault/vault-view.ts';
import { callersSnapshot } from './own-keys.ts';
import { buildSnapshot, type SnapshotSources } from './snapshot.ts';

const CATALOG = loadCatalogData(import.meta.dir);
const HEADER = 'x-switchyard-provider-key';

function snapshotOf(
  config: ConfigFile,
  environment: SnapshotSources['environment'] = {},
  pools: SnapshotSources['pools'] = new Map(),
) {
  return buildSnapshot({
    config,
    environment,
    catalog: CATALOG,
    local: new Map(),
    sim: null,
    pools,
  });
}

const awsKey = (region: string, label = region): ProviderKey => ({
  label,
  secret: 'pair-secret',
  aws: { accessKeyId: 'AKIA1', secretAccessKey: 'pair-secret', region },
});
const account = (projectId: string): ProviderKey => ({
  label: 'own',
  secret: 'pem',
  google: {
    kind: 'service-account',
    clientEmail: 'a@b',
    privateKey: 'pem',
    tokenUrl: 'https://t',
    projectId,
  },
});
const plain = (secret: string, label = 'own'): ProviderKey => ({ label, secret });

describe('where a key is sent', () => {
  const { own } = snapshotOf(
    {
      providers: {
        openai: {
          base_url: 'http://proxy.example/v1',
          api_key: 'operator',
          headers: { 'x-team': 'a' },
        },
        groq: { enabled: false },
        'my-vllm': { base_url: 'http://vllm.example/v1', api_key: 'operator' },
        bedrock: {
          region: 'eu-central-1',
          aws: { access_key_id: 'A', secret_access_key: 'operator' },
        },
        'google-vertex': {
          project: 'operators-project',
          location: 'europe-west4',
          api_key: 'operator',
        },
      },
    },
    {},
  );
  const baseUrl = (id: string, key: ProviderKey) =>
    own.provider(id, [key])?.provider.baseUrl ?? null;

  test('is where the operator has the provider, with all that is said of it but the keys', () => {
    const made = own.provider('openai', [plain('sk-own')]);
    expect(made?.keys).toEqual([plain('sk-own')]);
    expect(made?.provider).toMatchObject({
      baseUrl: 'http://proxy.example/v1',
      headers: { 'x-team': 'a' },
    });
    expect(baseUrl('my-vllm', plain('x'))).toBe('http://vllm.example/v1');
    expect(JSON.stringify(own.provider('bedrock', [plain('x')]))).not.toContain('operator');
  });

  test('is the provider’s own address where the operator has none', () => {
    expect(baseUrl('anthropic', plain('x'))).toBe('https://api.anthropic.com/v1');
  });

  test('is the region or the project the key itself is of', () => {
    expect(baseUrl('bedrock', awsKey('ap-south-1'))).toContain('.ap-south-1.');
    expect(baseUrl('bedrock', plain('x'))).toContain('.eu-central-1.');
    expect(baseUrl('google-vertex', account('own-project'))).toContain('/projects/own-project/');
    // A plain key is of a project nobody named: the operator's is not its.
    expect(baseUrl('google-vertex', plain('x'))).not.toContain('operators-project');
  });

  test('is nowhere: switched off, unknown, without an address, or asked for none', () => {
    for (const id of ['groq', 'nobody', 'azure', 'sim', 'ollama'])
      expect([id, own.provider(id, [plain('x')])]).toEqual([id, null]);
  });

  test('of several, those go together that are of one place', () => {
    const keys = [awsKey('us-west-2', 'a'), awsKey('eu-west-1', 'b'), awsKey('us-west-2', 'c')];
    expect(own.provider('bedrock', keys)?.keys.map(({ label }) => label)).toEqual(['a', 'c']);
  });
});

describe('a pool', () => {
  const pools = (id: string, ...keys: readonly ProviderKey[]) => new Map([[id, keys]]);

  test('gets the stored keys that are good where it is, or is made of them', () => {
    const config = {
      providers: {
        bedrock: { aws: { access_key_id: 'A', secret_access_key: 'S', region: 'us-east-1' } },
      },
    };
    const stored = pools('bedrock', awsKey('us-east-1'), awsKey('eu-west-1'));
    const labels = (of: ReturnType<typeof snapshotOf>, id: string) =>
      of.providers.get(id)?.keys.map(({ label }) => label);
    expect(labels(snapshotOf(config, {}, stored), 'bedrock')).toEqual(['aws', 'us-east-1']);
    const alone = snapshotOf({}, {}, pools('groq', plain('gsk', 'stored:a')));
    expect([labels(alone, 'groq'), alone.unavailable.has('groq')]).toEqual([['stored:a'], false]);
    expect(alone.auto.entries.length).toBeGreaterThan(0);
  });

  test('ends the simulation', () => {
    const sources = { config: {}, environment: {}, catalog: CATALOG, local: new Map() };
    const sim = { url: 'http://127.0.0.1:1/v1', models: ['echo'] };
    const with_ = buildSnapshot({ ...sources, sim, pools: pools('groq', plain('gsk')) });
    expect([...with_.providers.keys()]).toEqual(['groq']);
    expect([...buildSnapshot({ ...sources, sim, pools: new Map() }).providers.keys()]).toEqual([
      'sim',
    ]);
  });
});

describe('over the snapshot', () => {
  const base = snapshotOf({}, { OPENAI_API_KEY: 'operator', ANTHROPIC_API_KEY: 'operator' });
  const gateway = (stored: ReadonlyMap<string, CallersKeys> = new Map()) => ({
    snapshot: () => base,
    vault: { of: (id: string) => stored.get(id) } as never,
  });
  const secrets = (headers: Headers, stored?: ReadonlyMap<string, CallersKeys>) =>
    callersSnapshot(gateway(stored), { id: 'key_1' }, headers)
      .providers.get('openai')
      ?.keys.map(({ secret, weight }) => [secret, weight]);
  const own = (allowFallback: boolean, ...keys: readonly ProviderKey[]) =>
    new Map([['key_1', new Map([['openai', { keys, allowFallback }]])]]);

  test('nothing is made for who has none, and the same for who has the same', () => {
    expect(callersSnapshot(gateway(), { id: 'key_1' }, new Headers())).toBe(base);
    const stored = own(false, plain('sk-own'));
    const first = callersSnapshot(gateway(stored), { id: 'key_1' }, new Headers());
    expect(first).not.toBe(base);
    expect(callersSnapshot(gateway(stored), { id: 'key_1' }, new Headers())).toBe(first);
    expect(callersSnapshot(gateway(stored), { id: 'key_2' }, new Headers())).toBe(base);
    const headers = new Headers({ [HEADER]: 'openai=sk-1' });
    const brought = callersSnapshot(gateway(), { id: 'key_1' }, headers);
    expect(callersSnapshot(gateway(), { id: 'key_1' }, headers)).toBe(brought);
    expect(callersSnapshot(gateway(), { id: 'key_2' }, headers)).not.toBe(brought);
    // The same header over other stored keys is another thing.
    expect(callersSnapshot(gateway(stored), { id: 'key_1' }, headers)).not.toBe(brought);
  });

  test('own keys stand alone, or before the operator’s where those may stand in', () => {
    expect(secrets(new Headers(), own(false, plain('sk-own')))).toEqual([['sk-own', undefined]]);
    expect(secrets(new Headers(), own(true, plain('sk-own')))).toEqual([
      ['sk-own', undefined],
      ['operator', undefined],
    ]);
    // None of them can be opened: the operator's pay only where that was allowed.
    expect(secrets(new Headers(), own(false))).toBeUndefined();
    expect(secrets(new Headers(), own(true))).toEqual([['operator', undefined]]);
    const brought = new Headers({ [HEADER]: 'openai=sk-brought' });
    expect(secrets(brought, own(true, plain('sk-own')))).toEqual([['sk-brought', undefined]]);
  });

  test('auto chooses among the caller’s, at the price of what changed', () => {
    const headers = new Headers({ [HEADER]: 'groq=gsk-own' });
    const made = callersSnapshot(gateway(), { id: 'key_1' }, headers);
    const whole = snapshotOf(
      {},
      { OPENAI_API_KEY: 'k', ANTHROPIC_API_KEY: 'k', GROQ_API_KEY: 'k' },
    );
    const ids = (of: typeof made) => of.auto.entries.map(({ candidate }) => candidate.id);
    expect(ids(made)).toEqual(ids(whole));
    expect(ids(base).some((id) => id.startsWith('groq/'))).toBe(false);
    expect([...made.suggestions()].sort()).toEqual([...whole.suggestions()].sort());
    const keys = [...made.auto.byProvider].map(([id]) => id).sort();
    expect(keys).toEqual([...whole.auto.byProvider.keys()].sort());
  });

  test('identities of brought keys tell secrets apart and show none', () => {
    const identity = (secret: string) =>
      callersSnapshot(
        gateway(),
        { id: 'key_1' },
        new Headers({ [HEADER]: `openai=${secret}` }),
      ).providers.get('openai')?.keys[0]?.own ?? '';
    expect(identity('sk-one')).toBe(identity('sk-one'));
    expect(identity('sk-one')).not.toBe(identity('sk-two'));
    expect(identity('sk-one')).not.toContain('sk-one');
  });

  test('a provider that cannot be used is a mistake of the header, told without its key', () => {
    for (const [text, word] of [
      ['nobody=sk-planted', 'number 1'],
      ['azure=sk-planted', 'azure'],
      ['ollama=sk-planted', 'ollama'],
    ] as const) {
      let message = '';
      try {
        callersSnapshot(gateway(), { id: 'key_1' }, new Headers({ [HEADER]: text }));
      } catch (thrown) {
        if (thrown instanceof GatewayError) message = thrown.message;
      }
      expect(message).toStartWith(`${HEADER} `);
      expect(message).toContain(word);
      expect(message).not.toContain('planted');
    }
  });
});
