// kill -9 during load, again and again: what answered callers were charged is never spent anew, nothing stays held, and no key
// opens again that should not. SWITCHYARD_LIMIT_KILLS=200 for the long run.
import { Database } from 'bun:sqlite';
import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { startSim } from '../../sim/start-sim.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { openFolder, type Program, startServe } from './program-under-test.ts';
import { until } from './until.ts';

const KILLS = Number(process.env.SWITCHYARD_LIMIT_KILLS ?? 10);
const LANES = 12;
const LONGEST_LIFE_MS = 250;
const ADMIN = 'sy-the-admin-key-of-this-test';
const MODEL = 'echo+tokens=10+ttft=3';
/** Ten tokens at ten dollars a million. */
const COST_NANO = 100_000;

test(
  `${KILLS} kills: what was charged stays spent, nothing stays held, what was shut stays shut`,
  async () => {
    using folder = openFolder();
    const sim = startSim({ seed: 1, keep: 0 });
    const config = await folder.write(
      'switchyard.yaml',
      `
health: { enabled: false }
cache: { mode: off }
providers:
  alpha: { dialect: openai-chat, base_url: "${sim.url}", api_key: k }
models:
  - { id: "alpha/${MODEL}", price: { input: 0, output: 10 } }
`,
    );
    const start = () =>
      startServe(['--config', config, '--data', 'data'], folder, {
        env: { SWITCHYARD_ADMIN_KEY: ADMIN },
      });
    const keys = await firstKeys(start);
    let chargedNano = 0;
    let answered = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      await using program = await start();
      await looksRight(program, keys);
      expect(spentNano(folder.path, keys.loaded.id)).toBeGreaterThanOrEqual(chargedNano);
      let isOver = false;
      const lane = async (at: number): Promise<void> => {
        while (!isOver) {
          const told = await costOf(program.url(), keys.loaded.secret, at % 2 === 0);
          if (told === null) continue;
          chargedNano += told;
          answered += 1;
        }
      };
      const lanes = Array.from({ length: LANES }, (_, at) => lane(at));
      await until(() => answered > kill, 20_000);
      await Bun.sleep((kill * 83) % LONGEST_LIFE_MS);
      isOver = true;
      program.signal('SIGKILL');
      await Promise.all(lanes);
      await program.child.exited;
      expect(program.child.signalCode).toBe('SIGKILL');
    }
    await using program = await start();
    await looksRight(program, keys);
    const spent = spentNano(folder.path, keys.loaded.id);
    expect(spent).toBeGreaterThanOrEqual(chargedNano);
    // Nothing is charged twice: no more than the provider was asked for.
    expect(spent).toBeLessThanOrEqual(sim.received * COST_NANO);
    expect(chargedNano).toBe(answered * COST_NANO);
    expect(answered).toBeGreaterThan(KILLS * 5);
    process.stderr.write(
      `${KILLS} kills: ${answered} callers charged $${chargedNano / 1e9}, $${spent / 1e9} spent, ${sim.received} asked\n`,
    );
    await sim.stop();
  },
  { timeout: 60_000 + KILLS * 5000 },
);

interface Key {
  readonly id: string;
  readonly secret: string;
}

interface ShutKeys {
  readonly loaded: Key;
  readonly exhausted: Key;
  readonly removed: Key;
  readonly expired: Key;
}

/** Made, used and shut in a first life that ends with a kill as well. */
async function firstKeys(start: () => Promise<Program>): Promise<ShutKeys> {
  await using program = await start();
  const url = program.url();
  const made = async (name: string, more: JsonObject): Promise<Key> => {
    const response = await asAdmin(url, 'POST', '', { name, role: 'inference', ...more });
    expect(response.status).toBe(201);
    const { id, key } = (await response.json()) as { id: string; key: string };
    return { id, secret: key };
  };
  const budget = (usd: number) => ({ budget: { amount_usd: usd, period: 'total' } });
  const loaded = await made('loaded', budget(1000));
  const exhausted = await made('exhausted', budget(COST_NANO / 1e9));
  const removed = await made('removed', {});
  const expired = await made('expired', {
    expires_at: new Date(Date.now() + 1500).toISOString(),
  });
  for (const key of [loaded, exhausted, removed, expired])
    expect(await costOf(url, key.secret, false)).toBe(COST_NANO);
  expect((await asAdmin(url, 'DELETE', `/${removed.id}`)).status).toBe(200);
  await until(async () => (await ask(url, expired.secret, false)).status === 401, 5000);
  program.signal('SIGKILL');
  await program.child.exited;
  return { loaded, exhausted, removed, expired };
}

function asAdmin(url: string, method: string, path: string, body?: JsonObject): Promise<Response> {
  return fetch(`${url}/router/v1/keys${path}`, {
    method,
    headers: { authorization: `Bearer ${ADMIN}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function looksRight(program: Program, keys: ShutKeys): Promise<void> {
  const url = program.url();
  const metrics = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${ADMIN}` } });
  expect(await metrics.text()).toContain('\nswitchyard_limit_holds 0\n');
  expect((await ask(url, keys.exhausted.secret, false)).status).toBe(402);
  expect((await ask(url, keys.removed.secret, false)).status).toBe(401);
  expect((await ask(url, keys.expired.secret, false)).status).toBe(401);
}

function ask(url: string, secret: string, stream: boolean): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: `alpha/${MODEL}`,
      max_tokens: 10,
      stream,
      messages: [{ role: 'user', content: 'Count.' }],
    }),
  });
}

/** What a whole answer said it cost; null where none came whole. */
async function costOf(url: string, secret: string, stream: boolean): Promise<number | null> {
  try {
    const response = await ask(url, secret, stream);
    const text = await response.text();
    if (response.status !== 200 || (stream && !text.includes('[DONE]'))) return null;
    const [, usd] = /"cost_usd":([0-9.e-]+)/.exec(text) ?? [];
    return Math.round(Number(usd) * 1e9);
  } catch {
    return null;
  }
}

function spentNano(folder: string, key: string): number {
  const sqlite = new Database(join(folder, 'data', 'limits.db'), { readonly: true });
  const row = sqlite
    .query<{ spent: number }, [string]>('SELECT spent FROM spend WHERE id = ?')
    .get(`key:${key}/budget/total`);
  sqlite.close();
  return row?.spent ?? 0;
}
