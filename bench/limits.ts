// npm run bench:limits: what keys, limits and a plan cost a request, in microseconds of CPU of the one thread that serves requests.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtInCatalog } from '../src/catalog/load.ts';
import type { Actor } from '../src/core/actor.ts';
import { EVERY_ACCESS as EVERYTHING } from '../src/core/key.ts';
import { type Limits, NO_LIMITS } from '../src/core/limits.ts';
import { DIALECTS } from '../src/dialects/index.ts';
import { demandOf } from '../src/gateway/demand.ts';
import { expectedOfChat } from '../src/gateway/expected-usage.ts';
import { readInbound } from '../src/gateway/inbound.ts';
import { planFor } from '../src/gateway/plan-for.ts';
import { requestFacts } from '../src/gateway/request-facts.ts';
import { buildSnapshot } from '../src/gateway/snapshot.ts';
import { authenticate } from '../src/limits/keys/authenticate.ts';
import { openKeys } from '../src/limits/keys/keys.ts';
import { type Held, Limiter } from '../src/limits/limiter.ts';
import { MemoryMeters } from '../src/limits/meters/memory-meters.ts';
import type { MeterStore } from '../src/limits/meters/meter.ts';
import { openSqliteMeters } from '../src/limits/meters/sqlite-meters.ts';
import { openStore } from '../src/store/open-store.ts';
import { Health } from '../src/upstream/health/health.ts';
import { threadCpuMicros } from './thread-cpu.ts';

const ROUNDS = 5;
const CALLS = 10_000;
const ASKED = 10;
const FLUSHED_AFTER = 500;
const KEYS = 100;
const USERS = 1000;
const CROWD = 100_000;

const DOLLARS = 1e9;
const BY_ONE: Actor = { via: 'cli', id: null };
const dir = mkdtempSync(join(tmpdir(), 'switchyard-bench-limits-'));
const store = openStore({ dataDir: dir });
const keys = openKeys(store, { adminKey: null });
const budget = (usd: number, period: 'day' | 'month') => ({ amountNano: usd * DOLLARS, period });
/** A day's and a month's budget and all three rates. */
const limits: Limits = {
  budgets: [budget(1e6, 'day'), budget(9e6, 'month')],
  rate: { requestsPerMinute: 1e12, tokensPerMinute: 1e12, concurrent: 1e6 },
};
/** And of each user: a budget and a rate. */
const userLimits: Limits = {
  budgets: [budget(1e6, 'month')],
  rate: { requestsPerMinute: 1e12, tokensPerMinute: null, concurrent: null },
};
const secrets: string[] = [];
for (let key = 0; key < KEYS; key += 1) {
  const { secret } = await keys.create(
    {
      name: `key ${key}`,
      role: 'inference',
      budgets: limits.budgets,
      rate: limits.rate,
      userLimits,
    },
    BY_ONE,
  );
  secrets.push(secret);
}

const snapshot = buildSnapshot({
  config: {},
  environment: { OPENAI_API_KEY: 'k' },
  catalog: { base: builtInCatalog(), refreshed: null, warning: null },
  local: new Map(),
  sim: null,
});
const live = {
  health: new Health({
    now: () => performance.now(),
    chance: Math.random,
    settings: () => snapshot.health,
  }),
};
const dialect = DIALECTS['openai-chat'];
const headers = secrets.map(
  (secret) =>
    new Headers({ authorization: `Bearer ${secret}`, 'content-type': 'application/json' }),
);
const inbound = readInbound(
  dialect,
  JSON.stringify({
    model: 'openai/gpt-4o-mini',
    max_tokens: 500,
    messages: [
      { role: 'system', content: 'You are the assistant of a shop for bicycles. Be brief.' },
      { role: 'user', content: 'My rear wheel is out of true. Can I fix that at home? '.repeat(6) },
    ],
  }),
  new Headers(),
);

/** Microseconds of this thread's CPU a call; the best of several rounds. What a call leaves for the end of its turn is in it. */
async function microseconds(work: (at: number) => unknown): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round <= ROUNDS; round += 1) {
    const started = threadCpuMicros();
    for (let at = 0; at < CALLS; at += 1) {
      work(round * CALLS + at);
      // What is spent goes from journal to database twice a second: of a thousand requests a second, after every five hundredth.
      await (at % FLUSHED_AFTER === 0 ? Bun.sleep(0) : null);
    }
    if (round > 0) best = Math.min(best, (threadCpuMicros() - started) / CALLS);
  }
  return best;
}

