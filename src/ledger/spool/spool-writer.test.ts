// Writing a spool: whatever the disk does to a write, every line is in the files once, whole, and in its order.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Log } from '../../lib/log.ts';
import { IngestFigures } from './ingest-figures.ts';
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
    ingest: null,
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
  return (path) => {
    const file = openSegment(path);
    return {
      close: () => file.close(),
      write: (bytes, position) => {
        const fault = faults.shift();
        if (fault === undefined) return file.write(bytes, position);
        const some = bytes.subarray(0, Math.floor(bytes.length * fault.share));
        const taken = some.length === 0 ? 0 : file.write(some, position);
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
    // By itself: nobody asks for it.
    while (writer.queued > 0) await Bun.sleep(1);
  }
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
    { numRuns: 12 },
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

describe('a thread of its own', () => {
  const ingest = () => new IngestFigures().shared;

  test('waits for a disk that hangs; whoever logs does not, and no line is lost or torn', async () => {
    const writer = writing({ ingest: ingest(), segmentBytes: 1 });
    const all = lines(400);
    writer.push(all[0] ?? '');
    await writer.drained();
    while (!writer.isThreadWriting) await Bun.sleep(5);
    // To open a pipe that nobody reads takes until somebody does.
    const hanging = segmentPath(folder, 2);
    expect(Bun.spawnSync(['mkfifo', hanging]).exitCode).toBe(0);
    let slowestMs = 0;
    for (const line of all.slice(1)) {
      const start = performance.now();
      writer.push(line);
      await Bun.sleep(2);
      slowestMs = Math.max(slowestMs, performance.now() - start);
    }
    expect(slowestMs).toBeLessThan(200);
    expect(writer.queued).toBe(399);
    expect(Date.now() - (writer.oldestAt ?? Date.now())).toBeGreaterThan(700);
    const reader = openSync(hanging, constants.O_RDONLY | constants.O_NONBLOCK);
    rmSync(hanging);
    await writer.drained();
    closeSync(reader);
    expect(onDisk()).toBe(all.join(''));
    // The thread says so after it has written.
    for (let wait = 0; wait < 200 && writer.lastError !== null; wait += 1) await Bun.sleep(10);
    expect(writer.lastError).toBeNull();
    writer.stop();
  });

  test('that dies costs no line: this one writes until the next is there', async () => {
    const marker = join(dir, 'died');
    const program = join(dir, 'mortal-worker.ts');
    const real = new URL('../spool-worker.ts', import.meta.url).pathname;
    writeFileSync(
      program,
      `import { existsSync, writeFileSync } from 'node:fs';
      import ${JSON.stringify(real)};
      const proper = self.onmessage;
      self.onmessage = (event) => {
        if (existsSync(${JSON.stringify(marker)})) return proper.call(self, event);
        writeFileSync(${JSON.stringify(marker)}, '');
        process.exit(1);
      };`,
    );
    const writer = writing({ ingest: ingest(), worker: new URL(`file://${program}`) });
    const all = lines(300);
    for (const line of all) {
      writer.push(line);
      await Bun.sleep(3);
    }
    await writer.drained();
    expect(existsSync(marker)).toBe(true);
    expect(writer.isThreadWriting).toBe(true);
    expect(onDisk()).toBe(all.join(''));
    expect(said).toEqual([]);
    writer.stop();
  });

  test('takes more than the ring holds, and a line that is larger than it', async () => {
    const writer = writing({ ingest: ingest(), segmentBytes: 500_000 });
    const all = [...lines(50), `${'x'.repeat(3_000_000)}\n`, ...lines(20_000)];
    for (const line of all) writer.push(line);
    expect(writer.queuedChars).toBeGreaterThan(3_000_000);
    await writer.drained();
    expect(onDisk() === all.join('')).toBe(true);
    expect(writer.written).toBe(all.length);
    for (const segment of segmentsIn(folder))
      expect(readFileSync(segmentPath(folder, segment), 'utf8')).toEndWith('\n');
    writer.stop();
  });
});
