// Product events and rows of a warehouse as outcomes: read on their own thread from servers that speak the vendors' APIs, kept once.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BigQueryServer, startBigQuery } from '../../test/analytics/bigquery-server.ts';
import {
  ACCOUNT,
  type MixpanelServer,
  startMixpanel,
} from '../../test/analytics/mixpanel-server.ts';
import { configSchema } from '../config/schema.ts';
import { Experiments } from '../experiments/experiments.ts';
import { openStore, type Store } from '../store/open-store.ts';
import { OutcomeImports } from './import-outcomes.ts';

const DAY_MS = 86_400_000;

let dir: string;
let store: Store;
let experiments: Experiments;
let imports: OutcomeImports | null;
let logged: string[];
let now: number;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-imports-'));
  store = openStore({ dataDir: dir });
  experiments = new Experiments({ store, requestOf: async () => null, log: () => undefined });
  logged = [];
  imports = null;
  now = Date.now();
});
afterEach(async () => {
  await imports?.close();
  await experiments.close();
  store.close();
  rmSync(dir, { recursive: true, force: true });
});

function open(settings: object): OutcomeImports {
  const { exports } = configSchema.parse({ exports: { product: settings } });
  imports = new OutcomeImports({
    exports: () => exports,
    environment: () => ({}),
    experiments,
    log: (level, message, fields) => logged.push(`${level} ${message} ${JSON.stringify(fields)}`),
    now: () => now,
    lookEveryMs: 3_600_000,
  });
  return imports;
}

interface KeptOutcome {
  readonly user_id: string;
  readonly metric: string;
  readonly value: number;
  readonly at: number;
  readonly generation_id: string | null;
}

function kept(): KeptOutcome[] {
  const all = 'SELECT user_id, metric, value, at, generation_id FROM outcomes ORDER BY at, metric';
  return store.sqlite.query<KeptOutcome, []>(all).all();
}

describe('from Mixpanel', () => {
  let server: MixpanelServer;
  beforeEach(async () => {
    server = await startMixpanel();
  });
  afterEach(() => server.stop());

  const events = [
    { event: 'purchase', metric: 'revenue', value: 'amount' },
    { event: 'purchase', metric: 'purchases' },
    { event: 'Rated', metric: 'rating', value: 'stars', user: 'account' },
  ];
  const settings = (change = {}) => ({
    ...{ type: 'mixpanel', data_url: server.url, base_url: server.url, ...ACCOUNT },
    outcomes: { events },
    ...change,
  });
  const second = () => Math.floor(now / 1000) - 60;
  const event = (name: string, properties: object) =>
    server.product.push({
      event: name,
      properties: { time: second(), distinct_id: 'ann', ...properties },
    });

  test('events are outcomes by the mapping, once however often they are read', async () => {
    event('purchase', { $insert_id: 'p1', amount: 12.5 });
    event('purchase', { $insert_id: 'p2', amount: '3', distinct_id: 'bob', time: second() + 1 });
    event('Rated', { $insert_id: 'r1', stars: 4, account: 77, time: second() + 2 });
    event('Viewed', { $insert_id: 'v1' });
    const one = open(settings());
    expect(await one.run('product')).toMatchObject({
      ...{ read: 5, imported: 5, duplicates: 0, changed: 0, skipped: 0, rejected: 0 },
      error: null,
    });
    const at = second() * 1000;
    expect(kept()).toEqual([
      { user_id: 'ann', metric: 'purchases', value: 1, at, generation_id: null },
      { user_id: 'ann', metric: 'revenue', value: 12.5, at, generation_id: null },
      { user_id: 'bob', metric: 'purchases', value: 1, at: at + 1000, generation_id: null },
      { user_id: 'bob', metric: 'revenue', value: 3, at: at + 1000, generation_id: null },
      { user_id: '77', metric: 'rating', value: 4, at: at + 2000, generation_id: null },
    ]);
    event('purchase', { $insert_id: 'p3', amount: 1, time: second() + 3 });
    expect(await one.run('product')).toMatchObject({ read: 7, imported: 2, duplicates: 5 });
    const [asked] = server.exported;
    expect(asked?.searchParams.get('event')).toBe('["purchase","Rated"]');
    expect(asked?.searchParams.get('from_date')).toBe(
      new Date(now - 2 * DAY_MS).toISOString().slice(0, 10),
    );
    expect(asked?.searchParams.get('to_date')).toBe(new Date(now).toISOString().slice(0, 10));
  });

  test('what is nobody’s, or has no value, is left out and counted', async () => {
    event('purchase', { $insert_id: 'a', amount: 'much' });
    event('purchase', { $insert_id: 'b', amount: 2, distinct_id: '' });
    event('purchase', { $insert_id: 'c', amount: 1e15 });
    const run = await open(settings({ outcomes: { events: events.slice(0, 1) } })).run('product');
    expect(run).toMatchObject({ read: 3, imported: 0, skipped: 2, rejected: 1, error: null });
    expect(run.rejections).toEqual(['value must be between -1000000000000 and 1000000000000']);
    expect(kept()).toEqual([]);
  });

  test('many come page by page, each once', async () => {
    for (let n = 0; n < 2500; n++)
      event('purchase', { $insert_id: `p${n}`, amount: n, distinct_id: `user-${n % 90}` });
    const run = await open(settings()).run('product');
    expect(run).toMatchObject({ read: 5000, imported: 5000, error: null });
  });

  test('an export that breaks off counts as far as it came, and is said so', async () => {
    for (let n = 0; n < 1500; n++) event('purchase', { $insert_id: `p${n}`, amount: n });
    server.endWith('terminated early\n');
    const one = open(settings());
    const run = await one.run('product');
    expect(run.error).toContain('not whole');
    expect(run.imported).toBeGreaterThan(0);
    expect(logged).toHaveLength(1);
    server.endWith('');
    const again = await one.run('product');
    expect(again.imported + run.imported).toBe(3000);
    expect(kept()).toHaveLength(3000);
  });

  test.each([
    [401, 'Check project_id'],
    [429, '60 questions an hour'],
    [500, 'answered 500'],
  ])('an answer of %p is told, without the secret', async (status, words) => {
    const refusing = Bun.serve({
      ...{ hostname: '127.0.0.1', port: 0 },
      fetch: () => new Response('no', { status }),
    });
    const one = open(settings({ data_url: `http://127.0.0.1:${refusing.port}` }));
    const run = await one.run('product');
    await refusing.stop(true);
    expect(run.error).toContain(words);
    expect(run.error).not.toContain(ACCOUNT.secret);
    expect(one.status('product')).toMatchObject({ running: false, last: run });
    // Sooner than an hour, and no sooner than vendors like.
    expect(Date.parse(String(one.status('product')?.next_at))).toBe(now + 600_000);
  });

  test('it is done when it is time, and not before', async () => {
    const one = open(settings({ outcomes: { events, every: '2h' } }));
    await one.look();
    expect(server.exported).toHaveLength(1);
    await one.look();
    now += 2 * 3_600_000 - 1;
    await one.look();
    expect(server.exported).toHaveLength(1);
    now += 1;
    await one.look();
    expect(server.exported).toHaveLength(2);
    expect(one.status('product')).toMatchObject({ every_ms: 7_200_000, running: false });
  });

  test('who asks while it runs joins it', async () => {
    event('purchase', { $insert_id: 'p1', amount: 1 });
    const one = open(settings());
    const [first, other] = await Promise.all([one.run('product'), one.run('product')]);
    expect(first).toBe(other);
    expect(server.exported).toHaveLength(1);
  });

  test('an export without outcomes is told', async () => {
    const one = open({ type: 'mixpanel', token: 't' });
    const refusal = await one.run('product').then(() => null, Object);
    expect(refusal).toMatchObject({ code: 'not_found' });
    expect(one.status('product')).toBeNull();
  });
});

