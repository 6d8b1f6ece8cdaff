// Replay over a real log: which rows are looked at, what counts as a change and what as the hour's luck, and what it costs.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AttemptOutcome, Exchange } from '../core/exchange.ts';
import type { ModelFacts } from '../core/model.ts';
import type { ConfiguredProvider } from '../core/plan.ts';
import type { Router, Variant } from '../core/router.ts';
import { NO_USAGE, UNKNOWN_USAGE } from '../core/usage.ts';
import { type Ledger, openLedger } from '../ledger/open-ledger.ts';
import { sampleExchange } from '../ledger/sample-exchange.ts';
import { type CompiledRouter, compileRouter } from '../routing/compile.ts';
import { sampleRouting } from '../routing/sample-request.ts';
import { type ReplayAsked, replay } from './replay.ts';

const NOW = Date.UTC(2026, 10, 20, 12);
const USAGE = { ...UNKNOWN_USAGE, input: 1000, output: 100 };
const PRICES: { readonly [id: string]: readonly [input: number, output: number] } = {
  'alpha/small': [1, 2],
  'beta/large': [3, 15],
};

let dir: string;
let ledger: Ledger;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-replay-'));
  ledger = openLedger({ dataDir: dir });
});
afterEach(async () => {
  await ledger.close();
  rmSync(dir, { recursive: true, force: true });
});

const provider = (id: string) => ({ provider: { id }, keys: [], models: [] });
const facts = (maker: string, model: string): ModelFacts => {
  const [input = null, output = null] = PRICES[`${maker}/${model}`] ?? [];
  const price = input === null ? null : { input, output };
  return {
    provider: maker,
    model,
    name: model,
    context: 100_000,
    maxOutput: null,
    input: ['text'],
    output: ['text'],
    // Known to have no tools: whether anybody can take a request depends on whether it has some.
    abilities: { tools: false, reasoning: null, structuredOutput: null, temperature: null },
    price,
    released: null,
    knowledge: null,
  };
};

function known(saved: CompiledRouter | null) {
  return sampleRouting({
    providers: new Map(
      ['alpha', 'beta'].map((id) => [id, provider(id) as unknown as ConfiguredProvider]),
    ),
    catalog: { get: facts, byBareId: () => [] },
    routers: new Map(saved === null ? [] : [[saved.id, saved]]),
  });
}

const variant = (model: string, selection: Variant['selection'] = {}, id = 'main'): Variant => ({
  id,
  model,
  selection,
  settings: {},
});

function router(one: Variant, change: Partial<Router> = {}): CompiledRouter {
  const result = compileRouter({
    id: 'shop',
    displayName: null,
    defaults: {},
    routes: [],
    defaultRoute: { id: 'usual', variants: [{ weight: 100, variant: one }] },
    commands: {},
    ...change,
  });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.compiled;
}

const attempt = (model: string, change: Partial<AttemptOutcome> = {}): AttemptOutcome => ({
  provider: model.slice(0, model.indexOf('/')),
  model,
  key: null,
  success: true,
  status: 200,
  error: null,
  message: null,
  startMs: 0,
  ttftMs: 1,
  durationMs: 2,
  usage: USAGE,
  costNano: 1_200_000,
  price: null,
  ...change,
});

/** A request the router's only variant served with `alpha/small`. */
function served(change: Partial<Exchange> = {}): Exchange {
  return sampleExchange({
    at: NOW - 1000,
    requestedModel: 'router/shop',
    model: 'alpha/small',
    routerId: 'shop',
    routeId: 'usual',
    variantId: 'main',
    attempts: [attempt('alpha/small')],
    usage: USAGE,
    // 1,000 tokens at one dollar a million and 100 at two.
    costNano: 1_200_000,
    ...change,
  });
}

async function replayed(
  draft: CompiledRouter,
  saved: CompiledRouter | null,
  rows: readonly Exchange[],
  change: Partial<ReplayAsked> = {},
) {
  for (const row of rows) ledger.append(row);
  await ledger.flush();
  const asked = { router: draft, from: NOW - 86_400_000, to: NOW, limit: 10_000, all: false };
  return replay({ ...asked, ...change }, { ledger, snapshot: known(saved) });
}

