// What is kept: by whom, how long, how much of it, and what becomes of it when the process or the disk does not last.
import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '../lib/log.ts';
import { databasePath } from '../store/open-store.ts';
import { ENTRY_BYTES, type KeptLimits } from './kept.ts';
import { keptLimits } from './kept-limits.ts';
import { KeptStore, type KeptStoreOptions } from './kept-store.ts';
import { KeptTable, STATE_FILE } from './kept-table.ts';

let dir: string;
let lines: string[];
let now: number;
const open: KeptStore[] = [];
const log: Log = (level, message) => void lines.push(`${level} ${message}`);

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-kept-'));
  lines = [];
  now = 1_000_000;
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  rmSync(dir, { recursive: true, force: true });
});

function opened(options: Partial<KeptStoreOptions> = {}): KeptStore {
  const limits = keptLimits();
  const store = new KeptStore({
    dataDir: dir,
    limits: () => limits,
    log,
    now: () => now,
    ...options,
  });
  open.push(store);
  return store;
}

const limitsWith = (more: Partial<KeptLimits>): KeptLimits => ({ ...keptLimits(), ...more });
const stored = (): readonly (readonly unknown[])[] => {
  const sqlite = new Database(databasePath(dir, STATE_FILE), { readonly: true });
  try {
    return sqlite.query('SELECT tenant, kind, key, value FROM kept ORDER BY rowid').values();
  } finally {
    sqlite.close();
  }
};
const value = (n: number) => ({ n });

describe('a kept value', () => {
  test('is there at once, for its tenant and kind alone', () => {
    const store = opened();
    expect(store.put('a', 'reasoning', 'call_1', value(1))).toBe(true);
    expect(store.peek('a', 'reasoning', 'call_1')).toEqual({ n: 1 });
    expect(store.peek('b', 'reasoning', 'call_1')).not.toEqual({ n: 1 });
    expect(store.peek('a', 'response', 'call_1')).not.toEqual({ n: 1 });
  });

  test('the latest of an address wins, in memory and in the database', async () => {
    const store = opened();
    store.put('a', 'reasoning', 'k', value(1));
    store.put('a', 'reasoning', 'k', value(2));
    expect(await store.flush(2000)).toBe(true);
    store.put('a', 'reasoning', 'k', value(3));
    expect(await store.flush(2000)).toBe(true);
    expect(store.peek('a', 'reasoning', 'k')).toEqual({ n: 3 });
    expect(stored()).toEqual([['a', 'reasoning', 'k', '{"n":3}']]);
  });

  test('outlives the process, and other tenants do not find it', async () => {
    const first = opened();
    first.put('a', 'response', 'resp_1', value(1));
    await first.close();
    const second = opened();
    expect(second.peek('a', 'response', 'resp_1')).toBeUndefined();
    expect(await second.find('b', 'response', ['resp_1'], 2000)).toEqual(new Map());
    expect(await second.find('a', 'response', ['resp_1', 'resp_2'], 2000)).toEqual(
      new Map([['resp_1', { n: 1 }]]),
    );
    // From here on memory has it.
    expect(second.peek('a', 'response', 'resp_1')).toEqual({ n: 1 });
  });

  test('is over when its time is, in memory and in the database', async () => {
    const limits = limitsWith({
      kinds: { ...keptLimits().kinds, reasoning: { ttlMs: 1000, maxBytes: 1e6 } },
    });
    const store = opened({ limits: () => limits });
    store.put('a', 'reasoning', 'k', value(1));
    await store.flush(2000);
    now += 999;
    expect(store.peek('a', 'reasoning', 'k')).toEqual({ n: 1 });
    now += 1;
    expect(store.peek('a', 'reasoning', 'k')).toBeUndefined();
    expect(await store.find('a', 'reasoning', ['k'], 2000)).toEqual(new Map());
    await store.close();
    // A start prunes.
    const again = opened({ limits: () => limits });
    await again.find('a', 'reasoning', ['k'], 2000);
    expect(stored()).toEqual([]);
  });

  test('that was removed is gone at once, and from the database', async () => {
    const store = opened();
    store.put('a', 'response', 'k', value(1));
    await store.flush(2000);
    store.remove('a', 'response', 'k');
    expect(store.peek('a', 'response', 'k')).toBeNull();
    expect(await store.find('a', 'response', ['k'], 2000)).toEqual(new Map());
    expect(await store.flush(2000)).toBe(true);
    expect(stored()).toEqual([]);
  });

  test('put while it is looked up is the one that counts', async () => {
    const first = opened();
    first.put('a', 'response', 'k', value(1));
    first.put('a', 'response', 'j', value(1));
    await first.close();
    const second = opened();
    const looking = second.find('a', 'response', ['k', 'j'], 2000);
    second.put('a', 'response', 'k', value(2));
    second.remove('a', 'response', 'j');
    expect(await looking).toEqual(new Map([['k', { n: 2 }]]));
    expect(second.peek('a', 'response', 'k')).toEqual({ n: 2 });
  });

  test('that is known to be absent is not looked up', async () => {
    const store = opened();
    // As long as nothing was ever kept there is no database to ask.
    expect(store.peek('a', 'reasoning', 'k')).toBeNull();
    store.put('a', 'reasoning', 'other', value(1));
    await store.flush(2000);
    expect(store.peek('a', 'reasoning', 'k')).toBeUndefined();
    store.noteAbsent('a', 'reasoning', 'k');
    expect(store.peek('a', 'reasoning', 'k')).toBeNull();
    now += 60_000;
    expect(store.peek('a', 'reasoning', 'k')).toBeUndefined();
  });
});

