// Tests of the lookups: exact, respelt, dated, suffixed and bare names, near misses, and the operator's overrides.
import { describe, expect, test } from 'bun:test';
import type { ModelConfig } from '../config/schema.ts';
import type { ModelFacts } from '../core/model.ts';
import type { Price } from '../core/price.ts';
import { buildCatalog } from './catalog.ts';
import type { CatalogFile } from './catalog-file.ts';
import { makerOf } from './model-names.ts';

/** A catalogue of `provider/model` ids, each with an input rate (output: the same), or none. */
function fileOf(
  models: { readonly [id: string]: number | Price | null },
  date = '2026-07-02',
): CatalogFile {
  const records = Object.entries(models).map(([id, rate]) => {
    const slash = id.indexOf('/');
    const provider = id.slice(0, slash);
    const model = id.slice(slash + 1);
    const facts: ModelFacts = {
      provider,
      model,
      name: model,
      context: 128_000,
      maxOutput: 16_000,
      input: ['text'],
      output: ['text'],
      abilities: { tools: true, reasoning: null, structuredOutput: null, temperature: null },
      price: typeof rate === 'number' ? { input: rate, output: rate } : rate,
      released: null,
      knowledge: null,
      maker: makerOf(provider, model),
      thinking: null,
    };
    return { facts, derived: [] };
  });
  return { source: 's', licence: 'l', date, rules: {}, models: records };
}
const catalogOf = (models: Parameters<typeof fileOf>[0], overrides: readonly ModelConfig[] = []) =>
  buildCatalog({ base: fileOf(models), refreshed: null }, overrides);
const ids = (models: Iterable<ModelFacts>) =>
  [...models].map((facts) => `${facts.provider}/${facts.model}`);

describe('get', () => {
  test('finds the exact id, and the same id in another spelling', () => {
    const catalog = catalogOf({
      'together/Qwen/Qwen3.5-9B': 1,
      'openrouter/anthropic/claude-sonnet-4.5': 3,
    });
    expect(catalog.get('together', 'Qwen/Qwen3.5-9B')?.price?.input).toBe(1);
    expect(catalog.get('together', 'qwen/qwen3.5-9b')?.model).toBe('Qwen/Qwen3.5-9B');
    expect(catalog.get('openrouter', 'anthropic/claude-sonnet-4-5')?.price?.input).toBe(3);
    expect(catalog.get('together', 'Qwen3.5-9B')).toBeNull();
    expect(catalog.get('groq', 'Qwen/Qwen3.5-9B')).toBeNull();
    expect(catalog.get('together', '')).toBeNull();
  });

  test('finds neither of two models that only spelling tells apart, unless spelt out', () => {
    const catalog = catalogOf({ 'novita/a/m-1.5': 1, 'novita/a/m-1-5': 2 });
    expect(catalog.get('novita', 'a/m-1.5')?.price?.input).toBe(1);
    expect(catalog.get('novita', 'a/M-1.5')).toBeNull();
  });

  test('takes a dated or latest name for the plain one that is listed', () => {
    const catalog = catalogOf({ 'anthropic/claude-sonnet-4-6': 3 });
    for (const name of [
      'claude-sonnet-4-6-20260101',
      'claude-sonnet-4-6-2026-01-01',
      'claude-sonnet-4-6-latest',
    ]) {
      expect(catalog.get('anthropic', name)?.model).toBe('claude-sonnet-4-6');
    }
    expect(catalog.get('anthropic', 'claude-sonnet-4-6-thinking')).toBeNull();
    expect(catalog.get('anthropic', 'claude-sonnet-4-7-20260101')).toBeNull();
  });

  test('does not guess where snapshots of one name differ in price', () => {
    const catalog = catalogOf({
      'openai/gpt-4o': 2.5,
      'openai/gpt-4o-2024-05-13': 5,
      'openai/gpt-4o-2024-08-06': 2.5,
    });
    expect(catalog.get('openai', 'gpt-4o')?.price?.input).toBe(2.5);
    expect(catalog.get('openai', 'gpt-4o-2024-05-13')?.price?.input).toBe(5);
    expect(catalog.get('openai', 'gpt-4o-2024-07-01')).toBeNull();
    expect(catalog.get('openai', 'gpt-4o-latest')).toBeNull();
  });

  test('takes the plain name for the newest snapshot, another snapshot for unknown, where only snapshots are listed', () => {
    const catalog = catalogOf({
      'anthropic/claude-x-20250101': 3,
      'anthropic/claude-x-20250601': 3,
    });
    expect(catalog.get('anthropic', 'claude-x')?.model).toBe('claude-x-20250601');
    expect(catalog.get('anthropic', 'claude-x-latest')?.model).toBe('claude-x-20250601');
    expect(catalog.get('anthropic', 'claude-x-20260101')).toBeNull();
  });

  test("knows a moving name and a host's own way to date", () => {
    const catalog = catalogOf({
      'mistral/mistral-large-latest': 2,
      'vertex-anthropic/claude-haiku-4-5@20251001': 1,
      'vertex-anthropic/claude-opus-4-8@default': 5,
    });
    expect(catalog.get('mistral', 'mistral-large')?.price?.input).toBe(2);
    expect(catalog.get('vertex-anthropic', 'claude-haiku-4-5')?.price?.input).toBe(1);
    expect(catalog.get('vertex-anthropic', 'claude-opus-4-8')?.price?.input).toBe(5);
  });

  test('prices a suffix by its own entry or not at all', () => {
    const catalog = catalogOf({
      'openrouter/openai/gpt-oss-120b': 0.1,
      'openrouter/openai/gpt-oss-120b:free': 0,
    });
    expect(catalog.get('openrouter', 'openai/gpt-oss-120b:free')?.price?.input).toBe(0);
    const nitro = catalog.get('openrouter', 'openai/gpt-oss-120b:nitro');
    expect(nitro).toMatchObject({
      model: 'openai/gpt-oss-120b:nitro',
      price: null,
      context: 128_000,
    });
    expect(nitro?.abilities.tools).toBe(true);
    const extended = catalog.get('openrouter', 'openai/gpt-oss-120b:extended');
    expect(extended).toMatchObject({ price: null, context: null, maxOutput: null });
    expect(catalog.get('openrouter', 'openai/unlisted:free')).toBeNull();
  });
});