const small = router(variant('alpha/small'));
const large = router(variant('beta/large'));

describe('the rows', () => {
  const rows = (count: number, change: Partial<Exchange> = {}) =>
    Array.from({ length: count }, (_, n) => served({ at: NOW - 1 - n, user: `u${n}`, ...change }));

  test('are all of the time asked for, beyond one page', async () => {
    const report = await replayed(large, small, [
      ...rows(501),
      served({ at: NOW }),
      served({ at: NOW - 86_400_001 }),
    ]);
    expect(report.requests).toMatchObject({ total: 501, moved: 501 });
    expect(report.truncated).toBe(false);
    expect(report.users).toEqual({ total: 501, moved: 0 });
    expect(report.samples).toHaveLength(50);
    expect(report.samples[0]?.at).toBe(new Date(NOW - 1).toISOString());
  });

  test('are the newest so many', async () => {
    const report = await replayed(large, small, rows(450), { limit: 403 });
    expect(report).toMatchObject({ truncated: true, requests: { total: 403 }, limit: 403 });
    const whole = await replayed(large, small, [], { limit: 450 });
    expect(whole).toMatchObject({ truncated: false, requests: { total: 450 } });
  });

  test('are those that named the router, in whatever way; with `all` every chat request', async () => {
    const others = [
      served({ requestedModel: 'inworld/SHOP' }),
      served({ requestedModel: 'router/shopping', routerId: 'shopping' }),
      served({ requestedModel: 'alpha/small', routerId: null, routeId: null, variantId: null }),
      served({ requestedModel: 'alpha/small', routerId: null, endpoint: 'embeddings' }),
    ];
    const own = await replayed(large, small, [served(), ...others]);
    expect(own.requests.total).toBe(2);
    const all = await replayed(large, small, [], { all: true });
    expect(all.requests).toMatchObject({ total: 4, moved: 4 });
  });
});

describe('the cost', () => {
  test('of a moved request is its tokens at the new price', async () => {
    const report = await replayed(large, small, [served(), served()]);
    // 1,000 tokens at three dollars a million and 100 at fifteen are 0.0045.
    expect(report.cost).toEqual({
      requests: 2,
      unpriced: 0,
      before_usd: 0.0024,
      after_usd: 0.009,
      difference_usd: 0.0066,
      difference_percent: 275,
    });
  });

  test('that is not known on either side is in neither sum, and counted', async () => {
    const report = await replayed(router(variant('beta/unlisted')), small, [
      served(),
      served({ costNano: null }),
    ]);
    expect(report.cost).toEqual({
      requests: 0,
      unpriced: 2,
      before_usd: 0,
      after_usd: 0,
      difference_usd: 0,
      difference_percent: null,
    });
    expect(report.moves).toMatchObject([{ to_model: 'beta/unlisted', requests: 2, unpriced: 2 }]);
  });
});

describe('a request that a cache answered', () => {
  const usage = { ...UNKNOWN_USAGE, input: 1000, output: 100 };
  const hit = () =>
    served({
      ...{ attempts: [], cache: 'exact', usage: NO_USAGE, costNano: 0 },
      recall: {
        ...{ kind: 'exact', from: 'first', model: 'alpha/small', provider: 'alpha', ageMs: 5 },
        ...{ similarity: null, simulated: false, losses: [] },
        saved: { usage, costNano: 1_200_000, estimated: false },
      },
    });

  test('costs nothing where it stays; elsewhere nobody knows whether one would have', async () => {
    const stays = await replayed(small, small, [hit()]);
    expect(stays.cost).toMatchObject({ requests: 1, unpriced: 0, before_usd: 0, after_usd: 0 });
    const moves = await replayed(large, small, [hit()]);
    expect(moves.cost).toMatchObject({ unpriced: 2, after_usd: 0 });
    expect(moves.moves).toMatchObject([{ from_model: 'alpha/small', to_model: 'beta/large' }]);
  });
});

