// The file behind memory: sealed, bounded, gone on without when it is damaged, shared by gateways of one folder, whole after a kill.
import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answerOf, ROOMY } from '../../../test/contracts/answer-store.ts';
import { until as untilWithin } from '../../../test/journeys/until.ts';
import { answerSealing } from '../answer-seal.ts';
import type { MemoryBounds } from '../memory-answers.ts';
import { FileAnswers } from './file-answers.ts';

setDefaultTimeout(60_000);

const LONG_MS = 20_000;
const until = (what: () => boolean | Promise<boolean>) => untilWithin(what, LONG_MS);
const NOW = 1_800_000_000_000;
const CANARY = 'canary-Kx72bQ';
const key = (byte: number) => new Uint8Array(32).fill(byte);
const UNSEALED = answerSealing({ current: null, previous: [] });
const sealedBy = (current: number, ...previous: number[]) =>
  answerSealing({ current: key(current), previous: previous.map(key) });

let dataDir = '';
let file = '';
let now = NOW;
let bounds: MemoryBounds = ROOMY;
let said: string[] = [];
let opened: FileAnswers[] = [];

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'switchyard-answers-'));
  file = join(dataDir, 'cache.db');
  now = NOW;
  bounds = ROOMY;
  said = [];
});
afterEach(async () => {
  await Promise.all(opened.map((store) => store.close()));
  opened = [];
  rmSync(dataDir, { recursive: true, force: true });
});

function open(sealing = UNSEALED): FileAnswers {
  const store = new FileAnswers({
    ...{ dataDir, sealing, bounds: () => bounds, now: () => now },
    log: (level, message) => said.push(`${level} ${message}`),
  });
  opened.push(store);
  return store;
}

/** The first thing in it, then closed. */
async function kept(sealing = UNSEALED, keys = ['a'], text = CANARY): Promise<void> {
  const store = open(sealing);
  for (const one of keys) store.keep(one, answerOf(`${text} ${one}`));
  await store.close();
}

/** Of all files of the folder. */
function onDisk(): string {
  const names = readdirSync(dataDir);
  return names.map((name) => readFileSync(join(dataDir, name), 'latin1')).join('');
}

function rows(): number {
  using database = new Database(file, { readonly: true });
  return database.query<{ n: number }, []>('SELECT COUNT(*) AS n FROM answers').get()?.n ?? -1;
}

function change(sql: string): void {
  using database = new Database(file);
  database.run(sql);
}

