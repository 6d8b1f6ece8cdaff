// What ended since a row did: all of it, in order, also what had begun long before, and a word where it is too much.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endedSince } from './ended-since.ts';
import { parseTailFilter } from './log-filter.ts';
import { type Ledger, openLedger } from './open-ledger.ts';
import { sampleExchange } from './sample-exchange.ts';

const AT = Date.now() - 7_200_000;
const all = parseTailFilter({});
const folder = mkdtempSync(join(tmpdir(), 'switchyard-ended-'));
let ledger: Ledger;
let ids: readonly string[];
const seen = sampleExchange({ at: AT, totalMs: 1000, user: 'seen' });

/** Began so long before the seen one ended, and ended so long after. */
const LATE: readonly (readonly [beganMs: number, endedMs: number])[] = [
  [500, 5000],
  [3000, 200],
  [70_000, 400],
  [1_700_000, 300],
];

beforeAll(() => {
  ledger = openLedger({ dataDir: folder });
  ledger.append(seen);
  const end = AT + 1000;
  for (const [beganMs, endedMs] of LATE)
    ledger.append(
      sampleExchange({ at: end - beganMs, totalMs: beganMs + endedMs, user: `late ${endedMs}` }),
    );
  // Ended before: none of anybody's business.
  for (const beganMs of [2000, 60_000, 900_000])
    ledger.append(sampleExchange({ at: end - beganMs, totalMs: beganMs - 500, user: 'before' }));
  const after = Array.from({ length: 450 }, (_, place) =>
    sampleExchange({ at: end + 10_000 + place * 10, totalMs: 5, user: 'after' }),
  );
  for (const exchange of after) ledger.append(exchange);
  ids = after.map(({ id }) => id);
});
afterAll(async () => {
  await ledger.close();
  rmSync(folder, { recursive: true, force: true });
});

test('all of it, in the order of their ends', async () => {
  const { rows, cut } = await endedSince(ledger, all, seen.id);
  const late = rows.slice(0, LATE.length).map(({ user }) => user);
  expect(late).toEqual(['late 200', 'late 300', 'late 400', 'late 5000']);
  expect(rows.slice(LATE.length).map(({ id }) => id)).toEqual([...ids]);
  expect(cut).toBe(false);
});

test('through a filter', async () => {
  const slow = parseTailFilter({ min_total_ms: '60000' });
  const { rows } = await endedSince(ledger, slow, seen.id);
  expect(rows.map(({ user }) => user)).toEqual(['late 300', 'late 400']);
});

test('of a row the log does not have: since that id was made', async () => {
  const { rows } = await endedSince(ledger, all, ids[447]?.replace(/.$/, 'f') ?? '');
  const known = rows.map(({ id }) => id).filter((id) => id !== ids[447]);
  expect(known).toEqual(expect.arrayContaining(ids.slice(448)));
  expect(rows.length).toBeLessThan(20);
});

test('more than two thousand: cut, and said so', async () => {
  for (let place = 0; place < 1700; place += 1)
    ledger.append(sampleExchange({ at: AT + 100_000 + place, totalMs: 1 }));
  const { rows, cut } = await endedSince(ledger, all, seen.id);
  expect(rows).toHaveLength(2000);
  expect(cut).toBe(true);
});

test('an id that is none', async () => {
  const refused = await endedSince(ledger, all, '17').then(() => null, Object);
  expect(refused).toMatchObject({
    code: 'invalid_request',
    message: 'last-event-id must be the id of an event of this stream: a generation id',
  });
});
