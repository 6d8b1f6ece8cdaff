// Tests of the file format: what is written reads back the same, and what is not ours is refused with a reason.
import { describe, expect, test } from 'bun:test';
import type { ModelFacts } from '../core/model.ts';
import { type CatalogFile, formatCatalog } from './catalog-file.ts';
import { parseCatalog } from './parse-catalog.ts';

const facts = (provider: string, model: string, more: Partial<ModelFacts> = {}): ModelFacts => ({
  provider,
  model,
  name: model,
  context: null,
  maxOutput: null,
  input: ['text'],
  output: ['text'],
  abilities: { tools: null, reasoning: null, structuredOutput: null, temperature: null },
  price: null,
  released: null,
  knowledge: null,
  maker: null,
  makerName: null,
  thinking: null,
  ...more,
});

const file: CatalogFile = {
  source: 'https://example.com/list',
  licence: 'MIT',
  date: '2026-07-02',
  rules: { 'a-rule': { says: 'twice', source: 'https://example.com/page' } },
  models: [
    { facts: facts('groq', 'b/x'), derived: [] },
    {
      facts: facts('anthropic', 'claude-x', {
        name: 'Claude X',
        context: 200_000,
        maxOutput: 64_000,
        input: ['text', 'image', 'audio', 'video', 'pdf'],
        output: ['embedding'],
        abilities: { tools: true, reasoning: false, structuredOutput: null, temperature: true },
        price: {
          input: 3,
          output: null,
          cacheRead: 0.3,
          request: null,
          tiers: [{ above: 200_000, input: 6, output: 22.5 }],
        },
        released: '2026-05',
        knowledge: '2025-08-31',
        maker: 'anthropic',
        makerName: 'Anthropic',
        thinking: { efforts: ['low', 'high'], minBudget: 1024, maxBudget: null },
      }),
      derived: ['a-rule', 'b-rule'],
    },
    { facts: facts('groq', 'a'), derived: [] },
  ],
};

const parse = (text: string) => parseCatalog(JSON.parse(text));
/** The file's text with one thing changed. */
const spoilt = (from: string, to: string) => {
  const text = formatCatalog(file);
  expect(text).toContain(from);
  return parse(text.replace(from, to));
};

describe('format and parse', () => {
  test('reads back what was written, ordered by provider and model', () => {
    const parsed = parse(formatCatalog(file));
    if (!parsed.ok) throw new Error(parsed.problem);
    const [x, claude, a] = file.models;
    expect(parsed.file).toEqual({ ...file, models: [claude, a, x] as CatalogFile['models'] });
  });

  test('is the same text whatever the order of the models, one line each', () => {
    const text = formatCatalog(file);
    expect(formatCatalog({ ...file, models: [...file.models].reverse() })).toBe(text);
    expect(text.split('\n').filter((line) => line.startsWith('["'))).toHaveLength(3);
    expect(text).toEndWith('\n');
  });

  test('names what is wrong', () => {
    const problems = [
      parseCatalog([]),
      spoilt('"format": 1', '"format": 2'),
      spoilt('"date": "2026-07-02"', '"date": "today"'),
      spoilt('"licence": "MIT"', '"licence": null'),
      spoilt('"providers": {', '"x": {'),
      spoilt('["a",null', '[7,null'),
      spoilt('"cacheRead":0.3', '"cacheRead":-0.3'),
      spoilt('"cacheRead":0.3', '"cacheRead":"0.3"'),
      spoilt('"input":3,', ''),
      spoilt('"above":200000', '"above":-1'),
      spoilt('200000,64000', '200000.5,64000'),
    ].map((parsed) => (parsed.ok ? 'accepted' : parsed.problem));
    expect(problems).toEqual([
      'it is not a JSON object',
      'its format is 2, this version reads 1',
      'its date is missing',
      'its source or licence is missing',
      '"providers" is missing',
      expect.stringContaining('providers.groq[0] is not a row'),
      ...Array(5).fill(expect.stringContaining('providers.anthropic[0] is not a row')),
    ]);
  });

  test('refuses a file without models', () => {
    expect(parse(formatCatalog({ ...file, models: [] }))).toEqual({
      ok: false,
      problem: 'it holds no models',
    });
  });
});
