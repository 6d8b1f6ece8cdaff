// What keys and users have spent, as the command line tells it beside a running gateway: the same as the API.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { asObject, asObjects, type JsonObject } from '../../src/lib/json.ts';
import {
  ADMIN_KEY,
  type GatewayUnderTest,
  startGateway,
  startTwoWires,
} from './gateway-under-test.ts';
import { type Folder, openFolder, runProgram } from './program-under-test.ts';
import { until } from './until.ts';

let wires: ReturnType<typeof startTwoWires>;
let gateway: GatewayUnderTest;
let folder: Folder;
beforeAll(async () => {
  wires = startTwoWires();
  gateway = await startGateway(`${wires.yaml}\nlimits: { store: sqlite }\n`);
  folder = openFolder();
});
afterAll(async () => {
  await gateway.stop();
  await wires.stop();
  folder[Symbol.dispose]();
});

const run = (args: readonly string[], env: { readonly [name: string]: string } = {}) =>
  runProgram([...args, '--data', gateway.dataDir], folder, { env });

async function api(path: string, body?: JsonObject, method = 'PUT'): Promise<JsonObject> {
  const reply = await fetch(`${gateway.url}/router/v1/${path}`, {
    ...(body === undefined ? {} : { method, body: JSON.stringify(body) }),
    headers: { authorization: `Bearer ${ADMIN_KEY}` },
  });
  return asObject(await reply.json()) ?? {};
}

test('spent of each budget is what the API tells, and only where it can be known', async () => {
  const budget = [
    { amount_usd: 5, period: 'day' },
    { amount_usd: 100, period: 'total' },
  ];
  const { id, key } = await api('keys', { name: 'spender', budget }, 'POST');
  await api('keys', { name: 'free' }, 'POST');
  await api('users/ann', { budget: { amount_usd: 2, period: 'month' } });
  const asked = {
    model: 'alpha/echo',
    user: 'ann',
    messages: [{ role: 'user', content: 'hello' }],
  };
  const reply = await gateway.post('/v1/chat/completions', asked, {
    authorization: `Bearer ${key}`,
  });
  expect(reply.status).toBe(200);
  await reply.text();
  const spentIn = (shown: JsonObject) =>
    asObjects(asObject(shown.usage)?.budgets).map(
      ({ period, amount_usd, spent_usd, resets_at }) => [
        ...[period, amount_usd, spent_usd, resets_at],
      ],
    );
  const told = spentIn(await api(`keys/${id}`));
  const spent = Number(told[0]?.[2]);
  expect(spent).toBeGreaterThan(0);

  const show = async () =>
    JSON.parse((await run(['keys', 'show', String(id), '--json'])).stdout) as JsonObject;
  // Half a second later it stands in the file.
  await until(async () => spentIn(await show())[0]?.[2] === spent, 20_000);
  const shown = await show();
  expect(spentIn(shown)).toEqual(told);
  expect(asObject(shown.usage)).toMatchObject({ concurrent: null, requests_this_minute: null });

  const words = `${spent.toFixed(9).replace(/0+$/, '')} of 5 USD/day, `;
  const list = await run(['keys', 'list']);
  expect(list.stdout).toContain(words);
  expect(list.stderr).toBe('');
  expect(list.stdout.split('\n').find((line) => line.includes('free'))).not.toContain(' of ');
  expect((await run(['keys', 'show', String(id)])).stdout).toContain(`spent     ${words}`);
  const users = asObjects(
    (JSON.parse((await run(['users', 'list', '--json'])).stdout) as JsonObject).users,
  );
  expect(users.map(spentIn)).toEqual([spentIn(await api('users/ann'))]);
  expect((await run(['users', 'list'])).stdout).toContain('of 2 USD/month');

  // Counted elsewhere, the file says nothing of it.
  const redis = await run(['keys', 'list'], { REDIS_URL: 'redis://127.0.0.1:1' });
  expect(redis.stdout).toContain('spender');
  expect(redis.stdout).not.toContain('of 5 USD/day');
  expect(redis.stderr).toBe(
    'What is spent is counted in Redis: GET /router/v1/keys of the running gateway tells it.\n',
  );
}, 60_000);
