// From a model name as callers write it to the candidates that can serve it. Pure: facts in, candidates out.
import { GatewayError } from '../core/errors.ts';
import type { ModelFacts } from '../core/model.ts';
import type { Candidate, ConfiguredProvider } from '../core/plan.ts';
import { didYouMean } from '../lib/near.ts';
import type { AutoPool } from './auto-pool.ts';
import type { CompiledRouter } from './compile.ts';
import type { MetricTable } from './metrics.ts';

/** A provider name that is known but cannot be used now, and what would change that. */
export interface UnavailableProvider {
  readonly id: string;
  readonly remedy: string;
}

/** Everything name resolution may look at. */
export interface RoutingFacts {
  /** The providers that can be used now, by id. */
  readonly providers: ReadonlyMap<string, ConfiguredProvider>;
  /** Other spellings of provider ids. */
  readonly aliases: ReadonlyMap<string, string>;
  /** Known providers that cannot be used now, by id and alias. */
  readonly unavailable: ReadonlyMap<string, UnavailableProvider>;
  readonly catalog: {
    get(provider: string, model: string): ModelFacts | null;
    /** Best first. */
    byBareId(model: string): readonly ModelFacts[];
  };
  /** Names worth suggesting for a typo: what the configured providers serve. */
  suggestions(): Iterable<string>;
  /** By id. */
  readonly routers: ReadonlyMap<string, CompiledRouter>;
  /** Whom `auto` may choose. */
  readonly auto: AutoPool;
  /** What is known of models before anything is measured. */
  readonly metrics: MetricTable;
}

/**
 * The candidates for one model name, best first; never empty.
 * Throws `model_not_found`, `unknown_provider` or `provider_not_configured`, each saying what would work.
 */
export function resolveModel(name: string, facts: RoutingFacts): readonly Candidate[] {
  const slash = name.indexOf('/');
  if (slash === -1) return resolveBare(name, facts);
  const prefix = name.slice(0, slash).toLowerCase();
  const model = name.slice(slash + 1);
  const id = facts.aliases.get(prefix) ?? prefix;
  const configured = facts.providers.get(id);
  if (configured) {
    if (model === '')
      throw new GatewayError('model_not_found', `"${name}" names a provider but no model.`, {
        param: 'model',
      });
    return [candidateOf(configured, model, facts)];
  }
  const unavailable = facts.unavailable.get(id);
  if (unavailable) {
    throw new GatewayError(
      'provider_not_configured',
      `The provider "${unavailable.id}" cannot be used: ${unavailable.remedy}.`,
      { param: 'model' },
    );
  }
  const bare = servedBy(name, facts);
  if (bare.length > 0) return bare;
  const known = [...facts.providers.keys()];
  throw new GatewayError(
    'unknown_provider',
    `There is no provider "${prefix}".${didYouMean(name, facts.suggestions()) || ` Configured: ${known.join(', ')}.`}`,
    { param: 'model' },
  );
}

function resolveBare(name: string, facts: RoutingFacts): readonly Candidate[] {
  const served = servedBy(name, facts);
  if (served.length > 0) return served;
  const elsewhere = facts.catalog.byBareId(name).map((model) => model.provider);
  const remedy = elsewhere
    .map((provider) => facts.unavailable.get(provider)?.remedy)
    .find((text) => text !== undefined);
  if (remedy !== undefined) {
    const providers = [...new Set(elsewhere)].slice(0, 5).join(', ');
    throw new GatewayError(
      'provider_not_configured',
      `No configured provider serves "${name}" (${providers} would: ${remedy}).`,
      { param: 'model' },
    );
  }
  throw new GatewayError(
    'model_not_found',
    `There is no model "${name}" at the configured providers.${didYouMean(name, facts.suggestions())} GET /v1/models lists them; "provider/model" is forwarded even when unlisted.`,
    { param: 'model' },
  );
}

/** The configured providers that serve a bare id: by the catalogue, then by what they list themselves. */
function servedBy(name: string, facts: RoutingFacts): readonly Candidate[] {
  const found: Candidate[] = [];
  for (const model of facts.catalog.byBareId(name)) {
    const configured = facts.providers.get(model.provider);
    if (configured)
      found.push({
        id: `${model.provider}/${model.model}`,
        configured,
        model: model.model,
        facts: model,
      });
  }
  for (const configured of facts.providers.values()) {
    const model = configured.models.find(
      (own) => own === name || own.slice(own.lastIndexOf('/') + 1) === name,
    );
    if (model !== undefined) found.push(candidateOf(configured, model, facts));
  }
  return distinct(found);
}

function candidateOf(
  configured: ConfiguredProvider,
  model: string,
  facts: RoutingFacts,
): Candidate {
  const provider = configured.provider.id;
  return {
    id: `${provider}/${model}`,
    configured,
    model,
    facts: facts.catalog.get(provider, model),
  };
}

/** The first of each id, in order. */
export function distinct(candidates: readonly Candidate[]): readonly Candidate[] {
  if (candidates.length < 2) return candidates;
  const seen = new Set<string>();
  return candidates.filter((candidate) => !seen.has(candidate.id) && seen.add(candidate.id));
}
