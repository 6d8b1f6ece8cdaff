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

test('what cannot work is found by the check', async () => {
  const check = async (settings: string) => {
    await folder.write(
      'switchyard.yaml',
      `providers: { sim: {} }\nexports:\n  x: { ${settings} }\n`,
    );
    const { code, stdout, stderr } = await runProgram(['check', '--data', 'data'], folder, {});
    return { code, said: stdout + stderr };
  };
  await folder.write('words.json', 'root:x:0:0\n');
  for (const [settings, said] of [
    [
      'type: bigquery, project: acme, credentials_file: ./none.json',
      'credentials file cannot be read',
    ],
    [
      'type: bigquery, project: acme, credentials_file: ./words.json',
      'credentials file cannot be read',
    ],
    ['type: s3, bucket: logs, access_key_id: a', 'secret_access_key go together'],
    ['type: s3, bucket: My_Bucket/abc, access_key_id: a, secret_access_key: b', 'bucket'],
    ['type: s3, bucket: My_Bucket, access_key_id: a, secret_access_key: b', 'lower-case'],
  ] as const) {
    const found = await check(settings);
    expect([settings, found.code, found.said]).toEqual([
      settings,
      1,
      expect.stringContaining(said),
    ]);
  }
  const good = await check(`type: webhook, url: "${hook.url}/in"`);
  expect([good.code, good.said]).toEqual([0, expect.stringContaining('Providers: sim.')]);
  // The gateway may have them.
  const bare = await check('type: s3, bucket: logs');
  expect([bare.code, bare.said]).toEqual([0, expect.stringContaining('has no credentials')]);
}, 60_000);
