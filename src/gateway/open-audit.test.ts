// The gateway's audit trail by a clock of the test's: what is done once, done before, and done away with.
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayError } from '../core/errors.ts';
import { openStore, type Store } from '../store/open-store.ts';
import { Audit } from './open-audit.ts';

const DAY_MS = 86_400_000;
const ENTRY = { by: { via: 'api', id: 'k' }, target: 't', before: null, after: null } as const;

let dir: string;
let store: Store;
let audit: Audit;
let now: number;
let retentionMs: number | null;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-audit-'));
  store = openStore({ dataDir: dir });
  now = 100 * DAY_MS;
  retentionMs = null;
  audit = new Audit(store, {
    retentionMs: () => retentionMs,
    log: () => undefined,
    now: () => now,
  });
});
afterEach(() => {
  audit.close();
  store.close();
  rmSync(dir, { recursive: true, force: true });
});

const actions = () => audit.page({}, 100, null).entries.map(({ action }) => action);

test('what is done often is told once an hour, of each caller and each thing', async () => {
  const fault = { ...ENTRY, action: 'fault.inject', after: { fault: 'refused' } };
  for (let n = 0; n < 5; n += 1) await audit.hourly(fault);
  await audit.hourly({ ...fault, after: { fault: 'timeout' } });
  await audit.hourly({ ...fault, by: { via: 'api', id: 'other' } });
  expect(actions()).toHaveLength(3);
  now += 60 * 60_000;
  await audit.hourly(fault);
  expect(actions()).toHaveLength(4);
});

test('a burst of it is told once, and nobody goes on before it is', async () => {
  const fault = { ...ENTRY, action: 'fault.inject' };
  const seen = await Promise.all(
    Array.from({ length: 20 }, () => audit.hourly(fault).then(() => actions().length)),
  );
  expect(new Set(seen)).toEqual(new Set([1]));
});

test('of a burst that cannot be written down none goes on, and the next is told', async () => {
  const fault = { ...ENTRY, action: 'fault.inject' };
  store.sqlite.run(
    "CREATE TRIGGER no_room BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no room'); END",
  );
  const burst = Array.from({ length: 3 }, () => audit.hourly(fault).then(() => null, Object));
  for (const refused of await Promise.all(burst)) expect(refused).toBeInstanceOf(GatewayError);
  store.sqlite.run('DROP TRIGGER no_room');
  await audit.hourly(fault);
  expect(actions()).toEqual(['fault.inject']);
});

test('what cannot be undone is told before it is done, and that it failed after', async () => {
  const entry = { ...ENTRY, action: 'bodies.delete' };
  const seen = await audit.before(entry, async () => actions());
  expect(seen).toEqual(['bodies.delete']);
  const failed = audit.before(entry, () =>
    Promise.reject(new GatewayError('storage_unavailable', 'a disk that is gone')),
  );
  expect(await failed.then(() => null, Object)).toBeInstanceOf(GatewayError);
  const [newest] = audit.page({}, 1, null).entries;
  expect(newest).toMatchObject({
    action: 'bodies.delete.failed',
    after: '{"error":"storage_unavailable"}',
  });
});

test('entries are kept for good, or as long as the configuration wants them', async () => {
  await audit.write({ ...ENTRY, action: 'old' });
  now += 50 * DAY_MS;
  await audit.write({ ...ENTRY, action: 'new' });
  expect(await audit.prune()).toBe(0);
  retentionMs = 40 * DAY_MS;
  expect(await audit.prune()).toBe(1);
  expect(actions()).toEqual(['audit.prune', 'new']);
  expect(await audit.prune()).toBe(0);
});
