// Prompts that are dropped: gone from memory, from the file and from what is still being made; nobody else's are.
import { Database } from 'bun:sqlite';
import { afterAll, expect, test } from 'bun:test';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AnswerFilter } from '../answer-store.ts';
import { marksOf } from '../owner-marks.ts';
import type { MeaningEntry } from './meaning.ts';
import { type Meanings, type MeaningsOptions, openMeanings } from './meanings.ts';

const NOW = 1_000_000;
const SECRET = 'Rumpelstiltskin';
const VECTOR = Float32Array.of(1, 0.05, 0.123456);
const folder = mkdtempSync(join(tmpdir(), 'switchyard-dropped-'));
const opened: Meanings[] = [];
afterAll(async () => {
  await Promise.all(opened.map((meanings) => meanings.close()));
  rmSync(folder, { recursive: true });
});

function open(options: Partial<MeaningsOptions> = {}): Meanings {
  const meanings = openMeanings({
    dataDir: null,
    sealing: { seals: null, opens: [] },
    maxEntries: 1000,
    log: (_, message) => expect(message).toBe('nothing is to be said'),
    now: () => NOW,
    findWithinMs: 20_000,
    ...options,
  });
  opened.push(meanings);
  return meanings;
}

interface Whose {
  readonly tenant?: string;
  readonly user?: string | null;
  readonly namespace?: string | null;
  readonly model?: string;
}

/** A partition of its own, and a key like it. */
function entry(key: string, whose: Whose = {}, some: Partial<MeaningEntry> = {}): MeaningEntry {
  const owner = { tenant: 'key_1', user: null, namespace: null, model: 'alpha/echo', ...whose };
  const text = `The patient is called ${SECRET}`;
  const expiresAt = NOW + 60_000;
  return { partition: key, key, text, vector: VECTOR, expiresAt, whose: marksOf(owner), ...some };
}

const finds = async (meanings: Meanings, partition: string) =>
  (await meanings.find({
    partition,
    text: `the patient is called ${SECRET}`,
    vector: VECTOR,
    threshold: 0.9,
  })) !== null;

async function found(meanings: Meanings, keys: readonly string[]): Promise<readonly string[]> {
  const all = await Promise.all(keys.map((key) => finds(meanings, key)));
  return keys.filter((_, at) => all[at]);
}

/** Everything in the folder, logs of the database too. */
const bytesOf = (dataDir: string) =>
  Buffer.concat(readdirSync(dataDir).map((name) => readFileSync(join(dataDir, name))));

const KEYS = ['plain', 'ann', 'bob', 'faq', 'other-key', 'other-model'] as const;

function addAll(meanings: Meanings): void {
  meanings.add(entry('plain'));
  meanings.add(entry('ann', { user: 'ann' }));
  meanings.add(entry('bob', { user: 'bob' }));
  meanings.add(entry('faq', { user: 'ann', namespace: 'faq' }));
  meanings.add(entry('other-key', { tenant: 'key_2', user: 'ann' }));
  meanings.add(entry('other-model', { model: 'beta/echo' }));
}

const CASES: readonly (readonly [AnswerFilter, readonly string[]])[] = [
  [{ user: 'ann' }, ['plain', 'bob', 'other-model']],
  [{ tenant: 'key_1', user: 'ann' }, ['plain', 'bob', 'other-key', 'other-model']],
  [{ namespace: 'faq' }, ['plain', 'ann', 'bob', 'other-key', 'other-model']],
  [{ tenant: 'key_2' }, ['plain', 'ann', 'bob', 'faq', 'other-model']],
  [{ model: 'alpha/echo' }, ['other-model']],
  [{ user: 'nobody' }, KEYS],
  [{}, []],
];

test.each(CASES)('%j leaves %j, in memory and to the next process', async (filter, left) => {
  const dataDir = mkdtempSync(join(folder, 'case-'));
  const meanings = open({ dataDir });
  addAll(meanings);
  await meanings.flush();
  expect(await found(meanings, KEYS)).toEqual([...KEYS]);
  expect(await meanings.drop(filter)).toBe(true);
  expect(await found(meanings, KEYS)).toEqual([...left]);
  await meanings.close();
  const next = open({ dataDir });
  expect(await found(next, KEYS)).toEqual([...left]);
  expect(next.figures().embedded).toBe(0);
});

test('no byte of it is left in the folder, logs of the database included, while the gateway goes on', async () => {
  const dataDir = mkdtempSync(join(folder, 'bytes-'));
  const meanings = open({ dataDir });
  for (let nth = 0; nth < 200; nth += 1) meanings.add(entry(`k${nth}`, { user: 'ann' }));
  await meanings.flush();
  meanings.add(entry('not-written-yet', { user: 'ann' }));
  expect(bytesOf(dataDir).includes(SECRET)).toBe(true);
  expect(bytesOf(dataDir).includes(Buffer.from(VECTOR.buffer))).toBe(true);
  expect(await meanings.drop({ user: 'ann' })).toBe(true);
  await meanings.flush();
  expect(existsSync(join(dataDir, 'meanings.db'))).toBe(true);
  expect(bytesOf(dataDir).includes(SECRET)).toBe(false);
  expect(bytesOf(dataDir).includes(Buffer.from(VECTOR.buffer))).toBe(false);
});