describe('byBareId', () => {
  test('matches the last part of an id, respelt, at every host', () => {
    const catalog = catalogOf({
      'groq/openai/gpt-oss-120b': 0.15,
      'cerebras/gpt-oss-120b': 0.35,
      'deepinfra/openai/gpt-oss-120b': 0.04,
      'together/openai/GPT-OSS-120B': 0.2,
      'google-vertex/openai/gpt-oss-120b-maas': 0.09,
      'bedrock/openai.gpt-oss-120b-1:0': 0.16,
      'fireworks/accounts/fireworks/models/gpt-oss-120b': 0.17,
      'groq/openai/gpt-oss-20b': 0.01,
      'openrouter/openai/gpt-oss-120b:free': 0,
    });
    const offers = [
      'deepinfra/openai/gpt-oss-120b',
      'groq/openai/gpt-oss-120b',
      'bedrock/openai.gpt-oss-120b-1:0',
      'fireworks/accounts/fireworks/models/gpt-oss-120b',
      'together/openai/GPT-OSS-120B',
      'cerebras/gpt-oss-120b',
    ];
    expect(ids(catalog.byBareId('gpt-oss-120b'))).toEqual(offers);
    expect(ids(catalog.byBareId('GPT_OSS.120b'))).toEqual(offers);
    expect(ids(catalog.byBareId('gpt-oss-120b:free'))).toEqual([
      'openrouter/openai/gpt-oss-120b:free',
    ]);
    expect(catalog.byBareId('gpt-oss')).toEqual([]);
    expect(catalog.byBareId('')).toEqual([]);
  });

  test("puts the maker's own offer first, then the cheaper, the unpriced last, equals by id", () => {
    const catalog = catalogOf({
      'nebius/moonshotai/Kimi-K2.6': null,
      'nvidia/moonshotai/kimi-k2.6': 0,
      'azure/kimi-k2.6': 1,
      'moonshot/kimi-k2.6': 2,
      'openrouter/moonshotai/kimi-k2.6': 1,
      'fireworks/accounts/fireworks/models/kimi-k2p6': 0.5,
      'baseten/moonshotai/Kimi-K2.6': null,
    });
    expect(ids(catalog.byBareId('kimi-k2.6'))).toEqual([
      'moonshot/kimi-k2.6',
      'nvidia/moonshotai/kimi-k2.6',
      'fireworks/accounts/fireworks/models/kimi-k2p6',
      'azure/kimi-k2.6',
      'openrouter/moonshotai/kimi-k2.6',
      'baseten/moonshotai/Kimi-K2.6',
      'nebius/moonshotai/Kimi-K2.6',
    ]);
  });

  test('finds dated ids by the plain name where the host has no other, and never another snapshot', () => {
    const catalog = catalogOf({
      'anthropic/claude-x': 3,
      'anthropic/claude-x-20250929': 3,
      'vertex-anthropic/claude-x@20250929': 3,
      'bedrock/anthropic.claude-x-20250929-v1:0': 3,
      'bedrock/global.anthropic.claude-x-20250929-v1:0': 3,
      'bedrock/eu.anthropic.claude-x-20250929-v1:0': 3.3,
      'azure/claude-x-20250101': 3,
      'azure/claude-x-20250929': 3,
    });
    expect(ids(catalog.byBareId('claude-x'))).toEqual([
      'anthropic/claude-x',
      'bedrock/global.anthropic.claude-x-20250929-v1:0',
      'vertex-anthropic/claude-x@20250929',
    ]);
    expect(ids(catalog.byBareId('claude-x-20250929'))).toEqual([
      'anthropic/claude-x-20250929',
      'azure/claude-x-20250929',
      'bedrock/global.anthropic.claude-x-20250929-v1:0',
      'vertex-anthropic/claude-x@20250929',
    ]);
    expect(ids(catalog.byBareId('claude-x-latest'))).toEqual(ids(catalog.byBareId('claude-x')));
    expect(catalog.byBareId('claude-x-20240101')).toEqual([]);
  });

  test('with the maker written, keeps to hosts that call it so', () => {
    const catalog = catalogOf({
      'groq/openai/gpt-oss-120b': 1,
      'cerebras/gpt-oss-120b': 2,
      'nebius/not-openai/gpt-oss-120b': 1,
    });
    expect(ids(catalog.byBareId('OpenAI/gpt-oss-120b'))).toEqual(['groq/openai/gpt-oss-120b']);
  });
});

