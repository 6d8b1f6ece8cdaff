// The audit trail over real HTTP: nothing is changed and no prompt is looked at that it does not tell of, or it does not happen.
import { Database } from 'bun:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { adminRoutes } from '../../src/admin/routes.ts';
import { asObjects, type JsonObject } from '../../src/lib/json.ts';
import {
  ALL_CHANGES,
  AUDITED,
  AUDITED_ENVIRONMENT,
  type Change,
  type Ground,
  groundOf,
  LOOKS,
} from './audit-changes.ts';
import {
  ADMIN_KEY,
  type GatewayUnderTest,
  startGateway,
  startTwoWires,
} from './gateway-under-test.ts';

const wires = startTwoWires();
let gateway: GatewayUnderTest;
let ground: Ground;

beforeAll(async () => {
  gateway = await startGateway(`${wires.yaml}\n${AUDITED}`, AUDITED_ENVIRONMENT);
  ground = groundOf(gateway, (work) => {
    const sqlite = elsewhere();
    work(sqlite);
    sqlite.close();
  });
});
afterAll(async () => {
  await gateway.stop();
  await wires.stop();
});

async function trail(query = ''): Promise<readonly JsonObject[]> {
  const response = await ground.call('GET', `/router/v1/audit${query}`);
  expect(response.status).toBe(200);
  const { entries } = (await response.json()) as JsonObject;
  return asObjects(entries);
}

const newest = async () => (await trail('?limit=1'))[0];

const isChange = (entry: [string, object]): entry is [string, Change] => 'act' in entry[1];
const changes = Object.entries(ALL_CHANGES).filter(isChange);

describe('every route that can change something', () => {
  test('is told of, or says why it need not be', async () => {
    const declared = adminRoutes(gateway.gateway)
      .routes.filter(({ method }) => ['POST', 'PUT', 'PATCH', 'DELETE'].includes(method))
      .map(({ method, path }) => `${method} ${path}`);
    const verbs: string[] = [];
    for (const nouns of declared.flatMap((route) => VERBS_OF.exec(route)?.[1] ?? []))
      for (const verb of await verbsOf(nouns)) verbs.push(`POST ${nouns}/{id}:${verb}`);
    expect(verbs.length).toBeGreaterThan(10);
    const there = new Set([...declared, ...verbs]);
    const known = new Set(Object.keys(ALL_CHANGES));
    expect([...there].filter((route) => !known.has(route))).toEqual([]);
    expect([...known].filter((route) => !there.has(route))).toEqual([]);
  });

  test.each([...changes, ...Object.entries(LOOKS)])(
    '%s leaves one entry',
    async (_, { action, given, act }) => {
      const id = (await given?.(ground)) ?? '';
      const before = Number((await newest())?.id ?? 0);
      const response = await act(ground, id);
      expect([response.status < 300, await response.text()]).toEqual([true, expect.any(String)]);
      const entry = await newest();
      expect(entry).toMatchObject({
        id: before + 1,
        action,
        via: 'api',
        actor: 'admin',
        actor_name: 'admin',
        address: '127.0.0.1',
        at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      });
      if (id !== '') expect(entry?.target).toBe(id.split(' ')[0] as string);
    },
  );

  test.each([...changes, ...Object.entries(LOOKS)])(
    '%s does not happen where the trail cannot be written',
    async (_, { given, act }) => {
      const id = (await given?.(ground)) ?? '';
      const before = await everything();
      const sqlite = elsewhere();
      sqlite.run(
        "CREATE TRIGGER no_room BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no room'); END",
      );
      try {
        const response = await act(ground, id);
        expect([response.status, await response.text()]).toEqual([
          503,
          expect.stringContaining('storage_unavailable'),
        ]);
      } finally {
        sqlite.run('DROP TRIGGER no_room');
        sqlite.close();
      }
      expect(await everything()).toEqual(before);
    },
  );

  test.each(changes)('%s that is refused leaves none', async (_, { act }) => {
    const before = (await newest())?.id;
    const asNobody: Ground = {
      ...ground,
      call: (method, path, body) =>
        fetch(gateway.url + path, {
          method,
          headers: { authorization: `Bearer ${ADMIN_KEY}x` },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        }),
    };
    expect((await act(asNobody, 'made-1')).status).toBe(401);
    expect((await newest())?.id).toBe(before);
  });
});

/** Whatever is posted to one of them is a verb. */
const VERBS_OF = /^POST (.+)\/:path(?:\{.+\})?$/;
/** What has to be there before its verbs are told. */
const THERE: { readonly [nouns: string]: string } = { '/router/v1/exports': 'hook' };

/** As the answer to one there is not tells them: the keys of the table that it was looked for in. */
async function verbsOf(nouns: string): Promise<readonly string[]> {
  const reply = await ground.call('POST', `${nouns}/${THERE[nouns] ?? 'x'}:zzzzzzzz`, {});
  const { error } = (await reply.json()) as { readonly error: { readonly message: string } };
  const verbs = /there are:? ([a-z, -]+)/i.exec(error.message)?.[1]?.split(', ') ?? [];
  expect([nouns, reply.status, verbs.length > 0]).toEqual([nouns, 404, true]);
  return verbs;
}