test('without a master key they stand as they are; with one nothing of them can be read, in no file', async () => {
  await kept();
  expect(onDisk()).toContain(CANARY);
  rmSync(file);
  const store = open(sealedBy(1));
  const owner = { tenant: CANARY, user: CANARY, namespace: CANARY };
  for (let nth = 0; nth < 50; nth++)
    store.keep(`k${nth}`, answerOf(`${CANARY} ${nth}`, { owner, model: `m/${CANARY}` }));
  await store.flush();
  expect(rows()).toBe(50);
  expect(onDisk()).not.toContain(CANARY);
  expect(onDisk()).not.toContain('chatcmpl-1');
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('sealed by another master key they are not given, and that is said once; by one named as previous they are', async () => {
  await kept(sealedBy(1), ['a', 'b']);
  const other = open(sealedBy(2));
  await other.flush();
  expect(await other.find('a')).toBeNull();
  expect(said).toEqual([
    'warn 2 kept answers in cache.db are sealed by a master key that is not known here: they are not given. Name it in SWITCHYARD_MASTER_KEY_PREVIOUS, or leave them: they go when they are too old.',
  ]);
  const without = open();
  await without.flush();
  expect(await without.find('a')).toBeNull();
  const follower = open(sealedBy(2, 1));
  expect(await follower.find('a')).toMatchObject({ text: `${CANARY} a` });
  expect(said).toHaveLength(2);
});

test('what stood there in plain text is gone as soon as there is a master key', async () => {
  await kept();
  const store = open(sealedBy(1));
  await store.flush();
  expect(await store.find('a')).toBeNull();
  expect(rows()).toBe(0);
  await store.close();
  expect(onDisk()).not.toContain(CANARY);
});

test('one that was put in another’s place, changed or written by another version is given to nobody', async () => {
  for (const sealing of [UNSEALED, sealedBy(1)]) {
    await kept(sealing, ['a', 'b', 'c', 'd']);
    change(
      "UPDATE answers SET value = (SELECT value FROM answers WHERE key = 'b') WHERE key = 'a'",
    );
    change("UPDATE answers SET value = substr(value, 1, length(value) - 1) WHERE key = 'c'");
    const store = open(sealing);
    expect(await store.find('a')).toBeNull();
    expect(await store.find('c')).toBeNull();
    await store.flush();
    expect(await store.find('a')).toBeNull();
    expect(await store.find('b')).toMatchObject({ text: `${CANARY} b` });
    expect(store.figures().entries).toBe(2);
    await store.close();
    // Nothing can be done with them: they are out of the way.
    expect(rows()).toBe(2);
    rmSync(file);
  }
  expect(said).toEqual([]);
});

test('with a damaged file it goes on in memory, says so once, and once when there is a good one', async () => {
  await kept();
  writeFileSync(file, 'no database at all, '.repeat(1000));
  const store = open();
  expect(await store.find('a')).toBeNull();
  for (let nth = 0; nth < 300; nth++) store.keep(`k${nth}`, answerOf('in memory'));
  expect(await store.find('k299')).toMatchObject({ text: 'in memory' });
  await until(() => store.figures().failures >= 3);
  expect(store.figures()).toMatchObject({ entries: 300, behind: 'file' });
  expect(said).toHaveLength(1);
  expect(said[0]).toStartWith('error Kept answers are held in memory only, for now.');
  expect(said[0]).toContain(`${file} is damaged or is no SQLite database.`);
  const refused = await store.drop({ tenant: 'key_a' }).then(
    () => null,
    (error: unknown) => error,
  );
  expect(refused).toMatchObject({ code: 'storage_unavailable' });
  expect(await store.find('k299')).toBeNull();
  const owner = { tenant: 'key_b', user: null, namespace: null };
  store.keep('after', answerOf('after', { owner }));
  for (const name of readdirSync(dataDir)) rmSync(join(dataDir, name));
  await until(() => store.figures().trouble === null);
  await store.flush();
  expect(said[1]).toBe('info Kept answers are being written to the data folder again.');
  const next = open();
  expect(await next.find('k299')).toBeNull();
  expect(await next.find('after')).toMatchObject({ text: 'after' });
  expect(said).toHaveLength(2);
});

test('a file that takes nothing for a while costs nothing but a line', async () => {
  await kept(UNSEALED, ['a']);
  const store = open();
  await store.flush();
  using blocker = new Database(file);
  blocker.run('BEGIN IMMEDIATE');
  store.keep('b', answerOf('blocked'));
  await until(() => store.figures().trouble !== null);
  expect(await store.find('a')).toMatchObject({ text: `${CANARY} a` });
  expect(await store.find('b')).toMatchObject({ text: 'blocked' });
  expect(said).toHaveLength(1);
  expect(said[0]).toContain('locked');
  blocker.run('ROLLBACK');
  await until(() => store.figures().trouble === null);
  await store.flush();
  expect(rows()).toBe(2);
});

test('the file has the bounds of memory, keeps what was used last, and gives room back', async () => {
  const text = 'x'.repeat(20_000);
  bounds = { ...ROOMY, maxEntries: 500 };
  const store = open();
  for (let nth = 0; nth < 2000; nth++) {
    now += 1;
    store.keep(`k${nth}`, answerOf(text, { expiresAt: now + 3_600_000 }));
    if (nth % 250 === 0) await store.flush();
  }
  await store.flush();
  expect(rows()).toBe(500);
  const size = statSync(file).size;
  expect(size).toBeLessThan(500 * 30_000);
  // A use counts, though it is written later.
  now += 1;
  expect(await store.find('k1500')).not.toBeNull();
  await store.close();
  bounds = { ...ROOMY, maxEntries: 10 };
  const next = open();
  await next.flush();
  expect(next.figures()).toMatchObject({ entries: 10, evicted: 0 });
  expect(await next.find('k1500')).not.toBeNull();
  expect(await next.find('k1999')).not.toBeNull();
  expect(await next.find('k1990')).toBeNull();
  await until(() => rows() === 10);
  await until(() => statSync(file).size < size / 4);
});

test('what is too old goes from the file by itself, and what it said with it', async () => {
  await kept();
  expect(onDisk()).toContain(CANARY);
  now = NOW + 3_600_000;
  const store = open();
  await store.flush();
  await until(() => rows() === 0);
  await until(() => !onDisk().includes(CANARY));
});

test('what is dropped is gone from all files at once', async () => {
  await kept(UNSEALED, ['a', 'b']);
  const store = open();
  await store.flush();
  store.keep('c', answerOf(`${CANARY} c`));
  expect(await store.drop({})).toBe(3);
  await store.flush();
  expect(rows()).toBe(0);
  expect(onDisk()).not.toContain(CANARY);
});

test('dropped before the file is read, it does not come back from it', async () => {
  await kept(UNSEALED, ['a', 'b']);
  const store = open();
  const dropping = store.drop({ tenant: 'key_a' });
  store.forget('z');
  expect(await store.find('a')).toBeNull();
  expect(await dropping).toBe(2);
  await store.flush();
  expect([await store.find('a'), await store.find('b')]).toEqual([null, null]);
});

test('gateways of one folder write beside each other, and hear of each other’s drops', async () => {
  const one = open();
  const two = open();
  for (let nth = 0; nth < 400; nth++) {
    one.keep(`one-${nth}`, answerOf(`one ${nth}`));
    two.keep(`two-${nth}`, answerOf(`two ${nth}`, { model: 'm/2' }));
    if (nth % 100 === 0) await Bun.sleep(1);
  }
  await until(async () => {
    await Promise.all([one.flush(), two.flush()]);
    return rows() === 800;
  });
  expect(await one.drop({ model: 'm/2' })).toBe(400);
  expect(rows()).toBe(400);
  await until(async () => (await two.find('two-7')) === null);
  expect(two.figures().entries).toBe(0);
  expect(one.figures().entries).toBe(400);
  const next = open();
  await next.flush();
  expect(next.figures().entries).toBe(400);
  expect(await next.find('one-399')).toMatchObject({ text: 'one 399' });
});

test('killed in the middle of writing, what is there is whole', async () => {
  const child = Bun.spawn(
    [process.execPath, join(import.meta.dir, '../../../test/kept-answers-child.ts'), dataDir],
    {
      stdout: 'pipe',
      stderr: 'inherit',
    },
  );
  const reader = child.stdout.getReader();
  await reader.read();
  await Bun.sleep(300);
  child.kill('SIGKILL');
  await child.exited;
  using database = new Database(file);
  expect(database.query('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
  database.close();
  bounds = { ...ROOMY, maxEntries: 2000 };
  const store = open(sealedBy(3));
  await store.flush();
  const { entries } = store.figures();
  expect(entries).toBe(rows());
  expect(entries).toBeGreaterThan(0);
  for (let nth = 0, seen = 0; seen < entries; nth++) {
    const answer = await store.find(`k${nth}`);
    expect(nth).toBeLessThan(1_000_000);
    if (answer === null) continue;
    seen += 1;
    expect(answer.text).toBe(`${nth} `.repeat(1000 + (nth % 100)));
  }
  expect(said).toEqual([]);
});
