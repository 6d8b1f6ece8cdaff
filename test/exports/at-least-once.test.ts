// Servers that fail three calls of ten and restart, a gateway that is killed and restarted meanwhile: every row arrives, once after
// telling them apart by their ids, and once by what the objects hold.
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { join } from 'node:path';
import { ExportOrders } from '../../src/exports/export-orders.ts';
import { openStore } from '../../src/store/open-store.ts';
import { type Folder, openFolder } from '../journeys/program-under-test.ts';
import { until } from '../journeys/until.ts';
import { threeOfTen } from './faulty-server.ts';
import { rowsIn, S3_KEY, S3_REGION, S3_SECRET, type S3Server, startS3Server } from './s3-server.ts';
import { startWebhookReceiver, type WebhookReceiver } from './webhook-receiver.ts';

/** `SWITCHYARD_LONG=1`: as long and hard as the guide says. */
const IS_LONG = process.env.SWITCHYARD_LONG === '1';
const LIVES = IS_LONG ? 7 : 3;
const ROWS_A_LIFE = IS_LONG ? 1800 : 300;
/** Few enough that there are calls for every way of failing. */
const HOOK_ROWS = IS_LONG ? 200 : 25;
const BACKFILL_ROWS = IS_LONG ? 5000 : 3000;
const ROWS_A_TURN = 30;
const AWAY_MS = 700;
const SOON_MS = 30_000;

let folder: Folder;
let hook: WebhookReceiver;
let s3: S3Server;

beforeEach(async () => {
  folder = openFolder();
  hook = await startWebhookReceiver();
  s3 = await startS3Server('lake');
});
afterEach(async () => {
  await hook.stop();
  await s3.stop();
  folder[Symbol.dispose]();
});

interface Life {
  readonly ids: readonly string[];
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
}

function startLife(rows: number): Life {
  const yaml = `
exports:
  hook: { type: webhook, url: "${hook.url}/in", secret: "${hook.secret}", batch: { rows: ${HOOK_ROWS}, age: 300ms } }
  lake:
    type: s3
    endpoint: "${s3.url}"
    bucket: lake
    prefix: raw
    region: ${S3_REGION}
    access_key_id: ${S3_KEY}
    secret_access_key: "${S3_SECRET}"
    batch: { rows: ${2 * HOOK_ROWS}, age: 500ms }
`;
  const program = join(import.meta.dir, 'export-child.ts');
  const child = Bun.spawn(
    [process.execPath, program, folder.path, yaml, `${ROWS_A_TURN}`, `${rows}`],
    { stdout: 'pipe', stderr: 'ignore' },
  );
  const ids: string[] = [];
  const reading = (async () => {
    let rest = '';
    const decoder = new TextDecoder();
    for await (const piece of child.stdout) {
      const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      ids.push(...lines);
    }
  })();
  return {
    ids,
    async end(signal) {
      child.kill(signal);
      await child.exited;
      await reading;
    },
  };
}

test('every row arrives, whoever fails, hangs up, restarts or is killed', async () => {
  hook.behave(threeOfTen(7));
  s3.behave(threeOfTen(11));
  const safe: string[] = [];
  for (let life = 1; life <= LIVES; life += 1) {
    const running = startLife(ROWS_A_LIFE);
    const away = life % 2 === 0 ? hook : s3;
    await until(() => running.ids.length > ROWS_A_LIFE / 4, 30_000);
    await away.goAway();
    await Bun.sleep(AWAY_MS);
    await away.comeBack();
    // Some lives end in the midst of their work, some have said all.
    const enough = life % 3 === 0 ? ROWS_A_LIFE : ROWS_A_LIFE * 0.7;
    await until(() => running.ids.length >= enough, 30_000);
    await running.end(life % 3 === 0 ? 'SIGTERM' : 'SIGKILL');
    safe.push(...running.ids);
  }
  const last = startLife(ROWS_A_LIFE);
  await until(() => last.ids.length === ROWS_A_LIFE, 30_000);
  safe.push(...last.ids);
  const missing = (there: ReadonlyMap<string, number>) => safe.filter((id) => !there.has(id));
  const isAll = () => missing(hook.rows).length === 0 && missing(rowsIn(s3.objects)).length === 0;
  await until(isAll, 120_000).catch(() => undefined);
  await last.end('SIGTERM');

  expect(safe.length).toBeGreaterThan(IS_LONG ? 10_000 : 900);
  expect(missing(hook.rows)).toEqual([]);
  expect(hook.unsigned).toBe(0);
  // What has one id has one body: who keeps the ids of batches needs nothing else.
  expect([...hook.bodies.values()].filter((bodies) => bodies.size > 1)).toEqual([]);
  const inLake = rowsIn(s3.objects);
  expect(missing(inLake)).toEqual([]);
  expect([...inLake].filter(([, times]) => times !== 1)).toEqual([]);
  expect([s3.changed, s3.refused]).toEqual([[], 0]);
  // And it was hard: each way of failing happened at both.
  for (const { faults } of [hook, s3])
    expect([...faults.keys()].sort()).toEqual([
      'busy',
      'error',
      'hang-up-after',
      'hang-up-before',
      'none',
    ]);
  process.stdout.write(
    `${safe.length} rows, ${hook.bodies.size} batches, ${s3.objects.size} objects, ${[...s3.puts.values()].reduce((a, b) => a + b, 0)} puts, faults: hook ${JSON.stringify([...hook.faults])}, s3 ${JSON.stringify([...s3.faults])}\n`,
  );
}, 300_000);

test('a back-fill goes on where it was when its process was killed', async () => {
  const first = startLife(BACKFILL_ROWS);
  await until(() => first.ids.length === BACKFILL_ROWS, SOON_MS);
  await until(() => first.ids.every((id) => hook.rows.has(id)), SOON_MS);
  const store = openStore({ dataDir: folder.path });
  const orders = new ExportOrders(store);
  hook.rows.clear();
  // By the command line's way: another process sees it.
  const by = { via: 'cli', id: 'ada' } as const;
  const { id } = await orders.order('hook', { from: 0, to: Date.now() + 1000 }, by);
  await until(() => (orders.backfill('hook', id)?.rows ?? 0) >= 1000, SOON_MS);
  await first.end('SIGKILL');
  const done = orders.backfill('hook', id)?.rows ?? 0;
  const came = hook.rows.size;
  const second = startLife(0);
  // Its lease has to run out first: fifteen seconds, which the short run does not wait.
  if (!IS_LONG) store.sqlite.run('UPDATE export_backfills SET leased_until = 0');
  await until(() => orders.backfill('hook', id)?.state === 'done', 100_000);
  await second.end('SIGTERM');
  store.close();
  expect(done).toBeLessThan(BACKFILL_ROWS);
  expect(first.ids.filter((one) => !hook.rows.has(one))).toEqual([]);
  const all = [...hook.rows.values()].reduce((sum, times) => sum + times, 0);
  // What was sent and not noted comes again: a page at most.
  expect(all - BACKFILL_ROWS).toBeLessThanOrEqual(came - done);
  expect(all - BACKFILL_ROWS).toBeLessThanOrEqual(1000);
}, 200_000);
