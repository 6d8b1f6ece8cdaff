// The program with its log in PostgreSQL: named in .env, read by every command, away and back, and every row there once.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { startSim } from '../../sim/start-sim.ts';
import type { LogRow } from '../../src/core/log-row.ts';
import { asArray, asObject, type JsonObject } from '../../src/lib/json.ts';
import { startPostgres, type TestPostgres } from '../postgres.ts';
import { findPrograms } from '../postgres-programs.ts';
import {
  type Finished,
  type Folder,
  openFolder,
  type Program,
  runProgram,
  startServe,
} from './program-under-test.ts';
import { until } from './until.ts';

setDefaultTimeout(60_000);

const programs = await findPrograms();
const withPostgres = test.skipIf(typeof programs === 'string');
if (typeof programs === 'string') console.log(`postgres: NOT RUN: ${programs}`);

/** Longer than the program waits before it tries a database again. */
const BACK_MS = 20_000;
const sim = startSim({ seed: 1 });
const YAML = `
discovery: { local: false }
cache: { mode: off }
providers:
  alpha: { dialect: openai-chat, base_url: "${sim.url}", api_key: k }
models: [{ id: alpha/echo, context: 100000, price: { input: 1, output: 2 } }]
routers:
  - name: routers/desk
    default_route: { route_id: all, variants: [{ variant: { variant_id: a, model_id: alpha/echo }, weight: 100 }] }
`;

let postgres: TestPostgres | null = null;
beforeAll(async () => {
  if (typeof programs !== 'string') postgres = await startPostgres();
}, 120_000);
afterAll(async () => {
  await postgres?.end();
  await sim.stop();
});

interface Scene {
  readonly server: TestPostgres;
  readonly database: string;
  readonly folder: Folder;
}

/** A folder with a configuration, and an `.env` that names an empty database. */
async function openScene(): Promise<Scene & Disposable> {
  if (postgres === null) throw new Error('There is no PostgreSQL.');
  const folder = openFolder();
  const database = await postgres.database();
  await folder.write('.env', `DATABASE_URL=${database}\n`);
  await folder.write('switchyard.yaml', YAML);
  const dispose = () => folder[Symbol.dispose]();
  return { server: postgres, database, folder, [Symbol.dispose]: dispose };
}

