// Against a server that keeps tables and inserts as ClickHouse does.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ClickHouseServer,
  startClickHouse,
  USER,
} from '../../../test/analytics/clickhouse-server.ts';
import { deliver, prepared, row, rows } from '../../../test/analytics/deliver.ts';
import { clickhouse } from '../../config/export-clickhouse-schema.ts';
import { FLAT_COLUMNS } from '../flat-row.ts';
import { clickHouseSink } from './clickhouse-sink.ts';
import { createTable } from './clickhouse-table.ts';

const TABLE = 'default.switchyard_requests';
let server: ClickHouseServer;

beforeEach(async () => {
  server = await startClickHouse();
});
afterEach(() => server.stop());

function sink(change: object = {}) {
  const settings = clickhouse.parse({ type: 'clickhouse', url: server.url, ...USER, ...change });
  return clickHouseSink(settings, { fetch });
}

const signal = () => AbortSignal.timeout(10_000);

describe('the table', () => {
  test('is made with a type for each column', async () => {
    await prepared(sink());
    const columns = server.tables.get(TABLE)?.columns;
    expect([...(columns?.keys() ?? [])]).toEqual(FLAT_COLUMNS.map(({ name }) => name));
    expect(columns?.get('at')).toBe("DateTime64(3, 'UTC')");
    expect(columns?.get('model')).toBe('LowCardinality(Nullable(String))');
    expect(columns?.get('cost_usd')).toBe('Nullable(Decimal(18, 9))');
    expect(columns?.get('total_ms')).toBe('Float64');
  });

  test('gets the columns it lacks', async () => {
    const one = sink();
    await prepared(one);
    server.tables.get(TABLE)?.columns.delete('facts');
    expect(await one.send([row()], signal())).toMatchObject({ kind: 'later' });
    expect(await one.send([row()], signal())).toEqual({ kind: 'taken', rejected: [] });
    expect(server.tables.get(TABLE)?.columns.get('facts')).toBe('Nullable(String)');
  });

  test('is made again where it was dropped, unless it is the operator’s', async () => {
    const one = sink();
    await prepared(one);
    server.tables.clear();
    await deliver(one, [row()]);
    expect(server.final(TABLE)).toHaveLength(1);
    server.tables.clear();
    const own = sink({ create: false });
    expect(await own.prepare?.(signal())).toEqual({ kind: 'taken', rejected: [] });
    expect(await own.send([row()], signal())).toMatchObject({ kind: 'refused' });
    expect(await own.test?.(signal())).toMatchObject({ kind: 'refused' });
    expect(server.tables.size).toBe(0);
  });

  test('of a database that is not there is refused, with what to do', async () => {
    const delivery = await sink({ database: 'analytics' }).prepare?.(signal());
    expect(delivery).toMatchObject({ kind: 'refused' });
    expect(JSON.stringify(delivery)).toContain('CREATE DATABASE analytics');
  });

  test('has a name without anything that could be more than a name', () => {
    for (const table of ['a`; DROP TABLE x', 'a.b', 'a b', '', "a'"])
      expect(clickhouse.safeParse({ type: 'clickhouse', url: server.url, table }).success).toBe(
        false,
      );
  });
});

describe('rows', () => {
  test('have a value in each column, and null for what is not known', async () => {
    await prepared(sink());
    const one = row({ cost_usd: 1.5, user: null, metadata: { plan: 'pro' } });
    await sink().send([one], signal());
    expect(server.tables.get(TABLE)?.rows).toEqual([
      expect.objectContaining({
        id: one.id,
        at: one.at,
        user_id: null,
        cost_usd: '1.500000000',
        cost_nano_usd: 1_500_000_000,
        metadata: '{"plan":"pro"}',
      }),
    ]);
  });

  test('that cannot be read are found among the others, and told without their text', async () => {
    await prepared(sink());
    const sent = [row(), row(), row({ status: 'my secret words' as never }), row()];
    const delivered = await deliver(sink(), sent);
    expect(delivered.rejected).toEqual([
      {
        id: String(sent[2]?.id),
        why: 'ClickHouse answered code 27: CANNOT_PARSE_INPUT_ASSERTION_FAILED, status',
      },
    ]);
    expect(server.final(TABLE)).toHaveLength(3);
  });

  test('that come again as they came are told by their token', async () => {
    const one = sink();
    await prepared(one);
    const sent = rows(10);
    await one.send(sent, signal());
    await one.send(sent, signal());
    expect(server.tables.get(TABLE)?.rows).toHaveLength(10);
    await one.send(sent.slice(0, 5), signal());
    expect(server.tables.get(TABLE)?.rows).toHaveLength(15);
    expect(server.final(TABLE)).toHaveLength(10);
  });
});

describe('what it says', () => {
  test('of a wrong password tells what to do, and not which', async () => {
    const delivery = await sink({ password: 'wrong-s3cret' }).send([row()], signal());
    expect(delivery).toMatchObject({ kind: 'refused' });
    expect(JSON.stringify(delivery)).toContain('Check username, password');
    expect(JSON.stringify(delivery)).not.toContain('s3cret');
  });

  test('of what passes is tried again', async () => {
    await prepared(sink());
    server.failWith(241, 'Memory limit exceeded');
    expect(await sink().send([row()], signal())).toMatchObject({ kind: 'later' });
  });

  test('is its own, or no receipt', async () => {
    const page = () => Promise.resolve(new Response('<html>Welcome</html>'));
    const fetching = Object.assign(page, { preconnect: fetch.preconnect });
    const one = clickHouseSink(clickhouse.parse({ type: 'clickhouse', url: server.url }), {
      fetch: fetching,
    });
    for (const delivery of [
      await one.prepare?.(signal()),
      await one.test?.(signal()),
      await one.send([row()], signal()),
    ])
      expect(delivery).toMatchObject({ kind: 'later' });
    await prepared(sink());
    expect(await sink().test?.(signal())).toEqual({ kind: 'taken', rejected: [] });
    expect(server.tables.get(TABLE)?.rows).toEqual([]);
  });

  test('behind a 200 counts all the same', async () => {
    const text = 'Code: 252. DB::Exception: Too many parts. (TOO_MANY_PARTS) (version 26.9)\n';
    const answer = Object.assign(async () => new Response(text), { preconnect: fetch.preconnect });
    const settings = clickhouse.parse({ type: 'clickhouse', url: server.url });
    const delivery = await clickHouseSink(settings, { fetch: answer }).send([row()], signal());
    expect(delivery).toMatchObject({ kind: 'later' });
  });
});

test('everything is there once, of a server that fails every third call', async () => {
  server.fail(0.3);
  const one = sink();
  await prepared(one);
  const sent = rows(600);
  const delivered = await deliver(one, sent, 20);
  expect(delivered.rejected).toEqual([]);
  expect(server.calls().failed).toBeGreaterThan(5);
  const ids = server.tables.get(TABLE)?.rows.map(({ id }) => String(id)) ?? [];
  expect(ids.toSorted()).toEqual(sent.map(({ id }) => id).toSorted());
});

test('the guide shows the table as it is made', () => {
  const guide = readFileSync(join(import.meta.dir, '../../../docs/guides/clickhouse.md'), 'utf8');
  const made = createTable({ database: 'default', table: 'switchyard_requests' });
  expect(guide).toContain(`\n${made.replaceAll(/ COMMENT '.*'/g, '')}\n`);
});
