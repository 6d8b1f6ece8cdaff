// npm run bench:planning: what a plan costs, in microseconds of one thread: conditions, variants, candidates, `auto`.
import { buildCatalog } from '../src/catalog/catalog.ts';
import { builtInCatalog } from '../src/catalog/load.ts';
import { buildSnapshot } from '../src/gateway/snapshot.ts';
import { compileRouter } from '../src/routing/compile.ts';
import { RequestVariables } from '../src/routing/condition-variables.ts';
import { type PlanRequest, plan } from '../src/routing/plan.ts';
import { sampleFacts } from '../src/routing/sample-request.ts';

const ROUNDS = 5;
const CALLS = 20_000;

/** What operators write: comparisons of metadata, lists, texts, numbers. The last one holds. */
const CONDITIONS = [
  'tier == "enterprise"',
  'plan == "free" && country == "BR"',
  'country in ["DE", "AT", "CH"]',
  'app.startsWith("beta-")',
  'seats > 100',
  'has(metadata.pilot)',
  'score >= 0.75 || vip == true',
  'team == "research" && seats > 10 && tier != "free"',
  '"admin" in roles',
  'plan == "pro"',
];
const METADATA = {
  tier: 'standard',
  plan: 'pro',
  country: 'FR',
  app: 'web',
  seats: 12,
  score: 0.5,
  vip: false,
  team: 'sales',
  roles: ['user', 'editor'],
};
const FIVE = ['groq/llama-3.3-70b-versatile', 'openai/gpt-4o-mini', 'mistral/mistral-small-latest'];

const environment = Object.fromEntries(
  ['OPENAI', 'ANTHROPIC', 'GROQ', 'MISTRAL', 'DEEPSEEK', 'XAI', 'TOGETHER', 'FIREWORKS'].map(
    (name) => [`${name}_API_KEY`, 'k'],
  ),
);
const base = builtInCatalog();
const snapshot = buildSnapshot({
  config: {},
  environment,
  catalog: { base, refreshed: null, warning: null },
  local: new Map(),
  sim: null,
});

const facts = sampleFacts({ model: 'router/bench', user: 'user-1742', metadata: METADATA });
const fallbacks = {
  models: [...FIVE, 'anthropic/claude-haiku-4-5', 'deepseek/deepseek-chat'],
};
const compiled = compileRouter({
  id: 'bench',
  displayName: null,
  defaults: {},
  commands: {},
  defaultRoute: null,
  routes: CONDITIONS.map((condition, index) => ({
    condition,
    route: {
      id: `route-${index}`,
      variants: ['a', 'b'].map((id) => ({
        weight: 50,
        variant: {
          id,
          model: fallbacks.models[0] ?? '',
          selection: { models: fallbacks.models.slice(1) },
          settings: {},
        },
      })),
    },
  })),
});
if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
const router = compiled.compiled;
const routed = { ...snapshot, routers: new Map([['bench', router]]) };

function request(model: string, options: PlanRequest['options'] = {}): PlanRequest {
  return { model, options, allows: () => true, facts };
}

/** Microseconds a call; the best of several rounds, so that other work on the machine counts little. */
function microseconds(work: () => unknown): number {
  for (let call = 0; call < CALLS; call++) work();
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now();
    for (let call = 0; call < CALLS; call++) work();
    best = Math.min(best, ((performance.now() - started) * 1000) / CALLS);
  }
  return best;
}

const pool = [...buildCatalog({ base, refreshed: null }, []).list()].filter(({ provider }) =>
  snapshot.providers.has(provider),
).length;
const lines: readonly (readonly [what: string, work: () => unknown])[] = [
  [
    'ten conditions, the last holds (asked: ≤ 5)',
    () => {
      const variables = new RequestVariables(facts, router.knownCommands);
      return router.routes.find((route) => route.condition?.evaluate(variables).holds);
    },
  ],
  [
    'a router of ten conditions, two variants, five candidates (asked: ≤ 25)',
    () => plan(request('router/bench'), routed),
  ],
  ['a named model', () => plan(request('openai/gpt-4o-mini'), routed)],
  [
    'a named model and four fallbacks',
    () => plan(request('openai/gpt-4o-mini', fallbacks), routed),
  ],
  [`auto, of ${pool} listed models`, () => plan(request('auto'), routed)],
  ['auto by price', () => plan(request('auto', { sort: ['price'] }), routed)],
  [
    'auto by coding, then throughput',
    () => plan(request('auto', { sort: ['coding', 'throughput'] }), routed),
  ],
];
process.stdout.write('Microseconds a plan, one thread, nothing measured yet of any model:\n');
for (const [what, work] of lines)
  process.stdout.write(`${microseconds(work).toFixed(1).padStart(8)}  ${what}\n`);