describe('from BigQuery', () => {
  let server: BigQueryServer;
  beforeEach(async () => {
    server = await startBigQuery();
  });
  afterEach(() => server.stop());

  const COLUMNS = [
    { name: 'id', type: 'STRING' },
    { name: 'user', type: 'STRING' },
    { name: 'metric', type: 'STRING' },
    { name: 'value', type: 'FLOAT' },
    { name: 'at', type: 'TIMESTAMP' },
  ];
  const micros = () => String(now * 1000 - 60_000_000);
  const settings = (query = 'SELECT * FROM x WHERE at >= @since') => ({
    ...{ type: 'bigquery', base_url: server.url, credentials_file: server.credentialsFile },
    outcomes: { query, overlap_days: 3 },
  });

  test('rows are outcomes, page by page, once however often they are read', async () => {
    const rows = Array.from({ length: 2100 }, (_, n) => [
      ...[`o${n}`, `user-${n}`, 'revenue', String(n / 2), micros()],
    ]);
    server.result = { fields: COLUMNS, rows, pending: 2 };
    const one = open(settings());
    expect(await one.run('product')).toMatchObject({ read: 2100, imported: 2100, error: null });
    expect(kept()).toHaveLength(2100);
    expect(kept()[0]?.at).toBe(now - 60_000);
    expect(await one.run('product')).toMatchObject({ imported: 0, duplicates: 2100 });
    expect(server.queries[0]).toMatchObject({
      useLegacySql: false,
      queryParameters: [{ name: 'since', parameterType: { type: 'TIMESTAMP' } }],
    });
  });

  test('a value that changed since leaves the first, and the others count', async () => {
    const row = (id: string, value: string) => [id, 'ann', 'revenue', value, micros()];
    server.result = { fields: COLUMNS, rows: [row('a', '1'), row('b', '2')], pending: 0 };
    const one = open(settings());
    await one.run('product');
    server.result.rows = [row('a', '9'), row('b', '2'), row('c', '3')];
    expect(await one.run('product')).toMatchObject({ imported: 1, duplicates: 1, changed: 1 });
    expect(
      kept()
        .map(({ value }) => value)
        .toSorted(),
    ).toEqual([1, 2, 3]);
  });

  test('rows of requests count with those, times as texts are in UTC, nulls are left out', async () => {
    const fields = COLUMNS.map((one) =>
      one.name === 'user' ? { ...one, name: 'generation_id' } : one,
    ).map((one) => (one.name === 'at' ? { ...one, type: 'DATETIME' } : one));
    const at = new Date(now - 60_000).toISOString().slice(0, 19);
    server.result = {
      fields,
      rows: [
        ['a', 'g1', 'solved', 'true', at],
        ['b', null, 'solved', '1', at],
        ['c', 'g2', 'solved', null, at],
      ],
      pending: 0,
    };
    expect(await open(settings()).run('product')).toMatchObject({ imported: 1, skipped: 2 });
    expect(kept()).toEqual([
      { user_id: '', metric: 'solved', value: 1, at: Date.parse(`${at}Z`), generation_id: 'g1' },
    ]);
  });

  test.each([
    ['SELEC 1', 'Syntax error'],
    ['SELECT 1', 'no column id, metric, value, at, user'],
  ])('the query %p is told what is wrong with it', async (query, words) => {
    server.result = { fields: [{ name: 'f0_', type: 'INTEGER' }], rows: [['1']], pending: 0 };
    expect((await open(settings(query)).run('product')).error).toContain(words);
  });
});