describe('near', () => {
  const catalog = catalogOf({
    'anthropic/claude-sonnet-4-6': 3,
    'azure/claude-sonnet-4-6': 3,
    'azure/gpt-5.4': 2,
    'openai/gpt-5.4': 2,
    'openai/gpt-5.4-mini': 1,
    'groq/whisper-large-v3': 1,
  });
  test('names the nearest ids, nearest first', () => {
    expect(catalog.near('anthropic/claude-sonet-4-6')[0]).toBe('anthropic/claude-sonnet-4-6');
    expect(catalog.near('openai/gpt-5.4-mni')).toContain('openai/gpt-5.4-mini');
    expect(catalog.near('zzzzzzzzzzzzzzzz/qqqqqqqq')).toEqual([]);
  });
  test('for a bare name names its best offer, once', () => {
    expect(catalog.near('claude-sonet-4-6')).toEqual(['anthropic/claude-sonnet-4-6']);
    expect(catalog.near('gpt-54')[0]).toBe('openai/gpt-5.4');
  });
  test('keeps to the given ids and number', () => {
    expect(catalog.near('claude-sonet-4-6', ['azure/claude-sonnet-4-6', 'azure/gpt-5.4'])).toEqual([
      'azure/claude-sonnet-4-6',
    ]);
    expect(catalog.near('gpt-5.4', undefined, 1)).toHaveLength(1);
  });
});

describe('files', () => {
  test('lists by provider, then by name', () => {
    const catalog = catalogOf({ 'a/1': 1, 'b/1': 1, 'b/2': 1 }, [{ id: 'a/0' }, { id: 'b/1.5' }]);
    expect(ids(catalog.list())).toEqual(['a/0', 'a/1', 'b/1', 'b/1.5', 'b/2']);
  });

  test('a refreshed file stands in for the built-in one', () => {
    const base = fileOf({ 'openai/a': 1, 'openai/b': 1 });
    const catalog = buildCatalog({ base, refreshed: fileOf({ 'openai/a': 2 }) }, []);
    expect(catalog.get('openai', 'a')?.price?.input).toBe(2);
    expect(catalog.get('openai', 'b')).toBeNull();
  });
});

