// Rows on their way into the log: what happens when a thread dies, a database is busy, a disk is full or a row is spoiled.
import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Exchange } from '../core/exchange.ts';
import type { Log } from '../lib/log.ts';
import { openStore } from '../store/open-store.ts';
import { openLogStore } from './engine/open-log-store.ts';
import { sampleExchange } from './sample-exchange.ts';
import { ConsumerPosition } from './spool/consumer-position.ts';
import { ownSpools } from './spool/own-spools.ts';
import { SPOOL_START, segmentsIn, spoolRoot } from './spool/spool-folder.ts';
import { SpoolTail } from './spool/spool-tail.ts';
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
  const place = { engine: 'sqlite', dataDir: dir } as const;
  const instance = Bun.randomUUIDv7();
  const writer = new Writer({ dataDir: dir, path, place, log, instance, ...options });
  open.push(writer);
  return writer;
}

async function storedIds(): Promise<string[]> {
  const store = await openLogStore({ engine: 'sqlite', dataDir: dir }, { write: false });
  const ids: string[] = [];
  const all = { from: 0, to: Date.now() + 60_000 };
  for await (const block of store.scan(all, ['id'])) ids.push(...block.map(({ id }) => id));
  await store.close();
  return ids.sort();
}

/** Requests that experiments count. */
function counted(): number {
  const sqlite = new Database(path, { readonly: true });
  const [row] = sqlite.query('SELECT coalesce(sum(requests), 0) FROM variant_days').values();
  sqlite.close();
  return Number(row?.[0]);
}

/** Another program holds the write lock of a database. */
async function locked(file: string, ms: number): Promise<{ readonly over: Promise<number> }> {
  const script = `import { Database } from 'bun:sqlite';
    const sqlite = new Database(${JSON.stringify(file)});
    sqlite.run('PRAGMA busy_timeout = 5000');
    sqlite.run('BEGIN IMMEDIATE');
    console.log('locked');
    await Bun.sleep(${ms});
    sqlite.run('ROLLBACK');`;
  const child = Bun.spawn([process.execPath, '-e', script], { stdout: 'pipe', stderr: 'inherit' });
  open.push({ close: () => child.kill() });
  await child.stdout.getReader().read();
  return { over: child.exited };
}

const ROUTED = { routerId: 'r', routeId: 'a', variantId: 'v' };

const appended = (writer: Writer, count: number, change: Partial<Exchange> = ROUTED): string[] =>
  Array.from({ length: count }, () => {
    const exchange = sampleExchange(change);
    writer.append(exchange);
    return exchange.id;
  }).sort();

async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!holds() && Date.now() < deadline) await Bun.sleep(2);
  expect(holds()).toBe(true);
}

/** Nothing waits, nothing is wrong. */
const SETTLED = {
  queued: 0,
  spooledRows: 0,
  spooledBytes: 0,
  lagMs: 0,
  dropped: 0,
  isDropping: false,
  refused: 0,
  late: 0,
  skippedSegments: 0,
  database: 'ok',
  lastError: null,
} as const;

