// spansOf: a finished request as the spans of a trace, by OpenTelemetry's conventions for generative AI:
// https://github.com/open-telemetry/semantic-conventions-genai. No text of a prompt, an answer or an error goes in.
import type { ErrorCode } from '../core/errors.ts';
import type { AttemptOutcome, Exchange } from '../core/exchange.ts';
import { attemptSpanId, requestSpanId, traceIdOf } from '../core/trace-context.ts';
import { totalInput, totalOutput, type Usage } from '../core/usage.ts';
import { modelName, operationOf } from './operation-name.ts';

export type AttributeValue = string | number | boolean | string[];

export interface Attributes {
  [name: string]: AttributeValue;
}

export interface Span {
  readonly kind: 'server' | 'client';
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
  /** The parent is somebody else's: the caller's. */
  readonly parentRemote: boolean;
  /** Unix milliseconds, with fractions. */
  readonly startMs: number;
  readonly endMs: number;
  readonly failed: boolean;
  readonly attributes: Attributes;
}

/** What is told of a provider beside its id. */
export interface ProviderFacts {
  /** Its name in the conventions. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

export interface SpanOptions {
  readonly providers: { readonly [id: string]: ProviderFacts };
  readonly userIds: boolean;
}

const NANO_PER_USD = 1e9;
const MS_PER_S = 1000;
const FIRST_SERVER_FAULT = 500;
/** Ends of an attempt that are nobody's failure. */
const NO_FAILURES: ReadonlySet<ErrorCode> = new Set([
  'client_closed',
  'race_lost',
  'shutting_down',
]);

/** The request's own span first, then one for each attempt. */
export function spansOf(exchange: Exchange, options: SpanOptions): readonly Span[] {
  const { id, at } = exchange;
  const traceId = exchange.traceId ?? traceIdOf(id);
  const operation = operationOf(exchange.endpoint);
  const requested = bounded(exchange.requestedModel);
  const server: Span = {
    kind: 'server',
    name: requested === '' ? operation : `${operation} ${requested}`,
    traceId,
    spanId: requestSpanId(id),
    parentSpanId: exchange.parentSpanId,
    parentRemote: exchange.parentSpanId !== null,
    startMs: at,
    endMs: at + exchange.totalMs,
    failed: exchange.outcome === 'error' && exchange.status >= FIRST_SERVER_FAULT,
    attributes: requestAttributes(exchange, options),
  };
  const clients = exchange.attempts.map((attempt, index): Span => {
    const model = bounded(modelName(attempt));
    return {
      kind: 'client',
      name: `${operation} ${model}`,
      traceId,
      spanId: attemptSpanId(id, index + 1),
      parentSpanId: server.spanId,
      parentRemote: false,
      startMs: at + attempt.startMs,
      endMs: at + attempt.startMs + attempt.durationMs,
      failed: attempt.error !== null && !NO_FAILURES.has(attempt.error),
      attributes: attemptAttributes(exchange, attempt, index + 1, options),
    };
  });
  return [server, ...clients];
}

function requestAttributes(exchange: Exchange, { providers, userIds }: SpanOptions): Attributes {
  const provider = exchange.provider ?? exchange.attempts.at(-1)?.provider ?? null;
  const answered =
    exchange.attempts.findLast(({ model }) => model === exchange.model) ?? exchange.recall;
  return present({
    'gen_ai.operation.name': operationOf(exchange.endpoint),
    'gen_ai.provider.name': provider === null ? null : (providers[provider]?.name ?? provider),
    'gen_ai.request.model': bounded(exchange.requestedModel) || null,
    'gen_ai.request.stream': exchange.stream,
    'gen_ai.response.model': answered === undefined ? null : bounded(modelName(answered)),
    'gen_ai.response.finish_reasons': reasons(exchange.finishReason),
    'gen_ai.response.time_to_first_chunk': exchange.stream ? seconds(exchange.ttftMs) : null,
    ...usageAttributes(exchange.usage),
    'http.response.status_code': exchange.status,
    'error.type': exchange.errorCode,
    'enduser.id': userIds ? exchange.user : null,
    'switchyard.generation_id': exchange.id,
    'switchyard.endpoint': exchange.endpoint,
    'switchyard.dialect': exchange.dialect,
    'switchyard.key_id': exchange.keyId,
    'switchyard.router_id': exchange.routerId,
    'switchyard.route_id': exchange.routeId,
    'switchyard.variant_id': exchange.variantId,
    'switchyard.outcome': exchange.outcome,
    'switchyard.attempts': exchange.attempts.length,
    'switchyard.fallback': exchange.attempts.length > 1,
    'switchyard.resumed': exchange.resumed,
    ...cacheAttributes(exchange),
    'switchyard.simulated': exchange.simulated,
    'switchyard.usage_estimated': exchange.usageEstimated,
    'switchyard.unpriced': exchange.unpriced,
    'switchyard.cost_usd': usd(exchange.costNano),
  });
}

function attemptAttributes(
  exchange: Exchange,
  attempt: AttemptOutcome,
  number: number,
  { providers }: SpanOptions,
): Attributes {
  const known = providers[attempt.provider];
  const answers = attempt.success && attempt.model === exchange.model;
  return present({
    'gen_ai.operation.name': operationOf(exchange.endpoint),
    'gen_ai.provider.name': known?.name ?? attempt.provider,
    'gen_ai.request.model': bounded(modelName(attempt)),
    'gen_ai.request.stream': exchange.stream,
    'gen_ai.response.finish_reasons': answers ? reasons(exchange.finishReason) : null,
    'gen_ai.response.time_to_first_chunk': exchange.stream ? seconds(attempt.ttftMs) : null,
    ...usageAttributes(attempt.usage),
    'http.response.status_code': attempt.status,
    'error.type': attempt.error,
    'server.address': known?.address ?? null,
    'server.port': known?.port ?? null,
    'switchyard.attempt': number,
    'switchyard.provider_id': attempt.provider,
    'switchyard.provider_key': attempt.key,
    'switchyard.injected': attempt.injected ?? null,
    'switchyard.usage_estimated': attempt.estimated ?? null,
    'switchyard.cost_usd': usd(attempt.costNano),
    'switchyard.prompt_cache.saved_usd': usd(attempt.promptCacheNano ?? null),
  });
}

/** What answered in a provider's place, and what was not spent: the conventions have no names for it. */
function cacheAttributes({ recall, cacheLook, promptCacheNano = null }: Exchange) {
  const saved = recall?.saved ?? null;
  return {
    'switchyard.cache.result': recall?.kind ?? cacheLook ?? null,
    'switchyard.cache.from': recall?.from ?? null,
    'switchyard.cache.age': recall === undefined ? null : seconds(recall.ageMs),
    'switchyard.cache.similarity': recall?.similarity ?? null,
    'switchyard.cache.saved_usd': usd(saved?.costNano ?? null),
    'switchyard.cache.saved_input_tokens': saved === null ? null : totalInput(saved.usage),
    'switchyard.cache.saved_output_tokens': saved === null ? null : totalOutput(saved.usage),
    'switchyard.prompt_cache.saved_usd': usd(promptCacheNano),
  };
}

/** The conventions' input and output are all of it, what was cached and thought included. */
function usageAttributes(usage: Usage): { readonly [name: string]: number | null } {
  const { cacheRead, cacheWrite5m, cacheWrite1h, reasoning } = usage;
  const written =
    cacheWrite5m === null && cacheWrite1h === null
      ? null
      : (cacheWrite5m ?? 0) + (cacheWrite1h ?? 0);
  return {
    'gen_ai.usage.input_tokens': totalInput(usage),
    'gen_ai.usage.output_tokens': totalOutput(usage),
    'gen_ai.usage.cache_read.input_tokens': cacheRead,
    'gen_ai.usage.cache_creation.input_tokens': written,
    'gen_ai.usage.reasoning.output_tokens': reasoning,
  };
}

/** Callers write models' names: a name may be as long as a request. */
const MAX_NAME_CHARS = 200;

function bounded(name: string): string {
  return name.length <= MAX_NAME_CHARS ? name : `${name.slice(0, MAX_NAME_CHARS)}…`;
}

function reasons(finish: string | null): string[] | null {
  return finish === null ? null : [finish];
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / MS_PER_S;
}

function usd(nano: number | null): number | null {
  return nano === null ? null : nano / NANO_PER_USD;
}

/** Unknown is left out. */
function present(all: { readonly [name: string]: AttributeValue | null }): Attributes {
  const known: Attributes = {};
  for (const [name, value] of Object.entries(all)) if (value !== null) known[name] = value;
  return known;
}
