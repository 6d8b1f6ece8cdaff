// Models made up for the tests of `auto`: providers, pools, and what is measured of them.
import type { Measured, OutcomeView, SpeedView } from '../core/measured.ts';
import type { ModelFacts } from '../core/model.ts';
import type { ModelScores, OperatorMetric } from '../core/model-metrics.ts';
import type { ConfiguredProvider } from '../core/plan.ts';
import type { AutoFacts } from './auto.ts';
import type { Needs } from './auto-needs.ts';
import { buildAutoPool } from './auto-pool.ts';
import { MetricTable } from './metrics.ts';

export const NO_NEEDS: Needs = {
  promptTokens: 1000,
  maxOutput: null,
  tools: false,
  images: false,
  audio: false,
  documents: false,
  structured: false,
  reasoning: false,
};

/** What a test says of a model; all else is able and usual. */
export interface Sample extends Partial<ModelScores> {
  /** Dollars per million tokens in; out is four times that. */
  readonly price?: number | null;
  readonly tools?: boolean | null;
  readonly structured?: boolean | null;
  readonly reasoning?: boolean | null;
  readonly context?: number | null;
  readonly maxOutput?: number | null;
  readonly input?: ModelFacts['input'];
  readonly output?: ModelFacts['output'];
  readonly tiers?: NonNullable<ModelFacts['price']>['tiers'];
}

const yes = (value: boolean | null | undefined) => (value === undefined ? true : value);

/** Only those of `listed` are in the catalogue; providers may list more. */
export function autoFactsOf(
  samples: { readonly [id: string]: Sample },
  {
    operator = [],
    unlisted = [],
    simulated = [],
  }: {
    readonly operator?: readonly OperatorMetric[];
    readonly unlisted?: readonly string[];
    readonly simulated?: readonly string[];
  } = {},
): AutoFacts & { readonly providers: ReadonlyMap<string, ConfiguredProvider> } {
  const facts = new Map(Object.entries(samples).map(([id, sample]) => [id, factsOf(id, sample)]));
  const providers = new Map<string, ConfiguredProvider>();
  for (const id of [...facts.keys(), ...unlisted]) {
    const name = id.slice(0, id.indexOf('/'));
    const models = unlisted
      .filter((one) => one.startsWith(`${name}/`))
      .map((one) => one.slice(name.length + 1));
    providers.set(name, providerOf(name, models, simulated.includes(name)));
  }
  const metrics = new MetricTable({
    scores: (provider, model) => {
      const sample = samples[`${provider}/${model}`];
      if (sample === undefined) return null;
      const { intelligence = null, math = null, coding = null } = sample;
      return {
        intelligence,
        math,
        coding,
        tokensPerS: sample.tokensPerS ?? null,
        ttftMs: sample.ttftMs ?? null,
      };
    },
    commonName: (model) => model.slice(model.lastIndexOf('/') + 1).toLowerCase(),
    operator,
  });
  const get = (provider: string, model: string) => facts.get(`${provider}/${model}`) ?? null;
  const pool = buildAutoPool({
    providers,
    catalog: { get, list: () => facts.values() },
    metrics,
    isChatModel: (known) => known?.output.includes('text') !== false,
    familyOf: (_, model) => model.replace(/-\d{8}$/, ''),
  });
  const resolve: AutoFacts['resolve'] = (name) => {
    const slash = name.indexOf('/');
    const configured = providers.get(name.slice(0, slash));
    if (configured === undefined) return [];
    const model = name.slice(slash + 1);
    return [{ id: name, configured, model, facts: get(configured.provider.id, model) }];
  };
  return { metrics, pool, resolve, providers };
}

function factsOf(id: string, sample: Sample): ModelFacts {
  const { price = 1, tiers } = sample;
  const slash = id.indexOf('/');
  return {
    provider: id.slice(0, slash),
    model: id.slice(slash + 1),
    name: id,
    context: sample.context === undefined ? 1_000_000 : sample.context,
    maxOutput: sample.maxOutput ?? null,
    input: sample.input ?? ['text', 'image', 'audio', 'pdf'],
    output: sample.output ?? ['text'],
    abilities: {
      tools: yes(sample.tools),
      reasoning: yes(sample.reasoning),
      structuredOutput: yes(sample.structured),
      temperature: true,
    },
    price:
      price === null
        ? null
        : { input: price, output: price * 4, ...(tiers === undefined ? {} : { tiers }) },
    released: '2026-01',
    knowledge: null,
  };
}

function providerOf(id: string, models: readonly string[], simulated: boolean): ConfiguredProvider {
  const provider = {
    id,
    name: id,
    dialect: 'openai-chat',
    baseUrl: `http://${id}.test/v1`,
    auth: { kind: 'none' },
    env: [],
    quirks: {},
    docs: [],
    ...(simulated ? { simulated: true } : {}),
  } as const;
  return { provider, keys: [], models, region: null };
}

type Figures = { readonly [id: string]: readonly [value: number, samples: number] };

function measured(figures: Figures | undefined, id: string): Measured | null {
  const [value, samples] = figures?.[id] ?? [];
  return value === undefined || samples === undefined ? null : { value, samples };
}

export function speedOf(speeds: { readonly ttft?: Figures; readonly rate?: Figures }): SpeedView {
  return {
    ttftMs: ({ id }) => measured(speeds.ttft, id),
    tokensPerS: ({ id }) => measured(speeds.rate, id),
  };
}

export function outcomesOf(outcomes: { readonly [metric: string]: Figures }): OutcomeView {
  return {
    mean: (metric, id) => measured(outcomes[metric], id),
    metrics: () => Object.keys(outcomes),
  };
}