describe('a writer', () => {
  test('writes what it was given, once, in more batches than one', async () => {
    const writer = opened();
    const ids = appended(writer, 2500);
    expect(writer.stats).toMatchObject({ queued: ids.length, written: 0 });
    await writer.flush(5000);
    expect(await storedIds()).toEqual(ids);
    expect(counted()).toBe(ids.length);
    expect(writer.stats).toEqual({ ...SETTLED, written: ids.length });
    expect(lines).toEqual([]);
  });

  test('writes by itself, without being told to, and soon', async () => {
    const writer = opened();
    await writer.flush(5000);
    appended(writer, 1);
    await until(() => writer.stats.written === 1);
    const start = performance.now();
    const ids = appended(writer, 3);
    await until(() => writer.stats.written === 4);
    expect(performance.now() - start).toBeLessThan(500);
    expect(await storedIds()).toEqual(expect.arrayContaining(ids));
  });

  test('flush waits for the rows it found, not for those that keep coming', async () => {
    const writer = opened();
    const first = appended(writer, 10);
    const coming = setInterval(() => appended(writer, 10), 1);
    await writer.flush(5000);
    clearInterval(coming);
    expect(await storedIds()).toEqual(expect.arrayContaining(first));
  });

  test('ignores a second row of the same id', async () => {
    const writer = opened();
    const exchange = sampleExchange();
    writer.append(exchange);
    await writer.flush(5000);
    writer.append({ ...exchange, user: 'somebody else' });
    await writer.flush(5000);
    const store = await openLogStore({ engine: 'sqlite', dataDir: dir }, { write: false });
    expect((await store.get(exchange.id))?.user_id).toBe('user-17');
    await store.close();
    expect(await storedIds()).toEqual([exchange.id]);
  });

  test('keeps prices, each once', async () => {
    const writer = opened();
    const price = { version: 'abc', model: 'openai/gpt-5.4', price: '{}', since: 1 };
    for (let i = 0; i < 3; i += 1) writer.notePrice(price);
    await writer.flush(5000);
    const store = await openLogStore({ engine: 'sqlite', dataDir: dir }, { write: false });
    const kept = await store.read(store.build.selectFrom('prices').selectAll().compile());
    await store.close();
    expect(kept).toEqual([price]);
  });

  test('close leaves nothing behind, and later rows are counted as dropped', async () => {
    const writer = opened();
    const ids = appended(writer, 300);
    await Promise.all([writer.close(5000), writer.close(5000)]);
    appended(writer, 2);
    expect(existsSync(`${path}-wal`)).toBe(false);
    expect(readdirSync(spoolRoot(dir))).toEqual([]);
    expect(await storedIds()).toEqual(ids);
    expect(writer.stats).toEqual({ ...SETTLED, written: ids.length, dropped: 2 });
    expect(lines).toEqual([]);
  });

  test('is not alone: another in the same process has a spool of its own, which stays its own', async () => {
    const [one, other] = [opened(), opened()];
    const ids = [...appended(one, 400), ...appended(other, 400)].sort();
    const third = opened();
    await Promise.all([one.flush(5000), other.flush(5000), third.flush(5000)]);
    expect(await storedIds()).toEqual(ids);
    expect(counted()).toBe(800);
    expect([one.stats.written, other.stats.written, third.stats.written]).toEqual([400, 400, 0]);
    expect(lines).toEqual([]);
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
    expect(await storedIds()).toEqual(ids);
    expect(writer.stats).toEqual({ ...SETTLED, dropped: 2, written: 1 });
    expect(lines).toHaveLength(2);
  });

  test('into the database: set aside and counted, and the others of their batch are written', async () => {
    const writer = opened();
    const ids = appended(writer, 20);
    writer.append({ ...sampleExchange(ROUTED), id: 'no-uuid' });
    writer.append({ ...sampleExchange(ROUTED), attempts: null } as unknown as Exchange);
    const more = appended(writer, 20);
    await writer.flush(5000);
    expect(await storedIds()).toEqual([...ids, ...more].sort());
    expect(counted()).toBe(40);
    expect(writer.stats).toEqual({ ...SETTLED, refused: 2, written: 40 });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toStartWith('error The database refused log rows');
    const kept = readFileSync(join(spoolRoot(dir), 'refused.ndjson'), 'utf8');
    expect(kept.trim().split('\n')).toHaveLength(2);
    expect(kept).toContain('no-uuid');
  });
});

