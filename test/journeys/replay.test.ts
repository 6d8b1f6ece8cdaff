// Replay: what a draft router would have changed of the traffic that was, over real HTTP; nobody called, nothing written.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { stringify } from 'yaml';
import type { LogRow } from '../../src/core/log-row.ts';
import type { ReplayReport } from '../../src/gateway/replay-report.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { type GatewayUnderTest, startGateway, startTwoWires } from './gateway-under-test.ts';
import { type Folder, openFolder, runProgram } from './program-under-test.ts';

const USERS = 300;
const wires = startTwoWires();
let gateway: GatewayUnderTest;
/** All of the traffic, oldest first. */
let rows: readonly LogRow[];

type Replayed = ReplayReport & { readonly source: string; readonly version: number | null };

const variant = (id: string, model: string, weight: number) => ({
  variant: { variantId: id, modelId: model },
  weight,
});

/** Users of the plan `pro` and long prompts have routes; the others are split by the given share. */
function shop(treated: number, change: object = {}): JsonObject {
  return {
    name: 'shop',
    routes: [
      {
        condition: { cel_expression: 'plan == "pro"' },
        route: { routeId: 'paid', variants: [variant('best', 'beta/echo', 100)] },
      },
      {
        condition: { cel_expression: 'session_depth > 1' },
        route: { routeId: 'deep', variants: [variant('deep', 'alpha/echo', 100)] },
      },
    ],
    defaultRoute: {
      routeId: 'split',
      variants: [
        variant('control', 'alpha/echo', 100 - treated),
        variant('treatment', 'beta/echo', treated),
      ],
    },
    ...change,
  };
}

beforeAll(async () => {
  gateway = await startGateway(wires.yaml);
  const made = await gateway.post('/router/v1/routers', shop(10));
  expect([made.status, await made.text()]).toEqual([200, expect.stringContaining('"done":true')]);
  const ask = async (body: JsonObject) => {
    const response = await gateway.post('/v1/chat/completions', {
      messages: [{ role: 'user', content: `Hello from ${body.user}` }],
      model: 'router/shop',
      ...body,
    });
    await response.text();
    expect(response.status).toBe(200);
  };
  for (let user = 0; user < USERS; user += 20)
    await Promise.all(
      Array.from({ length: 20 }, (_, next) => ask({ user: `user-${user + next}` })),
    );
  await ask({ user: 'payer', metadata: { plan: 'pro' }, model: 'inworld/shop' });
  await ask({
    user: 'talker',
    messages: ['Hi', 'Hi again'].map((content) => ({ role: 'user', content })),
  });
  // Not of this router.
  await ask({ user: 'other', model: 'alpha/echo' });
  rows = await gateway.rows();
});
afterAll(async () => {
  await gateway.stop();
  await wires.stop();
});

/** The answer, and that nobody was called and nothing written for it. */
async function replay(body: object, id = 'shop'): Promise<{ status: number; body: Replayed }> {
  const called = wires.alpha.received + wires.beta.received;
  const response = await gateway.post(`/router/v1/routers/${id}:replay`, body);
  const answer = (await response.json()) as Replayed;
  expect(wires.alpha.received + wires.beta.received).toBe(called);
  expect(await gateway.rows()).toEqual(rows);
  return { status: response.status, body: answer };
}

/** The rows whose users get another variant where the draft is the router that serves. */
async function movedInTruth(draft: JsonObject): Promise<readonly LogRow[]> {
  const other = await startGateway(wires.yaml);
  try {
    await (await other.post('/router/v1/routers', draft)).text();
    const moved: LogRow[] = [];
    for (const row of ofShop().filter(({ route_id }) => route_id === 'split')) {
      const reply = await other.post('/v1/chat/completions', {
        model: 'router/shop',
        user: row.user,
        messages: [{ role: 'user', content: 'Hello' }],
      });
      const { metadata } = (await reply.json()) as { metadata: { variant_id: string } };
      if (metadata.variant_id !== row.variant_id) moved.push(row);
    }
    return moved;
  } finally {
    await other.stop();
  }
}

