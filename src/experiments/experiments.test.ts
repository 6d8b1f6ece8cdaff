// Experiments from the log's rows and posted outcomes to what the API answers, on a real database with both threads.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayError } from '../core/errors.ts';
import type { Router } from '../core/router.ts';
import { openStore, type Store } from '../store/open-store.ts';
import { Experiments } from './experiments.ts';
import type { Outcome } from './outcome.ts';
import type { PlacedRequest } from './place-outcomes.ts';
import type { ExperimentQuery } from './read-experiment.ts';
import type { ExperimentReport, VariantReport } from './report.ts';
import { seededRandom } from './seeded-random.ts';

const DAY_MS = 86_400_000;
const T0 = Date.UTC(2026, 10, 1, 10);
const ROUTE = { router: 'smart', route: 'default' };
const ALL: ExperimentQuery = {
  ...ROUTE,
  from: null,
  to: null,
  windowDays: null,
  control: null,
  alpha: 0.05,
};

let dir: string;
let store: Store;
let experiments: Experiments;
let now: number;
let ids: number;
/** By generation id; null: it cannot be read. */
let log: Map<string, PlacedRequest> | null;
const requestOf = async (id: string): Promise<PlacedRequest | null> => {
  if (log === null) throw new GatewayError('storage_unavailable', 'the log is away');
  return log.get(id) ?? null;
};

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-experiments-'));
  store = openStore({ dataDir: dir });
  now = T0;
  ids = 0;
  log = new Map();
  experiments = new Experiments({
    ...{ store, requestOf, now: () => now, refreshMs: 3_600_000 },
    log: () => undefined,
  });
});
afterEach(async () => {
  await experiments.close();
  store.close();
  rmSync(dir, { recursive: true, force: true });
});

/** A router with these weights in its only route. */
function router(weights: { readonly [variant: string]: number }, id = 'smart'): Router {
  const variants = Object.entries(weights).map(([variant, weight]) => ({
    weight,
    variant: { id: variant, model: 'auto', selection: {}, settings: {} },
  }));
  const defaultRoute = { id: 'default', variants };
  return { id, displayName: null, defaults: {}, routes: [], defaultRoute, commands: {} };
}

interface Meeting {
  readonly user: string;
  readonly variant: string;
  readonly from: number;
  readonly to?: number;
  readonly model?: string;
  readonly route?: string;
}

/** As the log's writer notes it (ledger/exposures.test.ts has that it does). */
function met(...meetings: readonly Meeting[]): void {
  const insert = store.sqlite.query(
    `INSERT INTO exposures (router_id, route_id, user_id, variant_id, first_at, last_at, requests, cost_nano,
      first_generation, last_model) VALUES ('smart', ?, ?, ?, ?, ?, 1, 2000000, 'g', ?)`,
  );
  const day = store.sqlite.query(
    `INSERT INTO variant_days VALUES ('smart', ?, ?, ?, 1, 0, 0, 2000000)
      ON CONFLICT DO UPDATE SET requests = requests + 1, cost_nano = cost_nano + 2000000`,
  );
  store.sqlite.transaction(() => {
    for (const {
      user,
      variant,
      from,
      to = from,
      model = 'openai/m',
      route = 'default',
    } of meetings) {
      insert.run(route, user, variant, from, to, model);
      day.run(route, variant, Math.floor(from / DAY_MS));
    }
  })();
}

/** A request comes into the log. */
function logged(id: string, user: string | null, variant: string | null, model = 'openai/m'): void {
  const route = variant === null ? null : 'default';
  const router_id = variant === null ? null : 'smart';
  log?.set(id, { router_id, route_id: route, variant_id: variant, user, model });
}

function outcome(change: Partial<Outcome>): Outcome {
  ids += 1;
  return {
    id: `o${ids}`,
    user: null,
    generationId: null,
    metric: 'stars',
    value: 1,
    at: now,
    ...change,
  };
}

async function read(change: Partial<ExperimentQuery> = {}): Promise<ExperimentReport> {
  const answer = await experiments.read({ ...ALL, ...change });
  if (!('report' in answer)) throw new Error(`no report: ${JSON.stringify(answer)}`);
  return answer.report;
}

function variantIn(report: ExperimentReport, id: string): VariantReport {
  const found = report.variants.find(({ variant_id }) => variant_id === id);
  if (found === undefined) throw new Error(`no variant ${id}`);
  return found;
}

