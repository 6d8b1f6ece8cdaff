// Several replicas behind one Redis: together they let in what there is room for; Redis may hang, die and come back under load.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { type Sim, startSim } from '../../sim/start-sim.ts';
import { asObject } from '../../src/lib/json.ts';
import { startRedis, type TestRedis } from '../redis.ts';
import { findRedis } from '../redis-programs.ts';
import { callAtOnce } from './limits-callers.ts';
import { type Folder, openFolder, type Program, startServe } from './program-under-test.ts';
import { until } from './until.ts';

setDefaultTimeout(120_000);

const found = await findRedis();
if (typeof found === 'string') console.log(`redis: NOT RUN: ${found}`);
const withRedis = test.skipIf(typeof found === 'string');

const MODEL = 'echo+tokens=100+ttft=40';
const QUICK = 'echo+tokens=10+ttft=3';
/** Ten tokens at ten dollars a million. */
const QUICK_NANO = 100_000;
const ADMIN = 'sy-the-admin-key-of-this-test';
const RACED = 'sy-raced-by-a-thousand';
const STEADY = 'sy-steady-under-an-outage';
/** Longer than the gateway waits between two attempts to connect. */
const BACK_MS = 15_000;

let sim: Sim;
beforeAll(() => {
  sim = startSim({ seed: 1, keep: 0 });
});
afterAll(() => sim.stop());

async function redis(): Promise<TestRedis> {
  if (typeof found === 'string') throw new Error(found);
  return startRedis(found);
}

async function replica(
  folder: Folder,
  server: TestRedis,
  nth: number,
  more = '',
): Promise<Program> {
  const config = await folder.write(
    `replica-${nth}.yaml`,
    `
health: { enabled: false }
${more}
cache: { mode: off }
providers:
  alpha: { dialect: openai-chat, base_url: "${sim.url}", api_key: k }
models:
  - { id: "alpha/${MODEL}", price: { input: 0, output: 10 } }
  - { id: "alpha/${QUICK}", price: { input: 0, output: 10 } }
keys:
  - { name: Raced, key: ${RACED}, budget: { amount_usd: 0.1, period: total } }
  - { name: Steady, key: ${STEADY}, budget: { amount_usd: 1000, period: total }, rate_limit: { concurrent: 500 } }
`,
  );
  const env = {
    SWITCHYARD_ADMIN_KEY: ADMIN,
    REDIS_URL: server.url,
    BUN_CONFIG_MAX_HTTP_REQUESTS: '65000',
  };
  return startServe(['--config', config, '--data', `data-${nth}`], folder, { env });
}

const metrics = async (program: Program) => {
  const headers = { authorization: `Bearer ${ADMIN}` };
  return (await fetch(`${program.url()}/metrics`, { headers })).text();
};

withRedis(
  'of 1,000 at once over three replicas against a budget for 100, exactly 100 are let in',
  async () => {
    const server = await redis();
    using folder = openFolder();
    try {
      await using one = await replica(folder, server, 1);
      await using two = await replica(folder, server, 2);
      await using three = await replica(folder, server, 3);
      const programs = [one, two, three];
      const before = sim.received;
      const body = {
        model: `alpha/${MODEL}`,
        max_tokens: 100,
        messages: [{ role: 'user', content: 'Count.' }],
      };
      const called = await Promise.all(
        programs.map((program, nth) => {
          const url = `${program.url()}/v1/chat/completions`;
          return callAtOnce({ url, key: RACED, many: nth === 0 ? 334 : 333, body });
        }),
      );
      const sumOf = (status: string) =>
        called.reduce((sum, { statuses }) => sum + (statuses[status] ?? 0), 0);
      // None decided without Redis, however busy the machine is.
      for (const program of programs)
        expect(await metrics(program)).toContain('\nswitchyard_limit_decisions_alone_total 0\n');
      expect([sumOf('200'), sumOf('402')]).toEqual([100, 900]);
      expect(sim.received - before).toBe(100);
      expect(called.reduce((sum, { costUsd }) => sum + costUsd, 0)).toBeCloseTo(0.1, 9);
      for (const program of programs)
        await until(async () => (await metrics(program)).includes('\nswitchyard_limit_holds 0\n'));
      const spent = () => server.run('GET', 'switchyard:{limits}:spent:key:raced/budget/total@0');
      await until(async () => (await spent()) === '100000000');
    } finally {
      await server.end();
    }
  },
);

