// Spools as an export reads them: what is closed moves nothing any more, and what waits is seen without a gateway.
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sampleExchange } from '../ledger/sample-exchange.ts';
import { segmentPath } from '../ledger/spool/spool-folder.ts';
import { exchangeLine } from '../ledger/spool/spool-record.ts';
import { registerExport, SpoolLanes } from './spool-lanes.ts';
import { waitingInSpools } from './waiting-in-spools.ts';

let dataDir: string;
let folder: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'switchyard-lanes-'));
  folder = join(dataDir, 'spool', 'own');
  mkdirSync(folder, { recursive: true });
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const write = (...at: readonly number[]) =>
  writeFileSync(
    segmentPath(folder, 1),
    at.map((one) => exchangeLine(sampleExchange({ at: one })) ?? '').join(''),
    { flag: 'a' },
  );
const lanes = () => new SpoolLanes({ dataDir, folder, name: 'hook', now: Date.now });
const place = () => join(folder, 'export-hook.position');

test('what is acknowledged after the end comes too late', () => {
  registerExport(folder, 'hook');
  write(0, 1);
  const old = lanes();
  const [lane] = old.all();
  const read = lane?.next(1);
  const rest = lane?.next(1);
  lane?.acknowledge(read?.to ?? { segment: 0, offset: 0 });
  const before = readFileSync(place(), 'utf8');
  old.close();
  lane?.willSend(rest?.to ?? { segment: 0, offset: 0 });
  lane?.acknowledge(rest?.to ?? { segment: 0, offset: 0 });
  expect([readFileSync(place(), 'utf8'), lane?.isClosed, old.all()[0]?.next(1)]).toEqual([
    before,
    true,
    null,
  ]);
  old.remove();
  lane?.acknowledge({ segment: 1, offset: 9 });
  expect([existsSync(place()), existsSync(join(folder, 'export-hook.sending'))]).toEqual([
    false,
    false,
  ]);
});

test('what waits is told from the folder alone, by what the export wants', () => {
  const waiting = (wanted = (_at: number) => true) =>
    waitingInSpools(dataDir, 'hook', (row) => (wanted(Date.parse(row.at)) ? row : null));
  expect(waiting()).toBeNull();
  registerExport(folder, 'hook');
  expect(waiting()).toBeNull();
  write(5_000_000, 7_000_000);
  const oldest = waiting() ?? 0;
  expect(oldest).toBeGreaterThanOrEqual(5_000_000);
  expect(oldest).toBeLessThan(6_000_000);
  expect(waiting((at) => at > 6_000_000)).toBeGreaterThanOrEqual(7_000_000);
  expect(waiting(() => false)).toBeNull();
  const open = lanes();
  const [lane] = open.all();
  lane?.acknowledge(lane.next(10)?.to ?? { segment: 0, offset: 0 });
  open.close();
  expect(waiting()).toBeNull();
});

test('an export that is new begins with what comes after it', () => {
  write(1000, 2000);
  // What is being written: its line is whole a moment later.
  const torn = exchangeLine(sampleExchange({ at: 3000 })) ?? '';
  const append = (text: string) => writeFileSync(segmentPath(folder, 1), text, { flag: 'a' });
  append(torn.slice(0, 20));
  registerExport(folder, 'hook');
  append(torn.slice(20));
  write(4000);
  const [lane] = lanes().all();
  expect(lane?.next(10)?.rows.map(({ at }) => Date.parse(at))).toEqual([3000, 4000]);
});
