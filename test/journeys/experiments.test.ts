// An A/B test from its beginning to its end: a router with two variants, users, what they did, the comparison, the ramp.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { ExperimentSummary } from '../../src/experiments/read-experiment.ts';
import type { ExperimentReport, VariantReport } from '../../src/experiments/report.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import {
  ADMIN_KEY,
  type GatewayUnderTest,
  startGateway,
  startTwoWires,
} from './gateway-under-test.ts';
import { onBothEngines } from './log-engines.ts';

const USERS = Array.from({ length: 200 }, (_, at) => `user-${at}`);
const HELLO = [{ role: 'user' as const, content: 'Hello' }];
const ROUTER = {
  name: 'routers/support',
  defaultRoute: {
    route_id: 'default',
    variants: [
      { variant: { variant_id: 'old', model_id: 'alpha/echo' }, weight: 50 },
      { variant: { variant_id: 'new', model_id: 'beta/echo' }, weight: 50 },
    ],
  },
};

const world = startTwoWires();
let gateway: GatewayUnderTest;
/** The variant each user met, as the replies said. */
const met = new Map<string, string>();
/** The generation id of each user's first reply. */
const first = new Map<string, string>();

interface Told {
  readonly metadata: { readonly variant_id: string; readonly generation_id: string };
}

async function ask(user: string, model = 'router/support'): Promise<Told['metadata']> {
  const request = { model, user, messages: HELLO };
  const reply = (await gateway.openai().chat.completions.create(request)) as unknown as Told;
  return reply.metadata;
}

async function get<Body>(path: string, key = ADMIN_KEY): Promise<{ status: number; body: Body }> {
  const response = await fetch(`${gateway.url}${path}`, {
    headers: { authorization: `Bearer ${key}` },
  });
  return { status: response.status, body: (await response.json()) as Body };
}

async function post(path: string, body: unknown, headers = {}) {
  const response = await gateway.post(path, body, headers);
  return { status: response.status, body: (await response.json()) as JsonObject };
}

async function report(query = ''): Promise<ExperimentReport> {
  await gateway.gateway.ledger.flush();
  return (await get<ExperimentReport>(`/router/v1/experiments/support/default${query}`)).body;
}

const byVariant = ({ variants }: ExperimentReport) =>
  Object.fromEntries(variants.map((variant) => [variant.variant_id, variant])) as {
    [id: string]: VariantReport;
  };

const usersOf = (variant: string) => USERS.filter((user) => met.get(user) === variant);

afterAll(() => world.stop());

