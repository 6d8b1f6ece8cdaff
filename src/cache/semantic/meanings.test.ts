// Meanings over its threads: what is found, how long that may take, and what becomes of it where a thread, the model or the disk fails.
import { afterAll, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '../../lib/log.ts';
import { sealingKey } from '../../lib/seal.ts';
import { marksOf } from '../owner-marks.ts';
import type { MeaningEntry, MeaningQuery } from './meaning.ts';
import { type Meanings, type MeaningsOptions, openMeanings } from './meanings.ts';

const NOW = 1_000_000;
const folder = mkdtempSync(join(tmpdir(), 'switchyard-meanings-'));
const opened: Meanings[] = [];
afterAll(async () => {
  await Promise.all(opened.map((meanings) => meanings.close()));
  rmSync(folder, { recursive: true });
});

interface Lines {
  readonly lines: string[];
  readonly log: Log;
}

function listening(): Lines {
  const lines: string[] = [];
  return { lines, log: (level, message) => lines.push(`${level} ${message}`) };
}

function open(options: Partial<MeaningsOptions> = {}): Meanings {
  const meanings = openMeanings({
    dataDir: null,
    sealing: { seals: null, opens: [] },
    maxEntries: 100,
    log: (_, message) => expect(message).toBe('nothing is to be said'),
    now: () => NOW,
    // A loaded machine is not what is tested.
    findWithinMs: 20_000,
    ...options,
  });
  opened.push(meanings);
  return meanings;
}

const EAST = Float32Array.of(1, 0.05, 0);
const NORTH = Float32Array.of(0, 1, 0.05);

function entry(some: Partial<MeaningEntry> = {}): MeaningEntry {
  return {
    partition: 'p',
    text: 'Where is the station?',
    vector: EAST,
    key: 'k',
    whose: marksOf({ tenant: 'key_1', user: 'ann', namespace: null, model: 'alpha/echo' }),
    expiresAt: NOW + 1000,
    ...some,
  };
}

function query(some: Partial<MeaningQuery> = {}): MeaningQuery {
  return {
    partition: 'p',
    text: 'where is the station',
    vector: EAST,
    threshold: 0.8,
    ...some,
  };
}

/** A thread of these few lines. */
function threadOf(source: string): Worker {
  return new Worker(URL.createObjectURL(new Blob([source], { type: 'application/javascript' })));
}

test('finds what was added, in its own partition only, until it is over, forgotten or dropped', async () => {
  let now = NOW;
  const meanings = open({ now: () => now });
  expect(await meanings.find(query())).toBeNull();
  meanings.add(entry());
  meanings.add(entry({ key: 'north', vector: NORTH }));
  const found = await meanings.find(query());
  expect(found).toMatchObject({ key: 'k', verdict: { same: true } });
  expect(found?.similarity).toBeCloseTo(1, 5);
  expect(await meanings.find(query({ partition: 'another' }))).toBeNull();
  meanings.forget('k');
  expect(await meanings.find(query())).toBeNull();
  expect(await meanings.find(query({ vector: NORTH }))).toMatchObject({ key: 'north' });
  void meanings.drop({ user: 'ann' });
  expect(await meanings.find(query({ vector: NORTH }))).toBeNull();
  meanings.add(entry());
  now = NOW + 1000;
  expect(await meanings.find(query())).toBeNull();
  await meanings.flush();
  expect(meanings.figures()).toMatchObject({ finds: 7, found: 2, rejected: 0, embedded: 0 });
});

test('the nearest that no guard rejects is found; else the nearest, with what rejected it', async () => {
  const meanings = open();
  meanings.add(entry({ key: 'nearest', text: 'Where is station 7?' }));
  const rejected = await meanings.find(query({ text: 'Where is station 8?' }));
  expect(rejected).toMatchObject({ key: 'nearest', verdict: { same: false } });
  const nearly = Float32Array.of(1, 0.4, 0);
  meanings.add(entry({ key: 'further', text: 'where is station 8', vector: nearly }));
  const found = await meanings.find(query({ text: 'Where is station 8?' }));
  expect(found).toMatchObject({ key: 'further', verdict: { same: true } });
  expect(found?.similarity).toBeLessThan(0.95);
  expect(meanings.figures()).toMatchObject({ finds: 2, found: 1, rejected: 1 });
});

test('nothing is started before it is used, and nothing at all by what needs nothing', async () => {
  const refuse = () => {
    throw new Error('a thread was started');
  };
  const dataDir = join(folder, 'unused');
  const meanings = open({ dataDir, startEmbedding: refuse, startSearch: refuse });
  meanings.forget('k');
  expect(await meanings.drop({ user: 'ann' })).toBe(true);
  await meanings.flush();
  expect(meanings.standing()).toBe('off');
  await meanings.close();
  expect(existsSync(dataDir)).toBe(false);
});

test('a find waits no longer than it may, and is counted as late', async () => {
  const silent = () => threadOf('onmessage = () => {}');
  const meanings = open({ findWithinMs: 50, startSearch: silent });
  const start = performance.now();
  expect(await meanings.find(query())).toBeNull();
  expect(performance.now() - start).toBeGreaterThan(45);
  expect(meanings.figures().missed).toEqual({ untold: 0, unready: 0, refused: 0, late: 1 });
});

test('more at once than there is room for are refused at once, and others find again after them', async () => {
  const silent = () => threadOf('onmessage = () => {}');
  const meanings = open({ findWithinMs: 200, startSearch: silent });
  const finds = Array.from({ length: 300 }, () => meanings.find(query()));
  await Bun.sleep(0);
  expect(meanings.figures().missed).toMatchObject({ refused: 44, late: 0 });
  expect(await Promise.all(finds)).toEqual(Array.from({ length: 300 }, () => null));
  expect(meanings.figures().missed).toMatchObject({ refused: 44, late: 256 });
});

test('a thread that dies is a line in the log and a miss, and is there again a little later', async () => {
  const { lines, log } = listening();
  let starts = 0;
  const startSearch = () => {
    starts += 1;
    return starts === 1
      ? threadOf(
          'onmessage = (event) => { if (event.data.kind === "find") throw new Error("dead"); }',
        )
      : new Worker(new URL('./search-worker.ts', import.meta.url));
  };
  const meanings = open({ log, startSearch });
  expect(await meanings.find(query())).toBeNull();
  expect(lines).toEqual([
    'error The thread that finds prompts that mean the same is started again: it ended unexpectedly. Nothing is found meanwhile.',
  ]);
  // It rests first.
  expect(await meanings.find(query())).toBeNull();
  expect(starts).toBe(1);
  expect(meanings.figures().missed.unready).toBe(2);
  await Bun.sleep(400);
  meanings.add(entry());
  expect(await meanings.find(query())).toMatchObject({ key: 'k' });
  expect(starts).toBe(2);
  expect(lines).toHaveLength(1);
});

test('without the model it says what to install, once, and vectors of others are compared all the same', async () => {
  const { lines, log } = listening();
  const reason = 'its model is not installed. Install it.';
  const startEmbedding = () =>
    threadOf(`onmessage = (event) => postMessage(event.data.kind === "open"
      ? { kind: "unusable", reason: ${JSON.stringify(reason)} } : { kind: "closed" })`);
  const meanings = open({ log, startEmbedding });
  meanings.add(entry({ vector: null }));
  await meanings.flush();
  expect(meanings.standing()).toEqual({ failed: reason });
  expect(await meanings.find(query({ vector: null }))).toBeNull();
  expect(await meanings.embed('any')).toBeNull();
  expect(lines).toEqual([`error Prompts that mean the same are not found: ${reason}`]);
  expect(meanings.figures()).toMatchObject({ entries: 0, notAdded: 1, missed: { unready: 1 } });
  meanings.add(entry());
  expect(await meanings.find(query())).toMatchObject({ key: 'k' });
});

test('a thread that is busy for ever does not keep it from closing', async () => {
  const busy = () => threadOf('onmessage = () => { for (;;); }');
  const meanings = open({ startSearch: busy, startEmbedding: busy });
  meanings.start();
  const find = meanings.find(query());
  const start = performance.now();
  await meanings.close();
  expect(performance.now() - start).toBeLessThan(10_000);
  expect(await find).toBeNull();
  // And after it nothing is found, added or started.
  meanings.add(entry());
  meanings.start();
  expect(await meanings.find(query())).toBeNull();
  expect(meanings.standing()).toBe('off');
});

test('what was added outlives the process, what was forgotten or is over does not come back', async () => {
  const dataDir = join(folder, 'kept');
  const first = open({ dataDir });
  first.add(entry({ key: 'stays' }));
  first.add(entry({ key: 'forgotten', partition: 'q' }));
  first.add(entry({ key: 'over', partition: 'r', expiresAt: NOW + 1 }));
  const whose = marksOf({ tenant: 'key_1', user: 'bob', namespace: null, model: 'alpha/echo' });
  first.add(entry({ key: 'dropped', partition: 's', whose }));
  await first.flush();
  first.forget('forgotten');
  void first.drop({ user: 'bob' });
  await first.close();
  const second = open({ dataDir, now: () => NOW + 1 });
  second.start();
  const found = await until(() => second.find(query()));
  expect(found).toMatchObject({ key: 'stays', verdict: { same: true } });
  expect(found?.similarity).toBeCloseTo(1, 5);
  for (const partition of ['q', 'r', 's'])
    expect(await second.find(query({ partition }))).toBeNull();
  await second.flush();
  expect(second.figures().entries).toBe(1);
});

test('one in whose place others had to go is gone from the disk too', async () => {
  const dataDir = join(folder, 'bounded');
  const first = open({ dataDir, maxEntries: 2 });
  for (const key of ['a', 'b', 'c']) first.add(entry({ key, partition: key }));
  await first.close();
  const second = open({ dataDir });
  await until(() => second.find(query({ partition: 'c' })));
  expect(await second.find(query({ partition: 'a' }))).toBeNull();
  expect(await second.find(query({ partition: 'b' }))).toMatchObject({ key: 'b' });
});

test('with a master key neither prompts nor vectors stand on disk, and only the key opens them', async () => {
  const dataDir = join(folder, 'sealed');
  const key = sealingKey(new Uint8Array(32).fill(7), 'cache');
  const text = 'The patient is called Rumpelstiltskin';
  const sealed = open({ dataDir, sealing: { seals: key, opens: [key] } });
  sealed.add(entry({ text }));
  await sealed.close();
  const onDisk = readFileSync(join(dataDir, 'meanings.db'));
  expect(onDisk.includes('Rumpelstiltskin')).toBe(false);
  expect(onDisk.includes(Buffer.from(EAST.buffer))).toBe(false);
  const without = open({ dataDir });
  expect(await without.find(query({ text }))).toBeNull();
  await without.close();
  const again = open({ dataDir, sealing: { seals: key, opens: [key] } });
  expect(await until(() => again.find(query({ text })))).toMatchObject({ key: 'k' });
});

test('what is removed is not left in the file', async () => {
  const dataDir = join(folder, 'removed');
  const meanings = open({ dataDir });
  meanings.add(entry({ text: 'The patient is called Rumpelstiltskin' }));
  await meanings.flush();
  meanings.forget('k');
  await meanings.close();
  expect(readFileSync(join(dataDir, 'meanings.db')).includes('Rumpelstiltskin')).toBe(false);
  expect(existsSync(join(dataDir, 'meanings.db-wal'))).toBe(false);
});

test('a disk that fails is one line in the log, and what is known is known in memory', async () => {
  const dataDir = join(folder, 'no-folder');
  writeFileSync(dataDir, 'a file where the folder would be');
  const { lines, log } = listening();
  const meanings = open({ dataDir, log });
  meanings.add(entry());
  await meanings.flush();
  meanings.add(entry({ key: 'more', partition: 'q' }));
  await meanings.flush();
  expect(await meanings.find(query())).toMatchObject({ key: 'k' });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toStartWith('error Prompts that have answers are held in memory only, for now.');
});

async function until<T>(ask: () => Promise<T | null>): Promise<T | null> {
  for (let tries = 0; tries < 100; tries += 1) {
    const answer = await ask();
    if (answer !== null) return answer;
    await Bun.sleep(20);
  }
  return null;
}