/** What each variant was counted of a metric: outcomes, users, mean of means, sum per user. */
function counted(report: ExperimentReport, metric = 'stars') {
  return Object.fromEntries(
    report.variants.map(({ variant_id, metrics }) => {
      const found = metrics[metric];
      return [
        variant_id,
        found && [
          found.count,
          found.users,
          found.mean?.value ?? null,
          found.per_user?.value ?? null,
        ],
      ];
    }),
  );
}

describe('posting', () => {
  test('counts each id once, in one request and over many', async () => {
    const ann = outcome({ user: 'ann' });
    expect(await experiments.post([ann, ann])).toEqual({ accepted: 1, duplicates: 1 });
    const again = { ...ann, at: ann.at + 1 };
    expect(await experiments.post([again, outcome({ user: 'ann' })])).toEqual({
      accepted: 1,
      duplicates: 1,
    });
    met({ user: 'ann', variant: 'a', from: T0 - 5 });
    expect(counted(await read())).toEqual({ a: [2, 1, 1, 2] });
  });
});

describe('an id', () => {
  test('of a request that is repeated with more or fewer outcomes is refused too', async () => {
    const under = (at: number, user: string) => ({ ...outcome({ user }), id: `k ${at} key` });
    const both = [under(0, 'ann'), under(1, 'bob')];
    expect(await experiments.post(both)).toEqual({ accepted: 2, duplicates: 0 });
    expect(await experiments.post(both)).toEqual({ accepted: 0, duplicates: 2 });
    for (const other of [both.slice(0, 1), [...both, under(2, 'eve')]]) {
      const refusal = await experiments.post(other).then(() => null, Object);
      expect(refusal).toMatchObject({ code: 'already_exists' });
    }
  });

  test('that was another outcome’s is refused, and nothing of its request is kept', async () => {
    const ann = outcome({ user: 'ann' });
    await experiments.post([ann]);
    for (const other of [
      { ...ann, value: 7 },
      { ...ann, user: 'bob' },
    ]) {
      const refusal = await experiments
        .post([outcome({ user: 'eve' }), other])
        .then(() => null, Object);
      expect(refusal).toMatchObject({ code: 'already_exists', details: { param: '[1]' } });
    }
    met({ user: 'ann', variant: 'a', from: T0 - 5 }, { user: 'eve', variant: 'a', from: T0 - 5 });
    // Eve’s is not there, and she counts among the users met.
    expect(counted(await read())).toEqual({ a: [1, 1, 1, 0.5] });
  });
});

