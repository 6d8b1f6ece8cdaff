// The audit that every journey ends with: it names what is wrong with a log, and nothing where nothing is.
import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Exchange } from '../../src/core/exchange.ts';
import { openLogStore } from '../../src/ledger/engine/open-log-store.ts';
import type { LogPlace } from '../../src/ledger/log-store.ts';
import { sampleExchange } from '../../src/ledger/sample-exchange.ts';
import { toStoredRow } from '../../src/ledger/stored-row.ts';
import { ledgerProblems } from './audit-ledger.ts';

const AT = Date.UTC(2026, 10, 20, 9, 30);

let dataDir: string;
let place: LogPlace;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'switchyard-audit-'));
  place = { engine: 'sqlite', dataDir };
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

async function write(exchanges: readonly Exchange[]): Promise<void> {
  const store = await openLogStore(place, { write: true });
  await store.insert(exchanges.map(toStoredRow));
  await store.close();
}

/** Behind the log's back. */
function change(file: string, sql: string): void {
  const database = new Database(join(dataDir, 'log', file));
  database.run(sql);
  database.close();
}

test('of a log that is right nothing is said', async () => {
  const exchanges = [0, 1, 2].map((n) => sampleExchange({ at: AT + n }));
  await write(exchanges);
  expect(await ledgerProblems(place, exchanges)).toEqual([]);
});

test('a request without a row is named', async () => {
  const [there, lost] = [sampleExchange({ at: AT }), sampleExchange({ at: AT + 1 })];
  await write([there]);
  expect(await ledgerProblems(place, [there, lost])).toEqual([
    `chat.completions ${lost.id} has 0 rows`,
  ]);
});

test('a cost that is not that of the attempts is named', async () => {
  const wrong = sampleExchange({ at: AT, costNano: 4_012_501 });
  await write([wrong]);
  expect(await ledgerProblems(place)).toEqual([
    `${wrong.id} cost 4012501 nano-dollars, its attempts 4012500`,
  ]);
});

test.each([
  [
    '2026-11-20.db',
    'DELETE FROM requests WHERE id = (SELECT max(id) FROM requests)',
    ['requests: 1 in rows, 2 in their sums', 'cost_nano: 4012500 in rows, 8025000 in their sums'],
  ],
  [
    'usage.db',
    "UPDATE usage SET cost_nano = cost_nano + 1 WHERE cube = 'totals' AND grain = 'hour'",
    ['cost_nano: 8025000 in rows, 8025001 in their sums'],
  ],
])('sums that are not those of the rows in %s are named', async (file, sql, problems) => {
  await write([sampleExchange({ at: AT }), sampleExchange({ at: AT + 1 })]);
  expect(await ledgerProblems(place)).toEqual([]);
  change(file, sql);
  expect(await ledgerProblems(place)).toEqual(problems);
});
