// Against a server that keeps tables as BigQuery does, and checks the tokens it is shown.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import {
  type BigQueryServer,
  type StoredTable,
  startBigQuery,
} from '../../../test/analytics/bigquery-server.ts';
import { deliver, prepared, row, rows } from '../../../test/analytics/deliver.ts';
import { bigquery } from '../../config/export-bigquery-schema.ts';
import { GatewayError } from '../../core/errors.ts';
import { FLAT_COLUMNS } from '../flat-row.ts';
import { bigQuerySink } from './bigquery-sink.ts';

let server: BigQueryServer;

beforeEach(async () => {
  server = await startBigQuery();
});
afterEach(() => server.stop());

function sink(change: object = {}) {
  const settings = bigquery.parse({
    type: 'bigquery',
    base_url: server.url,
    credentials_file: server.credentialsFile,
    location: 'EU',
    ...change,
  });
  return bigQuerySink(settings, { fetch, environment: {}, now: Date.now });
}

const signal = () => AbortSignal.timeout(10_000);

function table(): StoredTable {
  const found = server.tables.get('switchyard.requests');
  if (found === undefined) throw new Error('no table');
  return found;
}

function ids(): string[] {
  return table().rows.map(({ id }) => String(id));
}

describe('the table', () => {
  test('is made with its dataset, typed, by day and clustered', async () => {
    await prepared(sink());
    expect(server.datasets.get('switchyard')).toBe('EU');
    expect(table()).toMatchObject({ partition: 'at', clustering: ['model', 'user_id'] });
    expect(table().fields.map(({ name }) => name)).toEqual(FLAT_COLUMNS.map(({ name }) => name));
    const typed = Object.fromEntries(
      table().fields.map(({ name, type, mode }) => [name, `${type} ${mode}`]),
    );
    expect(typed).toMatchObject({
      id: 'STRING REQUIRED',
      at: 'TIMESTAMP REQUIRED',
      cost_usd: 'NUMERIC NULLABLE',
      cost_nano_usd: 'INTEGER NULLABLE',
      input_tokens: 'INTEGER NULLABLE',
      attempts: 'JSON REQUIRED',
      ttft_ms: 'FLOAT NULLABLE',
    });
  });

  test('gets the columns it lacks, and keeps those of others', async () => {
    await prepared(sink());
    const { fields } = table();
    const own = { name: 'my_note', type: 'STRING', mode: 'NULLABLE' };
    table().fields = [...fields.filter(({ name }) => name !== 'facts' && name !== 'losses'), own];
    await prepared(sink());
    const names = table().fields.map(({ name }) => name);
    expect(names.slice(-3)).toEqual(['my_note', 'losses', 'facts']);
    expect(await sink().send([row()], signal())).toEqual({ kind: 'taken', rejected: [] });
  });

  test('whose columns are of other types is refused, by their names', async () => {
    await prepared(sink());
    table().fields = table().fields.map((field) =>
      field.name === 'status' ? { ...field, type: 'STRING' } : field,
    );
    const delivery = await sink().prepare?.(signal());
    expect(delivery).toMatchObject({ kind: 'refused' });
    expect(JSON.stringify(delivery)).toContain('status is STRING, not INTEGER');
  });

  test('that SQL made has the same types by other names', async () => {
    await prepared(sink());
    table().fields = table().fields.map((field) =>
      field.type === 'INTEGER' ? { ...field, type: 'INT64' } : field,
    );
    expect(await sink().prepare?.(signal())).toEqual({ kind: 'taken', rejected: [] });
  });

  test('that was just made is waited for, and one that was deleted is made again', async () => {
    server.hideNewTables(1);
    const one = sink();
    await prepared(one);
    expect(await one.send([row()], signal())).toMatchObject({ kind: 'later', afterMs: 15_000 });
    expect(await one.send([row()], signal())).toMatchObject({ kind: 'taken' });
    server.hideNewTables(0);
    server.tables.clear();
    expect((await one.send([row()], signal())).kind).toBe('later');
    expect((await one.send([row()], signal())).kind).toBe('taken');
  });
});

