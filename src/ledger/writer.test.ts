// The queue in front of the database: what happens when the thread dies, the database is busy or a row is spoiled.
import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Exchange } from '../core/exchange.ts';
import type { Log } from '../lib/log.ts';
import { openStore } from '../store/open-store.ts';
import { MAX_BATCH_ROWS } from './row-queue.ts';
import { sampleExchange } from './sample-exchange.ts';
import { Writer, type WriterOptions } from './writer.ts';

let dir: string;
let path: string;
let lines: string[];
const open: { close(timeoutMs: number): unknown }[] = [];
const log: Log = (level, message) => void lines.push(`${level} ${message}`);

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-writer-'));
  lines = [];
  const store = openStore({ dataDir: dir });
  path = store.path;
  store.close();
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close(100);
  rmSync(dir, { recursive: true, force: true });
});

function opened(options: Partial<WriterOptions> = {}): Writer {
  const writer = new Writer({ path, log, ...options });
  open.push(writer);
  return writer;
}

function storedIds(): string[] {
  const sqlite = new Database(path, { readonly: true });
  const rows = sqlite.query<{ id: string }, []>('SELECT id FROM requests ORDER BY id').all();
  sqlite.close();
  return rows.map((row) => row.id);
}

/** Holds the database's write lock. */
function locked(): { release(): void } {
  const sqlite = new Database(path);
  sqlite.run('BEGIN IMMEDIATE');
  const release = () => sqlite.close();
  open.push({ close: release });
  return { release };
}

const appended = (writer: Writer, count: number): string[] =>
  Array.from({ length: count }, () => {
    const exchange = sampleExchange();
    writer.append(exchange);
    return exchange.id;
  }).sort();

describe('a writer', () => {
  test('writes what it was given, once, in more batches than one', async () => {
    const writer = opened();
    const ids = appended(writer, MAX_BATCH_ROWS * 3 + 5);
    expect(writer.stats).toMatchObject({ queued: ids.length, written: 0 });
    await writer.flush(5000);
    expect(storedIds()).toEqual(ids);
    expect(writer.stats).toEqual({ queued: 0, dropped: 0, written: ids.length, lastError: null });
    expect(lines).toEqual([]);
  });

  test('writes by itself, without being told to', async () => {
    const writer = opened();
    const ids = appended(writer, 3);
    while (writer.stats.queued > 0) await Bun.sleep(1);
    expect(storedIds()).toEqual(ids);
  });

  test('flush with nothing to write is done at once', async () => {
    const writer = opened();
    await writer.flush(1);
    expect(writer.stats.written).toBe(0);
  });

  test('flush waits for the rows it found, not for those that keep coming', async () => {
    const writer = opened();
    const first = appended(writer, 10);
    const coming = setInterval(() => appended(writer, 10), 1);
    await writer.flush(5000);
    clearInterval(coming);
    expect(storedIds()).toEqual(expect.arrayContaining(first));
  });

  test('ignores a second row of the same id', async () => {
    const writer = opened();
    const exchange = sampleExchange();
    writer.append(exchange);
    await writer.flush(5000);
    writer.append({ ...exchange, user: 'somebody else' });
    await writer.flush(5000);
    const sqlite = new Database(path, { readonly: true });
    expect(sqlite.query('SELECT id, user_id FROM requests').values()).toEqual([
      [exchange.id, 'user-17'],
    ]);
    sqlite.close();
  });

  test('close writes what is left, and later rows are counted as dropped', async () => {
    const writer = opened();
    const ids = appended(writer, MAX_BATCH_ROWS + 1);
    await Promise.all([writer.close(5000), writer.close(5000)]);
    appended(writer, 2);
    // The last connection takes the write-ahead log with it.
    expect(existsSync(`${path}-wal`)).toBe(false);
    expect(storedIds()).toEqual(ids);
    expect(writer.stats).toEqual({ queued: 0, dropped: 2, written: ids.length, lastError: null });
  });
});

describe('rows that cannot be written', () => {
  test('as JSON: dropped without a throw', async () => {
    const writer = opened();
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    writer.append(sampleExchange({ metadata: { big: 1n } }));
    writer.append(sampleExchange({ metadata: circle }));
    const ids = appended(writer, 1);
    await writer.flush(5000);
    expect(storedIds()).toEqual(ids);
    expect(writer.stats).toMatchObject({ dropped: 2, written: 1 });
    expect(lines).toHaveLength(2);
  });

  test('into the database: the others of their batch are', async () => {
    const writer = opened();
    const ids = appended(writer, 2);
    writer.append({ ...sampleExchange(), id: null } as unknown as Exchange);
    writer.append({ ...sampleExchange(), attempts: null } as unknown as Exchange);
    const more = appended(writer, 2);
    await writer.flush(5000);
    expect(storedIds()).toEqual([...ids, ...more].sort());
    expect(writer.stats).toEqual({ queued: 0, dropped: 2, written: 4, lastError: null });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toStartWith('error The database refused log rows: ');
  });
});

