// switchyard exports import-outcomes: what users did comes back without a gateway running, and the trail says who had it read.
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { openStore } from '../../src/store/open-store.ts';
import { ACCOUNT, type MixpanelServer, startMixpanel } from '../analytics/mixpanel-server.ts';
import { type Folder, openFolder, runProgram } from './program-under-test.ts';

let server: MixpanelServer;
let folder: Folder;

beforeEach(async () => {
  server = await startMixpanel();
  folder = openFolder();
  const time = Math.floor(Date.now() / 1000) - 60;
  for (const user of ['ann', 'bob', ''])
    server.product.push({
      event: 'purchase',
      properties: { distinct_id: user, $insert_id: `p-${user}`, time, amount: 12 },
    });
  await folder.write(
    'switchyard.yaml',
    `exports:
  product:
    type: mixpanel
    project_id: ${ACCOUNT.project_id}
    username: ${ACCOUNT.username}
    secret: \${MIXPANEL_SECRET}
    data_url: ${server.url}
    base_url: ${server.url}
    outcomes: { events: [{ event: purchase, metric: revenue, value: amount }] }
  plain: { type: mixpanel, token: t, base_url: "${server.url}" }
`,
  );
});
afterEach(async () => {
  await server.stop();
  folder[Symbol.dispose]();
});

const run = (name: string, secret = ACCOUNT.secret) =>
  runProgram(['exports', 'import-outcomes', name, '--data', 'data'], folder, {
    env: { MIXPANEL_SECRET: secret },
  });

test('outcomes are read, once however often it is asked for', async () => {
  const first = await run('product');
  expect([first.code, first.stdout, first.stderr]).toEqual([
    0,
    '3 read: 2 new, 0 known, 0 changed since, 1 without a user or a value, 0 rejected\n',
    '',
  ]);
  expect((await run('product')).stdout).toStartWith('3 read: 0 new, 2 known');
  const store = openStore({ dataDir: `${folder.path}/data` });
  const kept = store.sqlite.query('SELECT user_id, metric, value FROM outcomes ORDER BY user_id');
  expect(kept.all()).toEqual([
    { user_id: 'ann', metric: 'revenue', value: 12 },
    { user_id: 'bob', metric: 'revenue', value: 12 },
  ]);
  const acted = "SELECT target FROM audit WHERE action = 'export.import_outcomes'";
  expect(store.sqlite.query(acted).all()).toEqual([{ target: 'product' }, { target: 'product' }]);
  store.close();
}, 30_000);

test('what is wrong is said, with 1 and without the secret', async () => {
  const refused = await run('product', 'wrong-s3cret');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('Check project_id');
  expect(refused.stderr + refused.stdout).not.toContain('s3cret');
  const plain = await run('plain');
  expect([plain.code, plain.stderr]).toEqual([1, expect.stringContaining('reads outcomes')]);
}, 30_000);