describe('overrides', () => {
  test('add a model with what is said of it and nothing else', () => {
    const catalog = catalogOf({}, [
      {
        id: 'my-vllm/qwen3-32b',
        context: 32_768,
        price: {
          input: 0.1,
          output: 0.3,
          cache_read: 0.01,
          cache_write: 0.12,
          cache_write_1h: 0.2,
        },
      },
    ]);
    expect(catalog.get('my-vllm', 'qwen3-32b')).toMatchObject({
      name: 'qwen3-32b',
      context: 32_768,
      maxOutput: null,
      price: { input: 0.1, output: 0.3, cacheRead: 0.01, cacheWrite5m: 0.12, cacheWrite1h: 0.2 },
      abilities: { tools: null, reasoning: null, structuredOutput: null, temperature: null },
    });
    expect(ids(catalog.byBareId('qwen3-32b'))).toEqual(['my-vllm/qwen3-32b']);
  });

  test('lie field by field over what is known, and leave the rest and the others alone', () => {
    const known: Price = {
      input: 3,
      output: 15,
      cacheRead: 0.3,
      tiers: [{ above: 200_000, input: 6, output: 22.5 }],
    };
    const catalog = catalogOf({ 'anthropic/claude-x': known, 'anthropic/claude-y': known }, [
      { id: 'anthropic/claude-x', max_output: 8_000, price: { output: 12 } },
    ]);
    const facts = catalog.get('anthropic', 'claude-x');
    expect(facts?.price).toEqual({ ...known, output: 12 });
    expect(facts?.context).toBe(128_000);
    expect(facts?.maxOutput).toBe(8_000);
    expect(facts?.maker).toBe('anthropic');
    expect(catalog.get('anthropic', 'claude-y')?.price).toEqual(known);
  });

  test('start from a relative that is listed, and are found under their own name', () => {
    const catalog = catalogOf({ 'anthropic/claude-x': 3 }, [
      { id: 'anthropic/claude-x-20260101', price: { input: 1 } },
    ]);
    expect(catalog.get('anthropic', 'claude-x-20260101')?.price).toEqual({
      input: 1,
      output: 3,
      cacheRead: 1,
    });
    expect(catalog.get('anthropic', 'claude-x')?.price?.input).toBe(3);
  });

  test('say what other service tiers cost: a multiple of the ordinary rates, or rates of their own', () => {
    const own = { input: 2, output: 8, cache_write: 3, search: 10, request: 5 };
    const tiers = [{ above: 100, input: 4, output: 16 }];
    const service_tiers = { batch: 0.5, priority: { input: 7, output: 30, tiers } };
    const catalog = catalogOf({}, [{ id: 'own/m', price: { ...own, tiers, service_tiers } }]);
    expect(catalog.get('own', 'm')?.price?.services).toEqual({
      batch: {
        input: 1,
        output: 4,
        cacheRead: 1,
        cacheWrite5m: 1.5,
        search: 10,
        request: 5,
        tiers: [{ above: 100, input: 2, output: 8, cacheRead: 2 }],
      },
      priority: {
        input: 7,
        output: 30,
        cacheRead: 7,
        tiers: [{ above: 100, input: 4, output: 16, cacheRead: 4 }],
      },
    });
  });

  test('with rates of their own, know nothing of what the listed tiers cost; with others, they still hold', () => {
    const batch = { input: 1, output: 4 };
    const listed: Price = { input: 2, output: 8, services: { batch, flex: batch } };
    const servicesOf = (price: object) =>
      catalogOf({ 'openai/m': listed }, [{ id: 'openai/m', price }]).get('openai', 'm')?.price
        ?.services;
    expect(servicesOf({ search: 10 })).toEqual({ batch, flex: batch });
    expect(servicesOf({ input: 1 })).toBeUndefined();
    expect(servicesOf({ service_tiers: { flex: 1 } })).toEqual({
      batch,
      flex: { input: 2, output: 8, cacheRead: 2 },
    });
  });

  test('with an input rate only, price cache reads as input and leave writes unknown', () => {
    const price = catalogOf({}, [{ id: 'own/m', price: { input: 0.1, output: 0.3 } }]).get(
      'own',
      'm',
    )?.price;
    expect(price).toEqual({ input: 0.1, output: 0.3, cacheRead: 0.1 });
  });

  test('free in and out is free altogether; nothing is free that was not said to be', () => {
    const catalog = catalogOf({}, [
      { id: 'own/free', price: { input: 0, output: 0 } },
      { id: 'own/unpriced', context: 4096 },
    ]);
    expect(catalog.get('own', 'free')?.price).toMatchObject({
      input: 0,
      output: 0,
      cacheRead: 0,
      cacheWrite5m: 0,
      audioIn: 0,
    });
    expect(catalog.get('own', 'unpriced')?.price).toBeNull();
  });

  test('can bring tiers of their own, in any order, or take the known ones away', () => {
    const known: Price = { input: 1, output: 1, tiers: [{ above: 200_000, input: 2, output: 2 }] };
    const tiers = [
      { above: 500_000, input: 5, output: 5 },
      { above: 100_000, input: 3, output: 3, cache_read: 0.3 },
    ];
    const priced = (entry: NonNullable<ModelConfig['price']>) =>
      catalogOf({ 'google/g': known }, [{ id: 'google/g', price: entry }]).get('google', 'g')
        ?.price;
    expect(priced({ tiers })?.tiers).toEqual([
      { above: 100_000, input: 3, output: 3, cacheRead: 0.3 },
      { above: 500_000, input: 5, output: 5, cacheRead: 5 },
    ]);
    expect(priced({ tiers: [] })).toEqual({ input: 1, output: 1, cacheRead: 1 });
  });

  test('two entries for one id add up', () => {
    const catalog = catalogOf({}, [
      { id: 'own/m', context: 1000 },
      { id: 'own/m', price: { input: 1, output: 2 } },
    ]);
    expect(catalog.get('own', 'm')).toMatchObject({
      context: 1000,
      price: { input: 1, output: 2 },
    });
  });
});
