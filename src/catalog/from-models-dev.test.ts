// Tests of the conversion from models.dev: both shapes, every price rule, and what is left unknown.
import { describe, expect, test } from 'bun:test';
import type { ModelFacts } from '../core/model.ts';
import { fromModelsDev } from './from-models-dev.ts';

interface Row {
  readonly [field: string]: unknown;
}
const row = (fields: Row = {}): Row => ({
  name: 'A model',
  tool_call: true,
  reasoning: false,
  temperature: true,
  release_date: '2026-05-14',
  limit: { context: 200_000, output: 64_000 },
  modalities: { input: ['text', 'image', 'pdf'], output: ['text'] },
  ...fields,
});

/** The one model of a public-shaped list. */
function convert(
  provider: string,
  model: string,
  fields: Row,
): { facts: ModelFacts; derived: readonly string[] } {
  const conversion = fromModelsDev(
    { [provider]: { models: { [model]: row(fields) } } },
    '2026-01-02',
  );
  if (!conversion.ok) throw new Error(conversion.problem);
  const [record] = conversion.file.models;
  if (!record) throw new Error('no model');
  return record;
}
/** At its ordinary tier. */
const priceOf = (provider: string, model: string, cost: Row, fields: Row = {}) => {
  const { price } = convert(provider, model, { ...fields, cost }).facts;
  if (price === null) return null;
  const { services: _, ...ordinary } = price;
  return ordinary;
};

describe('shape', () => {
  test('reads the public list, under our provider ids, and leaves out providers we do not know', () => {
    const conversion = fromModelsDev(
      {
        'amazon-bedrock': { models: { 'amazon.nova-lite-v1:0': row() } },
        somebody: { models: { 'their-model': row() } },
        togetherai: { id: 'togetherai', models: { 'Qwen/Qwen3.5-9B': row() } },
      },
      '2026-01-02',
    );
    if (!conversion.ok) throw new Error(conversion.problem);
    expect(conversion.file.models.map(({ facts }) => `${facts.provider}/${facts.model}`)).toEqual([
      'bedrock/amazon.nova-lite-v1:0',
      'together/Qwen/Qwen3.5-9B',
    ]);
    expect(conversion.file.date).toBe('2026-01-02');
    expect(conversion.file.licence).toStartWith('MIT');
    expect(conversion.skipped).toBe(0);
  });

  test('reads a flat list, whose own date counts', () => {
    const conversion = fromModelsDev(
      {
        source: 'models.dev (MIT), snapshot 2026-07-02',
        models: [
          row({ provider: 'qwen', model: 'qwen-max' }),
          row({ provider: 'nobody', model: 'x' }),
        ],
      },
      '2026-11-22',
    );
    if (!conversion.ok) throw new Error(conversion.problem);
    expect(conversion.file.models.map(({ facts }) => facts.model)).toEqual(['qwen-max']);
    expect(conversion.file.date).toBe('2026-07-02');
  });

  test('skips and counts what has no modalities, keeps the rest', () => {
    const conversion = fromModelsDev(
      {
        openai: {
          models: {
            good: row(),
            bad: row({ modalities: undefined }),
            worse: row({ modalities: { input: 'text' } }),
          },
        },
      },
      '2026-01-02',
    );
    expect(conversion.ok && conversion.file.models.length).toBe(1);
    expect(conversion.ok && conversion.skipped).toBe(2);
  });

  test('refuses what is no list', () => {
    const others = [
      null,
      [],
      'text',
      {},
      { error: 'gone' },
      { openai: { models: {} } },
      { models: [] },
    ];
    for (const json of others) {
      const conversion = fromModelsDev(json, '2026-01-02');
      expect(conversion.ok ? 'accepted' : conversion.problem).toMatch(/no model|not a JSON object/);
    }
  });
});