describe('a thread that dies', () => {
  const real = join(import.meta.dir, 'write-worker.ts');

  /** The real worker, but the first one dies on its first batch in the way given. */
  function mortal(death: string): URL {
    const marker = join(dir, 'died');
    const file = join(dir, 'mortal-worker.ts');
    const text = `import { existsSync, writeFileSync } from 'node:fs';
      import ${JSON.stringify(real)};
      const proper = self.onmessage;
      self.onmessage = (event) => {
        if (typeof event.data === 'string' && !existsSync(${JSON.stringify(marker)})) {
          writeFileSync(${JSON.stringify(marker)}, '');
          ${death}
        }
        return proper.call(self, event);
      };`;
    writeFileSync(file, text);
    return new URL(`file://${file}`);
  }

  test.each([
    ['before it writes', 'process.exit(1);'],
    ['by an exception', "throw new Error('a fault of ours');"],
    [
      'after it wrote and before it said so',
      'self.postMessage = () => {}; proper.call(self, event); process.exit(1);',
    ],
  ])('%s costs no row and writes none twice', async (_, death) => {
    const writer = opened({ worker: mortal(death) });
    const ids = appended(writer, MAX_BATCH_ROWS + 10);
    await writer.flush(5000);
    expect(existsSync(join(dir, 'died'))).toBe(true);
    expect(storedIds()).toEqual(ids);
    expect(writer.stats).toEqual({ queued: 0, dropped: 0, written: ids.length, lastError: null });
    expect(lines).toEqual([
      'error The log cannot be written now; rows are kept and tried again. Its thread ended unexpectedly.',
      'info The log is being written again.',
    ]);
  });

  test('while it is idle is replaced, and is no lasting error', async () => {
    const file = join(dir, 'idle-worker.ts');
    const marker = join(dir, 'idle');
    writeFileSync(
      file,
      `import { existsSync, writeFileSync } from 'node:fs';
      import ${JSON.stringify(real)};
      if (!existsSync(${JSON.stringify(marker)})) {
        writeFileSync(${JSON.stringify(marker)}, '');
        setTimeout(() => process.exit(1), 1);
      }`,
    );
    const writer = opened({ worker: new URL(`file://${file}`) });
    while (lines.length === 0) await Bun.sleep(1);
    while (writer.stats.lastError !== null) await Bun.sleep(1);
    const ids = appended(writer, 3);
    await writer.flush(5000);
    expect(storedIds()).toEqual(ids);
  });
});

describe('a database that takes nothing', () => {
  test('stops no request, and gets every row once it is free', async () => {
    const writer = opened();
    const lock = locked();
    const ids = appended(writer, MAX_BATCH_ROWS * 2);
    let turns = 0;
    for (; turns < 10; turns += 1) {
      ids.push(...appended(writer, 10));
      await Bun.sleep(5);
    }
    expect(writer.stats).toMatchObject({ queued: ids.length, dropped: 0, written: 0 });
    lock.release();
    await writer.flush(5000);
    expect(storedIds()).toEqual(ids.sort());
    expect(writer.stats).toEqual({ queued: 0, dropped: 0, written: ids.length, lastError: null });
  });

  test('fills the queue to its bound and no further; said once', async () => {
    const writer = opened({ maxQueuedRows: 500 });
    const lock = locked();
    const ids = appended(writer, 500);
    appended(writer, 700);
    await Bun.sleep(20);
    expect(writer.stats).toMatchObject({ queued: 500, dropped: 700, written: 0 });
    expect(lines).toEqual([
      'error The log cannot keep up; new rows are dropped until it has room again.',
    ]);
    lock.release();
    await writer.flush(5000);
    const later = appended(writer, 3);
    await writer.flush(5000);
    expect(storedIds()).toEqual([...ids, ...later].sort());
    expect(writer.stats).toMatchObject({ queued: 0, dropped: 700, written: 503 });
    expect(lines).toHaveLength(1);
  });

  test('bounds the queue by size as well as by rows', () => {
    const writer = opened();
    const lock = locked();
    const metadata = { note: 'x'.repeat(8 * 1024 * 1024) };
    for (let i = 0; i < 20; i += 1) writer.append(sampleExchange({ metadata }));
    // 64 Mi characters: the eighth row crosses the line.
    expect(writer.stats).toMatchObject({ queued: 8, dropped: 12 });
    lock.release();
  });

  test('is tried again until it works, and says why it did not', async () => {
    rmSync(path);
    const writer = opened();
    const ids = appended(writer, 5);
    while (writer.stats.lastError === null) await Bun.sleep(1);
    expect(writer.stats).toMatchObject({ queued: 5, dropped: 0, written: 0 });
    expect(writer.stats.lastError).toContain(`Cannot open or write ${path}. Let this user`);
    expect(existsSync(path)).toBe(false);
    openStore({ dataDir: dir }).close();
    await writer.flush(5000);
    expect(storedIds()).toEqual(ids);
    expect(writer.stats.lastError).toBeNull();
    expect(lines).toHaveLength(2);
    expect(lines[1]).toBe('info The log is being written again.');
  });

  test('lets flush and close end in their time, with the loss counted and said', async () => {
    const writer = opened();
    locked();
    appended(writer, 7);
    const error: unknown = await writer.flush(40).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'storage_unavailable' });
    expect(String(error)).toContain('7 log rows are not written after 40 ms.');
    const start = performance.now();
    await writer.close(40);
    expect(performance.now() - start).toBeLessThan(1000);
    expect(writer.stats).toMatchObject({ queued: 0, dropped: 7, written: 0 });
    expect(lines.at(-1)).toContain('The log is closed before all of it is written.');
  });
});
