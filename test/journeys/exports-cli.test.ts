// switchyard exports: the same verbs as the API's, with and without a gateway, and what waits as far as the folder tells.
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { join } from 'node:path';
import { ExportState } from '../../src/exports/export-state.ts';
import { openStore } from '../../src/store/open-store.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../exports/webhook-receiver.ts';
import { type Folder, openFolder, runProgram } from './program-under-test.ts';

let hook: WebhookReceiver;
let folder: Folder;
beforeEach(async () => {
  hook = await startWebhookReceiver();
  folder = openFolder();
  await folder.write(
    'switchyard.yaml',
    `exports:\n  hook: { type: webhook, url: "${hook.url}/in", secret: "${hook.secret}" }\n`,
  );
});
afterEach(async () => {
  await hook.stop();
  folder[Symbol.dispose]();
});

const run = (...args: readonly string[]) =>
  runProgram(['exports', ...args, '--data', 'data'], folder, {});

test('has the verbs of the API', async () => {
  const { stdout, stderr } = await runProgram(['exports', '--help'], folder, {});
  const verbs = ['pause', 'resume', 'test', 'backfill', 'cancel-backfill', 'retry-dead-letters'];
  for (const verb of [...verbs, 'import-outcomes'])
    expect(stdout + stderr).toMatch(new RegExp(`^\\s*${verb}\\s`, 'm'));
}, 30_000);

test('a test says whether the other side takes rows, and is in the trail', async () => {
  const good = await run('test', 'hook');
  expect([good.code, good.stdout, hook.types]).toEqual([0, 'hook takes rows\n', ['requests.test']]);
  hook.refuse = () => 401;
  const bad = await run('test', 'hook');
  expect([bad.code, bad.stdout]).toEqual([1, '']);
  expect(bad.stderr).toContain('hook takes no rows as it is set up: it answered 401');
  // What every object has is no export.
  const none = await run('test', 'constructor');
  expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('there are hook')]);
  const paused = await run('pause', 'constructor');
  expect(paused.code).toBe(1);
  const store = openStore({ dataDir: join(folder.path, 'data') });
  const audited = store.sqlite.query('SELECT action, target FROM audit').all();
  store.close();
  const entry = { action: 'export.test', target: 'hook' };
  expect(audited).toEqual([entry, entry]);
}, 60_000);

test('the list has the lag of what waits in the spools, and of gaps', async () => {
  const data = join(folder.path, 'data');
  openStore({ dataDir: data }).close();
  expect((await run('list')).stdout).toBe(
    'hook  webhook  on  lag 0 s  0 dead letters  0 lost  0 back-fills running\n',
  );
  const state = new ExportState(join(data, 'switchyard.db'), 'a', Date.now);
  const from = Date.now() - 7_200_000;
  state.noteGap('hook', {
    ids: null,
    ...{ ranges: [[from, from + 60_000, 5]], spool: 'one', to: { segment: 1, offset: 9 } },
  });
  state.close();
  const lag = / lag (\d+) s /.exec((await run('list')).stdout)?.[1];
  expect(Number(lag)).toBeGreaterThanOrEqual(7200);
  expect(Number(lag)).toBeLessThan(7400);
}, 60_000);