describe('an outcome belongs to', () => {
  beforeEach(() => {
    met(
      { user: 'ann', variant: 'a', from: T0 - 100 },
      { user: 'bob', variant: 'b', from: T0 - 100 },
    );
  });

  test('the variant its user had met', async () => {
    await experiments.post([
      outcome({ user: 'ann', value: 4 }),
      outcome({ user: 'ann', value: 2 }),
      outcome({ user: 'bob', value: 5 }),
      outcome({ user: 'cid', value: 9 }),
    ]);
    expect(counted(await read())).toEqual({ a: [2, 1, 3, 6], b: [1, 1, 5, 5] });
  });

  test('none, where it happened before its user met one', async () => {
    await experiments.post([outcome({ user: 'ann', at: T0 - 101 })]);
    expect(counted(await read())).toEqual({ a: undefined, b: undefined });
  });

  test('the request it names, whoever its user is', async () => {
    logged('g1', 'bob', 'b');
    logged('g2', 'ann', null);
    await experiments.post([
      outcome({ generationId: 'g1', value: 3 }),
      outcome({ generationId: 'g1', user: 'ann', value: 5 }),
      // Of a request that no router sent on: of no variant, though ann has met one.
      outcome({ generationId: 'g2', user: 'ann', value: 7 }),
    ]);
    expect(counted(await read())).toEqual({ a: [0, 0, null, 0], b: [2, 1, 4, 8] });
  });

  test('a request that is not in the log yet, as soon as it is', async () => {
    await experiments.post([outcome({ generationId: 'late', value: 3 })]);
    expect(counted(await read())).toEqual({ a: undefined, b: undefined });
    logged('late', 'ann', 'a');
    expect(counted(await read())).toEqual({ a: [1, 1, 3, 3], b: [0, 0, null, 0] });
  });

  test('its user, where its request never comes', async () => {
    await experiments.post([outcome({ generationId: 'lost', user: 'ann', value: 3 })]);
    now += 2 * 3_600_000;
    expect(counted(await read())).toEqual({ a: [1, 1, 3, 3], b: [0, 0, null, 0] });
    expect(store.sqlite.query('SELECT * FROM outcomes_to_place').all()).toEqual([]);
  });

  test('nobody for now, where the log cannot be read, however long', async () => {
    const kept = log;
    log = null;
    await experiments.post([outcome({ generationId: 'g9', value: 3 })]);
    now += 2 * 3_600_000;
    expect(counted(await read())).toEqual({ a: undefined, b: undefined });
    log = kept;
    logged('g9', 'bob', 'b');
    expect(counted(await read())).toEqual({ a: [0, 0, null, 0], b: [1, 1, 3, 3] });
  });

  test('a variant and no user, where its request had none', async () => {
    logged('g3', null, 'b');
    await experiments.post([outcome({ generationId: 'g3' })]);
    expect(counted(await read())).toEqual({ a: [0, 0, null, 0], b: [1, 0, null, 0] });
  });

  test('the variant met last before it, of users who were moved', async () => {
    met(
      { user: 'dan', variant: 'a', from: T0 - 90, to: T0 - 60 },
      { user: 'dan', variant: 'b', from: T0 - 50, to: T0 - 10 },
    );
    await experiments.post([
      outcome({ user: 'dan', at: T0 - 70, value: 1 }),
      outcome({ user: 'dan', at: T0 - 55, value: 2 }),
      outcome({ user: 'dan', at: T0 - 45, value: 4 }),
      outcome({ user: 'dan', at: T0, value: 8 }),
    ]);
    const report = await read();
    expect(counted(report)).toEqual({ a: [2, 1, 1.5, 1.5], b: [2, 1, 6, 6] });
    expect(report.moved_users).toBe(1);
    expect(report.warnings[0]).toContain('moved_users: 1 users met more than one variant');
  });

  test('the variant gone back to, once that is done', async () => {
    met(
      { user: 'eve', variant: 'a', from: T0 - 90, to: T0 - 10 },
      { user: 'eve', variant: 'b', from: T0 - 50, to: T0 - 40 },
    );
    await experiments.post([outcome({ user: 'eve', at: T0 - 5 })]);
    expect(counted(await read())).toMatchObject({ a: [1, 1, 1, 0.5], b: [0, 0, null, 0] });
  });
});

describe('what is asked for', () => {
  test('days choose users by when they first met a variant, with all they did since', async () => {
    met(
      { user: 'ann', variant: 'a', from: T0 },
      { user: 'bob', variant: 'a', from: T0 + DAY_MS, to: T0 + 3 * DAY_MS },
      { user: 'cid', variant: 'a', from: T0 + 2 * DAY_MS },
    );
    now = T0 + 4 * DAY_MS;
    await experiments.post([outcome({ user: 'ann' }), outcome({ user: 'bob', value: 6 })]);
    const day = Math.floor(T0 / DAY_MS) * DAY_MS;
    const report = await read({ from: day + DAY_MS, to: day + 2 * DAY_MS });
    expect(counted(report)).toEqual({ a: [1, 1, 6, 6] });
    expect(variantIn(report, 'a')).toMatchObject({ users: 1, requests: 1 });
    expect([report.from, report.to]).toEqual(['2026-11-02', '2026-11-03']);
  });

  test('a window counts what came in it, of users for whom it is over', async () => {
    met(
      { user: 'ann', variant: 'a', from: T0 },
      { user: 'bob', variant: 'a', from: T0 + 3 * DAY_MS },
    );
    now = T0 + 4 * DAY_MS;
    await experiments.post([
      outcome({ user: 'ann', at: T0 + DAY_MS, value: 2 }),
      outcome({ user: 'ann', at: T0 + 2 * DAY_MS, value: 4 }),
      outcome({ user: 'bob', at: T0 + 3 * DAY_MS + 1, value: 8 }),
    ]);
    expect(counted(await read({ windowDays: 2 }))).toEqual({ a: [1, 1, 2, 2] });
  });

  test('another control turns the difference round', async () => {
    const random = seededRandom(1);
    const users = Array.from({ length: 600 }, (_, at) => `u${at}`);
    met(...users.map((user, at) => ({ user, variant: at % 2 ? 'new' : 'old', from: T0 - 9 })));
    await experiments.post(
      users.map((user, at) => outcome({ user, value: random() < (at % 2 ? 0.8 : 0.3) ? 1 : 0 })),
    );
    experiments.sawWeights([router({ old: 50, new: 50 })]);
    const report = await read();
    expect(report.control).toBe('old');
    expect(variantIn(report, 'old').metrics.stars?.difference).toBeNull();
    const gain = variantIn(report, 'new').metrics.stars?.difference?.per_user;
    expect(gain?.value).toBeCloseTo(0.5, 0);
    expect(gain?.significant).toBe(true);
    expect(gain?.low).toBeGreaterThan(0.3);
    const other = await read({ control: 'new' });
    const loss = variantIn(other, 'old').metrics.stars?.difference?.per_user;
    expect(loss).toEqual({
      value: -(gain?.value ?? 0),
      low: -(gain?.high ?? 0),
      high: -(gain?.low ?? 0),
      significant: true,
    });
  });

  test('what is not there is said', async () => {
    expect(await experiments.read(ALL)).toEqual({ unknown: 'route' });
    met({ user: 'ann', variant: 'a', from: T0 });
    expect(await experiments.read({ ...ALL, control: 'z' })).toEqual({
      unknown: 'control',
      variants: ['a'],
    });
  });
});

