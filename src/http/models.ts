// The model lists, in the three shapes clients know: OpenAI's, Anthropic's and Inworld's.
import type { ModelFacts } from '../core/model.ts';
import type { Price, Rates } from '../core/price.ts';
import { priceOf } from '../core/price-of.ts';
import type { Snapshot } from '../gateway/snapshot.ts';

interface ListedModel {
  readonly id: string;
  readonly provider: string;
  readonly model: string;
  readonly facts: ModelFacts | null;
  readonly price: Price | null;
}

/** Every model of the providers that can be used now: the catalogue's, then those only the provider itself lists. */
export function listedModels(snapshot: Snapshot): readonly ListedModel[] {
  const listed = new Map<string, ListedModel>();
  for (const facts of snapshot.catalog.list()) {
    const configured = snapshot.providers.get(facts.provider);
    if (configured === undefined) continue;
    const id = `${facts.provider}/${facts.model}`;
    const price = priceOf({ facts, configured });
    listed.set(id, { id, provider: facts.provider, model: facts.model, facts, price });
  }
  for (const configured of snapshot.providers.values()) {
    const provider = configured.provider.id;
    for (const model of configured.models) {
      const id = `${provider}/${model}`;
      if (listed.has(id)) continue;
      const facts = snapshot.catalog.get(provider, model);
      listed.set(id, { id, provider, model, facts, price: priceOf({ facts, configured }) });
    }
  }
  return [...listed.values()];
}

/** What callers may name beside models: `auto` and the routers. Who chooses is the gateway, and what it costs is not known before. */
export function listedRouters(snapshot: Snapshot): readonly ListedModel[] {
  const named = (id: string): ListedModel => {
    const slash = id.indexOf('/');
    return { id, provider: 'switchyard', model: id.slice(slash + 1), facts: null, price: null };
  };
  return ['auto', ...[...snapshot.routers.keys()].map((id) => `router/${id}`)].map(named);
}

/** OpenAI's shape, with what callers of gateways also want to know. Prices in US dollars per million tokens. */
export function openAiModel(entry: ListedModel): object {
  return {
    id: entry.id,
    object: 'model',
    created: unixSeconds(entry.facts?.released),
    owned_by: entry.provider,
    name: entry.facts?.name ?? entry.model,
    context_length: entry.facts?.context ?? null,
    max_output_tokens: entry.facts?.maxOutput ?? null,
    price: entry.price,
  };
}

/** Anthropic's shape. */
export function anthropicModel(entry: ListedModel): object {
  return {
    type: 'model',
    id: entry.id,
    display_name: entry.facts?.name ?? entry.model,
    created_at: new Date(unixSeconds(entry.facts?.released) * 1000).toISOString(),
  };
}

/** Inworld's shape: prices in US dollars per token, under both of the names its clients read. */
export function inworldModel(entry: ListedModel): object {
  const { facts } = entry;
  return {
    model: entry.model,
    provider: entry.provider,
    pricing: perToken(entry.price),
    spec: {
      inputModalities: facts?.input ?? [],
      outputModalities: facts?.output ?? [],
      contextLength: facts?.context ?? 0,
      maxCompletionTokens: facts?.maxOutput ?? 0,
      capabilities: {
        functionCalling: facts?.abilities.tools ?? false,
        reasoning: facts?.abilities.reasoning ?? false,
        responseSchema: facts?.abilities.structuredOutput ?? false,
        promptCaching: facts?.price?.cacheRead != null,
        vision: facts?.input.includes('image') ?? false,
      },
    },
    isSupported: true,
  };
}

function perToken(price: Rates | null): object {
  const dollars = (perMillion: number | null | undefined) =>
    perMillion == null ? undefined : Number((perMillion / 1e6).toPrecision(12));
  if (price === null) return {};
  const input = dollars(price.input);
  const output = dollars(price.output);
  return {
    prompt: input,
    completion: output,
    promptToken: input,
    completionToken: output,
    cacheRead: dollars(price.cacheRead),
    cacheWrite: dollars(price.cacheWrite5m),
    cacheWrite1h: dollars(price.cacheWrite1h),
  };
}

/** Zero where the date is not known: both lists' decoders require one. */
function unixSeconds(date: string | null | undefined): number {
  const ms = date ? Date.parse(date) : Number.NaN;
  return Number.isNaN(ms) ? 0 : Math.floor(ms / 1000);
}