test('what an earlier process left goes although nothing is compared in this one, which reads none of it', async () => {
  const dataDir = mkdtempSync(join(folder, 'earlier-'));
  const first = open({ dataDir });
  addAll(first);
  await first.close();
  const second = open({
    dataDir,
    startEmbedding: () => {
      throw new Error('the model was loaded');
    },
  });
  expect(await second.drop({ tenant: 'key_1' })).toBe(true);
  await second.flush();
  expect(second.figures().entries).toBe(0);
  expect(await found(second, KEYS)).toEqual(['other-key']);
});

test('what is still being made when it is dropped is not added; what is made for others is', async () => {
  const meanings = open();
  const ann = Promise.withResolvers<Float32Array | null>();
  const bob = Promise.withResolvers<Float32Array | null>();
  const none = Promise.withResolvers<Float32Array | null>();
  meanings.add(entry('ann', { user: 'ann' }, { vector: ann.promise }));
  meanings.add(entry('bob', { user: 'bob' }, { vector: bob.promise }));
  meanings.add(entry('none', { user: 'bob' }, { vector: none.promise }));
  expect(await meanings.drop({ user: 'ann' })).toBe(true);
  ann.resolve(VECTOR);
  bob.resolve(VECTOR);
  none.resolve(null);
  await meanings.flush();
  expect(await found(meanings, ['ann', 'bob', 'none'])).toEqual(['bob']);
  expect(meanings.figures().notAdded).toBe(1);
});

test('a thread that died hears of it before it reads', async () => {
  const dataDir = mkdtempSync(join(folder, 'died-'));
  const first = open({ dataDir });
  addAll(first);
  await first.close();
  let starts = 0;
  const lines: string[] = [];
  const second = open({
    dataDir,
    log: (_, message) => lines.push(message),
    startSearch: () => {
      starts += 1;
      if (starts > 1) return new Worker(new URL('./search-worker.ts', import.meta.url));
      const dies = 'onmessage = () => { throw new Error("dead"); }';
      return new Worker(URL.createObjectURL(new Blob([dies], { type: 'application/javascript' })));
    },
  });
  expect(await second.drop({ user: 'ann' })).toBe(false);
  expect(lines).toHaveLength(1);
  await Bun.sleep(500);
  expect(await found(second, KEYS)).toEqual(['plain', 'bob', 'other-model']);
  expect(starts).toBe(2);
});

test('where the disk fails that is said, and it is done as soon as it works', async () => {
  const dataDir = mkdtempSync(join(folder, 'fails-'));
  const first = open({ dataDir });
  addAll(first);
  await first.close();
  const lock = new Database(join(dataDir, 'meanings.db'));
  lock.run('BEGIN IMMEDIATE');
  const lines: string[] = [];
  const second = open({ dataDir, log: (_, message) => lines.push(message) });
  expect(await second.drop({ user: 'ann' })).toBe(false);
  expect(lines).toHaveLength(1);
  lock.run('COMMIT');
  lock.close();
  expect(await found(second, KEYS)).toEqual(['plain', 'bob', 'other-model']);
  expect(await second.drop({ user: 'bob' })).toBe(true);
  expect(await found(second, KEYS)).toEqual(['plain', 'other-model']);
});

test('a file of which it is not known whose its prompts are is emptied, not misread', async () => {
  const dataDir = mkdtempSync(join(folder, 'older-'));
  chmodSync(dataDir, 0o700);
  const older = new Database(join(dataDir, 'meanings.db'), { create: true });
  older.run('PRAGMA journal_mode = WAL');
  older.run('CREATE TABLE migrations (name TEXT PRIMARY KEY, applied_at INTEGER)');
  older.run("INSERT INTO migrations VALUES ('m001-meanings', 1)");
  older.run(
    'CREATE TABLE meanings (key TEXT NOT NULL PRIMARY KEY, partition TEXT NOT NULL, content BLOB NOT NULL, expires_at INTEGER NOT NULL)',
  );
  older.run('CREATE INDEX meanings_over ON meanings (expires_at)');
  const content = Buffer.concat([Buffer.of(0, 3, 0, 0, 0), Buffer.from(VECTOR.buffer)]);
  older.run('INSERT INTO meanings VALUES (?, ?, ?, ?)', [
    ...['old', 'old'],
    Buffer.concat([content, Buffer.from(`The patient is called ${SECRET}`)]),
    NOW + 60_000,
  ]);
  older.close();
  expect(bytesOf(dataDir).includes(SECRET)).toBe(true);
  const meanings = open({ dataDir });
  expect(await finds(meanings, 'old')).toBe(false);
  meanings.add(entry('new'));
  expect(await finds(meanings, 'new')).toBe(true);
  expect(await meanings.drop({})).toBe(true);
  expect(bytesOf(dataDir).includes(SECRET)).toBe(false);
});
