// Tests of the refresh: what it writes and reports, and that a bad download or folder changes nothing.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildCatalog } from './catalog.ts';
import { type CatalogFile, formatCatalog } from './catalog-file.ts';
import { builtInCatalog, loadCatalogData } from './load.ts';
import { type RefreshResult, refreshCatalog } from './refresh.ts';

const builtIn = builtInCatalog();
let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'switchyard-catalog-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

/** A public-shaped list with these models of OpenAI and as many of OpenRouter as it takes to be believed. */
function list(
  models: { readonly [model: string]: number },
  filler = builtIn.models.length,
): unknown {
  const row = (input: number) => ({
    name: 'm',
    cost: { input, output: 2 * input },
    modalities: { input: ['text'], output: ['text'] },
  });
  const many = Array.from({ length: filler }, (_, index) => [`maker/model-${index}`, row(1)]);
  return {
    openai: {
      models: Object.fromEntries(Object.entries(models).map(([id, input]) => [id, row(input)])),
    },
    openrouter: { models: Object.fromEntries(many) },
  };
}

const asked: string[] = [];
const answering =
  (body: unknown, status = 200) =>
  async (url: string) => {
    asked.push(url);
    return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status });
  };
const refresh = (
  fetch: (url: string, init: RequestInit) => Promise<Response>,
  date = '2026-12-01',
  dir = dataDir,
) =>
  refreshCatalog({
    url: 'https://lists.example/api.json',
    dataDir: dir,
    fetch,
    now: () => new Date(date),
  });
const reasonOf = (result: RefreshResult) => (result.ok ? 'accepted' : result.reason);
const catalog = () => {
  return buildCatalog(loadCatalogData(dataDir), []);
};

describe('refreshCatalog', () => {
  test('writes the converted list with its date, and the next start uses it', async () => {
    asked.length = 0;
    const result = await refresh(answering(list({ 'gpt-5.4': 99 })));
    expect(asked).toEqual(['https://lists.example/api.json']);
    expect(result).toMatchObject({
      ok: true,
      path: join(dataDir, 'catalog.json'),
      date: '2026-12-01',
      skipped: 0,
    });
    expect(readdirSync(dataDir)).toEqual(['catalog.json']);
    expect(loadCatalogData(dataDir)).toMatchObject({
      warning: null,
      refreshed: { date: '2026-12-01' },
    });
    expect(catalog().get('openai', 'gpt-5.4')?.price).toMatchObject({ input: 99, output: 198 });
    expect(catalog().get('anthropic', 'claude-sonnet-4-6')).toBeNull();
  });

  test('tells what changed against what was in use', async () => {
    await refresh(answering(list({ old: 1, same: 2, dearer: 3 })));
    const result = await refresh(answering(list({ same: 2, dearer: 4, fresh: 5 })), '2026-12-02');
    expect(result).toMatchObject({
      ok: true,
      added: ['openai/fresh'],
      removed: ['openai/old'],
      repriced: [
        { id: 'openai/dearer', before: { input: 3, output: 6 }, after: { input: 4, output: 8 } },
      ],
    });
  });

  test('a bad download changes nothing and says why', async () => {
    await refresh(answering(list({ kept: 1 })));
    const before = readFileSync(join(dataDir, 'catalog.json'), 'utf8');
    const failing = async () => {
      throw new TypeError('connection refused');
    };
    const reasons = [
      reasonOf(await refresh(answering('oops', 503))),
      reasonOf(await refresh(answering('<html>'))),
      reasonOf(await refresh(answering('[1]'))),
      reasonOf(await refresh(answering({ error: 'gone' }))),
      reasonOf(await refresh(answering(list({ few: 1 }, 10)))),
      reasonOf(await refresh(failing)),
    ];
    expect(reasons).toEqual([
      'https://lists.example/api.json answered 503',
      'https://lists.example/api.json did not answer with JSON',
      expect.stringContaining('is not a model list: it is not a JSON object'),
      expect.stringContaining('is not a model list: it holds no model of a known provider'),
      expect.stringContaining('sent only 11 usable models'),
      'https://lists.example/api.json could not be read: connection refused',
    ]);
    expect(readFileSync(join(dataDir, 'catalog.json'), 'utf8')).toBe(before);
    expect(readdirSync(dataDir)).toEqual(['catalog.json']);
  });

  test('gives up on a server that does not answer', async () => {
    const server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: () => new Promise<Response>(() => {}),
    });
    try {
      const result = await refreshCatalog({
        url: `http://127.0.0.1:${server.port}/api.json`,
        dataDir,
        fetch: (url, init) => fetch(url, init),
        now: () => new Date(0),
        timeoutMs: 50,
      });
      expect(reasonOf(result)).toContain('did not answer within 50 ms');
      expect(readdirSync(dataDir)).toEqual([]);
    } finally {
      await server.stop(true);
    }
  });

  test('a folder that cannot be written is a reason, not a crash', async () => {
    const file = join(dataDir, 'not-a-folder');
    writeFileSync(file, '');
    expect(reasonOf(await refresh(answering(list({ m: 1 })), '2026-12-01', file))).toContain(
      'could not be written',
    );
  });
});

describe('loadCatalogData', () => {
  const stored = (text: string) => writeFileSync(join(dataDir, 'catalog.json'), text);
  const dated = (date: string): CatalogFile => ({
    ...builtIn,
    date,
    models: builtIn.models.slice(0, 5),
  });

  test('without a refreshed file has the built-in one and nothing to say', () => {
    expect(loadCatalogData(dataDir)).toMatchObject({ refreshed: null, warning: null });
    expect(loadCatalogData(join(dataDir, 'missing'))).toMatchObject({
      refreshed: null,
      warning: null,
    });
  });

  test('leaves an older file aside', () => {
    stored(formatCatalog(dated('2020-01-01')));
    expect(loadCatalogData(dataDir)).toMatchObject({ refreshed: null, warning: null });
    stored(formatCatalog(dated('2099-01-01')));
    expect(loadCatalogData(dataDir).refreshed?.models).toHaveLength(5);
  });

  test('warns of a corrupt one, names it, and serves the built-in', () => {
    for (const text of [
      '',
      '{"format": 1',
      '{"format":7}',
      formatCatalog(dated('2099-01-01')).replace('"t"', '7'),
    ]) {
      stored(text);
      const loaded = loadCatalogData(dataDir);
      expect(loaded.refreshed).toBeNull();
      expect(loaded.warning).toContain(join(dataDir, 'catalog.json'));
      expect(loaded.warning).toContain(`built-in catalogue of ${builtIn.date}`);
    }
  });
});
