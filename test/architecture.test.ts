// The laws of the house, checked: imports go down, files stay small, no provider's name in shared code, files say what they are for.
import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { Glob } from 'bun';
import { PROVIDERS } from '../src/providers/index.ts';

const ROOT = resolve(import.meta.dir, '..');
const SOURCE = join(ROOT, 'src');
const files = [...new Glob('**/*.ts').scanSync(SOURCE)].sort();
const sources = files.filter((file) => !file.endsWith('.test.ts'));

/** Folders of one layer do not import each other; a layer imports only from those below it. */
const LAYERS: readonly (readonly string[])[] = [
  ['lib'],
  ['core'],
  ['store', 'config', 'google'],
  [
    'routing',
    'dialects',
    'operations',
    'providers',
    'upstream',
    'limits',
    'ledger',
    'bodies',
    'state',
    'cache',
    'catalog',
    'routers',
    'experiments',
    'reconcile',
    'telemetry',
    'exports',
    'alerts',
    'vault',
  ],
  ['gateway'],
  ['http', 'admin'],
  ['cli'],
];
/** Written exceptions to the sideways rule, each with its reason. */
const SIDEWAYS: ReadonlySet<string> = new Set<string>([]);
/** Only these know the web framework. */
const FRAMEWORK_FOLDERS: ReadonlySet<string> = new Set(['http', 'admin', 'cli']);
const MAX_LINES = 300;
/** Longer files, each with its reason. */
const LONG_FILES: ReadonlyMap<string, string> = new Map<string, string>([]);
/** Words that are a provider's id and also an ordinary word of the code, or the name of a wire format's maker. */
const WORDS_THAT_ARE_NOT_NAMES: ReadonlySet<string> = new Set([
  'openai',
  'anthropic',
  'cohere',
  'google',
  'together',
  'inception',
  'sim',
  'local',
]);

const layerOf = (folder: string) => LAYERS.findIndex((layer) => layer.includes(folder));
const folderOf = (file: string) => (file.includes('/') ? (file.split('/')[0] ?? '') : '');

function importsOf(file: string): string[] {
  const text = readFileSync(join(SOURCE, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
}

describe('imports', () => {
  test('every folder has its place in the layers', () => {
    const folders = new Set(files.map(folderOf).filter((folder) => folder !== ''));
    expect([...folders].filter((folder) => layerOf(folder) === -1)).toEqual([]);
  });

  test('go down only, and not sideways', () => {
    const wrong: string[] = [];
    for (const file of sources) {
      const from = folderOf(file);
      if (from === '') continue;
      for (const target of importsOf(file).filter((path) => path.startsWith('.'))) {
        const to = folderOf(relative(SOURCE, resolve(SOURCE, dirname(file), target)));
        if (to === from || to === '..') continue;
        const sideways = layerOf(to) === layerOf(from) && !SIDEWAYS.has(`${from}→${to}`);
        if (layerOf(to) > layerOf(from) || sideways) wrong.push(`${file} → ${target}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('only the surfaces know the web framework', () => {
    const knowing = sources.filter((file) =>
      importsOf(file).some((path) => path.startsWith('hono')),
    );
    expect(knowing.filter((file) => !FRAMEWORK_FOLDERS.has(folderOf(file)))).toEqual([]);
  });
});

describe('files', () => {
  test('are short, or excepted with a reason', () => {
    const long = sources.filter(
      (file) => readFileSync(join(SOURCE, file), 'utf8').split('\n').length > MAX_LINES + 1,
    );
    expect(long.filter((file) => !LONG_FILES.has(file))).toEqual([]);
    expect([...LONG_FILES.keys()].filter((file) => !long.includes(file))).toEqual([]);
  });

  test('say in their first line what they are for', () => {
    const silent = files.filter(
      (file) => !/^(?:#!.*\n)?\/\/ \S/.test(readFileSync(join(SOURCE, file), 'utf8')),
    );
    expect(silent).toEqual([]);
  });

  test('have names that say something', () => {
    const vague = files.filter((file) =>
      /(^|\/)(utils?|helpers?|common|manager|service|handler|base)\b/.test(file),
    );
    expect(vague).toEqual([]);
  });

  test('are kebab-case', () => {
    expect(
      files.filter(
        (file) => !/^(?:[a-z0-9]+(?:-[a-z0-9]+)*\/)*[a-z0-9]+(?:[.-][a-z0-9]+)*\.ts$/.test(file),
      ),
    ).toEqual([]);
  });
});

describe('providers', () => {
  test('are named nowhere but in their own data', () => {
    const names = PROVIDERS.map((provider) => provider.id).filter(
      (id) => !WORDS_THAT_ARE_NOT_NAMES.has(id),
    );
    const found: string[] = [];
    for (const file of sources) {
      if (['providers', 'catalog'].includes(folderOf(file))) continue;
      // Comments may name the vendor whose page or recording forced the code beneath them.
      const code = readFileSync(join(SOURCE, file), 'utf8').replace(
        /\/\*[\s\S]*?\*\/|\/\/.*$/gm,
        '',
      );
      for (const name of names) {
        if (new RegExp(`['"\`/ ]${name}['"\`/ ]`, 'i').test(code)) found.push(`${file}: ${name}`);
      }
    }
    expect(found).toEqual([]);
  });
});

describe('the tree', () => {
  test('names no path of a machine', () => {
    const tracked = [
      ...new Glob('{src,sim,test,bench,scripts,docs,examples,bin}/**/*.{ts,mjs,md,yaml}').scanSync(
        ROOT,
      ),
    ];
    const naming = tracked.filter(
      (file) =>
        !file.endsWith('architecture.test.ts') &&
        /\/(?:home|root|work|Users)\/\w/.test(readFileSync(join(ROOT, file), 'utf8')),
    );
    expect(naming).toEqual([]);
  });
});