describe('rows', () => {
  test('have a value in each column, and null for what is not known', async () => {
    await prepared(sink());
    const one = row({ cost_usd: 0.000012345, ttft_ms: null, metadata: { plan: 'pro' } });
    await sink().send([one], signal());
    expect(table().rows).toEqual([
      expect.objectContaining({
        id: one.id,
        at: one.at,
        cost_usd: '0.000012345',
        cost_nano_usd: 12345,
        ttft_ms: null,
        images: null,
        metadata: '{"plan":"pro"}',
        attempt_count: 1,
        attempts: JSON.stringify(one.attempts),
      }),
    ]);
  });

  test('that do not fit are rejected, without their text, and the others are taken', async () => {
    await prepared(sink());
    const wrong = row({ at: 'my secret words' });
    const [first, last] = [row(), row()];
    const delivery = await sink().send([first, wrong, last], signal());
    expect(delivery).toEqual({
      kind: 'taken',
      rejected: [{ index: 1, why: 'BigQuery: invalid Cannot convert value to TIMESTAMP' }],
    });
    expect(ids()).toEqual([first.id, last.id]);
  });

  test('wait for a column that inserts do not know yet', async () => {
    await prepared(sink());
    table().fields = table().fields.filter(({ name }) => name !== 'facts');
    const delivery = await sink().send([row()], signal());
    expect(delivery).toMatchObject({ kind: 'later', afterMs: 15_000 });
  });
});

describe('credentials', () => {
  test('make one token for many calls, and another when it is taken back', async () => {
    await prepared(sink());
    const one = sink();
    for (let n = 0; n < 5; n++) await one.send([row()], signal());
    // The first sink's, and this one's.
    expect(server.tokens.size).toBe(2);
    server.tokens.clear();
    expect((await one.send([row()], signal())).kind).toBe('later');
    expect((await one.send([row()], signal())).kind).toBe('taken');
  });

  test('that are refused tell what to do, without the key', async () => {
    const other = await startBigQuery();
    await other.stop();
    const file = JSON.parse(await Bun.file(other.credentialsFile).text());
    const path = `${other.credentialsFile}.moved`;
    await Bun.write(path, JSON.stringify({ ...file, token_uri: `${server.url}/token` }));
    const delivery = await sink({ credentials_file: path }).send([row()], signal());
    expect(delivery).toMatchObject({ kind: 'refused' });
    expect(JSON.stringify(delivery)).toContain('Invalid JWT Signature');
    expect(JSON.stringify(delivery)).not.toContain(file.private_key.slice(40, 60));
  });

  test('that are not there are said so when it is opened', () => {
    const opened = () => sink({ credentials_file: '/nowhere/key.json' });
    expect(opened).toThrow(GatewayError);
    expect(opened).toThrow('credentials_file');
  });
});

test.each([
  [403, 'rateLimitExceeded', { kind: 'later', afterMs: 30_000 }],
  [403, 'quotaExceeded', { kind: 'later', afterMs: 30_000 }],
  [403, 'accessDenied', { kind: 'refused' }],
  [413, 'invalid', { kind: 'refused', splits: true }],
  [400, 'invalid', { kind: 'refused', splits: true }],
  [503, 'backendError', { kind: 'later', afterMs: null }],
])('an answer of %p %p is %p', async (status, reason, meant) => {
  const answer = async (url: unknown) =>
    String(url).endsWith('/token')
      ? Response.json({ access_token: 't', expires_in: 3600 })
      : Response.json({ error: { message: 'no', errors: [{ reason }] } }, { status });
  const settings = bigquery.parse({
    type: 'bigquery',
    credentials_file: server.credentialsFile,
  });
  const fetching = Object.assign(answer, { preconnect: fetch.preconnect });
  const tools = { fetch: fetching, environment: {}, now: Date.now };
  expect(await bigQuerySink(settings, tools).send([row()], signal())).toMatchObject(meant);
});

test('everything is there once, of a server that fails every third call', async () => {
  server.fail(0.3);
  const one = sink();
  await prepared(one);
  const sent = rows(600);
  const delivered = await deliver(one, sent, 20);
  expect(delivered.rejected).toEqual([]);
  expect(server.calls().failed).toBeGreaterThan(5);
  expect(ids().toSorted()).toEqual(sent.map(({ id }) => id).toSorted());
});

test('what comes again when BigQuery has forgotten it is told by its id', async () => {
  const one = sink();
  await prepared(one);
  const sent = rows(20);
  await deliver(one, sent);
  server.forget();
  await deliver(one, sent);
  expect(ids()).toHaveLength(40);
  expect(new Set(ids()).size).toBe(20);
});