describe('facts', () => {
  test('carries limits, modalities, abilities, dates and maker over', () => {
    const { facts } = convert('openrouter', 'anthropic/claude-x', {
      structured_output: true,
      knowledge: '2025-08',
      reasoning: true,
      reasoning_options: [
        { type: 'toggle' },
        { type: 'effort', values: ['high', 'low', 'default'] },
        { type: 'budget_tokens', min: 1024, max: 31_999 },
      ],
    });
    expect(facts).toEqual({
      provider: 'openrouter',
      model: 'anthropic/claude-x',
      name: 'A model',
      context: 200_000,
      maxOutput: 64_000,
      input: ['text', 'image', 'pdf'],
      output: ['text'],
      abilities: { tools: true, reasoning: true, structuredOutput: true, temperature: true },
      price: null,
      released: '2026-05-14',
      knowledge: '2025-08',
      maker: 'anthropic',
      makerName: 'Anthropic',
      thinking: { efforts: ['low', 'high'], minBudget: 1024, maxBudget: 31_999 },
    });
  });

  test('what is not said is unknown: zero limits, missing flags, odd dates', () => {
    const { facts } = convert('openai', 'x', {
      limit: { context: 0, output: 0 },
      temperature: undefined,
      release_date: 'soon',
      knowledge: '',
    });
    expect(facts.context).toBeNull();
    expect(facts.maxOutput).toBeNull();
    expect(facts.abilities).toEqual({
      tools: true,
      reasoning: false,
      structuredOutput: null,
      temperature: null,
    });
    expect(facts.released).toBeNull();
    expect(facts.knowledge).toBeNull();
    expect(facts.thinking).toBeNull();
  });

  test('tells embedding models, which the list says output text', () => {
    const { facts } = convert('openai', 'text-embedding-3-small', {
      cost: { input: 0.02, output: 0 },
    });
    expect(facts.output).toEqual(['embedding']);
    expect(facts.price).toMatchObject({ input: 0.02, output: 0 });
  });
});

