// Reading a spool: whatever its writer died at, whole lines come out whole and nothing else does; and at whatever pace.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sampleExchange } from '../sample-exchange.ts';
import { ConsumerPosition } from './consumer-position.ts';
import { SPOOL_START, segmentPath } from './spool-folder.ts';
import { exchangeLine } from './spool-record.ts';
import { SpoolTail } from './spool-tail.ts';

let folder: string;
const open: SpoolTail[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'switchyard-tail-'));
});
afterEach(() => {
  for (const tail of open.splice(0)) tail.close();
  rmSync(folder, { recursive: true, force: true });
});

function tailing(from = SPOOL_START): SpoolTail {
  const tail = new SpoolTail(folder, from);
  open.push(tail);
  return tail;
}

function rowsOf(count: number, text = 'Zoë "日本" 🙂\n'): { ids: string[]; lines: string[] } {
  const exchanges = Array.from({ length: count }, () => sampleExchange({ user: text }));
  const lines = exchanges.map((one) => exchangeLine(one) ?? '');
  return { ids: exchanges.map(({ id }) => id), lines };
}

/** Everything there is, in batches of `maxRows`. */
function readAll(tail: SpoolTail, maxRows?: number) {
  const ids: string[] = [];
  const damaged: string[] = [];
  for (let batch = tail.next(maxRows); batch !== null; batch = tail.next(maxRows)) {
    for (const record of batch.records)
      ids.push('exchange' in record ? record.exchange.id : record.price.version);
    damaged.push(...batch.damaged);
  }
  return { ids, damaged };
}

describe('a torn tail', () => {
  test('at any byte costs the line it is in and no other, and what is written later is read', () => {
    const { ids, lines } = rowsOf(3);
    const later = rowsOf(1);
    const bytes = Buffer.from(lines.join(''));
    const ends = lines.map((_, n) => Buffer.byteLength(lines.slice(0, n + 1).join('')));
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      writeFileSync(segmentPath(folder, 1), bytes.subarray(0, cut));
      rmSync(segmentPath(folder, 2), { force: true });
      const tail = new SpoolTail(folder, SPOOL_START);
      const whole = ids.slice(0, ends.filter((end) => end <= cut).length);
      expect(readAll(tail)).toEqual({ ids: whole, damaged: [] });
      writeFileSync(segmentPath(folder, 2), later.lines.join(''));
      expect(readAll(tail)).toEqual({ ids: later.ids, damaged: [] });
      expect(tail.tornBytes).toBe(cut - (ends.filter((end) => end <= cut).at(-1) ?? 0));
      tail.close();
    }
  });

  test('that is written on is a line like any other, wherever it was torn', () => {
    const { ids, lines } = rowsOf(2);
    const bytes = Buffer.from(lines.join(''));
    for (let cut = 0; cut <= bytes.length; cut += 7) {
      writeFileSync(segmentPath(folder, 1), bytes.subarray(0, cut));
      const tail = new SpoolTail(folder, SPOOL_START);
      const before = readAll(tail).ids;
      appendFileSync(segmentPath(folder, 1), bytes.subarray(cut));
      expect([...before, ...readAll(tail).ids]).toEqual(ids);
      tail.close();
    }
  });

  test('of what a failing disk left: the line is set aside', () => {
    const { ids, lines } = rowsOf(2);
    const junk = ['\u0000\u0000\u0000', '{"exchange":{"id":', '[]', '{"exchange":3}'];
    writeFileSync(segmentPath(folder, 1), `${lines[0]}${junk.join('\n')}\n${lines[1]}`);
    expect(readAll(tailing())).toEqual({ ids, damaged: junk });
  });
});

describe('a tail', () => {
  test('reads over segments, in batches of any size, and goes on from where it was', () => {
    const { ids, lines } = rowsOf(50);
    for (let segment = 1; segment <= 5; segment += 1) {
      const part = lines.slice((segment - 1) * 10, segment * 10).join('');
      writeFileSync(segmentPath(folder, segment), part);
    }
    for (const size of [1, 3, 10, 1000]) {
      expect(readAll(tailing(), size).ids).toEqual(ids);
      const first = tailing().next(size);
      const rest = readAll(tailing(first?.to), size).ids;
      expect(rest).toEqual(ids.slice(Math.min(size, 10)));
    }
  });

  test('reads a line that is longer than its buffer', () => {
    const { ids, lines } = rowsOf(2, 'x'.repeat(3 * 1024 * 1024));
    const small = rowsOf(1);
    writeFileSync(segmentPath(folder, 1), [...lines, ...small.lines].join(''));
    expect(readAll(tailing()).ids).toEqual([...ids, ...small.ids]);
  });

  test('waits where there is nothing, not even a folder', () => {
    expect(tailing().next()).toBeNull();
    expect(new SpoolTail(join(folder, 'none'), SPOOL_START).next()).toBeNull();
  });

  test('that is too slow goes on behind what is gone, and says so', () => {
    const { ids, lines } = rowsOf(3);
    for (const [index, line] of lines.entries())
      writeFileSync(segmentPath(folder, index + 4), line);
    const tail = tailing({ segment: 2, offset: 77 });
    expect(readAll(tail).ids).toEqual(ids);
    expect(tail.skippedSegments).toBe(2);
  });

  test('reads what is written to a file that was removed, then goes on with the next', () => {
    const { ids, lines } = rowsOf(3);
    writeFileSync(segmentPath(folder, 1), lines[0] ?? '');
    const tail = tailing();
    expect(tail.next()?.records).toHaveLength(1);
    expect(tail.isUnlinked).toBe(false);
    rmSync(segmentPath(folder, 1));
    expect(tail.isUnlinked).toBe(true);
    expect(tail.next()).toBeNull();
    writeFileSync(segmentPath(folder, 3), (lines[1] ?? '') + lines[2]);
    expect(readAll(tail).ids).toEqual(ids.slice(1));
  });
});

test("a consumer's place is kept, whole or not at all", () => {
  const place = new ConsumerPosition(folder, 'otlp');
  expect(place.read()).toEqual(SPOOL_START);
  place.write({ segment: 3, offset: 17 });
  expect(new ConsumerPosition(folder, 'otlp').read()).toEqual({ segment: 3, offset: 17 });
  writeFileSync(join(folder, 'otlp.position'), 'nonsense');
  expect(place.read()).toEqual(SPOOL_START);
  place.write({ segment: 4, offset: 0 });
  expect(readFileSync(join(folder, 'otlp.position'), 'utf8')).toBe('4 0\n');
  place.remove();
  expect(place.read()).toEqual(SPOOL_START);
});
