// A log of the version before savings: its rows and sums read on, and new ones go beside them, on both engines.
import { Database } from 'bun:sqlite';
import { afterAll, afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../../../test/postgres.ts';
import type { Exchange } from '../../core/exchange.ts';
import { UNKNOWN_USAGE } from '../../core/usage.ts';
import { DAY_MS, dayOf, HOUR_MS } from '../../lib/utc-day.ts';
import { PostgresConnection } from '../../store/postgres/connection.ts';
import { PostgresPartitions } from '../../store/postgres/partitions.ts';
import type { LogPlace, LogStore } from '../log-store.ts';
import { sampleExchange } from '../sample-exchange.ts';
import { fromStoredRow, toStoredRow } from '../stored-row.ts';
import { runMaintenance } from '../usage/maintenance.ts';
import { readUsage } from '../usage/read-usage.ts';
import { RowSumsCache } from '../usage/row-sums-cache.ts';
import { PLACE } from '../usage/sums.ts';
import { parseUsageQuery } from '../usage/usage-query.ts';
import { log } from './migrations/001-log.ts';
import { openLogStore } from './open-log-store.ts';
import { migratePostgres } from './postgres-migrate.ts';

/** Of a day that is over, so that its hours are summed up. */
const NOW = Date.UTC(2026, 10, 22, 12);
const AT = NOW - 2 * DAY_MS;
const OLD = sampleExchange({ at: AT, costNano: 5000, user: 'old' });

const server = await startPostgres();
afterAll(() => server?.end());
let dataDir: string;
let store: LogStore | null = null;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'switchyard-older-'));
});
afterEach(async () => {
  await store?.close();
  store = null;
  rmSync(dataDir, { recursive: true, force: true });
});

/** What the old version wrote of a row and a sum; as names and values. */
const ROW: readonly (readonly [name: string, value: string | number])[] = Object.entries({
  ...{ outcome: 'ok', status: 200, model: 'openai/gpt-5.4', provider: 'openai', user_id: 'old' },
  ...{ requested_model: 'openai/gpt-5.4', simulated: 0, stream: 0, resumed: 0, unpriced: 0 },
  ...{ endpoint: 'chat.completions', dialect: 'openai-chat', usage_estimated: 0 },
  ...{ cost_nano: 5000, total_ms: 20, attempts: '[]', reasoning: 'why' },
});
const names = ROW.map(([name]) => name).join(', ');

function olderFiles(): LogPlace {
  mkdirSync(join(dataDir, 'log'), { recursive: true });
  for (const [name, steps] of [
    [dayOf(AT), log.day],
    ['usage', log.usage],
  ] as const) {
    const file = new Database(join(dataDir, 'log', `${name}.db`), { create: true });
    for (const step of steps) file.run(step);
    file.run('PRAGMA user_version = 1');
    if (name === 'usage')
      file.run('INSERT INTO open_hours (hour, stamp) VALUES (?, 1)', [AT - (AT % HOUR_MS)]);
    else
      file
        .query(`INSERT INTO requests (id, ${names}) VALUES (?, ${ROW.map(() => '?').join(', ')})`)
        .run(Buffer.from(OLD.id.replaceAll('-', ''), 'hex'), ...ROW.map(([, value]) => value));
    file.close();
  }
  return { engine: 'sqlite', dataDir };
}

async function olderPostgres(): Promise<LogPlace | null> {
  if (server === null) return null;
  const url = await server.database();
  const connection = new PostgresConnection(url, { write: true, connections: 2 });
  await migratePostgres(connection, NOW, [log]);
  await new PostgresPartitions(connection, 'requests').ensure([dayOf(AT)]);
  const values = ROW.map((_, at) => `$${at + 2}`).join(', ');
  await connection.query(`INSERT INTO requests (id, ${names}) VALUES ($1, ${values})`, [
    OLD.id,
    ...ROW.map(([, value]) => value),
  ]);
  await connection.query('INSERT INTO open_hours (hour, stamp) VALUES ($1, 1)', [
    AT - (AT % HOUR_MS),
  ]);
  await connection.close();
  return { engine: 'postgres', url };
}

const saved = { usage: { ...UNKNOWN_USAGE, input: 7, output: 3 }, costNano: 900, estimated: true };
const HIT: Exchange = sampleExchange({
  ...{ at: AT + 1000, user: 'new', cache: 'semantic', attempts: [], costNano: 0 },
  recall: {
    ...{ kind: 'semantic', from: OLD.id, model: 'openai/gpt-5.4', provider: 'openai' },
    ...{ ageMs: 1000, similarity: 0.97, simulated: false, losses: [], saved },
  },
});
const NEAR = { similarity: 0.91, guard: 'number', shadow: false, from: OLD.id };
const WRITTEN = sampleExchange({
  at: AT + 2000,
  user: 'cached',
  promptCacheNano: -300,
  near: NEAR,
});

async function readsOn(place: LogPlace): Promise<void> {
  // Somebody who only reads may be the first.
  if (place.engine === 'sqlite') {
    const reader = await openLogStore(place, { write: false });
    expect((await reader.get(OLD.id))?.saved_nano).toBeNull();
    await reader.close();
  }
  store = await openLogStore(place, { write: true });
  const old = await store.get(OLD.id);
  if (old === null) throw new Error('the old row is gone');
  expect(fromStoredRow(old)).toMatchObject({
    ...{ user: 'old', cost_usd: 0.000005, cache: null, cache_detail: null, saved: null },
    prompt_cache_saved_usd: null,
  });
  await store.insert([toStoredRow(HIT), toStoredRow(WRITTEN)]);
  const told = async (id: string) => {
    const row = await store?.get(id);
    return row ? fromStoredRow(row) : null;
  };
  expect(await told(HIT.id)).toMatchObject({
    cache: 'semantic',
    cache_detail: { kind: 'semantic', from: OLD.id, age_ms: 1000, similarity: 0.97 },
    saved: {
      ...{ kind: 'semantic', cost_usd: 0.0000009, input_tokens: 7, output_tokens: 3 },
      estimated: true,
    },
  });
  expect(await told(WRITTEN.id)).toMatchObject({
    cache: null,
    cache_detail: { kind: null, from: null, age_ms: null, similarity: null, near: NEAR },
    saved: null,
    prompt_cache_saved_usd: -0.0000003,
  });
  await runMaintenance(store, NOW);
  const query = parseUsageQuery({ from: String(AT - DAY_MS), to: String(NOW) }, NOW);
  const { totals } = await readUsage(store, query, NOW, new RowSumsCache());
  const of = (measure: keyof typeof PLACE) => totals.values[PLACE[measure]];
  expect([of('requests'), of('cache_hits'), of('semantic_hits')]).toEqual([3, 1, 1]);
  expect([of('saved_nano'), of('saved_semantic_nano'), of('prompt_cache_nano')]).toEqual([
    900, 900, -300,
  ]);
}

test('in files', () => readsOn(olderFiles()));

test.skipIf(server === null)('in PostgreSQL', async () => {
  const place = await olderPostgres();
  if (place !== null) await readsOn(place);
});
