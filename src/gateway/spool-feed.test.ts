// What is read of the spool, and from where after a restart.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { sampleExchange } from '../ledger/sample-exchange.ts';
import { segmentPath } from '../ledger/spool/spool-folder.ts';
import { exchangeLine } from '../ledger/spool/spool-record.ts';
import { SpoolFeed } from './spool-feed.ts';

let dataDir: string;
let folder: string;
let nowMs = 0;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'switchyard-feed-'));
  folder = join(dataDir, 'spool', 'own');
  mkdirSync(folder, { recursive: true });
  nowMs = 0;
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const open = () => new SpoolFeed({ dataDir, folder, consumer: 'otlp', now: () => nowMs });

/** Writes rows into a segment and returns their ids. */
function write(segment: number, rows: number, into = folder): string[] {
  const all = Array.from({ length: rows }, () => sampleExchange());
  writeFileSync(segmentPath(into, segment), all.map((one) => exchangeLine(one) ?? '').join(''), {
    flag: 'a',
  });
  return all.map(({ id }) => id);
}

const idsOf = (batch: ReturnType<SpoolFeed['next']>) =>
  batch?.exchanges.map(({ id }) => id) ?? null;
const place = (of = folder) => readFileSync(join(of, 'otlp.position'), 'utf8').trim();

describe('SpoolFeed', () => {
  test('is registered before it has read anything', () => {
    open().close();
    expect(place()).toBe('1 0');
  });

  test('reads what comes, and after a restart what was not acknowledged', () => {
    const first = write(1, 3);
    const feed = open();
    const batch = feed.next();
    expect(idsOf(batch)).toEqual(first);
    batch?.acknowledge();
    const second = write(1, 2);
    expect(idsOf(feed.next())).toEqual(second);
    expect(feed.next()).toBeNull();
    feed.close();
    // From an earlier place it reads all of it again.
    writeFileSync(join(folder, 'otlp.position'), '1 0\n');
    expect(idsOf(open().next())).toEqual([...first, ...second]);
  });

  test('holds no segment that it has read to its end', () => {
    write(1, 2);
    const feed = open();
    feed.next()?.acknowledge();
    writeFileSync(segmentPath(folder, 2), '');
    expect(feed.next()).toBeNull();
    expect(place()).toBe('2 0');
    feed.close();
  });

  test('takes over what a dead process left, and lets go of it with its folder', () => {
    const feed = open();
    const other = join(dataDir, 'spool', 'dead');
    mkdirSync(other);
    const left = write(1, 2, other);
    writeFileSync(join(other, 'adopted-by'), basename(folder));
    expect(feed.next()).toBeNull();
    nowMs += 5000;
    const batch = feed.next();
    expect(idsOf(batch)).toEqual(left);
    batch?.acknowledge();
    expect(place(other)).not.toBe('1 0');
    rmSync(other, { recursive: true });
    nowMs += 5000;
    expect(feed.next()).toBeNull();
    const own = write(1, 1);
    expect(idsOf(feed.next())).toEqual(own);
    feed.close();
  });

  test('counts what was removed before it came there', () => {
    write(3, 1);
    const feed = open();
    expect(feed.next()?.exchanges).toHaveLength(1);
    expect(feed.skippedSegments).toBe(2);
    feed.close();
  });
});