/** A connection of its own, as another process has it. */
function elsewhere(): Database {
  const sqlite = new Database(join(gateway.dataDir, 'switchyard.db'), { readwrite: true });
  sqlite.run('PRAGMA busy_timeout = 5000');
  return sqlite;
}

/** All that these routes change. */
async function everything(): Promise<readonly unknown[]> {
  const paths = [
    ...['routers', 'metrics', 'keys', 'users', 'reconciliation/imports', 'provider-keys'],
    ...['alerts', 'exports/hook/backfills'],
  ];
  const lists = paths.map(async (path) => (await ground.call('GET', `/router/v1/${path}`)).json());
  const sqlite = elsewhere();
  const kept = sqlite.query('SELECT COUNT(*) AS n FROM audit').get();
  sqlite.close();
  return [...(await Promise.all(lists)), kept];
}

describe('an entry', () => {
  test('tells what was there before and after, and what of it changed', async () => {
    const id = await ground.router();
    await (
      await ground.call('PATCH', `/router/v1/routers/${id}`, {
        displayName: 'Search',
        defaults: { textGenerationConfig: { maxTokens: 9 } },
      })
    ).text();
    await (await ground.call('DELETE', `/router/v1/routers/${id}`)).text();
    const [gone, patched, made] = await trail(`?target=${id}`);
    expect(made).toMatchObject({ action: 'router.create', before: null, changed: [] });
    expect(patched).toMatchObject({
      action: 'router.patch',
      before: { version: 1, etag: 'v1', origin: 'api' },
      after: { version: 2, etag: 'v2', displayName: 'Search' },
    });
    expect(patched?.changed).toEqual(['displayName', 'defaults']);
    expect(patched?.before).toEqual(made?.after as JsonObject);
    expect(gone).toMatchObject({ action: 'router.delete', after: null, changed: [] });
    expect(gone?.before).toEqual(patched?.after as JsonObject);
  });

  test('of an injected fault tells who wanted it, once an hour', async () => {
    const body = { model: 'alpha/echo', messages: [{ role: 'user', content: 'Hi' }] };
    for (let n = 0; n < 3; n += 1)
      await (
        await gateway.post('/v1/chat/completions', body, { 'x-switchyard-fault': '*=status:503' })
      ).text();
    const entries = await trail('?action=fault.*');
    expect(entries).toMatchObject([
      { action: 'fault.inject', target: 'admin', after: { fault: '*=status:503' } },
    ]);
    expect((await gateway.rows()).filter(({ status }) => status !== 200).length).toBeGreaterThan(0);
  });
});

describe('the list', () => {
  test('goes on by its cursor, and is filtered', async () => {
    const all = await trail('?limit=1000');
    const paged: JsonObject[] = [];
    let cursor = '';
    do {
      const response = await ground.call('GET', `/router/v1/audit?limit=7${cursor}`);
      const page = (await response.json()) as JsonObject;
      paged.push(...asObjects(page.entries));
      cursor = page.next_cursor === null ? '' : `&cursor=${String(page.next_cursor)}`;
    } while (cursor !== '');
    expect(paged).toEqual([...all]);
    expect(all.length).toBeGreaterThan(20);
    expect(await trail('?actor=nobody')).toEqual([]);
    expect(await trail('?to=2020-01-01')).toEqual([]);
    expect((await trail('?from=1h&action=key.*')).length).toBeGreaterThan(0);
  });

  test.each(['?from=soon', '?limit=0', '?cursor=x', '?colour=red', '?actor=a&actor=b'])(
    'refuses %s',
    async (query) => {
      expect((await ground.call('GET', `/router/v1/audit${query}`)).status).toBe(400);
    },
  );

  test('is for admins', async () => {
    const made = await ground.call('POST', '/router/v1/keys', { name: 'app' });
    const { key } = (await made.json()) as JsonObject;
    for (const path of ['/router/v1/audit', '/router/v1/audit:export']) {
      const headers = { authorization: `Bearer ${String(key)}` };
      expect((await fetch(gateway.url + path, { headers })).status).toBe(403);
    }
  });
});

test('the export has everything, oldest first, as its chain goes', async () => {
  const response = await ground.call('GET', '/router/v1/audit:export');
  expect(response.headers.get('content-type')).toBe('application/x-ndjson');
  const entries = (await response.text())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as JsonObject);
  expect(entries.toReversed()).toEqual([...(await trail('?limit=1000'))]);
  expect(entries.at(-1)).toMatchObject({ action: 'audit.export' });
  for (const [at, { previous_hash }] of entries.entries())
    expect(previous_hash).toBe(at === 0 ? '0'.repeat(64) : (entries[at - 1]?.hash as string));
});