const headersOf = (at: number): Headers => headers[(at * 7919) % KEYS] ?? new Headers();
const keyOf = (at: number) => authenticate(headersOf(at), keys);
const userOf = (at: number): string => `user-${(at * 7919) % USERS}`;
const factsOf = (at: number) => requestFacts(inbound, `0197-${at}`);
const plannedFor = (at: number) => planFor(inbound, factsOf(at), keyOf(at), snapshot, live);
const { candidates } = plannedFor(0);
const records = secrets.map((_, at) => keyOf(at));

const settled = (held: Held | Promise<Held>): void => {
  if ('settle' in held) held.settle({ nano: 250_000, tokens: 400 });
};
const limiterOf = (kept: MeterStore): Limiter =>
  new Limiter({ store: kept, everyUser: () => null, userLimits: () => null });
const memory = limiterOf(new MemoryMeters());
const sqlite = limiterOf(openSqliteMeters({ dataDir: dir, flushMs: 0 }));

/** Everything between a request that is read and the one that is sent, and its settling. */
function whole(limiter: Limiter, at: number, user: string | null): void {
  const key = keyOf(at);
  const facts = factsOf(at);
  const { candidates: asked } = planFor(inbound, facts, key, snapshot, live);
  const caller = limiter.of(key, user);
  if (caller === null) return;
  const { demand } = demandOf(asked, expectedOfChat(inbound, facts), caller, snapshot.limits);
  settled(limiter.hold(caller, demand));
}

function heldAlone(limiter: Limiter, at: number, user: string | null): void {
  const key = records[(at * 7919) % KEYS];
  const caller = key === undefined ? null : limiter.of(key, user);
  if (caller !== null) settled(limiter.hold(caller, { nano: 300_000, tokens: 500 }));
}

const lines: readonly (readonly [what: string, work: (at: number) => unknown])[] = [
  ['nothing: what is measured with everything below', () => null],
  [`who calls: one of ${KEYS} keys, by its hash`, keyOf],
  ['a plan: a named model', (at) => planFor(inbound, factsOf(at), EVERYTHING, snapshot, live)],
  [
    'an estimate of the prompt and of its cost',
    (at) => {
      const expects = expectedOfChat(inbound, factsOf(at));
      return demandOf(candidates, expects, { money: true, tokens: true }, snapshot.limits);
    },
  ],
  ['held and settled in memory: a key of five limits', (at) => heldAlone(memory, at, null)],
  ['the same, and a user of two', (at) => heldAlone(memory, at, userOf(at))],
  ['held and settled in SQLite: a key of five limits', (at) => heldAlone(sqlite, at, null)],
  ['the same, and a user of two', (at) => heldAlone(sqlite, at, userOf(at))],
  [`together, in memory (asked: ≤ ${ASKED})`, (at) => whole(memory, at, null)],
  [`together, in SQLite (asked: ≤ ${ASKED})`, (at) => whole(sqlite, at, null)],
  ['together, in SQLite, with a user of two limits', (at) => whole(sqlite, at, userOf(at))],
];
process.stdout.write('Microseconds of CPU a request, one thread:\n');
for (const [what, work] of lines)
  process.stdout.write(`${(await microseconds(work)).toFixed(1).padStart(8)}  ${what}\n`);

const before = process.memoryUsage().rss;
const many = new MemoryMeters();
const crowd = limiterOf(many);
for (let user = 0; user < CROWD; user += 1) {
  const [key] = records;
  const caller = key === undefined ? null : crowd.of({ ...key, limits: NO_LIMITS }, `user-${user}`);
  if (caller !== null) settled(crowd.hold(caller, { nano: 1, tokens: 1 }));
}
Bun.gc(true);
const megabytes = (process.memoryUsage().rss - before) / 1e6;
process.stdout.write(
  `${megabytes.toFixed(0).padStart(8)}  megabytes for ${many.size} counts of ${CROWD} users at once\n`,
);
await sqlite.close();
keys.close();
store.close();
rmSync(dir, { recursive: true, force: true });
