// The plan: order, fallbacks, what is left out and why, and the errors that say what would work.
import { describe, expect, test } from 'bun:test';
import { GatewayError } from '../core/errors.ts';
import type { ModelFacts } from '../core/model.ts';
import type { ConfiguredProvider } from '../core/plan.ts';
import { compileRouter } from './compile.ts';
import { type PlanRequest, plan } from './plan.ts';
import type { RoutingFacts } from './resolve.ts';
import { sampleRequest, sampleRouting } from './sample-request.ts';

function provider(id: string, models: readonly string[] = []): [string, ConfiguredProvider] {
  const data = {
    id,
    name: id,
    dialect: 'openai-chat',
    baseUrl: `http://${id}.test/v1`,
    auth: { kind: 'none' },
    env: [],
    quirks: {},
    docs: [],
  } as const;
  return [id, { provider: data, keys: [], models, region: null }];
}

function facts(provider: string, model: string, output: number | null = 1): ModelFacts {
  const abilities = { tools: null, reasoning: null, structuredOutput: null, temperature: null };
  const price = output === null ? null : { input: output, output };
  return {
    provider,
    model,
    name: model,
    context: null,
    maxOutput: null,
    input: ['text'],
    output: ['text'],
    abilities,
    price,
    released: null,
    knowledge: null,
  };
}

const OSS = [
  facts('cerebras', 'gpt-oss-120b', 3),
  facts('groq', 'openai/gpt-oss-120b', 2),
  facts('deepinfra', 'openai/gpt-oss-120b', 1),
];

const FACTS: RoutingFacts = sampleRouting({
  providers: new Map([
    provider('openai'),
    provider('groq'),
    provider('cerebras'),
    provider('lab', ['qwen3-32b', 'org/tuned']),
  ]),
  aliases: new Map([['oai', 'openai']]),
  unavailable: new Map([
    [
      'anthropic',
      { id: 'anthropic', remedy: 'set ANTHROPIC_API_KEY or give its api_key in the configuration' },
    ],
    ['bedrock', { id: 'bedrock', remedy: 'set AWS_BEARER_TOKEN_BEDROCK' }],
  ]),
  catalog: {
    get: (id, model) => OSS.find((known) => known.provider === id && known.model === model) ?? null,
    byBareId: (model) => {
      if (model === 'gpt-oss-120b') return OSS;
      return model === 'claude-opus' ? [facts('anthropic', 'claude-opus')] : [];
    },
  },
  suggestions: () => ['openai/gpt-5.4', 'gpt-5.4', 'lab/qwen3-32b'],
});

function planned(
  model: string,
  options: PlanRequest['options'] = {},
  allows: PlanRequest['allows'] = () => true,
) {
  return plan(sampleRequest(model, { options, allows }), FACTS);
}

const ids = (model: string, options?: PlanRequest['options']) =>
  planned(model, options).candidates.map((candidate) => candidate.id);

function errorOf(work: () => unknown): GatewayError {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof GatewayError) return thrown;
    throw thrown;
  }
  throw new Error('expected an error');
}

describe('names', () => {
  test('split at the first slash only; unknown models are forwarded', () => {
    expect(ids('groq/openai/gpt-oss-120b')).toEqual(['groq/openai/gpt-oss-120b']);
    expect(ids('openai/never-heard-of-it')).toEqual(['openai/never-heard-of-it']);
    expect(planned('openai/never-heard-of-it').candidates[0]?.facts).toBeNull();
  });

  test('an alias is its provider', () => {
    expect(ids('oai/gpt-5.4')).toEqual(['openai/gpt-5.4']);
  });

  test('a bare id spreads over the configured providers that serve it, best first', () => {
    expect(ids('gpt-oss-120b')).toEqual(['cerebras/gpt-oss-120b', 'groq/openai/gpt-oss-120b']);
  });

  test('a bare id that only a provider itself lists', () => {
    expect(ids('qwen3-32b')).toEqual(['lab/qwen3-32b']);
    expect(ids('tuned')).toEqual(['lab/org/tuned']);
    expect(ids('org/tuned')).toEqual(['lab/org/tuned']);
  });

  test.each([
    ['gtp-5.4', 'model_not_found', 'Did you mean "gpt-5.4"'],
    ['opnai/gpt-5.4', 'unknown_provider', 'Did you mean "openai/gpt-5.4"'],
    ['anthropic/claude-opus', 'provider_not_configured', 'set ANTHROPIC_API_KEY'],
    ['claude-opus', 'provider_not_configured', 'set ANTHROPIC_API_KEY'],
    ['bedrock/nova', 'provider_not_configured', 'set AWS_BEARER_TOKEN_BEDROCK'],
    ['router/x', 'model_not_found', 'no router "x"'],
    ['inworld/x', 'model_not_found', 'no router "x"'],
    ['openai/', 'model_not_found', 'no model'],
  ])('%s → %s', (model, code, message) => {
    const error = errorOf(() => planned(model));
    expect(error.code).toBe(code as never);
    expect(error.message).toContain(message);
    expect(error.details.param).toBe('model');
  });
});

