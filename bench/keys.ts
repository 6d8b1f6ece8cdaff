// npm run bench:keys: what ten thousand virtual keys cost: opening, each request's check, a change, a list.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GATEWAY_ACTOR } from '../src/core/actor.ts';
import { secretHash } from '../src/core/key-secret.ts';
import { authenticate } from '../src/limits/keys/authenticate.ts';
import { openKeys } from '../src/limits/keys/keys.ts';
import { shownKey } from '../src/limits/keys/shown-key.ts';
import { openStore } from '../src/store/open-store.ts';

const KEYS = Number(process.argv[2] ?? 10_000);
const CHECKS = 200_000;

const dir = mkdtempSync(join(tmpdir(), 'switchyard-bench-keys-'));
const store = openStore({ dataDir: dir });
const keys = openKeys(store, { adminKey: 'sy-the-operators-own' });
const { secret } = await keys.create({ name: 'first', role: 'inference' }, GATEWAY_ACTOR);
fill();

const line = (what: string, value: string) => process.stdout.write(`${what.padEnd(44)}${value}\n`);
const ms = (value: number) => `${value.toFixed(1)} ms`;

line(`open with ${KEYS} keys`, ms(median(() => openKeys(store, { adminKey: null }).close(), 7)));
keys.list();
const headers = new Headers({ authorization: `Bearer ${secret}` });
line(
  'check a key, its hash included',
  `${perCall(() => authenticate(headers, keys)).toFixed(2)} µs`,
);
line('  of which the hash', `${perCall(() => secretHash(secret)).toFixed(2)} µs`);
const changes: number[] = [];
for (let turn = 0; turn < 30; turn += 1) {
  const [{ id } = { id: '' }] = keys.list();
  await keys.update(id, { name: `${turn}` }, GATEWAY_ACTOR);
  // What the thread stands still for when another process changed one.
  store.sqlite.run('UPDATE virtual_keys SET enabled = 1 WHERE id = ?', [id]);
  changes.push(timed(() => keys.list()));
}
changes.sort((a, b) => a - b);
line('see one change and list all', ms(changes[15] ?? 0));
line(
  'list all as JSON',
  ms(
    median(() => JSON.stringify(keys.list().map((key) => shownKey(key, keys.replaced(key.id)))), 7),
  ),
);

keys.close();
store.close();
rmSync(dir, { recursive: true, force: true });

function fill(): void {
  const insert = store.sqlite.prepare(
    `INSERT INTO virtual_keys (id, name, role, secret_sha256, prefix, allowed_models, limits, labels, created_at, updated_at)
      VALUES (?, ?, 'inference', ?, 'sy-abcdef', '["openai/*"]', ?, '{"team":"search"}', ?, ?)`,
  );
  const limits = JSON.stringify({
    budgets: [{ amountNano: 20_000_000_000, period: 'month' }],
    rate: { requestsPerMinute: 60, tokensPerMinute: null, concurrent: null },
  });
  store.sqlite.transaction(() => {
    for (let at = 1; at < KEYS; at += 1)
      insert.run(`key_${at}`, `key ${at}`, secretHash(String(at)), limits, at, at);
  })();
}

function timed(work: () => unknown): number {
  const from = performance.now();
  work();
  return performance.now() - from;
}

function median(work: () => unknown, times: number): number {
  const all = Array.from({ length: times }, () => timed(work)).sort((a, b) => a - b);
  return all[Math.floor(times / 2)] ?? 0;
}

/** Microseconds of CPU, after a warm-up. */
function perCall(work: () => unknown): number {
  for (let turn = 0; turn < CHECKS / 10; turn += 1) work();
  const from = process.cpuUsage();
  for (let turn = 0; turn < CHECKS; turn += 1) work();
  const { user, system } = process.cpuUsage(from);
  return (user + system) / CHECKS;
}
