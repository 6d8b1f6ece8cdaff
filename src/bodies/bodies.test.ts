// What bodies are given up for: room in memory, and JSON nobody can walk. Those before and after are kept.
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dayOf } from '../lib/utc-day.ts';
import { Bodies } from './bodies.ts';
import { bodySettings } from './body-settings.ts';

let dataDir: string;
let bodies: Bodies;
let lines: string[];
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'switchyard-bodies-'));
  lines = [];
  const settings = bodySettings({ keep: true }, { byRouter: false, secrets: [] });
  bodies = new Bodies({
    place: { engine: 'sqlite', dataDir },
    settings: () => settings,
    masterKeys: { current: null, previous: [] },
    log: (level, message) => lines.push(`${level} ${message}`),
  });
});
afterEach(async () => {
  await bodies.close();
  rmSync(dataDir, { recursive: true, force: true });
});

function begin() {
  const id = Bun.randomUUIDv7();
  const capture = bodies.begin(id, { logBodies: null }, new Headers());
  if (capture === null) throw new Error('it was to be kept');
  return { id, capture };
}

test('nothing is made before there is a body, nor by asking for one', async () => {
  expect(await bodies.read(Bun.randomUUIDv7())).toEqual({ state: 'absent' });
  expect(await bodies.read('no id')).toEqual({ state: 'absent' });
  expect(await bodies.remove(Bun.randomUUIDv7())).toBe(0);
  await bodies.prune();
  expect(existsSync(join(dataDir, 'log'))).toBe(false);
});

test('more than 64 MB under way are not held: the newest give way', async () => {
  const text = 'x'.repeat(10 * 1024 * 1024);
  const under = Array.from({ length: 8 }, begin);
  for (const { capture } of under) capture.request(text);
  expect(bodies.stats).toMatchObject({ shed: { memory: 2 }, held: 6 * text.length });
  expect(lines).toEqual([expect.stringContaining('more of them are under way than fit')]);
  for (const { capture } of under) {
    capture.reply('application/json', '{}');
    capture.over();
  }
  await bodies.flush();
  expect(bodies.stats).toMatchObject({ kept: 6, shed: { memory: 2 }, held: 0 });
  expect((await bodies.read(under[7]?.id ?? '')).state).toBe('shed');
  expect((await bodies.read(under[0]?.id ?? '')).state).toBe('found');
}, 20_000);

test('JSON too deep to be walked is given up, and the thread goes on', async () => {
  const deep = begin();
  deep.capture.request(`${'['.repeat(200_000)}${']'.repeat(200_000)}`);
  deep.capture.over();
  const plain = begin();
  plain.capture.request('{"a": 1}');
  plain.capture.over();
  await bodies.flush();
  expect(bodies.stats).toMatchObject({ kept: 1, shed: { unfit: 1 }, held: 0 });
  expect(await bodies.read(plain.id)).toMatchObject({
    state: 'found',
    bodies: { request: { text: '{"a":1}' }, reply: null, sealed: false },
  });
});

test('its file is its owner’s alone', async () => {
  const { capture } = begin();
  capture.request('{}');
  capture.over();
  await bodies.flush();
  const path = join(dataDir, 'log', `bodies-${dayOf(Date.now())}.db`);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(`${path}-wal`).mode & 0o777).toBe(0o600);
  expect(lines).toEqual([
    expect.stringContaining('warn Request and reply bodies are kept, and not sealed'),
  ]);
});

test('after it is closed nothing is held', async () => {
  const { capture } = begin();
  capture.request('{}');
  await bodies.close();
  capture.over();
  expect(bodies.stats).toMatchObject({ kept: 0, held: 0 });
});