describe('what happened in the hour', () => {
  const both = router(variant('alpha/small', { models: ['beta/large'] }));
  const byFallback = served({
    model: 'beta/large',
    attempts: [attempt('beta/large', { costNano: 4_500_000 })],
    costNano: 4_500_000,
  });

  test('a fallback that was asked first because the first was ill is no change of the router', async () => {
    const report = await replayed(both, both, [byFallback]);
    expect(report.requests).toMatchObject({ unchanged: 1, moved: 0 });
    expect(report.cost).toMatchObject({ before_usd: 0.0045, difference_usd: 0 });
  });

  test('the fallback put first is one', async () => {
    const turned = router(variant('beta/large', { models: ['alpha/small'] }));
    const report = await replayed(turned, both, [served()]);
    expect(report.moves).toMatchObject([{ from_model: 'alpha/small', to_model: 'beta/large' }]);
    expect(report.users.moved).toBe(0);
  });

  test('that the router has been changed since is no reason to take its word for what was', async () => {
    const report = await replayed(large, large, [served()]);
    expect(report.moves).toMatchObject([{ from_model: 'alpha/small', to_model: 'beta/large' }]);
  });
});

describe('a request that was refused', () => {
  const refused = (errorCode: Exchange['errorCode']) =>
    served({
      model: null,
      provider: null,
      routerId: null,
      routeId: null,
      variantId: null,
      attempts: [],
      outcome: 'error',
      status: 400,
      errorCode,
      usage: UNKNOWN_USAGE,
      costNano: null,
    });

  test('for want of a route moves where there is one now', async () => {
    const report = await replayed(small, null, [refused('no_route_matched')]);
    expect(report.requests).toMatchObject({ moved: 1, refused: 0, unchanged: 0 });
    expect(report.samples).toMatchObject([
      { from: { model: null, error: 'no_route_matched' }, to: { model: 'alpha/small' } },
    ]);
    expect(report.cost).toMatchObject({ requests: 0, unpriced: 1 });
  });

  test('and would be again is unchanged', async () => {
    const nowhere = router(variant('alpha/small'), {
      routes: [
        {
          condition: 'plan == "pro"',
          route: { id: 'paid', variants: [{ weight: 100, variant: variant('alpha/small') }] },
        },
      ],
      defaultRoute: null,
    });
    const report = await replayed(nowhere, nowhere, [refused('no_route_matched')]);
    expect(report.requests).toMatchObject({ unchanged: 1, refused: 0 });
  });

  test('before it was routed is undecided, and says by what', async () => {
    const report = await replayed(small, small, [refused('invalid_request')]);
    expect(report.undecided).toEqual([
      { reason: 'the request ended before it was routed (invalid_request)', requests: 1 },
    ]);
  });
});

describe('`auto`, which goes by what the request needs', () => {
  const choosing = (price: 'ascending' | 'descending', id = 'main') =>
    router(
      variant(
        'auto',
        {
          models: ['alpha/small', 'beta/large'],
          sort: [{ metric: 'price', direction: price }],
        },
        id,
      ),
    );

  test('unchanged, chooses as it did', async () => {
    const auto = choosing('ascending');
    const report = await replayed(auto, auto, [
      served(),
      served({ model: 'beta/large', attempts: [attempt('beta/large')] }),
    ]);
    expect(report.requests).toMatchObject({ total: 2, unchanged: 2 });
    expect(report.cost).toMatchObject({ requests: 2, difference_usd: 0 });
  });

  test('instead of a model, in the same variant, is undecided', async () => {
    const report = await replayed(choosing('ascending'), small, [served()]);
    expect(report.undecided).toEqual([
      {
        reason: 'variant "main" chooses by what the request needs, which was not recorded',
        requests: 1,
      },
    ]);
  });

  test('in another variant has moved, to whom and for how much is not known', async () => {
    const report = await replayed(choosing('ascending', 'other'), small, [served()]);
    expect(report.requests).toMatchObject({ moved: 1, undecided: 0 });
    expect(report.moves).toMatchObject([
      { from_model: 'alpha/small', to_model: null, unpriced: 1 },
    ]);
    expect(report.users.moved).toBe(1);
  });
});

test('others have their turn while a long log is replayed', async () => {
  const rows = Array.from({ length: 5000 }, (_, n) => served({ at: NOW - 1 - n }));
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 1);
  const report = await replayed(large, small, rows);
  clearInterval(timer);
  expect(report.requests.moved).toBe(5000);
  expect(turns).toBeGreaterThan(10);
});
