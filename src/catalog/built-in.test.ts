// Tests of the built-in file: that it holds enough, that well-known prices are right, and that it loads quickly.
import { describe, expect, test } from 'bun:test';
import { statSync } from 'node:fs';
import { costNano } from '../core/price.ts';
import { UNKNOWN_USAGE, type Usage } from '../core/usage.ts';
import { buildCatalog } from './catalog.ts';
import { builtInCatalog } from './load.ts';
import { PROVIDER_IDS } from './vendor-names.ts';

const file = builtInCatalog();
const catalog = buildCatalog({ base: file, refreshed: null }, []);

describe('the built-in catalogue', () => {
  test('holds at least 700 models with a price in and out, of known providers only', () => {
    const priced = [...catalog.list()].filter(
      ({ price }) => price !== null && price.input !== null && price.output !== null,
    );
    expect(priced.length).toBeGreaterThanOrEqual(700);
    const ours = new Set(Object.values(PROVIDER_IDS));
    expect([...catalog.list()].filter((facts) => !ours.has(facts.provider))).toEqual([]);
  });

  test('says where its figures come from, and by which page the derived ones follow', () => {
    expect(file.source).toStartWith('https://');
    expect(file.licence).toContain('MIT');
    const derived = new Set(file.models.flatMap((record) => record.derived));
    expect(derived.size).toBeGreaterThan(0);
    for (const id of derived) expect(file.rules[id]?.source).toStartWith('https://');
  });

  test('is small', () => {
    expect(
      statSync(new URL('./catalog.generated.json', import.meta.url).pathname).size,
    ).toBeLessThan(400_000);
  });

  test('a cache read never costs more than input, a write to an hour never less than one to five minutes', () => {
    for (const { provider, model, price } of catalog.list()) {
      for (const rates of price === null ? [] : [price, ...(price.tiers ?? [])]) {
        const label = `${provider}/${model}`;
        if (rates.cacheRead != null && rates.input !== null)
          expect([label, rates.cacheRead <= rates.input]).toEqual([label, true]);
        if (rates.cacheWrite1h != null)
          expect([label, (rates.cacheWrite5m ?? 0) <= rates.cacheWrite1h]).toEqual([label, true]);
      }
    }
  });
});

