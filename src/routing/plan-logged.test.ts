// What the log tells decides; what it does not tell leaves a request undecided, unless it has no say.
import { describe, expect, test } from 'bun:test';
import type { ConfiguredProvider } from '../core/plan.ts';
import type { Route, Router } from '../core/router.ts';
import { compileRouter } from './compile.ts';
import type { LoggedRequest } from './logged-facts.ts';
import { plan } from './plan.ts';
import { type LoggedPlan, LoggedPlanner } from './plan-logged.ts';
import { sampleFacts, sampleRequest, sampleRouting } from './sample-request.ts';

const known = sampleRouting({
  providers: new Map([
    ['alpha', { provider: { id: 'alpha' }, models: [] } as unknown as ConfiguredProvider],
  ]),
});

function routeOf(
  id: string,
  ...variants: readonly (readonly [id: string, weight: number])[]
): Route {
  return {
    id,
    variants: variants.map(([variant, weight]) => ({
      weight,
      variant: { id: variant, model: `alpha/${variant}`, selection: {}, settings: {} },
    })),
  };
}

function routerWith(
  conditions: { readonly [id: string]: string },
  change: Partial<Router> = {},
): LoggedPlanner['router'] {
  const result = compileRouter({
    id: 'shop',
    displayName: null,
    defaults: {},
    routes: Object.entries(conditions).map(([id, condition]) => ({
      condition,
      route: routeOf(id, [`${id}-model`, 100]),
    })),
    defaultRoute: routeOf('usual', ['usual-model', 100]),
    commands: {},
    ...change,
  });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.compiled;
}

function logged(change: Partial<LoggedRequest> = {}): LoggedRequest {
  return {
    id: '019ab000-0000-7000-8000-000000000001',
    user: 'ann',
    model: 'router/shop',
    metadata: {},
    facts: null,
    inputTokens: 100,
    outputTokens: 20,
    commands: new Set(),
    ...change,
  };
}

/** The route, the reason it is undecided, or the code it is refused with. */
function outcome(planned: LoggedPlan): string | null {
  if (planned.kind === 'planned') return planned.plan.routeId;
  return planned.kind === 'refused' ? planned.error.code : planned.reason;
}

function replayed(conditions: { readonly [id: string]: string }, change: Partial<LoggedRequest>) {
  return outcome(new LoggedPlanner(routerWith(conditions), known).plan(logged(change)));
}

describe('a condition on', () => {
  const HARD = { hard: 'complexity > 0.5' };
  const missing = (name: string) =>
    `the condition of route "hard" reads ${name}, which was not recorded`;

  test('metadata is decided by the metadata', () => {
    const paid = { paid: 'plan == "pro" && seats >= 10' };
    expect(replayed(paid, { metadata: { plan: 'pro', seats: 12 } })).toBe('paid');
    expect(replayed(paid, { metadata: { plan: 'pro', seats: 9 } })).toBe('usual');
    // That the caller did not say it is known too.
    expect(replayed(paid, {})).toBe('usual');
  });

  test('a recorded fact is decided by it', () => {
    expect(replayed(HARD, { facts: { complexity: 0.7 } })).toBe('hard');
    expect(replayed(HARD, { facts: { complexity: 0.2 } })).toBe('usual');
  });

  test.each(['language', 'session_depth', 'has_tools', 'has_images', 'complexity', 'command'])(
    '%s, which nobody had asked for, is not decided',
    (name) => {
      const hard = { hard: `string(${name}) == "x"` };
      expect(replayed(hard, {})).toBe(missing(name));
      expect(replayed(hard, { facts: { other: 1 } })).toBe(missing(name));
    },
  );

  test('what was said is not decided, for it is not kept', () => {
    expect(replayed({ hard: 'messages.size() > 3' }, {})).toBe(missing('messages'));
    expect(
      replayed(
        { hard: 'messages.lastUser().content.contains("x")' },
        { metadata: { messages: [] } },
      ),
    ).toBe(missing('messages'));
  });

  test('a fact the caller had said itself is decided by that', () => {
    expect(replayed(HARD, { metadata: { complexity: 0.9 } })).toBe('hard');
  });

  test('prompt_tokens is decided by the estimate, else by what the provider counted', () => {
    const long = { long: 'prompt_tokens > 1000' };
    expect(replayed(long, { facts: { prompt_tokens: 1200 }, inputTokens: 900 })).toBe('long');
    expect(replayed(long, { inputTokens: 1200 })).toBe('long');
    expect(replayed(long, { inputTokens: 900 })).toBe('usual');
    expect(replayed(long, { inputTokens: null })).toContain('reads prompt_tokens');
  });

  test('an unknown and something else is decided where the unknown has no say', () => {
    const both = { hard: 'complexity > 0.5 && plan == "pro"' };
    expect(replayed(both, { metadata: { plan: 'free' } })).toBe('usual');
    expect(replayed(both, { metadata: { plan: 'pro' } })).toBe(missing('complexity'));
    const either = { hard: 'complexity > 0.5 || plan == "pro"' };
    expect(replayed(either, { metadata: { plan: 'pro' } })).toBe('hard');
    expect(replayed(either, { metadata: { plan: 'free' } })).toBe(missing('complexity'));
  });

  test('an unknown behind a route that matches is not asked for', () => {
    const routes = { paid: 'plan == "pro"', hard: 'complexity > 0.5' };
    expect(replayed(routes, { metadata: { plan: 'pro' } })).toBe('paid');
    expect(replayed(routes, { metadata: { plan: 'free' } })).toBe(missing('complexity'));
  });
});