describe('limits', () => {
  test('memory holds the latest used; the rest is in the database', async () => {
    const entry = ENTRY_BYTES + JSON.stringify(value(1)).length;
    const limits = limitsWith({ memoryBytes: 2 * entry });
    const store = opened({ limits: () => limits });
    for (const n of [1, 2]) store.put('a', 'reasoning', `k${n}`, value(n));
    await store.flush(2000);
    store.peek('a', 'reasoning', 'k1');
    store.put('a', 'reasoning', 'k3', value(3));
    await store.flush(2000);
    expect(store.peek('a', 'reasoning', 'k1')).toEqual({ n: 1 });
    expect(store.peek('a', 'reasoning', 'k2')).toBeUndefined();
    expect(await store.find('a', 'reasoning', ['k2'], 2000)).toEqual(new Map([['k2', { n: 2 }]]));
  });

  test('what waits for the database is found although memory has no room for it', () => {
    const limits = limitsWith({ memoryBytes: 1 });
    const store = opened({ limits: () => limits });
    store.put('a', 'reasoning', 'k', value(1));
    expect(store.peek('a', 'reasoning', 'k')).toEqual({ n: 1 });
  });

  test('the oldest of a kind go when it is too much; other kinds stay', async () => {
    const entry = ENTRY_BYTES + JSON.stringify(value(1)).length;
    const kinds = { ...keptLimits().kinds, reasoning: { ttlMs: 1e6, maxBytes: 3 * entry } };
    const limits = limitsWith({ kinds });
    const store = opened({ limits: () => limits });
    store.put('a', 'response', 'r', value(0));
    for (const n of [1, 2, 3, 4, 5]) {
      now += 1;
      store.put('a', 'reasoning', `k${n}`, value(n));
    }
    await store.flush(2000);
    expect(stored().map((row) => row[2])).toEqual(['r', 'k3', 'k4', 'k5']);
  });

  test('what is larger than all that may be kept is not', () => {
    const kinds = { ...keptLimits().kinds, response: { ttlMs: 1e6, maxBytes: 300 } };
    const limits = limitsWith({ kinds });
    const store = opened({ limits: () => limits });
    expect(store.put('a', 'response', 'k', { text: 'x'.repeat(300) })).toBe(false);
    expect(store.peek('a', 'response', 'k')).toBeNull();
  });
});