describe('well-known prices, in dollars', () => {
  const K = 1000;
  const usage = (counts: Partial<Usage>): Usage => ({
    ...UNKNOWN_USAGE,
    input: 0,
    output: 0,
    ...counts,
  });
  // Each worked out by hand from the vendor's list of the file's date.
  const cases: readonly (readonly [id: string, counts: Partial<Usage>, dollars: number | null])[] =
    [
      ['openai/gpt-4o', { input: 1000 * K, output: 1000 * K }, 12.5],
      ['openai/gpt-4o-mini', { input: 900, output: 69 }, 0.0001764],
      ['openai/gpt-4.1', { input: 1000 * K, cacheRead: 1000 * K, output: 1000 * K }, 10.5],
      ['openai/gpt-5', { input: 1000, cacheRead: 9000, output: 100, reasoning: 900 }, 0.012375],
      // Above 272 000 tokens of input: 5, 0.5 and 22.5 instead of 2.5, 0.25 and 15.
      ['openai/gpt-5.4', { input: 272 * K, output: 10 * K }, 0.83],
      ['openai/gpt-5.4', { input: 172 * K, cacheRead: 101 * K, output: 10 * K }, 1.1355],
      ['openai/text-embedding-3-small', { input: 1000 * K }, 0.02],
      [
        'anthropic/claude-sonnet-4-6',
        { input: 3, cacheRead: 2240, cacheWrite5m: 329, output: 100 },
        0.00341475,
      ],
      ['anthropic/claude-sonnet-4-6', { input: 3, cacheWrite1h: 1000 * K, output: 0 }, 6.000009],
      ['anthropic/claude-opus-4-5', { input: 1000 * K, output: 1000 * K, searches: 5 }, 30.05],
      [
        'anthropic/claude-haiku-4-5-20251001',
        { input: 10 * K, cacheRead: 90 * K, output: 2 * K },
        0.029,
      ],
      // Gemini 2.5 Pro doubles above 200 000.
      ['google/gemini-2.5-pro', { input: 200 * K, output: 10 * K }, 0.35],
      ['google/gemini-2.5-pro', { input: 200 * K + 1, output: 10 * K }, 0.6500025],
      ['google/gemini-2.5-flash', { input: 100 * K, audioIn: 100 * K, output: 10 * K }, 0.155],
      [
        'vertex-anthropic/claude-sonnet-4-6@default',
        { input: 100 * K, cacheWrite1h: 101 * K, output: 1 * K },
        1.8345,
      ],
      [
        'deepseek/deepseek-v4-flash',
        { input: 1000 * K, cacheRead: 1000 * K, output: 1000 * K },
        0.4228,
      ],
      ['groq/openai/gpt-oss-120b', { input: 100 * K, cacheRead: 100 * K, output: 10 * K }, 0.0285],
      ['groq/llama-3.3-70b-versatile', { input: 38, output: 10 }, 0.00003032],
      [
        'mistral/mistral-large-latest',
        { input: 100 * K, cacheRead: 100 * K, output: 10 * K },
        0.07,
      ],
      ['cerebras/gpt-oss-120b', { input: 100 * K, output: 10 * K }, 0.0425],
      ['moonshot/kimi-k2.6', { input: 100 * K, cacheRead: 100 * K, output: 10 * K }, 0.151],
      ['bedrock/eu.anthropic.claude-sonnet-4-6', { input: 1000 * K, output: 100 * K }, 4.95],
      ['openrouter/openai/gpt-oss-120b:free', { input: 1000 * K, output: 1000 * K }, 0],
      // Sound that is read from a cache has a rate of its own.
      [
        'google/gemini-2.5-flash',
        { input: 0, cacheRead: 100 * K, cachedAudio: 40 * K, output: 0 },
        0.0058,
      ],
      // At another tier by that tier's rates, its cache and its long context included.
      ['openai/gpt-5.4', { input: 273 * K, output: 10 * K, tier: 'batch' }, 0.795],
      ['openai/gpt-5', { input: 1000, cacheRead: 9000, output: 1000, tier: 'flex' }, 0.0061875],
      [
        'openai/gpt-4.1',
        { input: 1000 * K, cacheRead: 1000 * K, output: 0, tier: 'priority' },
        4.375,
      ],
      ['openai/gpt-5.4', { input: 273 * K, output: 10 * K, tier: 'priority' }, null],
      ['openai/gpt-4o', { input: 1000 * K, output: 1000 * K, tier: 'batch' }, 6.25],
      ['openai/gpt-4o', { input: 1000 * K, cacheRead: 1, output: 1, tier: 'batch' }, null],
      ['openai/gpt-5-nano', { input: 1000, output: 10, tier: 'priority' }, null],
      ['openai/gpt-4o', { input: 1000, output: 10, tier: 'scale' }, null],
      ['openai/gpt-4o', { input: 1000, output: 10, tier: 'constructor' }, null],
      [
        'anthropic/claude-sonnet-4-6',
        { input: 1000 * K, cacheWrite1h: 1000 * K, output: 1000 * K, searches: 1, tier: 'batch' },
        12.01,
      ],
      ['anthropic/claude-opus-4-6', { input: 1000 * K, output: 1000 * K, tier: 'fast' }, 180],
      ['anthropic/claude-opus-4-8', { input: 1000 * K, output: 1000 * K, tier: 'fast' }, 60],
      ['anthropic/claude-opus-4-7', { input: 1000 * K, output: 1000 * K, tier: 'fast' }, null],
      ['anthropic/claude-opus-4-6', { input: 1000 * K, output: 1000 * K, tier: 'us' }, 33],
      ['anthropic/claude-opus-4-6', { input: 1000, output: 1000, tier: 'priority' }, null],
      ['google/gemini-2.5-pro', { input: 200 * K + 1, output: 10 * K, tier: 'flex' }, 0.32500125],
      [
        'groq/openai/gpt-oss-120b',
        { input: 100 * K, cacheRead: 100 * K, output: 0, tier: 'flex' },
        0.0225,
      ],
      // Cerebras publishes no rate for cached tokens; Perplexity adds a fee for each request.
      ['cerebras/gpt-oss-120b', { input: 100, cacheRead: 100, output: 10 }, null],
      ['perplexity/sonar', { input: 100, output: 10 }, null],
    ];
  test.each(cases.map((entry) => [...entry] as const))('%s %j', (id, counts, dollars) => {
    const slash = id.indexOf('/');
    const facts = catalog.get(id.slice(0, slash), id.slice(slash + 1));
    const expected = dollars === null ? null : Math.round(dollars * 1e9);
    expect(facts).not.toBeNull();
    expect(costNano(facts?.price ?? null, usage(counts))).toBe(expected);
  });
});