test('few users have values and no intervals', async () => {
  met({ user: 'ann', variant: 'a', from: T0 }, { user: 'bob', variant: 'b', from: T0 });
  await experiments.post([outcome({ user: 'ann', value: 3 }), outcome({ user: 'bob', value: 4 })]);
  const { stars } = variantIn(await read(), 'b').metrics;
  const none = { low: null, high: null };
  expect(stars?.mean).toEqual({ value: 4, ...none });
  expect(stars?.difference?.mean).toEqual({ value: 1, ...none, significant: false });
});

test('retention: who came back so many days after they came, of those who came so long ago', async () => {
  met(
    { user: 'ann', variant: 'a', from: T0, to: T0 + DAY_MS },
    { user: 'bob', variant: 'a', from: T0, to: T0 + DAY_MS - 1 },
    { user: 'cid', variant: 'a', from: T0, to: T0 + 7 * DAY_MS },
    { user: 'dan', variant: 'a', from: T0 + 6.5 * DAY_MS, to: T0 + 6.6 * DAY_MS },
    // Moved to another variant: still come back, and still one who came to the first.
    { user: 'eve', variant: 'a', from: T0, to: T0 },
    { user: 'eve', variant: 'b', from: T0 + 5 * DAY_MS, to: T0 + 5 * DAY_MS },
  );
  now = T0 + 7 * DAY_MS;
  const { metrics } = variantIn(await read(), 'a');
  const of = (name: string) => [metrics[name]?.count, metrics[name]?.of_users];
  expect(of('retention_1d')).toEqual([3, 4]);
  expect(of('retention_7d')).toEqual([1, 4]);
  expect(Object.keys(metrics)).toEqual(['retention_1d', 'retention_7d']);
  expect(metrics.retention_1d?.per_user?.low).toBeGreaterThan(0);
  expect(variantIn(await read(), 'b').metrics.retention_1d?.of_users).toBe(0);
});

describe('the split', () => {
  const people = (count: number, variant: string, from: number) =>
    Array.from({ length: count }, (_, at) => ({ user: `${variant}${from}-${at}`, variant, from }));

  test('is compared with the weights of now, among users who came under them', async () => {
    experiments.sawWeights([router({ a: 90, b: 10 })]);
    await read();
    met(...people(900, 'a', T0 + 1), ...people(100, 'b', T0 + 1));
    expect((await read()).sample_ratio).toMatchObject({ users: 1000, mismatch: false });
    now = T0 + DAY_MS;
    experiments.sawWeights([router({ b: 50, a: 50 })]);
    const ramped = await read();
    expect(ramped.sample_ratio).toEqual({ users: 0, p_value: null, mismatch: false });
    expect(ramped.weights_since).toBe(new Date(now).toISOString());
    expect(ramped.variants.map(({ variant_id, weight }) => [variant_id, weight])).toEqual([
      ['b', 50],
      ['a', 50],
    ]);
    met(...people(500, 'a', now + 1), ...people(500, 'b', now + 1));
    expect((await read()).sample_ratio).toMatchObject({ users: 1000, mismatch: false });
    met(...people(300, 'a', now + 2));
    const off = await read();
    expect(off.sample_ratio?.mismatch).toBe(true);
    expect(off.warnings[0]).toContain('sample_ratio: the variants do not meet as many users');
  });

  test('seen again as it is, in another order or after a restart, begins nothing new', async () => {
    experiments.sawWeights([router({ a: 90, b: 10 })]);
    const before = (await read()).weights_since;
    now += DAY_MS;
    experiments.sawWeights([router({ b: 10, a: 90 })]);
    await experiments.close();
    experiments = new Experiments({ store, requestOf, now: () => now, refreshMs: 3_600_000 });
    experiments.sawWeights([router({ a: 90, b: 10 })]);
    expect((await read()).weights_since).toBe(before);
    // Gone and come back: a new one.
    experiments.sawWeights([]);
    now += DAY_MS;
    experiments.sawWeights([router({ a: 90, b: 10 })]);
    expect((await read()).weights_since).toBe(new Date(now).toISOString());
  });
});