describe('price', () => {
  test('keeps published figures, without float noise', () => {
    expect(
      priceOf('openai', 'x', {
        input: 0.049999999999999996,
        output: 0.6,
        cache_read: 0.0125,
        input_audio: 10,
        output_audio: 20,
      }),
    ).toEqual({ input: 0.05, output: 0.6, cacheRead: 0.0125, audioIn: 10, audioOut: 20 });
  });

  test('reads tiers, ascending, in both ways they are written', () => {
    const tiers = [
      { tier: { type: 'context', size: 512_000 }, input: 4, output: 8 },
      { tier: { size: 256_000 }, input: 2, output: 6, cache_read: 0.2 },
    ];
    expect(priceOf('deepinfra', 'x', { input: 1, output: 3, tiers })?.tiers).toEqual([
      { above: 256_000, input: 2, output: 6, cacheRead: 0.2 },
      { above: 512_000, input: 4, output: 8 },
    ]);
    const legacy = { input: 2, output: 4 };
    expect(
      priceOf('deepinfra', 'x', { input: 1, output: 3, context_over_200k: legacy })?.tiers,
    ).toEqual([{ above: 200_000, input: 2, output: 4 }]);
    // The older field repeats the newer one for old readers, at whatever bound the newer one says.
    expect(
      priceOf('deepinfra', 'x', { input: 1, output: 3, tiers, context_over_200k: legacy })?.tiers,
    ).toHaveLength(2);
  });

  test('a tier by something else than the input leaves the cost unknown', () => {
    const tiers = [{ tier: { type: 'output', size: 8_000 }, input: 1, output: 9 }];
    expect(priceOf('deepinfra', 'x', { input: 1, output: 3, tiers })).toEqual({
      input: 1,
      output: 3,
      request: null,
    });
  });

  test('reads the second spellings of the cache rates', () => {
    expect(
      priceOf('togetherai', 'x', { input: 0.6, output: 3.6, cached_input: 0.35 })?.cacheRead,
    ).toBe(0.35);
    expect(
      priceOf('siliconflow', 'x', { input: 0.6, output: 3.6, cache_input: 0.07 })?.cacheRead,
    ).toBe(0.07);
    expect(
      priceOf('minimax', 'x', { input: 0.3, output: 1.2, cached_write: 0.375 })?.cacheWrite5m,
    ).toBe(0.375);
  });

  test('drops reasoning at the output rate, keeps another', () => {
    expect(priceOf('openrouter', 'a/b', { input: 1, output: 9, reasoning: 9 })).toEqual({
      input: 1,
      output: 9,
    });
    expect(priceOf('openrouter', 'a/b', { input: 1, output: 8, reasoning: 3 })?.reasoning).toBe(3);
  });

  test('takes a zero cache rate beside a price for "none"', () => {
    expect(
      priceOf('cerebras', 'x', { input: 2.25, output: 2.75, cache_read: 0, cache_write: 0 }),
    ).toEqual({ input: 2.25, output: 2.75 });
  });

  test('takes a cache read dearer than input for a slip', () => {
    expect(priceOf('novita-ai', 'x', { input: 0.1, output: 0.3, cache_read: 0.3 })).toEqual({
      input: 0.1,
      output: 0.3,
    });
    expect(priceOf('novita-ai', 'x', { input: 0.3, output: 0.3, cache_read: 0.3 })?.cacheRead).toBe(
      0.3,
    );
  });

  test('derives the documented Claude rates and says by which rule', () => {
    const cost = { input: 3, output: 15, cache_read: 0.3, cache_write: 3.75 };
    const own = convert('anthropic', 'claude-x', { cost });
    expect(priceOf('anthropic', 'claude-x', cost)).toEqual({
      input: 3,
      output: 15,
      cacheRead: 0.3,
      cacheWrite5m: 3.75,
      cacheWrite1h: 6,
      search: 10,
    });
    const rules = ['anthropic-search', 'claude-batch', 'claude-us', 'claude-write-1h'];
    expect(own.derived).toEqual(rules);
    const host = convert('amazon-bedrock', 'us.anthropic.claude-x-v1:0', { cost });
    expect(host.facts.price?.cacheWrite1h).toBe(6);
    expect(host.facts.price?.search).toBeUndefined();
    const bare = convert('anthropic', 'claude-x', { cost: { input: 3, output: 15 } });
    expect(bare.facts.price?.cacheWrite5m).toBe(3.75);
    expect(bare.facts.price?.cacheWrite1h).toBe(6);
    expect(bare.derived).toContain('claude-write-5m');
  });

  test('derives it in tiers from the tier, and not where a host has its own write rate', () => {
    const tiers = [
      { tier: { size: 200_000 }, input: 6, output: 22.5, cache_read: 0.6, cache_write: 7.5 },
    ];
    const price = priceOf('google-vertex', 'claude-x@default', {
      input: 3,
      output: 15,
      cache_write: 3.75,
      tiers,
    });
    expect(price?.tiers?.[0]?.cacheWrite1h).toBe(12);
    expect(
      priceOf('openrouter', 'anthropic/claude-3-haiku', {
        input: 0.25,
        output: 1.25,
        cache_write: 0.3,
      })?.cacheWrite1h,
    ).toBeUndefined();
    expect(
      priceOf('openrouter', 'openai/gpt-x', { input: 2, output: 8, cache_write: 2.5 })
        ?.cacheWrite1h,
    ).toBeUndefined();
  });

  test('derives documented cache-read discounts, and only where the vendor has none listed', () => {
    expect(priceOf('mistral', 'mistral-large', { input: 0.5, output: 1.5 })?.cacheRead).toBe(0.05);
    expect(priceOf('groq', 'llama-x', { input: 0.59, output: 0.79 })?.cacheRead).toBe(0.295);
    expect(priceOf('groq', 'x', { input: 0.15, output: 0.6, cache_read: 0.075 })?.cacheRead).toBe(
      0.075,
    );
    expect(priceOf('mistral', 'mistral-embed', { input: 0.1, output: 0 })).toEqual({
      input: 0.1,
      output: 0,
    });
    expect(priceOf('novita-ai', 'x', { input: 0.5, output: 1.5 })?.cacheRead).toBeUndefined();
  });

  test('zero is free of charge only where the offer is documented as free', () => {
    expect(priceOf('openrouter', 'openai/gpt-oss-20b:free', { input: 0, output: 0 })).toMatchObject(
      { input: 0, output: 0, cacheRead: 0 },
    );
    expect(priceOf('nvidia', 'openai/gpt-oss-20b', { input: 0, output: 0 })).toMatchObject({
      input: 0,
      output: 0,
    });
    expect(priceOf('openrouter', 'google/lyria-3', { input: 0, output: 0 })).toBeNull();
    expect(priceOf('huggingface', 'zai-org/GLM', { input: 0, output: 0 })).toBeNull();
  });

  test('a price that cannot be the whole of it leaves the rest unknown', () => {
    expect(priceOf('azure', 'model-router', { input: 0.14, output: 0 })).toEqual({
      input: 0.14,
      output: null,
    });
    const pictures = { modalities: { input: ['text'], output: ['text', 'image'] } };
    expect(
      priceOf('openrouter', 'google/gemini-image', { input: 0.3, output: 2.5 }, pictures),
    ).toEqual({ input: 0.3, output: null });
    expect(priceOf('azure', 'gpt-5.1', { input: 1.25, output: 10 }, pictures)).toEqual({
      input: 1.25,
      output: 10,
    });
    expect(priceOf('perplexity', 'sonar', { input: 1, output: 1 })).toEqual({
      input: 1,
      output: 1,
      request: null,
    });
    expect(priceOf('vercel', 'perplexity/sonar', { input: 1, output: 1 })?.request).toBeNull();
    expect(priceOf('openai', 'x', { input: 1, output: 1, per_minute: 0.5 })?.request).toBeNull();
    expect(priceOf('openai', 'x', { input: 1, output: 1, per_minute: 0 })).toEqual({
      input: 1,
      output: 1,
    });
  });

  test('nothing is made up: no cost, no price; odd figures are no figures', () => {
    expect(convert('openai', 'x', {}).facts.price).toBeNull();
    expect(priceOf('openai', 'x', {})).toBeNull();
    expect(priceOf('openai', 'x', { input: '3', output: null })).toBeNull();
    expect(priceOf('openai', 'x', { input: -1, output: 2 })).toEqual({ input: null, output: 2 });
  });
});
