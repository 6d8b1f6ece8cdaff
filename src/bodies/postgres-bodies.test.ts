// Bodies in a real PostgreSQL: kept, read, deleted, dropped by day; and given up, never waited for, where it does not answer.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { Client } from 'pg';
import { until } from '../../test/journeys/until.ts';
import { startPostgres, type TestPostgres } from '../../test/postgres.ts';
import { Bodies } from './bodies.ts';
import { type BodySettings, bodySettings } from './body-settings.ts';
import { PostgresBodies } from './postgres-bodies.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const T0 = Date.UTC(2026, 10, 22, 23, 59);
const CANARY = 'canary-Zq83hTTp';
const MASTER = new Uint8Array(32).fill(3);
const KEY = { logBodies: true };

let postgres: TestPostgres | null = null;
let now = T0;

beforeAll(async () => {
  postgres = await startPostgres();
}, 120_000);
afterAll(() => postgres?.end());

/** Runs nothing where there is no PostgreSQL, which its starter said. */
async function withBodies(
  work: (
    bodies: Bodies,
    server: TestPostgres,
    url: string,
    lines: readonly string[],
  ) => Promise<void>,
  settings: Partial<BodySettings> = {},
): Promise<void> {
  if (postgres === null) return;
  now = T0;
  const url = await postgres.database();
  const lines: string[] = [];
  const all = { ...bodySettings({}, { byRouter: false, secrets: [] }), ...settings };
  const bodies = new Bodies({
    place: { engine: 'postgres', url },
    settings: () => all,
    masterKeys: { current: MASTER, previous: [] },
    log: (level, message) => lines.push(`${level} ${message}`),
    now: () => now,
  });
  try {
    await work(bodies, postgres, url, lines);
  } finally {
    await bodies.close();
  }
}

function keep(bodies: Bodies, at: number, user: string | null = null): string {
  const id = Bun.randomUUIDv7('hex', at);
  const capture = bodies.begin(id, KEY, new Headers());
  capture?.request(JSON.stringify({ say: CANARY }));
  capture?.of(user);
  capture?.reply('application/json', '{"said":"yes"}');
  capture?.over();
  return id;
}

test('they are kept sealed, by the day of their id, and read again', () =>
  withBodies(async (bodies, server, url) => {
    const ids = [keep(bodies, T0), keep(bodies, T0 + 120_000), keep(bodies, T0 + 121_000)];
    await bodies.flush();
    expect(bodies.stats).toMatchObject({ kept: 3, held: 0 });
    const partitions =
      'SELECT tableoid::regclass, count(*), sum(sealed::int) FROM bodies GROUP BY 1 ORDER BY 1';
    expect(await server.sql(url, partitions)).toBe('bodies_20261122|1|1\nbodies_20261123|2|2');
    const inClear = `SELECT count(*) FROM bodies WHERE position('${CANARY}'::bytea IN data) > 0`;
    expect(await server.sql(url, inClear)).toBe('0');
    for (const id of ids)
      expect(await bodies.read(id)).toMatchObject({
        state: 'found',
        bodies: { sealed: true, request: { text: JSON.stringify({ say: CANARY }) } },
      });
    // Moved to another request they do not open.
    await server.sql(
      url,
      `UPDATE bodies SET data = (SELECT data FROM bodies WHERE id = '${ids[1]}') WHERE id = '${ids[2]}'`,
    );
    const error = await bodies.read(ids[2] ?? '').then(
      () => null,
      (thrown: Error) => thrown.message,
    );
    expect(error).toContain('damaged');
  }));

test('they go by id, by user, and with their day', () =>
  withBodies(async (bodies, server, url) => {
    const [one, two] = [keep(bodies, T0, 'u-1'), keep(bodies, T0, 'u-2')];
    keep(bodies, T0 + DAY_MS, 'u-2');
    expect(await bodies.remove(one)).toBe(1);
    expect(await bodies.read(one)).toEqual({ state: 'absent' });
    expect(await bodies.removeUser('u-2')).toBe(2);
    expect(await bodies.read(two)).toEqual({ state: 'absent' });
    const last = keep(bodies, T0 + DAY_MS);
    now = T0 + 8 * DAY_MS;
    await bodies.prune();
    const tables =
      "SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'bodies'::regclass ORDER BY 1";
    expect(await server.sql(url, tables)).toBe('bodies_20261123');
    expect((await bodies.read(last)).state).toBe('found');
    now += DAY_MS;
    await bodies.prune();
    expect(await server.sql(url, tables)).toBe('');
    expect(await bodies.read(last)).toEqual({ state: 'expired' });
  }));

test('a table that somebody reads is used beside them, and a day given up beside them', () =>
  withBodies(async (bodies, server, url) => {
    keep(bodies, T0);
    await bodies.flush();
    const reader = new Client({ connectionString: url });
    await reader.connect();
    try {
      await reader.query('BEGIN');
      await reader.query('SELECT count(*) FROM bodies_20261122');
      const others = [1, 2].map(() => new PostgresBodies(url));
      const id = Bun.randomUUIDv7('hex', T0 + DAY_MS);
      const body = { id, user: 'a\0b', sealed: false, data: new Uint8Array([1]) };
      for (const other of others) await other.put([body]);
      expect(await server.sql(url, 'SELECT user_id FROM bodies WHERE user_id IS NOT NULL')).toBe(
        'a\ufffdb',
      );
      expect(await bodies.removeUser('a\0b')).toBe(1);
      await reader.query('COMMIT');
      await Promise.all(others.map((other) => other.prune(T0 + DAY_MS)));
      const tables =
        "SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'bodies'::regclass ORDER BY 1";
      expect(await server.sql(url, tables)).toBe('bodies_20261123');
      const options =
        "SELECT attstorage FROM pg_attribute WHERE attrelid = 'bodies_20261123'::regclass AND attname = 'data'";
      expect(await server.sql(url, options)).toBe('e');
      for (const other of others) await other.close();
    } finally {
      await reader.end();
    }
  }));

test('a connection that may be encrypted is one to a server that is not, as everywhere', async () => {
  if (postgres === null) return;
  for (const mode of ['prefer', 'allow', 'disable']) {
    const bodies = new PostgresBodies(`${await postgres.database()}?sslmode=${mode}`);
    expect(await bodies.remove(Bun.randomUUIDv7('hex', T0))).toBe(0);
    await bodies.close();
  }
});

test(
  'a server that hangs costs bodies, and nothing waits for it',
  () =>
    withBodies(async (bodies, server, _url, lines) => {
      keep(bodies, T0);
      await bodies.flush();
      server.freeze();
      try {
        const startedMs = performance.now();
        keep(bodies, T0);
        keep(bodies, T0);
        expect(performance.now() - startedMs).toBeLessThan(100);
        await until(() => bodies.stats.shed.database === 2, 30_000);
        expect(lines).toEqual([
          expect.stringContaining('error Request and reply bodies are not kept for now'),
        ]);
      } finally {
        server.thaw();
      }
      keep(bodies, T0);
      await until(() => bodies.stats.kept === 2, 10_000);
      expect(bodies.stats.held).toBe(0);
    }),
  60_000,
);

test(
  'a server that goes and comes back is used again',
  () =>
    withBodies(async (bodies, server) => {
      keep(bodies, T0);
      await bodies.flush();
      await server.stop();
      keep(bodies, T0);
      await until(() => bodies.stats.shed.database === 1, 20_000);
      await server.start();
      const id = keep(bodies, T0);
      expect((await bodies.read(id)).state).toBe('found');
      expect(bodies.stats).toMatchObject({ kept: 2, held: 0 });
    }),
  60_000,
);