test('the list has every route with a choice or with users, and no other', async () => {
  met(
    { user: 'ann', variant: 'a', from: T0 },
    { user: 'ann', variant: 'x', from: T0, route: 'old' },
  );
  experiments.sawWeights([
    router({ a: 100, b: 0 }),
    router({ c: 50, d: 50 }, 'two'),
    router({ e: 100 }, 'one'),
  ]);
  const weights_since = new Date(T0).toISOString();
  const nobody = { users: 0, requests: 0, cost_usd: null };
  const one = { users: 1, requests: 1, cost_usd: 0.002 };
  expect(await experiments.list()).toEqual([
    {
      router_id: 'smart',
      route_id: 'default',
      weights_since,
      variants: [
        { variant_id: 'a', weight: 100, ...one },
        { variant_id: 'b', weight: 0, ...nobody },
      ],
    },
    {
      router_id: 'two',
      route_id: 'default',
      weights_since,
      variants: [
        { variant_id: 'c', weight: 50, ...nobody },
        { variant_id: 'd', weight: 50, ...nobody },
      ],
    },
    {
      router_id: 'smart',
      route_id: 'old',
      weights_since: null,
      variants: [{ variant_id: 'x', weight: null, ...one }],
    },
  ]);
});

describe('means by model', () => {
  const settled = 2001;

  test('are of outcomes by the request they name, or by the model that answered their user last', async () => {
    met(
      { user: 'ann', variant: 'a', from: T0 - 9, model: 'openai/a' },
      { user: 'bob', variant: 'b', from: T0 - 9, model: 'openai/b' },
    );
    logged('g1', null, null, 'openai/c');
    const thirty = (change: Partial<Outcome>) =>
      Array.from({ length: 30 }, (_, at) => outcome({ value: at % 3, ...change }));
    await experiments.post([
      ...thirty({ user: 'ann' }),
      ...thirty({ user: 'bob', value: 5 }).slice(1),
      ...thirty({ generationId: 'g1', value: 2 }),
      ...thirty({ user: 'nobody-we-know' }),
    ]);
    now += settled;
    await experiments.refreshMeans();
    const { means } = experiments;
    expect([...means.metrics()]).toEqual(['stars']);
    expect(means.mean('stars', 'openai/a')).toEqual({ value: 1, samples: 30 });
    expect(means.mean('stars', 'openai/c')).toEqual({ value: 2, samples: 30 });
    // 29 are too few.
    expect(means.mean('stars', 'openai/b')).toBeNull();
    await experiments.post([outcome({ user: 'bob', value: 5 })]);
    now += settled;
    await experiments.refreshMeans();
    expect(means.mean('stars', 'openai/b')).toEqual({ value: 5, samples: 30 });
    expect(means.mean('other', 'openai/a')).toBeNull();
  });

  test('of outcomes that came before their request are there once it is', async () => {
    await experiments.post(
      Array.from({ length: 30 }, () => outcome({ generationId: 'late', value: 4 })),
    );
    await experiments.refreshMeans();
    expect(experiments.means.mean('stars', 'openai/c')).toBeNull();
    logged('late', null, null, 'openai/c');
    await experiments.refreshMeans();
    expect(experiments.means.mean('stars', 'openai/c')).toEqual({ value: 4, samples: 30 });
  });

  test('outlive the program, and forget what is a month old', async () => {
    met({ user: 'ann', variant: 'a', from: T0 - 9, model: 'openai/a' });
    await experiments.post(Array.from({ length: 40 }, () => outcome({ user: 'ann' })));
    now += settled;
    await experiments.refreshMeans();
    await experiments.close();
    experiments = new Experiments({ store, requestOf, now: () => now, refreshMs: 3_600_000 });
    await experiments.refreshMeans();
    expect(experiments.means.mean('stars', 'openai/a')?.samples).toBe(40);
    now += 31 * DAY_MS;
    await experiments.post([outcome({ user: 'ann', at: now })]);
    now += settled;
    await experiments.refreshMeans();
    expect(experiments.means.mean('stars', 'openai/a')).toBeNull();
  });
});