describe('a thread that dies', () => {
  const real = join(import.meta.dir, 'ingest-worker.ts');

  /** The real worker, but the first one dies of the first row. */
  function mortal(death: string): URL {
    const marker = join(dir, 'died');
    const file = join(dir, 'mortal-worker.ts');
    const text = `import { existsSync, writeFileSync } from 'node:fs';
      import ${JSON.stringify(real)};
      const proper = self.onmessage;
      self.onmessage = (event) => {
        if (event.data.kind === 'start' && !existsSync(${JSON.stringify(marker)})) {
          const segment = event.data.settings.own + '/000001.ndjson';
          const watch = setInterval(() => {
            if (!existsSync(segment)) return;
            clearInterval(watch);
            writeFileSync(${JSON.stringify(marker)}, '');
            ${death}
          }, 1);
        }
        return proper.call(self, event);
      };`;
    writeFileSync(file, text);
    return new URL(`file://${file}`);
  }

  test.each([
    ['before it writes', 'process.exit(1);'],
    ['by an exception', "throw new Error('a fault of ours');"],
    ['while it writes', 'setTimeout(() => process.exit(1), 8);'],
  ])('%s costs no row and counts none twice', async (_, death) => {
    const writer = opened({ worker: mortal(death) });
    await writer.flush(5000);
    // Asleep, so that it is told of the next row.
    await Bun.sleep(100);
    const ids = appended(writer, 3000);
    await until(() => existsSync(join(dir, 'died')));
    ids.push(...appended(writer, 10));
    await until(() => lines.length >= 2);
    await writer.flush(5000);
    expect(await storedIds()).toEqual(ids.sort());
    expect(counted()).toBe(ids.length);
    expect(writer.stats).toMatchObject({ ...SETTLED });
    expect(lines).toEqual([
      'error The log cannot be written now; rows are kept and tried again. Its thread ended unexpectedly.',
      'info The log is being written again.',
    ]);
  });
});

describe('a database that takes nothing', () => {
  test.each([
    ['the one of rows', () => join(dir, 'log', readdirSync(join(dir, 'log')).sort()[0] ?? '')],
    ['the one of experiments', () => path],
  ])(
    'because another program locks it (%s) stops no request and gets every row',
    async (_, file) => {
      const writer = opened();
      const ids = appended(writer, 1);
      await writer.flush(5000);
      const lock = await locked(file(), 3000);
      let slowestMs = 0;
      for (const end = Date.now() + 2000; Date.now() < end; await Bun.sleep(5)) {
        const start = performance.now();
        ids.push(...appended(writer, 10));
        slowestMs = Math.max(slowestMs, performance.now() - start);
      }
      expect(slowestMs).toBeLessThan(100);
      const { spooledRows, lagMs, written, dropped } = writer.stats;
      expect({ written, dropped }).toEqual({ written: 1, dropped: 0 });
      expect(spooledRows).toBeGreaterThan(500);
      expect(lagMs).toBeGreaterThan(1000);
      await lock.over;
      await writer.flush(8000);
      expect(await storedIds()).toEqual(ids.sort());
      expect(counted()).toBe(ids.length);
      expect(writer.stats).toEqual({ ...SETTLED, written: ids.length });
    },
    20_000,
  );

  test('is tried again until it works, said once, and says why it did not', async () => {
    writeFileSync(join(dir, 'log'), 'a file where a folder is due');
    const writer = opened();
    const ids = appended(writer, 5);
    await until(() => writer.stats.database === 'down');
    ids.push(...appended(writer, 5));
    await Bun.sleep(300);
    const { lastError, database, written } = writer.stats;
    expect({ database, written }).toEqual({ database: 'down', written: 0 });
    expect(lastError).toContain(dir);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toStartWith('error The log cannot be written now; rows are kept and tried');
    rmSync(join(dir, 'log'));
    await writer.flush(10_000);
    expect(await storedIds()).toEqual(ids.sort());
    await until(() => lines.length === 2);
    expect(lines[1]).toBe('info The log is being written again.');
    expect(writer.stats).toEqual({ ...SETTLED, written: 10 });
  }, 20_000);

  test('is not said to work again before it does, also while there is nothing to write', async () => {
    writeFileSync(join(dir, 'log'), '');
    const writer = opened();
    await until(() => writer.stats.database === 'down');
    await Bun.sleep(300);
    expect(lines).toHaveLength(1);
    expect(writer.stats.database).toBe('down');
    rmSync(join(dir, 'log'));
    await until(() => writer.stats.database === 'ok');
    expect(lines).toHaveLength(2);
  });

  test('lets flush and close end in their time; the next process writes what is left', async () => {
    writeFileSync(join(dir, 'log'), '');
    const writer = opened();
    const ids = appended(writer, 7);
    const error: unknown = await writer.flush(200).then(() => null, Object);
    expect(error).toMatchObject({ code: 'storage_unavailable' });
    expect(String(error)).toContain('7 log rows are not in the database after 200 ms.');
    const start = performance.now();
    await writer.close(40);
    expect(performance.now() - start).toBeLessThan(2500);
    expect(writer.stats).toMatchObject({ queued: 0, dropped: 0, written: 0, spooledRows: 7 });
    expect(lines.join()).toContain('what is in the spool goes there with the next start.');
    rmSync(join(dir, 'log'));
    lines = [];
    const next = opened();
    await until(() => next.stats.written === 7);
    expect(await storedIds()).toEqual(ids);
    expect(counted()).toBe(7);
    await until(
      () => readdirSync(spoolRoot(dir)).filter((name) => !name.includes('.')).length === 1,
    );
    expect(lines).toEqual([
      'info Log rows that earlier processes left are taken into the database.',
    ]);
  });

  test('fills the spool to its limit and no further: the rest is counted, said once, and when it ends', async () => {
    writeFileSync(join(dir, 'log'), '');
    const writer = opened({ spoolMaxBytes: 100_000 });
    const ids: string[] = [];
    for (let i = 0; i < 300; i += 1) {
      const { dropped } = writer.stats;
      const [id = ''] = appended(writer, 1);
      if (writer.stats.dropped === dropped) ids.push(id);
      if (i % 20 === 0) await Bun.sleep(12);
    }
    const { dropped, isDropping, spooledBytes, queued } = writer.stats;
    expect({ isDropping, dropped }).toEqual({ isDropping: true, dropped: 300 - ids.length });
    expect(dropped).toBeGreaterThan(100);
    expect(spooledBytes + queued * 1300).toBeLessThan(105_000);
    const said = lines.filter((line) => line.includes('no room left'));
    expect(said).toHaveLength(1);
    rmSync(join(dir, 'log'));
    await writer.flush(10_000);
    expect(await storedIds()).toEqual(ids.sort());
    // Not at once: at the bound there is room for a row now and then.
    appended(writer, 1);
    expect(lines).not.toContain('info The log has room again.');
    await Bun.sleep(2050);
    appended(writer, 1);
    expect(lines.at(-1)).toBe('info The log has room again.');
    expect(writer.stats).toMatchObject({ dropped, isDropping: false });
  }, 20_000);
});