await onBothEngines(() => {
  beforeAll(async () => {
    gateway = await startGateway(world.yaml);
    expect((await post('/router/v1/routers', ROUTER)).status).toBe(200);
    for (const user of USERS) {
      const { variant_id, generation_id } = await ask(user);
      met.set(user, variant_id);
      first.set(user, generation_id);
    }
  });
  afterAll(async () => {
    await gateway.stop();
  });

  describe('an A/B test', () => {
    test('every user is counted where they were served', async () => {
      const { old, new: other } = byVariant(await report());
      expect(old?.users).toBe(usersOf('old').length);
      expect(other?.users).toBe(usersOf('new').length);
      expect((old?.users ?? 0) + (other?.users ?? 0)).toBe(USERS.length);
      expect(old).toMatchObject({
        weight: 50,
        requests: old?.users,
        error_rate: 0,
        unpriced_requests: 0,
      });
      expect(old?.cost_usd).toBeGreaterThan(0);
      expect(old?.ttft_ms.p50).toBeGreaterThan(0);
      const rows = await gateway.rows();
      const cost = rows
        .filter(({ variant_id }) => variant_id === 'old')
        .reduce((sum, row) => sum + (row.cost_usd ?? 0), 0);
      expect(old?.cost_usd).toBeCloseTo(cost, 9);
      expect(old?.cost_per_user_usd).toBeCloseTo(cost / usersOf('old').length, 9);
      expect((await report()).sample_ratio).toMatchObject({ users: USERS.length, mismatch: false });
    });

    test('outcomes by user and by request; a retry counts once', async () => {
      const converted = (user: string, at: number) => met.get(user) === 'new' || at % 4 === 0;
      const outcomes = USERS.map((user, at) => ({
        user,
        metric: 'conversion',
        value: converted(user, at),
      }));
      const key = { 'idempotency-key': 'batch-1' };
      const sent = await post('/router/v1/outcomes', outcomes, key);
      expect(sent).toEqual({ status: 200, body: { accepted: 200, duplicates: 0 } });
      const again = await post('/router/v1/outcomes', outcomes, key);
      expect(again.body).toEqual({ accepted: 0, duplicates: 200 });
      for (const user of USERS.slice(0, 3)) {
        const star = { generation_id: first.get(user), metric: 'stars', value: 5 };
        expect((await post('/router/v1/outcomes', star)).body).toEqual({
          accepted: 1,
          duplicates: 0,
        });
      }
      const told = await report();
      expect(told.control).toBe('old');
      const { old, new: other } = byVariant(told);
      const share = usersOf('old').filter((user) => converted(user, USERS.indexOf(user))).length;
      expect(old?.metrics.conversion).toMatchObject({ count: old?.users, users: old?.users });
      expect(old?.metrics.conversion?.mean?.value).toBeCloseTo(share / usersOf('old').length, 5);
      expect(other?.metrics.conversion?.mean?.value).toBe(1);
      expect(other?.metrics.conversion?.difference?.per_user).toMatchObject({ significant: true });
      expect(old?.metrics.conversion?.difference).toBeNull();
      const starred = USERS.slice(0, 3).filter((user) => met.get(user) === 'new').length;
      expect(other?.metrics.stars?.count ?? 0).toBe(starred);
      expect((old?.metrics.stars?.count ?? 0) + starred).toBe(3);
    });

    test('the list names it', async () => {
      const { body } = await get<{ experiments: readonly ExperimentSummary[] }>(
        '/router/v1/experiments',
      );
      expect(body.experiments).toMatchObject([
        {
          router_id: 'support',
          route_id: 'default',
          variants: [{ variant_id: 'old' }, { variant_id: 'new' }],
        },
      ]);
    });

    test('a ramp is a version of its own, and moves only whom it must', async () => {
      const ramp = await post('/router/v1/routers/support:ramp', { weights: { old: 20, new: 80 } });
      expect(ramp.body).toMatchObject({ done: true, response: { name: 'routers/support' } });
      const versions = await get<{ versions: readonly JsonObject[] }>(
        '/router/v1/routers/support/versions',
      );
      expect(versions.body.versions.map(({ what }) => what)).toEqual(['ramp', 'create']);
      let moved = 0;
      for (const user of USERS) {
        const { variant_id } = await ask(user);
        if (met.get(user) === 'new') expect(variant_id).toBe('new');
        else if (variant_id === 'new') moved += 1;
      }
      expect(moved).toBeGreaterThan(0);
      const told = await report();
      expect(told.moved_users).toBe(moved);
      expect(told.warnings.some((warning) => warning.startsWith('moved_users'))).toBe(true);
      // Nobody came for the first time since: nothing to compare with the new weights.
      expect(told.sample_ratio).toMatchObject({ users: 0, mismatch: false });
      expect(byVariant(told).new).toMatchObject({
        weight: 80,
        users: usersOf('new').length + moved,
      });
    });

    test('the winner takes all', async () => {
      const won = await post('/router/v1/routers/support:ramp', {
        route_id: 'default',
        winner: 'new',
      });
      expect(won.status).toBe(200);
      for (const user of USERS.slice(0, 20)) expect((await ask(user)).variant_id).toBe('new');
    });
  });

  describe('`auto` by an outcome', () => {
    test('prefers the model whose answers did better', async () => {
      const outcomes = USERS.map((user) => ({
        generation_id: first.get(user),
        metric: 'solved',
        value: met.get(user) === 'new' ? 0.9 : 0.2,
      }));
      expect((await post('/router/v1/outcomes', outcomes)).status).toBe(200);
      await gateway.gateway.experiments.refreshMeans();
      for (const models of [
        ['alpha/echo', 'beta/echo'],
        ['beta/echo', 'alpha/echo'],
      ]) {
        const reply = await post('/v1/chat/completions', {
          model: 'auto',
          models,
          sort: ['solved'],
          messages: HELLO,
        });
        expect(reply.body.metadata).toMatchObject({ actual_model: 'beta/echo' });
      }
    });
  });

  describe('refused', () => {
    test('an outcome by its path, and none of its array is kept', async () => {
      const before = byVariant(await report());
      const outcomes = [
        { user: 'user-1', metric: 'conversion', value: 1 },
        { user: 'user-2', metric: 'conversion', value: 'yes' },
      ];
      const { status, body } = await post('/router/v1/outcomes', outcomes);
      expect(status).toBe(400);
      expect(body.error).toMatchObject({ code: 'invalid_request', param: '[1].value' });
      expect(byVariant(await report())).toEqual(before);
    });

    test.each([
      ['/support/default?from=yesterday', 400, 'from'],
      ['/support/default?from=2026-11-02&to=2026-11-02', 400, 'to'],
      ['/support/default?window=week', 400, 'window'],
      ['/support/default?alpha=5', 400, 'alpha'],
      ['/support/default?colour=red', 400, 'colour'],
      ['/support/default?control=nobody', 400, 'control'],
      ['/support/nowhere', 404, undefined],
    ])('%s', async (path, status, param) => {
      const answer = await get<{ error: JsonObject }>(`/router/v1/experiments${path}`);
      expect(answer.status).toBe(status);
      if (param !== undefined) expect(answer.body.error.param).toBe(param);
    });

    test('a ramp that leaves a variant out, and one of a router of the configuration', async () => {
      const left = await post('/router/v1/routers/support:ramp', { weights: { new: 100 } });
      expect([left.status, left.body.error]).toMatchObject([400, { param: 'weights.old' }]);
      const fixed = await startGateway(`${world.yaml}
routers:
  - name: routers/fixed
    defaultRoute:
      variants: [{ variant: { variant_id: a, model_id: alpha/echo }, weight: 100 }]
`);
      const response = await fixed.post('/router/v1/routers/fixed:ramp', { winner: 'a' });
      const { error } = (await response.json()) as { error: JsonObject };
      expect([response.status, error.code]).toEqual([409, 'read_only']);
      await fixed.stop();
    });

    test('everybody without an admin key', async () => {
      const made = await post('/router/v1/keys', { name: 'app' });
      const key = String(made.body.key);
      const own = { authorization: `Bearer ${key}` };
      const outcome = { user: 'ann', metric: 'conversion', value: 1 };
      expect((await post('/router/v1/outcomes', outcome, own)).status).toBe(403);
      expect((await get('/router/v1/experiments', key)).status).toBe(403);
      expect((await get('/router/v1/experiments/support/default', key)).status).toBe(403);
      expect((await post('/router/v1/routers/support:ramp', { winner: 'old' }, own)).status).toBe(
        403,
      );
    });
  });
});
