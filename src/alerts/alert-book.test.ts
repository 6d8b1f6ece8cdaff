// A database that takes no writes, or cannot be read: what there is to tell is told all the same, and written when it can be.

import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databasePath, openStore, type Store } from '../store/open-store.ts';
import { alertSettings } from './alert-settings.ts';
import { Alerts } from './alerts.ts';
import type { Finding } from './finding.ts';
import { WatchedExchanges } from './watched-exchanges.ts';

const found = (subject: string): Finding => ({
  ...{ subject, severity: 'critical', title: `No room for ${subject}`, facts: {}, todo: '' },
  see: null,
});

let dataDir: string;
let store: Store;
let received: string[];
let answers: number;
let told: string[];
let findings: readonly Finding[];
let enabled: { alerts: boolean; rule: boolean };
let server: ReturnType<typeof Bun.serve>;
let now: number;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'switchyard-alert-book-'));
  store = openStore({ dataDir, lockWaitMs: 30 });
  received = [];
  answers = 200;
  told = [];
  findings = [];
  enabled = { alerts: true, rule: true };
  now = Date.parse('2026-11-10T10:00:00Z');
  server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      received.push(((await request.json()) as { data: { title: string } }).data.title);
      return new Response('', { status: answers });
    },
  });
});
afterEach(async () => {
  store.close();
  await server.stop(true);
  rmSync(dataDir, { recursive: true, force: true });
});

function open(): Alerts {
  const channels = new Map([['hook', { type: 'webhook' as const, url: server.url.origin }]]);
  const usual = alertSettings({ group_every: 1 });
  return new Alerts({
    ...{ store, now: () => now, byItself: false, watched: new WatchedExchanges(() => now) },
    rules: [{ name: 'disk', everyMs: 0, lingerMs: 60_000, look: () => findings }],
    settings: () => ({
      ...{ ...usual, channels, enabled: enabled.alerts },
      rules: { ...usual.rules, disk: { ...usual.rules.disk, enabled: enabled.rule } },
    }),
    log: (_, message) => told.push(message),
  });
}

async function look(alerts: Alerts, times = 1): Promise<void> {
  for (let at = 0; at < times; at++) {
    now += 10_000;
    await alerts.look();
  }
}

const stored = () => {
  using file = new Database(databasePath(dataDir), { readonly: true });
  const all = (table: string, what: string) =>
    file.query<Record<string, unknown>, []>(`SELECT ${what} FROM ${table} ORDER BY id`).values();
  return {
    alerts: all('alerts', 'subject, resolved_at IS NOT NULL'),
    notices: all('alert_notices', 'channel'),
    messages: all('alert_messages', 'state'),
  };
};

const WAYS: readonly (readonly [string, () => () => void])[] = [
  [
    'is read-only',
    () => {
      store.sqlite.run('PRAGMA query_only = ON');
      return () => store.sqlite.run('PRAGMA query_only = OFF');
    },
  ],
  [
    'is locked by another program',
    () => {
      const other = new Database(databasePath(dataDir));
      other.run('BEGIN IMMEDIATE');
      return () => {
        other.run('ROLLBACK');
        other.close();
      };
    },
  ],
  [
    'has no room left',
    () => {
      // As a full disk answers: as soon as it needs another page.
      const { page_count: pages = 0 } =
        store.sqlite.query<{ page_count: number }, []>('PRAGMA page_count').get() ?? {};
      store.sqlite.run('CREATE TABLE filler (bytes BLOB)');
      store.sqlite.run(`PRAGMA max_page_count = ${pages + 1}`);
      store.sqlite.run(
        `CREATE TRIGGER full AFTER INSERT ON alerts BEGIN INSERT INTO filler VALUES (zeroblob(99999)); END`,
      );
      return () => {
        store.sqlite.run('DROP TRIGGER full');
        store.sqlite.run('PRAGMA max_page_count = 1073741823');
      };
    },
  ],
];

describe.each(WAYS)('where the database %s', (_, breakIt) => {
  test('each is told once, reminded and told over; all of it is written when it can be', async () => {
    const alerts = open();
    findings = [found('early')];
    await look(alerts);
    expect(received).toEqual(['Switchyard: [critical] No room for early']);
    const before = stored();

    const mend = breakIt();
    findings = [found('early'), found('data')];
    await look(alerts, 3);
    expect(received.slice(1)).toEqual(['Switchyard: [critical] No room for data']);
    expect(alerts.active().map(({ subject }) => subject)).toEqual(['early', 'data']);
    expect(stored()).toEqual(before);
    findings = [found('data')];
    await look(alerts, 8);
    expect(received.slice(2)).toEqual([expect.stringMatching(/^Switchyard: Over after .* early$/)]);
    expect(told).toEqual([expect.stringContaining('told from memory')]);

    mend();
    await look(alerts, 3);
    expect(told.slice(1)).toEqual([expect.stringContaining('is written')]);
    expect(stored()).toEqual({
      alerts: [
        ['early', 1],
        ['data', 0],
      ],
      notices: [],
      messages: [['sent'], ['sent'], ['sent']],
    });
    expect(received).toHaveLength(3);
    // The next process tells nothing twice.
    await look(open(), 2);
    expect(received).toHaveLength(3);
  });
});

test('what a channel does not take meanwhile is tried again from memory, and then from the database', async () => {
  const alerts = open();
  store.sqlite.run('PRAGMA query_only = ON');
  answers = 503;
  findings = [found('data')];
  await look(alerts, 2);
  expect(received).toHaveLength(2);
  store.sqlite.run('PRAGMA query_only = OFF');
  await look(alerts);
  expect(stored().messages).toEqual([['waiting']]);
  answers = 200;
  now += 60_000;
  await look(open());
  expect(stored().messages).toEqual([['sent']]);
});

test('what another process wrote meanwhile stays as it wrote it', async () => {
  const alerts = open();
  findings = [found('one'), found('two')];
  await look(alerts);
  const mend = WAYS[0]?.[1]();
  findings = [found('one'), found('two'), found('three')];
  await look(alerts);
  const other = new Database(databasePath(dataDir));
  other.run("UPDATE alerts SET acknowledged_at = 5 WHERE subject = 'one'");
  other.close();
  mend?.();
  await look(alerts);
  const shown = alerts.active().map(({ subject, acknowledgedAt }) => [subject, acknowledgedAt]);
  expect(shown).toEqual([
    ['one', 5],
    ['two', null],
    ['three', null],
  ]);
});

test('a database that cannot even be read is no reason to be silent', async () => {
  const alerts = open();
  store.sqlite.run('ALTER TABLE alerts RENAME TO gone');
  findings = [found('data')];
  await look(alerts);
  expect(received).toEqual(['Switchyard: [critical] No room for data']);
});

test.each(['rule', 'alerts'] as const)(
  'what goes on when its %s is switched off ends without a word, and the history says why',
  async (what) => {
    const alerts = open();
    findings = [found('data')];
    await look(alerts);
    expect(received).toHaveLength(1);
    enabled[what] = false;
    await look(alerts, 20);
    expect(received).toHaveLength(1);
    expect(alerts.active()).toEqual([]);
    const [{ id } = { id: '' }] = alerts.list({ state: 'resolved', limit: 9 });
    expect(alerts.shown(id)).toMatchObject({ state: 'resolved', resolution: 'switched_off' });
    enabled[what] = true;
    await look(alerts);
    expect(received).toHaveLength(2);
    findings = [];
    await look(alerts, 9);
    const [last] = alerts.list({ state: 'resolved', limit: 1 });
    expect(alerts.shown(last?.id ?? '')).toMatchObject({ resolution: 'over' });
  },
);
