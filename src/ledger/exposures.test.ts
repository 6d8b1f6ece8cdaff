// What the log's writer notes of routed requests, and that it notes nothing of others.
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Exchange } from '../core/exchange.ts';
import { bucketOf } from '../lib/log-buckets.ts';
import { openStore, type Store } from '../store/open-store.ts';
import { type Ledger, openLedger } from './open-ledger.ts';
import { sampleExchange } from './sample-exchange.ts';

const T0 = Date.UTC(2026, 10, 22, 10);
const DAY_MS = 86_400_000;
const ROUTED = { routerId: 'smart', routeId: 'default', variantId: 'a', user: 'ann' };

let dir: string;
let store: Store;
let ledger: Ledger;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-exposures-'));
  store = openStore({ dataDir: dir });
  ledger = openLedger({ dataDir: dir });
});
afterEach(async () => {
  await ledger.close();
  store.close();
  rmSync(dir, { recursive: true, force: true });
});

async function written(...changes: readonly Partial<Exchange>[]): Promise<readonly Exchange[]> {
  const exchanges = changes.map((change) => sampleExchange({ at: T0, ...change }));
  for (const exchange of exchanges) ledger.append(exchange);
  await ledger.flush();
  return exchanges;
}

const all = (table: string) => store.sqlite.query(`SELECT * FROM ${table}`).all();

test('a user’s meetings with a variant are one row, in whatever order and batch they come', async () => {
  const [, earliest] = await written(
    { ...ROUTED, at: T0 + 500, model: 'openai/b' },
    { ...ROUTED, at: T0, model: 'openai/a' },
    { ...ROUTED, at: T0 + 100, outcome: 'error', model: null, costNano: null },
  );
  await written({ ...ROUTED, at: T0 + 900, model: null, costNano: 7 });
  await written({ ...ROUTED, at: T0 + 50, model: 'openai/c', costNano: 0 });
  expect(all('exposures')).toEqual([
    {
      router_id: 'smart',
      route_id: 'default',
      user_id: 'ann',
      variant_id: 'a',
      first_at: T0,
      last_at: T0 + 900,
      requests: 5,
      cost_nano: 2 * 4_012_500 + 7,
      first_generation: earliest?.id ?? '',
      last_model: 'openai/b',
    },
  ]);
});

test('users, variants, routes and routers are kept apart', async () => {
  await written(
    ROUTED,
    { ...ROUTED, user: 'bob' },
    { ...ROUTED, variantId: 'b' },
    { ...ROUTED, routeId: 'vip' },
    { ...ROUTED, routerId: 'other' },
    { ...ROUTED, user: 'a\nann' },
  );
  expect(all('exposures')).toHaveLength(6);
});

test('requests without a user count for the variant, those without a variant for nothing', async () => {
  await written({ ...ROUTED, user: null }, { ...ROUTED, user: '' });
  await written({ user: 'ann' }, { routerId: 'smart', user: 'ann' });
  expect(all('exposures')).toEqual([]);
  expect(all('variant_days')).toMatchObject([{ requests: 2, errors: 0 }]);
});

test('each day’s requests, errors, costs and waits', async () => {
  await written(
    { ...ROUTED, ttftMs: 100 },
    { ...ROUTED, ttftMs: 101, costNano: null },
    { ...ROUTED, ttftMs: null, outcome: 'error' },
    { ...ROUTED, ttftMs: 900, outcome: 'aborted' },
    { ...ROUTED, at: T0 + DAY_MS },
  );
  const day = Math.floor(T0 / DAY_MS);
  const cost_nano = 4_012_500;
  expect(all('variant_days')).toMatchObject([
    { day, requests: 4, errors: 1, unpriced: 1, cost_nano: 3 * cost_nano },
    { day: day + 1, requests: 1, errors: 0, unpriced: 0, cost_nano },
  ]);
  expect(all('variant_ttft')).toMatchObject([
    { day, bucket: bucketOf(100), requests: 2 },
    { day, bucket: bucketOf(900), requests: 1 },
    { day: day + 1, bucket: bucketOf(320.25), requests: 1 },
  ]);
});

test('a row the database refuses leaves nothing, and those beside it are counted', async () => {
  for (const change of [{}, { id: null as unknown as string }, { variantId: 'b' }])
    ledger.append({ ...sampleExchange({ ...ROUTED, at: T0 }), ...change });
  await ledger.flush();
  expect(ledger.stats).toMatchObject({ written: 2, refused: 1 });
  expect(all('exposures')).toMatchObject([{ variant_id: 'a' }, { variant_id: 'b' }]);
});
