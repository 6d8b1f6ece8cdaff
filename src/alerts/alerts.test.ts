// Several processes on one folder, and one that dies: each thing is told once, and none is lost.
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AlertRecord } from '../core/alert.ts';
import { openStore, type Store } from '../store/open-store.ts';
import { alertSettings } from './alert-settings.ts';
import { Alerts } from './alerts.ts';
import { retryAt } from './courier.ts';
import type { Finding } from './finding.ts';
import { claim, enqueue, settle } from './outbox.ts';
import { WatchedExchanges } from './watched-exchanges.ts';

const FOUND: Finding = {
  ...{ subject: 'store', severity: 'critical', title: 'Something', facts: {}, todo: '', see: null },
};

const alertCalled = (title: string, at: number): AlertRecord => ({
  ...{ id: title, rule: 'disk', subject: 'data', severity: 'warning', level: 1, title },
  ...{ facts: {}, todo: '', see: null, once: false, startedAt: at, lastSeenAt: at },
  ...{
    resolvedAt: null,
    switchedOff: false,
    notifiedAt: at,
    acknowledgedAt: null,
    silencedUntil: null,
  },
});

let dataDir: string;
let stores: Store[];
let received: string[];
let server: ReturnType<typeof Bun.serve>;
let now: number;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'switchyard-alerts-'));
  stores = [];
  received = [];
  now = Date.parse('2026-11-10T10:00:00Z');
  server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      received.push(((await request.json()) as { data: { title: string } }).data.title);
      return new Response('ok');
    },
  });
});
afterEach(async () => {
  for (const store of stores) store.close();
  await server.stop(true);
  rmSync(dataDir, { recursive: true, force: true });
});

function open(): Store {
  const store = openStore({ dataDir });
  stores.push(store);
  return store;
}

const settings = alertSettings({
  channels: { hook: { type: 'webhook', url: '' } },
  group_every: 1,
});

/** A process of its own, as far as the database knows. */
function process(findings: () => readonly Finding[]): Alerts {
  const channels = new Map([['hook', { type: 'webhook' as const, url: server.url.origin }]]);
  return new Alerts({
    store: open(),
    watched: new WatchedExchanges(() => now),
    rules: [{ name: 'limits_store', everyMs: 0, lingerMs: 60_000, look: findings }],
    settings: () => ({ ...settings, channels }),
    now: () => now,
    log: () => {},
    byItself: false,
  });
}

test('of more than one look takes the worst begin, and what has begun goes on whatever its place', async () => {
  let found = Array.from({ length: 300 }, (_, nth) => ({ ...FOUND, subject: `s${nth}` }));
  const alerts = process(() => found);
  const firstHundreds = async () => {
    now += 10 * 60_000;
    await alerts.look();
    return alerts.list({ state: 'all', limit: 1000 }).map(({ id }) => id);
  };
  const begun = await firstHundreds();
  expect(begun).toHaveLength(200);
  found = found.toReversed();
  expect(await firstHundreds()).toEqual(begun);
  expect(alerts.active()).toHaveLength(200);
  // A worse one begins beside them.
  found = [...found, { ...FOUND, subject: 'worse', level: 2 }];
  expect(await firstHundreds()).toHaveLength(201);
  expect(alerts.active()).toHaveLength(201);
});

test('what several find is told once, and is over when none finds it any more', async () => {
  const finds = [true, true, true];
  const processes = finds.map((_, nth) => process(() => (finds[nth] === true ? [FOUND] : [])));
  const all = async () => {
    now += 10_000;
    await Promise.all(processes.map((one) => one.look()));
  };
  for (let turn = 0; turn < 12; turn++) await all();
  expect(received).toEqual(['Switchyard: [critical] Something']);
  // The only one that still finds it keeps it going for those who do not.
  finds.fill(false, 1);
  for (let turn = 0; turn < 12; turn++) await all();
  expect(received).toHaveLength(1);
  finds.fill(false);
  for (let turn = 0; turn < 12; turn++) await all();
  expect(received).toEqual([expect.anything(), expect.stringMatching(/^Switchyard: Over after/)]);
});

test('a message that a dead process was at is sent by another', async () => {
  const one = process(() => [FOUND]);
  const { sqlite } = open();
  const other = process(() => [FOUND]);
  const alert = alertCalled('Lost?', now);
  // Taken for sending, and then the process was gone.
  enqueue(sqlite, 'hook', { kind: 'firing', at: now, alert }, Bun.randomUUIDv7());
  expect(claim(sqlite, 'hook', now, ['warning'], 1)?.message.notices).toHaveLength(1);
  await one.look();
  await other.look();
  // It is at it, for all anybody knows.
  expect(received).toEqual([]);
  now += 61_000;
  await Promise.all([one.look(), other.look()]);
  now += 1000;
  await Promise.all([one.look(), other.look()]);
  expect(received.toSorted()).toEqual([
    'Switchyard: [critical] Something',
    'Switchyard: [warning] Lost?',
  ]);
});

test('what failed is due later and later, for a day; what says it never will, three times', () => {
  const failed = { ok: false, problem: '', isPermanent: false, retryAfterMs: null } as const;
  const due = (attempts: number, change = {}, at = 0) =>
    retryAt({ ...failed, ...change }, { attempts, createdAt: 0 }, at);
  expect([1, 2, 3, 4, 5, 6, 7, 20].map((attempts) => due(attempts))).toEqual([
    ...[5e3, 15e3, 60e3, 300e3, 300e3, 300e3, 300e3, 300e3],
  ]);
  expect(due(1, { retryAfterMs: 120_000 })).toBe(120_000);
  expect(due(3, { retryAfterMs: 1000 })).toBe(60_000);
  expect(due(30, {}, 23.9 * 3_600_000)).not.toBeNull();
  expect(due(30, {}, 24 * 3_600_000)).toBeNull();
  expect(due(1, { retryAfterMs: 86_400_000 })).toBe(3_600_000);
  expect([1, 2, 3].map((attempts) => due(attempts, { isPermanent: true }))).toEqual([
    ...[5e3, 15e3, null],
  ]);
});

test('what began and ended while the channel did not take anything is one line', () => {
  const { sqlite } = open();
  for (const [kind, title] of [
    ['firing', 'first'],
    ['firing', 'second'],
    ['resolved', 'first'],
  ] as const)
    enqueue(sqlite, 'hook', { kind, at: 1, alert: alertCalled(title, 0) }, Bun.randomUUIDv7());
  const claimed = claim(sqlite, 'hook', 10, ['warning'], 1);
  expect(claimed?.message.notices.map(({ kind, alert: { title } }) => `${kind} ${title}`)).toEqual([
    'firing second',
    'resolved first',
  ]);
  settle(sqlite, claimed?.message.id ?? '', 11, { problem: null, dueAt: null });
  expect(claim(sqlite, 'hook', 12, ['warning'], 1)).toBeNull();
});