describe('a disk', () => {
  test('that takes nothing: rows wait in memory, to a bound', async () => {
    const writer = opened({ maxQueuedRows: 20 });
    await writer.flush(5000);
    rmSync(writer.folder, { recursive: true });
    writeFileSync(writer.folder, '');
    const ids = appended(writer, 20);
    appended(writer, 5);
    await until(() => writer.stats.lastError !== null);
    expect(writer.stats).toMatchObject({ queued: 20, dropped: 5, isDropping: true });
    rmSync(writer.folder);
    await writer.flush(10_000);
    expect(await storedIds()).toEqual(ids);
  }, 20_000);

  test('whose spool somebody removes: no row is lost, and it is begun anew', async () => {
    const writer = opened();
    const ids = appended(writer, 50);
    await writer.flush(5000);
    rmSync(spoolRoot(dir), { recursive: true });
    for (let i = 0; i < 100; i += 1) {
      ids.push(...appended(writer, 2));
      await Bun.sleep(2);
    }
    await writer.flush(5000);
    expect(await storedIds()).toEqual(ids.sort());
    expect(counted()).toBe(250);
    expect(segmentsIn(writer.folder)).toEqual([2]);
    expect(lines).toEqual(['error The spool of the log was removed from disk; it is begun anew.']);
  });
});

