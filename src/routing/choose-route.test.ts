// From a router to its route and variant: order, what cannot be decided, commands, defaults, and what is told of it.
import { describe, expect, test } from 'bun:test';
import { GatewayError } from '../core/errors.ts';
import type { RequestFacts } from '../core/request-facts.ts';
import type { Router, Variant, VariantSettings } from '../core/router.ts';
import { chooseRoute } from './choose-route.ts';
import { type CompiledRouter, compileRouter } from './compile.ts';
import { sampleFacts } from './sample-request.ts';

function variant(id: string, settings: VariantSettings = {}): Variant {
  return { id, model: `lab/${id}`, selection: {}, settings };
}

function route(id: string, ...variants: readonly (readonly [Variant, number])[]) {
  return { id, variants: variants.map(([one, weight]) => ({ variant: one, weight })) };
}

function router(change: Partial<Router> = {}): Router {
  return {
    id: 'r',
    displayName: null,
    defaults: {},
    routes: [],
    defaultRoute: route('default', [variant('usual'), 100]),
    commands: {},
    ...change,
  };
}

function compiled(change: Partial<Router> = {}): CompiledRouter {
  const result = compileRouter(router(change));
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('\n'));
  return result.compiled;
}

function chosen(of: CompiledRouter, facts: Parameters<typeof sampleFacts>[0] = {}) {
  const why: string[] = [];
  const { route: taken, variant: drawn, ...rest } = chooseRoute(of, sampleFacts(facts), why);
  return { route: taken.id, variant: drawn.id, settings: drawn.settings, why, ...rest };
}

const when = (condition: string, id: string) => ({
  condition,
  route: route(id, [variant(`${id}-v`), 100]),
});

describe('the first condition that holds', () => {
  const tiers = compiled({
    routes: [
      when('tier == "pro"', 'pro'),
      when('tier == "free" && seats > 3', 'teams'),
      when('has(metadata.beta)', 'beta'),
    ],
  });

  test.each([
    [{ tier: 'pro', seats: 9 }, 'pro'],
    [{ tier: 'free', seats: 4 }, 'teams'],
    [{ tier: 'free', seats: 3 }, 'default'],
    [{ tier: 'free', seats: 3, beta: null }, 'beta'],
    [{ tier: 'other' }, 'default'],
  ])('%o → %s', (metadata, id) => {
    expect(chosen(tiers, { metadata }).route).toBe(id);
  });

  test('is told, and so is what could not be decided before it', () => {
    const { why } = chosen(tiers, { metadata: { beta: 1 } });
    expect(why).toHaveLength(4);
    expect(why[0]).toStartWith('route "pro" passed over: ');
    expect(why[0]).toContain('"tier"');
    expect(why[1]).toStartWith('route "teams" passed over: ');
    expect(why[2]).toBe('route "beta"');
    expect(why[3]).toBe('variant "beta-v"');
  });

  test('none, and no default: no_route_matched, with what could not be decided', () => {
    const bare = compiled({ routes: [when('tier == "pro"', 'pro')], defaultRoute: null });
    try {
      chosen(bare);
      expect.unreachable();
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(GatewayError);
      const { code, message, status } = thrown as GatewayError;
      expect({ code, status }).toEqual({ code: 'no_route_matched', status: 400 });
      expect(message).toStartWith(
        'No route matched. Configure a default route or adjust conditions.',
      );
      expect(message).toContain('"tier"');
    }
  });
});

describe('facts', () => {
  const untouchable = (): never => {
    throw new Error('nobody was to ask for this');
  };
  const costly: Partial<RequestFacts> = {
    survey: untouchable,
    language: untouchable,
    complexity: untouchable,
    promptTokens: untouchable,
    sessionDepth: untouchable,
    command: untouchable,
  };

  test('cost nothing where no condition gets to them', () => {
    const lazy = compiled({
      routes: [when('tier == "pro" || complexity > 0.5 || language == "es"', 'pro')],
    });
    expect(chosen(lazy, { ...costly, metadata: { tier: 'pro' } })).toMatchObject({
      route: 'pro',
      facts: null,
    });
  });

  test('that were asked for are remembered, once found', () => {
    let found = 0;
    const complexity = () => {
      found += 1;
      return 0.75;
    };
    const twice = compiled({
      routes: [when('complexity > 0.9', 'hard'), when('complexity > 0.7', 'harder')],
    });
    const { route: id, facts } = chosen(twice, { ...costly, complexity });
    expect({ id, facts, found }).toEqual({ id: 'harder', facts: { complexity: 0.75 }, found: 1 });
  });

  test('a caller who knows better is believed', () => {
    const by = compiled({ routes: [when('language == "es" && complexity >= 0.5', 'es')] });
    const metadata = { language: 'es', complexity: 0.5 };
    expect(chosen(by, { ...costly, metadata })).toMatchObject({ route: 'es', facts: null });
  });

  test('but not of the messages, nor of who it is', () => {
    const by = compiled({
      routes: [when('user == "me" && messages.size() == 1 && model == "router/r"', 'own')],
    });
    const metadata = { user: 'other', messages: [], model: 'x' };
    expect(chosen(by, { metadata, user: 'me', model: 'router/r' }).route).toBe('own');
    expect(chosen(by, { metadata: { user: 'me' }, model: 'router/r' }).route).toBe('own');
  });
});

