// An ordinary request and ordinary facts, for tests and measurements of plans.
import type { RequestFacts } from '../core/request-facts.ts';
import type { Survey } from '../core/survey.ts';
import { buildAutoPool } from './auto-pool.ts';
import { MetricTable } from './metrics.ts';
import type { PlanRequest } from './plan.ts';
import type { RoutingFacts } from './resolve.ts';

const SURVEY: Survey = {
  turns: [{ role: 'user', text: 'Hello', typed: 'Hello' }],
  tools: false,
  images: false,
  audio: false,
  documents: false,
  structured: false,
  reasoning: false,
  maxOutput: null,
};

/** Facts that are there at once; `change` replaces some. */
export function sampleFacts(
  change: Partial<RequestFacts> & { readonly turns?: Survey['turns'] } = {},
): RequestFacts {
  const { turns, ...facts } = change;
  const survey = turns === undefined ? SURVEY : { ...SURVEY, turns };
  return {
    id: '019ab000-0000-7000-8000-000000000000',
    user: null,
    model: 'openai/gpt-5.4',
    metadata: {},
    promptVariables: {},
    survey: () => survey,
    promptTokens: () => 10,
    language: () => 'en',
    complexity: () => 0.1,
    sessionDepth: () => 1,
    command: () => '',
    ...facts,
  };
}

export function sampleRequest(model: string, change: Partial<PlanRequest> = {}): PlanRequest {
  return { model, options: {}, allows: () => true, facts: sampleFacts({ model }), ...change };
}

/** Providers and a catalogue, with nothing measured, no router and an empty pool; `change` replaces members. */
export function sampleRouting(change: Partial<RoutingFacts> = {}): RoutingFacts {
  const metrics = new MetricTable({ scores: () => null, commonName: () => null, operator: [] });
  const providers = change.providers ?? new Map();
  const auto = buildAutoPool({
    providers,
    catalog: { get: () => null, list: () => [] },
    metrics,
    isChatModel: () => true,
    familyOf: (_provider, model) => model,
  });
  return {
    providers,
    aliases: new Map(),
    unavailable: new Map(),
    catalog: { get: () => null, byBareId: () => [] },
    suggestions: () => [],
    routers: new Map(),
    auto,
    metrics,
    ...change,
  };
}