describe('the database', () => {
  test('is a file of its own for its owner alone, made with the first thing kept', async () => {
    const store = opened();
    const path = databasePath(dir, STATE_FILE);
    expect(existsSync(path)).toBe(false);
    store.put('a', 'reasoning', 'k', value(1));
    await store.flush(2000);
    for (const suffix of ['', '-wal', '-shm'])
      expect(statSync(path + suffix).mode & 0o777).toBe(0o600);
    expect(lines).toEqual([]);
  });

  test('that cannot be used leaves memory, and one line in the log', async () => {
    writeFileSync(databasePath(dir, STATE_FILE), 'no database at all. '.repeat(100));
    const store = opened();
    store.put('a', 'reasoning', 'k', value(1));
    expect(await store.flush(300)).toBe(false);
    expect(store.peek('a', 'reasoning', 'k')).toEqual({ n: 1 });
    expect(await store.find('a', 'reasoning', ['other'], 2000)).toBeNull();
    expect(lines.length).toBe(1);
    expect(lines[0]).toContain('error Conversation state is held in memory only, for now.');
    expect(lines[0]).toContain('is damaged or is no SQLite database');
    // Repaired: it is written after all, and said.
    rmSync(databasePath(dir, STATE_FILE));
    expect(await store.flush(5000)).toBe(true);
    expect(stored()).toEqual([['a', 'reasoning', 'k', '{"n":1}']]);
    expect(lines.slice(1)).toEqual(['info Conversation state is being written again.']);
  });

  test('that answers too late counts as one that knows nothing', async () => {
    const store = opened();
    store.put('a', 'reasoning', 'k', value(1));
    await store.flush(2000);
    // Its thread has a batch of eight megabytes to write first.
    for (let n = 0; n < 2; n++) store.put('a', 'response', `r${n}`, { text: 'x'.repeat(4e6) });
    expect(await store.find('a', 'reasoning', ['k'], 0)).toBeNull();
  });

  test('keeps what was put shortly before the process was killed', async () => {
    const script = `import { KeptStore } from ${JSON.stringify(join(import.meta.dir, 'kept-store.ts'))};
      import { keptLimits } from ${JSON.stringify(join(import.meta.dir, 'kept-limits.ts'))};
      const limits = keptLimits();
      const store = new KeptStore({ dataDir: ${JSON.stringify(dir)}, limits: () => limits });
      store.put('a', 'response', 'k', { n: 1 });
      await store.flush(5000);
      process.kill(process.pid, 'SIGKILL');`;
    await Bun.spawn([process.execPath, '-e', script]).exited;
    expect(await opened().find('a', 'response', ['k'], 2000)).toEqual(new Map([['k', { n: 1 }]]));
  });
});

describe('with a master key', () => {
  const KEY = new Uint8Array(32).fill(1);
  const OTHER = new Uint8Array(32).fill(2);
  const words = () => readFileSync(databasePath(dir, STATE_FILE)).toString('latin1');

  test('what is kept is sealed, and opens by that key and those that follow it', async () => {
    const store = opened({ masterKeys: { current: KEY, previous: [] } });
    store.put('a', 'response', 'k', { said: 'a word of a conversation' });
    await store.flush(5000);
    await store.close();
    expect(words()).not.toContain('a word of');
    const found = (masterKeys: KeptStoreOptions['masterKeys']) =>
      opened(masterKeys === undefined ? {} : { masterKeys }).find('a', 'response', ['k'], 2000);
    const there = new Map([['k', { said: 'a word of a conversation' }]]);
    expect(await found({ current: KEY, previous: [] })).toEqual(there);
    expect(await found({ current: OTHER, previous: [KEY] })).toEqual(there);
    expect(await found({ current: OTHER, previous: [] })).toEqual(new Map());
    expect(await found(undefined)).toEqual(new Map());
  });

  test('what was kept without one can still be read', async () => {
    const store = opened();
    store.put('a', 'response', 'k', { n: 1 });
    await store.flush(5000);
    await store.close();
    const later = opened({ masterKeys: { current: KEY, previous: [] } });
    expect(await later.find('a', 'response', ['k'], 2000)).toEqual(new Map([['k', { n: 1 }]]));
  });
});

describe('the table', () => {
  test('takes a batch whole or not at all', () => {
    const table = KeptTable.open(dir);
    const change = { tenant: 'a', kind: 'response' as const, key: 'k', bytes: 10, expiresAt: 9e15 };
    const broken = { ...change, key: 'j', text: undefined as unknown as string };
    expect(() => table.write([{ ...change, text: '1' }, broken], keptLimits())).toThrow();
    expect(table.read('a', 'response', ['k', 'j'], 0)).toEqual([]);
    table.write([{ ...change, text: '2' }], keptLimits());
    expect(table.read('a', 'response', ['k'], 0)).toEqual([
      { key: 'k', text: '2', expiresAt: 9e15 },
    ]);
    table.close();
  });

  test('is pruned in pieces', () => {
    const table = KeptTable.open(dir);
    const changes = Array.from({ length: 600 }, (_, n) => ({
      tenant: 'a',
      kind: 'reasoning' as const,
      key: `k${n}`,
      text: '{}',
      bytes: 2,
      expiresAt: n < 550 ? 10 : 9e15,
    }));
    table.write(changes, keptLimits());
    expect(table.prune(keptLimits(), 10)).toBe(true);
    expect(table.prune(keptLimits(), 10)).toBe(false);
    expect(stored().length).toBe(50);
    table.close();
  });
});