/** Dollars of so many tokens at the prices of the configuration. */
function costAt(model: string, row: LogRow): number {
  const [input, output] = model === 'beta/echo' ? [3, 15] : [1, 2];
  return ((row.usage.input ?? 0) * input + (row.usage.output ?? 0) * output) / 1e6;
}

const ofShop = () => rows.filter(({ router_id }) => router_id === 'shop');

describe('an unchanged router', () => {
  test.each([
    ['as it is saved', {}, 'saved'],
    ['written again as a draft', { draft: shop(10) }, 'draft'],
    ['as the version it is', { version: 1 }, 'version'],
  ])('%s moves nothing', async (_, body, source) => {
    const { status, body: report } = await replay(body);
    expect(status).toBe(200);
    const cost = ofShop().reduce((sum, row) => sum + (row.cost_usd ?? 0), 0);
    expect(report).toMatchObject({
      source,
      router_id: 'shop',
      limit: 10_000,
      truncated: false,
      requests: {
        total: USERS + 2,
        decided: USERS + 2,
        undecided: 0,
        unchanged: USERS + 2,
        moved: 0,
        refused: 0,
      },
      undecided: [],
      refused: [],
      moves: [],
      users: { total: USERS + 2, moved: 0 },
      samples: [],
    });
    expect(report.cost).toMatchObject({
      requests: USERS + 2,
      unpriced: 0,
      difference_usd: 0,
      difference_percent: 0,
    });
    expect(report.cost.before_usd).toBeGreaterThan(0);
    expect(report.cost.before_usd).toBeCloseTo(cost, 9);
    for (const place of report.variants) expect(place.requests_after).toBe(place.requests_before);
  });
});