describe('commands', () => {
  const command = (name: string) => routeOf(name, [`${name}-model`, 100]).variants[0]?.variant;
  const withCommands = (...names: readonly string[]) =>
    routerWith(
      {},
      {
        commands: Object.fromEntries(
          names.map((name) => [name, command(name)]),
        ) as Router['commands'],
      },
    );
  const inForce = (router: LoggedPlanner['router'], change: Partial<LoggedRequest>) =>
    outcome(new LoggedPlanner(router, known).plan(logged(change)));
  const then = { commands: new Set(['review', 'code']) };

  test('the one in force then is in force now, where none more count', () => {
    const router = withCommands('review', 'code');
    expect(inForce(router, { ...then, facts: { command: 'review' } })).toBe('command-review');
    expect(inForce(router, { ...then, facts: { command: '' } })).toBe('usual');
    expect(inForce(withCommands('code'), { ...then, facts: { command: 'code' } })).toBe(
      'command-code',
    );
  });

  test('where others count now, or it was not recorded, nobody knows', () => {
    const unknown = 'the command in force is not known';
    expect(
      inForce(withCommands('review', 'fix'), { ...then, facts: { command: 'review' } }),
    ).toContain(unknown);
    expect(inForce(withCommands('code'), { ...then, facts: { command: 'review' } })).toContain(
      unknown,
    );
    expect(inForce(withCommands('code'), then)).toContain(unknown);
    expect(
      inForce(withCommands('code'), { commands: undefined, facts: { command: 'code' } }),
    ).toContain(unknown);
  });
});

describe('the variant', () => {
  const split = routerWith({}, { defaultRoute: routeOf('usual', ['a', 50], ['b', 50]) });
  const routing = { ...known, routers: new Map([['shop', split]]) };

  test.each([
    ['the user', 'user-1', '019ab000-0000-7000-8000-000000000001'],
    ['the generation id', null, '019ab000-0000-7000-8000-00000000000f'],
  ])('is the one the request got, by %s', (_, user, id) => {
    const drawn = new Set<string | null>();
    for (let n = 0; n < 50; n++) {
      const one = { user: user === null ? null : `${user}${n}`, id: `${id}${n}` };
      const facts = sampleFacts({ ...one, model: 'router/shop' });
      const { variantId } = plan(sampleRequest('router/shop', { facts }), routing);
      const again = new LoggedPlanner(split, known).plan(logged(one));
      expect(again.kind === 'planned' && again.plan.variantId).toBe(variantId);
      drawn.add(variantId);
    }
    expect(drawn.size).toBe(2);
  });
});

describe('a request', () => {
  test('nobody is there for is refused, and no reason is made up for it', () => {
    const none = routerWith({ hard: 'complexity > 0.5' }, { defaultRoute: null });
    const planner = new LoggedPlanner(none, known);
    expect(outcome(planner.plan(logged({ facts: { complexity: 0.1 } })))).toBe('no_route_matched');
    expect(outcome(planner.plan(logged()))).toContain('reads complexity');
    // The next request starts afresh.
    expect(outcome(planner.plan(logged({ facts: { complexity: 0.9 } })))).toBe('hard');
  });

  test('that named something else is planned as if it had named the router', () => {
    const byModel = { own: 'model == "router/shop"' };
    expect(replayed(byModel, { model: 'alpha/echo' })).toBe('own');
    expect(replayed(byModel, { model: 'inworld/shop' })).toBe('usual');
  });
});