/** The generation ids of so many requests, of which each must have been answered. */
async function ask(program: Program, key: string, count: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let nth = 0; nth < count; nth += 1) {
    const messages = [{ role: 'user', content: 'Hello' }];
    const response = await fetch(`${program.url()}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'router/desk', user: `user-${nth}`, messages }),
    });
    await response.text();
    expect(response.status).toBe(200);
    ids.push(response.headers.get('x-generation-id') ?? '');
  }
  return ids;
}

async function ready(program: Program): Promise<JsonObject> {
  const response = await fetch(`${program.url()}/readyz`);
  expect(response.status).toBe(200);
  return (await response.json()) as JsonObject;
}

const isCalm = async (program: Program) => (await ready(program)).log === undefined;

async function stopped(program: Program): Promise<void> {
  program.signal('SIGTERM');
  expect(await program.ended()).toBe(0);
}

/** All ids there are, oldest first, as the database itself has them. */
async function stored({ server, database }: Scene): Promise<readonly string[]> {
  const text = await server.sql(database, 'SELECT id FROM requests ORDER BY id').catch(() => '');
  return text.split('\n').filter((line) => line !== '');
}

function rowsOf({ stdout }: Finished): readonly LogRow[] {
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as LogRow).reverse();
}

withPostgres(
  'every command reads what the gateway wrote, and a restart goes on with it',
  async () => {
    using scene = await openScene();
    const { folder } = scene;
    await using first = await startServe([], folder);
    const key = first.adminKey();
    const ids = [...(await ask(first, key, 3))];
    await stopped(first);
    expect(await stored(scene)).toEqual(ids);
    // Nothing of it is in files: no day, no sums, and nothing left to be taken in.
    expect(folder.list().filter((name) => name.startsWith('.switchyard/log'))).toEqual([]);
    await using second = await startServe([], folder);
    ids.push(...(await ask(second, key, 2)));
    await until(async () => (await stored(scene)).length === 5, 5000);

    const listed = await runProgram(['logs', '--json'], folder);
    expect([listed.code, listed.stderr]).toEqual([0, '']);
    const rows = rowsOf(listed);
    expect(rows.map(({ id }) => id)).toEqual(ids);
    const one = await runProgram(['logs', ids[0] ?? '', '--json'], folder);
    expect(asObject(JSON.parse(one.stdout))?.cost_breakdown).toBeDefined();

    const used = await runProgram(['usage', '--group-by', 'user', '--json'], folder);
    expect([used.code, used.stderr]).toEqual([0, '']);
    const { totals, usage } = JSON.parse(used.stdout) as JsonObject;
    const nano = (usd: unknown) => Math.round(Number(usd) * 1e9);
    const spent = rows.reduce((sum, row) => sum + nano(row.cost_usd), 0);
    expect([asObject(totals)?.requests, nano(asObject(totals)?.cost_usd)]).toEqual([5, spent]);
    expect(asArray(usage)).toHaveLength(3);

    const replayed = await runProgram(['replay', '--router', 'desk', '--json'], folder);
    expect([replayed.code, replayed.stderr]).toEqual([0, '']);
    expect(JSON.parse(replayed.stdout)).toMatchObject({
      requests: { total: 5, decided: 5, unchanged: 5 },
    });
    await expectReconciled(folder, rows);
    await stopped(second);
    expect(await stored(scene)).toEqual(ids);
  },
);

/** The bill and the rows beside each other. The day is not over, so nothing is said of whether they agree. */
async function expectReconciled(folder: Folder, rows: readonly LogRow[]): Promise<void> {
  const day = rows[0]?.at.slice(0, 10) ?? '';
  const start = Date.parse(day) / 1000;
  const sum = (kind: 'input' | 'output') =>
    rows.reduce((all, { usage }) => all + (usage[kind] ?? 0), 0);
  const billed = { input: sum('input') + 7, output: sum('output') };
  const bill = [
    'start_time,end_time,start_time_iso,end_time_iso,project_id,num_model_requests,user_id,api_key_id,model,batch,service_tier,input_tokens,output_tokens,input_cached_tokens,input_uncached_tokens',
    `${start},${start + 86_400},${day}T00:00:00+00:00,,p,${rows.length}.0,u,k,echo,FALSE,default,${billed.input}.0,${billed.output}.0,0.0,${billed.input}.0`,
  ].join('\n');
  const file = await folder.write('bill.csv', bill);
  const args = ['reconcile', file, '--providers', 'alpha', '--json'];
  const { code, stdout } = await runProgram(args, folder);
  expect(code).toBe(0);
  const [line] = asArray(asObject(JSON.parse(stdout))?.lines);
  expect(asObject(line)).toMatchObject({
    verdict: 'incomplete',
    counts: {
      requests: { log: rows.length, bill: rows.length },
      input: { log: sum('input'), bill: billed.input },
      output: { log: sum('output'), bill: billed.output },
    },
  });
}

withPostgres(
  'PostgreSQL that is away at the start: requests go on, /readyz tells, and all rows arrive',
  async () => {
    using scene = await openScene();
    const { server, folder } = scene;
    await server.stop();
    const ids: string[] = [];
    {
      await using program = await startServe([], folder);
      ids.push(...(await ask(program, program.adminKey(), 4)));
      await until(async () => !(await isCalm(program)), 10_000);
      const { ready: isReady, log } = await ready(program);
      expect([isReady, log]).toMatchObject([true, { database: 'down', dropped_rows: 0 }]);
      const asked = await runProgram(['logs'], folder);
      expect([asked.code, asked.stdout]).toEqual([1, '']);
      expect(asked.stderr).toContain('does not answer. Check that it runs and that DATABASE_URL');
      await server.start();
      await until(async () => (await stored(scene)).length === 4, BACK_MS);
      await until(() => isCalm(program), BACK_MS);
      expect(await stored(scene)).toEqual(ids);
      await stopped(program);
    }
    expect(await stored(scene)).toEqual(ids);
  },
);

withPostgres(
  'PostgreSQL that is still away when the program ends: the next one brings the rows',
  async () => {
    using scene = await openScene();
    const { server, folder } = scene;
    await using first = await startServe([], folder);
    const key = first.adminKey();
    const ids = [...(await ask(first, key, 2))];
    await until(async () => (await stored(scene)).length === 2, 5000);
    await server.stop();
    ids.push(...(await ask(first, key, 3)));
    await stopped(first);
    await using second = await startServe([], folder);
    ids.push(...(await ask(second, key, 1)));
    await server.start();
    await until(async () => (await stored(scene)).length >= 6, BACK_MS);
    await until(() => isCalm(second), BACK_MS);
    await stopped(second);
    expect(await stored(scene)).toEqual(ids);
  },
);
