// Scores: every host's name of a model finds the same figures, no other model's; what is covered; tables that are refreshed.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildCatalog } from './catalog.ts';
import { isChatModel } from './chat-models.ts';
import { builtInCatalog, loadCatalogData } from './load.ts';
import { refreshScores } from './refresh-scores.ts';
import { formatScores, type ScoreFile } from './score-file.ts';
import { scoreName } from './score-names.ts';
import { builtInScores, loadScores, scoreLookup } from './scores.ts';

const catalog = buildCatalog({ base: builtInCatalog(), refreshed: null }, []);
const file = builtInScores();
const scores = scoreLookup(file, catalog);

describe('names', () => {
  test.each([
    ['claude-sonnet-4-5-20250929', 'Claude 4.5 Sonnet'],
    ['us.x/claude-sonnet-4.5', 'claude-sonnet-4-5'],
    ['Llama-3.3-70B-Instruct', 'llama3-3-instruct-70b'],
    ['meta-llama/llama-4-maverick-17b-128e-instruct-fp8', 'llama4-maverick-17b-instruct'],
    ['gemini-3.1-pro-preview', 'Gemini 3.1 Pro Preview'],
    ['claude-opus-4-0', 'Claude Opus 4 (Reasoning)'],
  ])('%s is %s', (a, b) => {
    expect(scoreName(a)).toBe(scoreName(b));
  });

  test.each([
    ['gpt-5.4', 'gpt-4.5'],
    ['gpt-5.4', 'gpt-5.4-mini'],
    ['gpt-4', 'gpt-4o'],
    ['qwen3-32b', 'qwen3-2-32b'],
    ['gpt-5', 'gpt-5-chat'],
  ])('%s is not %s', (a, b) => {
    expect(scoreName(a)).not.toBe(scoreName(b));
  });
});

describe('the built-in table', () => {
  test.each([
    ['openai', 'gpt-5.4', 51.4, 94.1, 71.1],
    ['bedrock', 'openai.gpt-5.4', 51.4, 94.1, 71.1],
    ['anthropic', 'claude-sonnet-4-6', 47.2, 87, 63],
    ['bedrock', 'us.anthropic.claude-opus-4-6-v1', 43.7, 89.3, null],
    ['vertex-anthropic', 'claude-opus-4-5@20251101', 40.8, 90.4, null],
    ['google', 'gemini-3.1-pro-preview', 46.5, 91, 68.8],
    ['groq', 'openai/gpt-oss-120b', 23.8, null, 30.4],
    ['cerebras', 'gpt-oss-120b', 23.8, null, 30.4],
    ['together', 'deepseek-ai/DeepSeek-V4-Pro', 44.3, 90.7, 59.4],
    ['mistral', 'mistral-medium-2508', 14.7, null, 20.5],
  ])('%s/%s', (provider, model, intelligence, math, coding) => {
    expect(scores(provider, model)).toMatchObject({ intelligence, math, coding });
  });

  test('a model asked without thinking has the figures of that', () => {
    expect(scores('xai', 'grok-4.20-0309-non-reasoning')?.intelligence).toBe(22.5);
    expect(scores('xai', 'grok-4.20-0309-reasoning')?.intelligence).toBe(36.5);
  });

  test('what may be any model, or none that is ranked, has none', () => {
    for (const [provider, model] of [
      ['mistral', 'mistral-medium-latest'],
      ['deepseek', 'deepseek-chat'],
      ['openai', 'never-heard-of-it'],
      ['openai', 'gpt-5-chat-latest'],
      ['lab', 'claude'],
    ] as const)
      expect([model, scores(provider, model)]).toEqual([model, null]);
  });

  /** Of the chat models that these makers sell themselves, and of those hosts sell of them. */
  test.each([
    ['anthropic', 1, 0.3, 0.6],
    ['openai', 0.7, 0.1, 0.4],
    ['google', 0.7, 0.1, 0.4],
    ['moonshot', 0.8, 0.3, 0.3],
    ['minimax', 1, 0.1, 0.4],
    ['zai', 0.8, 0, 0.2],
    ['xiaomi', 1, 0, 0.6],
    ['bedrock', 0.85, 0.18, 0.5],
    ['vertex-anthropic', 1, 0.5, 0.7],
    ['together', 0.8, 0.2, 0.7],
    ['cerebras', 1, 0, 1],
    ['fireworks', 0.9, 0.4, 0.9],
  ])('covers %s', (provider, intelligence, math, coding) => {
    const models = [...catalog.list()].filter(
      (facts) => facts.provider === provider && isChatModel(facts, facts.model),
    );
    expect(models.length).toBeGreaterThan(1);
    const share = (column: 'intelligence' | 'math' | 'coding') =>
      models.filter(({ model }) => typeof scores(provider, model)?.[column] === 'number').length /
      models.length;
    expect(share('intelligence')).toBeGreaterThanOrEqual(intelligence);
    expect(share('math')).toBeGreaterThanOrEqual(math);
    expect(share('coding')).toBeGreaterThanOrEqual(coding);
  });

  test('says of each column where it is from, of which day', () => {
    for (const source of Object.values(file.sources)) {
      expect(source.url).toStartWith('https://');
      expect(source.date).toMatch(/^2026-\d{2}-\d{2}$/);
      expect(source.says.length).toBeGreaterThan(20);
    }
    expect(file.sources.intelligence.url).toBe('https://artificialanalysis.ai');
    expect(file.sources.math.url).toBe('https://livebench.ai');
  });

  test('is within bounds and small', () => {
    for (const [name, one] of file.scores) {
      for (const figure of [one.intelligence, one.math, one.coding])
        expect([name, figure === null || (figure >= 0 && figure <= 100)]).toEqual([name, true]);
      expect([name, one.ttftMs === null || one.ttftMs <= 20_000]).toEqual([name, true]);
    }
    const path = new URL('./scores.generated.json', import.meta.url).pathname;
    expect(readFileSync(path, 'utf8')).toBe(formatScores(file));
    expect(readFileSync(path).length).toBeLessThan(40_000);
  });
});