describe('a draft', () => {
  test('from 90/10 to 80/20 moves those that it would move in truth, at the price that comes of it', async () => {
    const draft = shop(20);
    const { body: report } = await replay({ draft });
    const moved = await movedInTruth(draft);
    // A tenth of 300, and all of them one way.
    expect(moved.length).toBeGreaterThan(15);
    expect(moved.length).toBeLessThan(45);
    const count = moved.length;
    const before = moved.reduce((sum, row) => sum + costAt('alpha/echo', row), 0);
    const after = moved.reduce((sum, row) => sum + costAt('beta/echo', row), 0);
    expect(report.requests).toMatchObject({ moved: count, unchanged: USERS + 2 - count });
    expect(report.users.moved).toBe(count);
    expect(report.moves).toEqual([
      {
        from_model: 'alpha/echo',
        to_model: 'beta/echo',
        requests: count,
        cost_before_usd: expect.closeTo(before, 9) as number,
        cost_after_usd: expect.closeTo(after, 9) as number,
        unpriced: 0,
      },
    ]);
    const whole = ofShop().reduce((sum, row) => sum + (row.cost_usd ?? 0), 0);
    expect(report.cost.before_usd).toBeCloseTo(whole, 9);
    expect(report.cost.difference_usd).toBeCloseTo(after - before, 9);
    expect(report.cost.difference_percent).toBeCloseTo(((after - before) / whole) * 100, 1);
    const treated = ofShop().filter(({ variant_id }) => variant_id === 'treatment').length;
    expect(report.variants.find(({ variant_id }) => variant_id === 'treatment')).toEqual({
      router_id: 'shop',
      route_id: 'split',
      variant_id: 'treatment',
      requests_before: treated,
      requests_after: treated + count,
    });
    // The newest of the moved, and why.
    const newest = moved.map(({ id }) => id).toReversed();
    expect(report.samples.map(({ generation_id }) => generation_id)).toEqual(newest.slice(0, 50));
    expect(report.samples[0]).toMatchObject({
      from: { variant_id: 'control', model: 'alpha/echo', error: null },
      to: { variant_id: 'treatment', model: 'beta/echo', error: null },
    });
    expect(report.samples[0]?.why.join()).toContain('variant "treatment" of 2 (20 % of users)');
  });

  test('with another model in the same variant moves by model, not by variant', async () => {
    const draft = shop(10, {
      defaultRoute: {
        routeId: 'split',
        variants: [variant('control', 'beta/echo', 90), variant('treatment', 'beta/echo', 10)],
      },
    });
    const { body: report } = await replay({ draft });
    const control = ofShop().filter(({ variant_id }) => variant_id === 'control').length;
    expect(report.requests).toMatchObject({ moved: control, unchanged: USERS + 2 - control });
    expect(report.users.moved).toBe(0);
  });

  test('whose condition reads what was not recorded leaves those undecided, and says why', async () => {
    const draft = shop(10, {
      routes: [
        {
          condition: { cel_expression: 'plan == "pro" || complexity > 0.5' },
          route: { routeId: 'hard', variants: [variant('best', 'beta/echo', 100)] },
        },
      ],
    });
    const { body: report } = await replay({ draft });
    expect(report.requests).toEqual({
      total: USERS + 2,
      // Whoever pays is decided without it.
      decided: 1,
      undecided: USERS + 1,
      unchanged: 0,
      moved: 1,
      refused: 0,
    });
    expect(report.undecided).toEqual([
      {
        reason: 'the condition of route "hard" reads complexity, which was not recorded',
        requests: USERS + 1,
      },
    ]);
    expect(report.samples).toMatchObject([{ to: { route_id: 'hard', model: 'beta/echo' } }]);
  });

  test('that reads what was recorded is decided by that', async () => {
    const draft = shop(10, {
      routes: [
        {
          condition: { cel_expression: 'session_depth > 1' },
          route: { routeId: 'deep', variants: [variant('deep', 'beta/echo', 100)] },
        },
      ],
    });
    const { body: report } = await replay({ draft });
    // Whoever paid had no need of it, so that it is not known of them.
    expect(report.undecided).toEqual([
      {
        reason: 'the condition of route "deep" reads session_depth, which was not recorded',
        requests: 1,
      },
    ]);
    expect(report.requests).toMatchObject({ moved: 1, unchanged: USERS });
    expect(report.samples).toMatchObject([
      {
        from: { route_id: 'deep', model: 'alpha/echo' },
        to: { route_id: 'deep', model: 'beta/echo' },
      },
    ]);
  });

  test('that has nobody for them says whom it would refuse, and sums nothing of theirs', async () => {
    const draft = { ...shop(10), defaultRoute: null };
    const { body: report } = await replay({ draft });
    expect(report.requests).toMatchObject({ refused: USERS, moved: 0, unchanged: 2 });
    expect(report.refused).toEqual([{ error: 'no_route_matched', requests: USERS }]);
    expect(report.cost.requests).toBe(2);
    expect(report.samples[0]).toMatchObject({ to: { model: null, error: 'no_route_matched' } });
  });

  test('of a router that is not there yet, for every request that was', async () => {
    const draft = {
      defaultRoute: { routeId: 'all', variants: [variant('one', 'beta/echo', 100)] },
    };
    const { body: none } = await replay({ draft }, 'new-one');
    expect(none.requests.total).toBe(0);
    const { body: report } = await replay({ draft, all: true }, 'new-one');
    const cheap = rows.filter(({ model }) => model === 'alpha/echo').length;
    expect(report.requests).toMatchObject({
      total: rows.length,
      decided: rows.length,
      moved: cheap,
      unchanged: rows.length - cheap,
    });
    // Nobody's variant changes: they had none of this router's.
    expect(report.users.moved).toBe(0);
  });
});

describe('the rows', () => {
  test('are the newest so many, and of the time asked for', async () => {
    const { body: newest } = await replay({ limit: 5 });
    expect(newest).toMatchObject({ limit: 5, truncated: true, requests: { total: 5 } });
    const from = rows[0]?.at ?? '';
    const { body: earlier } = await replay({ to: from });
    expect(earlier.requests.total).toBe(0);
    expect(earlier.to).toBe(from);
    const { body: later } = await replay({ from });
    expect(later.requests.total).toBe(USERS + 2);
  });
});