describe('other consumers', () => {
  test('find every segment they have not passed, and no segment stays that all have', async () => {
    const writer = opened({ segmentBytes: 20_000 });
    const place = new ConsumerPosition(writer.folder, 'otlp');
    place.write(SPOOL_START);
    const ids: string[] = [];
    for (let i = 0; i < 10; i += 1) {
      ids.push(...appended(writer, 20));
      await writer.flush(5000);
    }
    expect(segmentsIn(writer.folder).length).toBeGreaterThan(5);
    const tail = new SpoolTail(writer.folder, place.read());
    const seen: string[] = [];
    for (let batch = tail.next(7); batch !== null; batch = tail.next(7)) {
      for (const one of batch.records) if ('exchange' in one) seen.push(one.exchange.id);
      place.write(batch.to);
    }
    expect(seen.sort()).toEqual(ids.sort());
    expect(tail.skippedSegments).toBe(0);
    appended(writer, 1);
    await writer.flush(5000);
    await until(() => segmentsIn(writer.folder).length <= 2);
    tail.close();
  });

  test('that lag too far are left behind; the database is not', async () => {
    const writer = opened({ segmentBytes: 20_000, spoolMaxBytes: 200_000 });
    const place = new ConsumerPosition(writer.folder, 'otlp');
    place.write(SPOOL_START);
    const ids: string[] = [];
    for (let i = 0; i < 15; i += 1) {
      ids.push(...appended(writer, 20));
      await writer.flush(5000);
    }
    const tail = new SpoolTail(writer.folder, place.read());
    const first = tail.next();
    expect(tail.skippedSegments).toBeGreaterThan(3);
    expect(first?.records.length).toBeGreaterThan(0);
    expect(await storedIds()).toEqual(ids.sort());
    expect(writer.stats.dropped).toBe(0);
    tail.close();
  });

  test('are waited for in the spool of a dead process, which they find by its adopter', async () => {
    const dead = opened();
    new ConsumerPosition(dead.folder, 'otlp').write(SPOOL_START);
    appended(dead, 3);
    await dead.close(5000);
    expect(existsSync(dead.folder)).toBe(true);
    const writer = opened();
    await until(() => ownSpools(dir, writer.folder).length === 2);
    const [own, adopted = ''] = ownSpools(dir, writer.folder);
    expect([own, adopted]).toEqual([writer.folder, dead.folder]);
    const tail = new SpoolTail(adopted, SPOOL_START);
    const batch = tail.next();
    expect(batch?.records).toHaveLength(3);
    expect(existsSync(adopted)).toBe(true);
    new ConsumerPosition(adopted, 'otlp').write(batch?.to ?? SPOOL_START);
    tail.close();
    appended(writer, 1);
    await until(() => !existsSync(adopted));
    expect(ownSpools(dir, writer.folder)).toEqual([writer.folder]);
    expect(writer.stats.skippedSegments).toBe(0);
  });

  test('of an earlier process that this one does not have hold nothing', async () => {
    const dead = opened({ segmentBytes: 2000 });
    new ConsumerPosition(dead.folder, 'otlp').write(SPOOL_START);
    const ids: string[] = [];
    for (let i = 0; i < 3; i += 1) {
      ids.push(...appended(dead, 2));
      await dead.flush(5000);
    }
    await dead.close(5000);
    const unread = segmentsIn(dead.folder).length;
    expect(unread).toBeGreaterThan(1);
    expect(existsSync(dead.folder)).toBe(true);
    const writer = opened();
    await until(() => ownSpools(dir, writer.folder).length === 2);
    // So long one might still be starting.
    await Bun.sleep(3000);
    expect(existsSync(dead.folder)).toBe(true);
    const deadline = Date.now() + 15_000;
    const isThere = () => existsSync(dead.folder) || existsSync(`${dead.folder}.lock`);
    while (isThere() && Date.now() < deadline) await Bun.sleep(50);
    expect(existsSync(dead.folder)).toBe(false);
    expect(existsSync(`${dead.folder}.lock`)).toBe(false);
    expect(await storedIds()).toEqual(ids.sort());
    expect(writer.stats.skippedSegments).toBe(unread);
  }, 30_000);
});
