// Writing a spool: whatever the disk does to a write, every line is in the files once, whole, and in its order.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Log } from '../../lib/log.ts';
import { type OpenSegment, openSegment } from './segment-file.ts';
import { segmentPath, segmentsIn } from './spool-folder.ts';
import { SpoolWriter, type SpoolWriterOptions } from './spool-writer.ts';

let dir: string;
let folder: string;
let said: string[];
const log: Log = (level, message) => void said.push(`${level} ${message}`);
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-spool-'));
  folder = join(dir, 'spool');
  said = [];
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function writing(change: Partial<SpoolWriterOptions> = {}): SpoolWriter {
  return new SpoolWriter({
    folder,
    open: openSegment,
    log,
    now: Date.now,
    makeFolder: () => void mkdirSync(folder, { recursive: true }),
    onWritten: () => {},
    ...change,
  });
}

const onDisk = () =>
  segmentsIn(folder)
    .map((segment) => readFileSync(segmentPath(folder, segment), 'utf8'))
    .join('');
const lines = (count: number) => Array.from({ length: count }, (_, n) => `{"row":${n},"ü":"日"}\n`);

/** What becomes of a write: so many of its bytes are taken, and then it may fail. */
interface Fault {
  readonly share: number;
  readonly code: string | null;
}

/** A disk on which writes go as told; when nothing more is told, they go well. */
function faulty(faults: Fault[]): OpenSegment {
  return async (path) => {
    const file = await openSegment(path);
    return {
      close: () => file.close(),
      write: async (bytes, position) => {
        const fault = faults.shift();
        if (fault === undefined) return file.write(bytes, position);
        const some = bytes.subarray(0, Math.floor(bytes.length * fault.share));
        const taken = some.length === 0 ? 0 : await file.write(some, position);
        if (fault.code === null) return taken;
        // The worst of an error: some of it is on the disk, and nobody says how much.
        throw Object.assign(new Error(`${fault.code}: it failed`), { code: fault.code });
      },
    };
  };
}

test('lines are in the file soon, by themselves, and no segment is far larger than it may be', async () => {
  const writer = writing({ segmentBytes: 1000 });
  const all: string[] = [];
  for (let turn = 0; turn < 10; turn += 1) {
    for (const line of lines(20)) {
      writer.push(line);
      all.push(line);
    }
    await Bun.sleep(15);
  }
  while (writer.queued > 0) await Bun.sleep(1);
  expect(onDisk()).toBe(all.join(''));
  expect(writer.written).toBe(200);
  expect(writer.bytes).toBe(Buffer.byteLength(all.join('')));
  expect(segmentsIn(folder).length).toBeGreaterThan(2);
  expect(said).toEqual([]);
  writer.stop();
});

test('partial writes and errors at any byte leave every line whole and once', async () => {
  const fault = fc.record({
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    code: fc.constantFrom(null, 'ENOSPC', 'EIO'),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fault, { maxLength: 4 }),
      fc.integer({ min: 5, max: 60 }),
      async (faults, rows) => {
        rmSync(folder, { recursive: true, force: true });
        const writer = writing({ open: faulty([...faults]), segmentBytes: 300 });
        for (const line of lines(rows)) {
          writer.push(line);
          if (line.includes('7')) await Bun.sleep(0);
        }
        while (writer.queued > 0) await Promise.race([writer.drained(), Bun.sleep(5)]);
        expect(onDisk()).toBe(lines(rows).join(''));
        expect(writer.lastError).toBeNull();
        writer.stop();
      },
    ),
    { numRuns: 25 },
  );
}, 30_000);

describe('a disk that takes nothing', () => {
  test('is said once, keeps what it can, and gets it all when it takes it again', async () => {
    const full = Array.from({ length: 3 }, (): Fault => ({ share: 0.3, code: 'ENOSPC' }));
    const writer = writing({ open: faulty(full), maxQueuedRows: 50 });
    for (const line of lines(50)) if (writer.hasRoom()) writer.push(line);
    expect(writer.hasRoom()).toBe(false);
    while (writer.lastError === null) await Bun.sleep(1);
    expect(writer.lastError).toContain('No room left for');
    while (writer.queued > 0) await Bun.sleep(5);
    expect(onDisk()).toBe(lines(50).join(''));
    expect(said).toHaveLength(2);
    expect(said[0]).toStartWith('error The spool of the log cannot be written now;');
    expect(said[1]).toBe('info The spool of the log is being written again.');
    writer.stop();
  });

  test('where a file stands in the place of its folder, as soon as it is gone', async () => {
    writeFileSync(folder, '');
    const writer = writing();
    for (const line of lines(5)) writer.push(line);
    while (writer.lastError === null) await Bun.sleep(1);
    rmSync(folder);
    await writer.drained();
    expect(onDisk()).toBe(lines(5).join(''));
    writer.stop();
  });

  test('at the end: what it did not take is told', async () => {
    writeFileSync(folder, '');
    const writer = writing();
    for (const line of lines(5)) writer.push(line);
    while (writer.lastError === null) await Bun.sleep(1);
    expect(writer.stop()).toBe(5);
    expect(writer.hasRoom()).toBe(false);
  });
});

test('a new segment is begun when the file is taken away', async () => {
  const writer = writing();
  writer.push('one\n');
  await writer.drained();
  rmSync(folder, { recursive: true });
  writer.turnOver();
  writer.push('two\n');
  await writer.drained();
  expect(segmentsIn(folder)).toEqual([2]);
  expect(onDisk()).toBe('two\n');
  writer.stop();
});