describe('switchyard replay', () => {
  const run = async (folder: Folder, ...args: readonly string[]) => {
    const config = await folder.write('switchyard.yaml', wires.yaml);
    return runProgram(['replay', '--config', config, '--data', gateway.dataDir, ...args], folder);
  };

  test('prints of the same log what the API answers', async () => {
    using folder = openFolder();
    // The draft in YAML, the other form.
    const file = await folder.write('draft.yaml', stringify(shop(20)));
    const same = ['--router', 'shop', '--draft', file] as const;
    const { from: _from, to: _to, ...answered } = (await replay({ draft: shop(20) })).body;
    const json = await run(folder, ...same, '--json');
    expect(json).toMatchObject({ code: 0, stderr: '' });
    const { from, to, ...report } = JSON.parse(json.stdout) as ReplayReport;
    expect<object>({ ...report, source: 'draft', version: null }).toEqual(answered);
    expect(Date.parse(to) - Date.parse(from)).toBe(86_400_000);
    const table = await run(folder, ...same);
    const { moved } = answered.requests;
    expect(table.stdout).toContain(`Router "shop" as in ${file} on ${USERS + 2} requests`);
    expect(table.stdout).toMatch(new RegExp(`^ +moved +${moved}$`, 'm'));
    expect(table.stdout).toMatch(new RegExp(`^ +${moved} +alpha/echo → beta/echo +\\$`, 'm'));
    expect(await gateway.rows()).toEqual(rows);
  });

  test('says what is wrong, and ends with 1', async () => {
    using folder = openFolder();
    const draft = await folder.write('draft.json', JSON.stringify(shop(101)));
    const broken = await folder.write('broken.yaml', 'routes: [');
    for (const [args, told] of [
      [['--router', 'shap'], 'There is no router "shap". There are: shop.'],
      [['--router', 'shop', '--draft', 'nowhere.json'], 'There is no file nowhere.json'],
      [['--router', 'shop', '--draft', draft], 'weight'],
      [['--router', 'shop', '--draft', broken], 'neither YAML nor JSON'],
      [['--router', 'shop', '--limit', '0'], '--limit'],
      [['--router', 'shop', '--from', 'soon'], 'from'],
    ] as const) {
      const { code, stderr, stdout } = await run(folder, ...args);
      expect([args, code, stdout]).toEqual([args, 1, '']);
      expect(stderr).toContain(told);
    }
  });
});

describe('what is not a replay is refused', () => {
  const broken = {
    condition: { cel_expression: 'plan ==' },
    route: { variants: [variant('a', 'alpha/echo', 100)] },
  };
  test.each([
    ['a draft with a field of another type', { draft: { routes: 'none' } }, 400, 'routes'],
    ['a draft with a weight beyond 100', { draft: shop(101) }, 400, 'weight'],
    [
      'a draft with half an expression',
      { draft: shop(10, { routes: [broken] }) },
      400,
      'routes[0].condition.cel_expression',
    ],
    ['a draft and a version', { draft: shop(10), version: 1 }, 400, 'exclude each other'],
    ['a version that never was', { version: 7 }, 404, '7'],
    ['too many rows', { limit: 100_001 }, 400, 'limit'],
    ['a time that is none', { from: 'yesterday' }, 400, 'from'],
    ['an end before the beginning', { from: '2026-01-02', to: '2026-01-01' }, 400, 'before'],
    ['a field that is none', { darft: {} }, 400, 'darft'],
  ])('%s', async (_, body, status, told) => {
    const response = await replay(body);
    expect(response.status).toBe(status);
    expect(JSON.stringify(response.body)).toContain(told);
  });

  test('a router that is not there', async () => {
    expect((await replay({}, 'nobody')).status).toBe(404);
  });
});