test('the operator’s figures replace single ones, of one provider’s model', () => {
  const own = scoreLookup(file, catalog, [
    { id: 'openai/gpt-5.4', scores: { math: 12 } },
    { id: 'lab/tuned', scores: { intelligence: 70 } },
    { id: 'openai/gpt-5.5' },
  ]);
  expect(own('openai', 'gpt-5.4')).toMatchObject({ intelligence: 51.4, math: 12 });
  expect(own('azure', 'gpt-5.4')).toMatchObject({ math: 94.1 });
  expect(own('lab', 'tuned')).toEqual({
    intelligence: 70,
    math: null,
    coding: null,
    tokensPerS: null,
    ttftMs: null,
  });
  expect(own('openai', 'gpt-5.5')).toEqual(scores('openai', 'gpt-5.5'));
});

describe('a table of the data folder', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'switchyard-scores-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  const newer: ScoreFile = {
    ...file,
    date: '2999-01-01',
    scores: new Map([
      ['5.4 gpt', { intelligence: 1, math: 2, coding: 3, tokensPerS: 4, ttftMs: 5 }],
    ]),
  };
  const write = (text: string) => writeFileSync(join(dataDir, 'scores.json'), text);
  const answer = (text: string, status = 200) => ({
    dataDir,
    url: 'https://scores.test/table.json',
    fetch: async () => new Response(text, { status }),
  });

  test('serves where it is newer', () => {
    write(formatScores(newer));
    expect(loadCatalogData(dataDir).scores).toEqual({ file: newer, warning: null });
    write(formatScores({ ...newer, date: '2020-01-01' }));
    expect(loadScores(dataDir)).toEqual({ file, warning: null });
  });

  test.each([
    ['not JSON', '{', 'it is not JSON'],
    ['another format', '{"format": 2}', 'its format is 2, this version reads 1'],
    ['no date', '{"format": 1}', 'its date is missing'],
    ['no sources', '{"format": 1, "date": "2999-01-01"}', '"sources" must name one'],
    [
      'a figure that is none',
      formatScores(newer).replace('"5.4 gpt",1', '"5.4 gpt","1"'),
      'models[0] is not a row of',
    ],
  ])('is left aside with a warning: %s', (_, text, words) => {
    write(text);
    const loaded = loadScores(dataDir);
    expect(loaded.file).toEqual(file);
    expect(loaded.warning).toContain(words);
  });

  test('is downloaded, checked and taken', async () => {
    const result = await refreshScores(answer(formatScores(newer)));
    expect(result).toMatchObject({ ok: true, date: '2999-01-01', models: 1 });
    expect(loadScores(dataDir)).toEqual({ file: newer, warning: null });
  });

  test.each([
    ['an error', answer('', 500), 'answered 500'],
    ['no table', answer('<html>'), 'is no score table: it is not a JSON object'],
    ['an older one', answer(formatScores({ ...newer, date: '2020-01-01' })), 'is of 2020-01-01'],
  ])('a bad download changes nothing: %s', async (_, options, words) => {
    const result = await refreshScores({ ...options, dataDir });
    expect(result.ok ? '' : result.reason).toContain(words);
    expect(loadScores(dataDir)).toEqual({ file, warning: null });
  });
});