withRedis(
  'Redis hangs, dies and comes back under load: every call is answered, and all of it is counted',
  async () => {
    const server = await redis();
    using folder = openFolder();
    try {
      await using one = await replica(folder, server, 1);
      await using two = await replica(folder, server, 2);
      const statuses = new Map<number, number>();
      let isOver = false;
      const lane = async (program: Program): Promise<void> => {
        while (!isOver) {
          const response = await fetch(`${program.url()}/v1/chat/completions`, {
            method: 'POST',
            headers: { authorization: `Bearer ${STEADY}`, 'content-type': 'application/json' },
            body: JSON.stringify({
              model: `alpha/${QUICK}`,
              max_tokens: 10,
              messages: [{ role: 'user', content: 'Hi.' }],
            }),
          });
          await response.text();
          statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
        }
      };
      const lanes = Array.from({ length: 16 }, (_, nth) => lane(nth % 2 === 0 ? one : two));
      const ready = async (program: Program) => {
        const response = await fetch(`${program.url()}/readyz`);
        return { status: response.status, body: asObject(await response.json()) };
      };
      const isBack = async () =>
        (await ready(one)).body?.limits === undefined &&
        (await ready(two)).body?.limits === undefined;

      await Bun.sleep(300);
      expect(await isBack()).toBe(true);
      server.freeze();
      await until(async () => (await ready(one)).body?.limits !== undefined, BACK_MS);
      expect(await ready(one)).toMatchObject({
        status: 200,
        body: {
          ready: true,
          limits: { store: 'redis', trouble: expect.stringMatching(/^Redis: /) },
        },
      });
      await Bun.sleep(500);
      server.thaw();
      await until(isBack, BACK_MS);
      await Bun.sleep(200);
      await server.kill();
      await until(async () => (await ready(two)).body?.limits !== undefined, BACK_MS);
      await Bun.sleep(500);
      await server.start();
      await until(isBack, BACK_MS);
      await Bun.sleep(300);
      isOver = true;
      await Promise.all(lanes);

      const [answered = 0] = statuses.values();
      expect([...statuses.keys()]).toEqual([200]);
      const spent = () => server.run('GET', 'switchyard:{limits}:spent:key:steady/budget/total@0');
      await until(async () => (await spent()) === String(answered * QUICK_NANO), BACK_MS);
      for (const program of [one, two]) {
        const lines = program.stderr().split('\n');
        const count = (text: string) => lines.filter((line) => line.includes(text)).length;
        // On a machine that is busy enough Redis may be late once more; one line each time, and one when it is back.
        const lost = count('limits are not shared');
        expect(lost).toBeGreaterThanOrEqual(2);
        expect([lost, count('Redis is back: limits')]).toEqual([lost, lost]);
      }
      // Nothing stays held: what a name that was given up held goes with its lease.
      const held = async () => {
        const keys = (await server.run('KEYS', 'switchyard:{limits}:held:*')) as string[];
        return keys.length;
      };
      const url = one.url();
      await until(async () => {
        const headers = { authorization: `Bearer ${ADMIN}` };
        await (await fetch(`${url}/router/v1/keys/steady`, { headers })).text();
        return (await held()) === 0;
      }, 25_000);
    } finally {
      await server.end();
    }
  },
);

withRedis(
  'set to refuse, callers with limits are told to come again, and nobody else is',
  async () => {
    const server = await redis();
    using folder = openFolder();
    try {
      await server.kill();
      await using program = await replica(
        folder,
        server,
        1,
        'limits: { on_store_failure: refuse }',
      );
      const ask = (key: string) =>
        fetch(`${program.url()}/v1/chat/completions`, {
          method: 'POST',
          headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
          body: JSON.stringify({
            model: `alpha/${QUICK}`,
            max_tokens: 10,
            messages: [{ role: 'user', content: 'Hi.' }],
          }),
        });
      const refused = await ask(STEADY);
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
      expect(asObject(asObject(await refused.json())?.error)?.code).toBe('limits_unavailable');
      const unlimited = await ask(ADMIN);
      await unlimited.text();
      expect(unlimited.status).toBe(200);
      await server.start();
      await until(async () => {
        const response = await ask(STEADY);
        await response.text();
        return response.status === 200;
      }, BACK_MS);
    } finally {
      await server.end();
    }
  },
);