describe('options', () => {
  test('models are ordered fallbacks, each once', () => {
    expect(ids('openai/a', { models: ['groq/b', 'openai/a', 'openai/c'] })).toEqual([
      'openai/a',
      'groq/b',
      'openai/c',
    ]);
  });

  test('a name that cannot be used is left out and said so', () => {
    const { candidates, why } = planned('anthropic/claude-opus', { models: ['openai/a'] });
    expect(candidates.map((candidate) => candidate.id)).toEqual(['openai/a']);
    expect(why).toEqual(['left out "anthropic/claude-opus" (provider_not_configured)']);
  });

  test('the first name’s error is told when nothing is left', () => {
    expect(errorOf(() => planned('anthropic/x', { models: ['bedrock/y'] })).message).toContain(
      'ANTHROPIC_API_KEY',
    );
  });

  test('ignore takes models, ids and whole providers', () => {
    expect(ids('gpt-oss-120b', { ignore: ['cerebras'] })).toEqual(['groq/openai/gpt-oss-120b']);
    expect(ids('gpt-oss-120b', { ignore: ['groq/openai/gpt-oss-120b'] })).toEqual([
      'cerebras/gpt-oss-120b',
    ]);
    expect(errorOf(() => planned('gpt-oss-120b', { ignore: ['cerebras', 'groq'] })).code).toBe(
      'model_not_found',
    );
  });

  test('provider.order orders, allow_fallbacks limits', () => {
    expect(ids('gpt-oss-120b', { provider: { order: ['groq'] } })).toEqual([
      'groq/openai/gpt-oss-120b',
      'cerebras/gpt-oss-120b',
    ]);
    expect(ids('gpt-oss-120b', { provider: { order: ['groq'], allow_fallbacks: false } })).toEqual([
      'groq/openai/gpt-oss-120b',
    ]);
    expect(ids('gpt-oss-120b', { provider: { allow_fallbacks: false } })).toEqual([
      'cerebras/gpt-oss-120b',
    ]);
  });

  test('sort by price; what nobody knows a thing of is said, and skipped', () => {
    expect(ids('gpt-oss-120b', { sort: ['price'] })).toEqual([
      'groq/openai/gpt-oss-120b',
      'cerebras/gpt-oss-120b',
    ]);
    const unknown = planned('gpt-oss-120b', { sort: ['charm', 'price'] });
    expect(unknown.candidates[0]?.id).toBe('groq/openai/gpt-oss-120b');
    expect(unknown.why.join()).toContain('"charm"');
  });

  test('a key’s models limit the plan', () => {
    const onlyGroq = (id: string) => id.startsWith('groq/');
    expect(
      planned('gpt-oss-120b', {}, onlyGroq).candidates.map((candidate) => candidate.id),
    ).toEqual(['groq/openai/gpt-oss-120b']);
    expect(errorOf(() => planned('openai/a', {}, onlyGroq)).code).toBe('model_not_allowed');
  });

  test('a key that may use a router may use the models it names, and none a caller adds', () => {
    const compiled = compileRouter({
      id: 'cheap',
      displayName: null,
      defaults: {},
      commands: {},
      routes: [],
      defaultRoute: {
        id: 'default',
        variants: [
          {
            weight: 100,
            variant: {
              id: 'v',
              model: 'groq/small',
              selection: { models: ['lab/tuned'] },
              settings: {},
            },
          },
        ],
      },
    });
    if (!compiled.ok) throw new Error('does not compile');
    const facts = { ...FACTS, routers: new Map([['cheap', compiled.compiled]]) };
    const through = (options: PlanRequest['options'], ...allowed: string[]) =>
      plan(
        sampleRequest('router/cheap', { options, allows: (id) => allowed.includes(id) }),
        facts,
      ).candidates.map(({ id }) => id);
    expect(through({}, 'router/cheap')).toEqual(['groq/small', 'lab/tuned']);
    expect(through({ models: ['openai/dear'] }, 'router/cheap')).toEqual([
      'groq/small',
      'lab/tuned',
    ]);
    const steering = { models: ['openai/dear'], ignore: ['groq/small', 'lab/tuned'] };
    expect(errorOf(() => through(steering, 'router/cheap')).status).toBeGreaterThanOrEqual(400);
    expect(through(steering, 'router/cheap', 'openai/dear')).toEqual(['openai/dear']);
    expect(errorOf(() => through({}, 'groq/small', 'lab/tuned')).code).toBe('model_not_allowed');
  });

  test('a key that may use auto may use whom it chooses, but not out of a pool of the caller’s', () => {
    const onlyAuto = (id: string) => id === 'auto';
    const lab = sampleRouting({ providers: new Map([provider('lab', ['tuned'])]) });
    const ask = (models?: readonly string[]) =>
      plan(
        sampleRequest('auto', {
          allows: onlyAuto,
          options: models === undefined ? {} : { models: [...models] },
        }),
        lab,
      ).candidates.map(({ id }) => id);
    expect(ask()).toEqual(['lab/tuned']);
    expect(errorOf(() => ask(['lab/tuned'])).code).toBe('no_candidate');
  });

  test('a router nobody told this key of is not named to it', () => {
    const none = () => false;
    const facts = { ...FACTS, routers: new Map([['secret', {} as never]]) };
    const error = errorOf(() => plan(sampleRequest('router/secrt', { allows: none }), facts));
    expect(error.code).toBe('model_not_found');
    expect(error.message).not.toContain('secret');
  });
});