describe('commands', () => {
  const agents = compiled({
    commands: { review: variant('reviewer'), code: variant('coder') },
    routes: [when('command == "docs"', 'docs'), when('true', 'rest')],
  });
  const typing = (command: string) =>
    chosen(agents, { command: (known) => (known?.has(command) ? command : '') });

  test('go before conditions, as routes of their own', () => {
    expect(typing('review')).toMatchObject({ route: 'command-review', variant: 'reviewer' });
    expect(typing('review').why[0]).toBe('command "/review"');
    expect(typing('docs')).toMatchObject({ route: 'docs' });
    expect(typing('')).toMatchObject({ route: 'rest' });
    expect(typing('unknown')).toMatchObject({ route: 'rest' });
  });

  test('that are known are cut from what was typed, whoever serves', () => {
    expect(typing('').commands).toEqual(new Set(['review', 'code', 'docs']));
    expect(chosen(compiled()).commands).toBeNull();
  });

  test('any may count where a condition does more than compare', () => {
    const any = compiled({ routes: [when('command.startsWith("re")', 're')] });
    const result = chosen(any, { command: (known) => (known === null ? 'research' : '') });
    expect(result).toMatchObject({
      route: 're',
      commands: new Set(['research']),
      facts: { command: 'research' },
    });
    // What only looked like one is a word of the prompt: it stays there, and goes nowhere else.
    expect(chosen(any, { command: () => 'tmp' })).toMatchObject({
      route: 'default',
      commands: null,
      facts: { command: '' },
    });
  });
});

describe('variants', () => {
  const halves = compiled({
    defaultRoute: route('ab', [variant('a'), 50], [variant('b'), 50], [variant('off'), 0]),
  });

  test('a user keeps theirs; requests of nobody are drawn one by one', () => {
    const users = Array.from({ length: 50 }, (_, index) => `user-${index}`);
    const of = (user: string, id: string) => chosen(halves, { user, id }).variant;
    expect(users.map((user) => of(user, '1'))).toEqual(users.map((user) => of(user, '2')));
    expect(new Set(users.map((user) => of(user, '1')))).toEqual(new Set(['a', 'b']));
    const drawn = users.map((id) => chosen(halves, { user: null, id }).variant);
    expect(new Set(drawn)).toEqual(new Set(['a', 'b']));
    expect(chosen(halves, { user: 'user-1' }).why).toContain(
      `variant "${of('user-1', '')}" of 3 (50 % of users)`,
    );
  });

  test('have the router’s settings, each with their own in its place', () => {
    const own = { generation: { temperature: 1 }, webSearchOptions: {} };
    const defaults = { generation: { maxTokens: 9, seed: 1 }, webSearch: true, cache: {} };
    const settled = compiled({ defaults, defaultRoute: route('d', [variant('v', own), 100]) });
    expect(chosen(settled).settings).toEqual({
      generation: { temperature: 1 },
      webSearchOptions: {},
      cache: {},
    });
    expect(chosen(compiled()).settings).toBeNull();
  });
});

test('a condition that is none is refused with its place, and all of them are', () => {
  const result = compileRouter(
    router({ routes: [when('tier ==', 'a'), when('true', 'b'), when('size(1) > 2', 'c')] }),
  );
  if (result.ok) throw new Error('was taken');
  expect(result.problems.map(({ path }) => path)).toEqual([
    ['routes', 0, 'condition', 'cel_expression'],
    ['routes', 2, 'condition', 'cel_expression'],
  ]);
  for (const { message } of result.problems) expect(message).toMatch(/^line 1, column \d+: /);
});
