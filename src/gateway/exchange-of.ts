// exchangeOf: a finished exchange, for its row.
import type { GatewayError } from '../core/errors.ts';
import type { Exchange, Outcome } from '../core/exchange.ts';
import { NO_USAGE } from '../core/usage.ts';
import { sumCost, sumDelivered, sumPromptCache, sumUsage } from './attempt-sums.ts';
import { callersTrace } from './callers-trace.ts';
import type { RecordedRequest } from './recorded-request.ts';
import { cacheHit, reasoningOf, type Story } from './story.ts';

/** How it ended. */
export interface Ended {
  readonly outcome: Outcome;
  readonly status: number;
  readonly error: GatewayError | null;
  /** Its caller was gone before; what was under way went on for others. */
  readonly left: GatewayError | null;
}

export function exchangeOf(
  story: Story,
  { outcome, status, error, left }: Ended,
  request: RecordedRequest,
  keyId: string | null,
): Exchange {
  const { start, plan, attempts, answered, recall, saved, look } = story;
  const promptCache = sumPromptCache(attempts);
  const why = error ?? left;
  return {
    id: start.id,
    at: start.at,
    ...callersTrace(start.trace),
    endpoint: start.endpoint,
    dialect: start.dialect,
    stream: request.stream,
    user: request.user,
    requestedModel: request.requestedModel,
    facts: plan?.facts ?? null,
    metadata: request.metadata,
    keyId,
    model: answered?.model ?? null,
    provider: answered?.provider ?? null,
    routerId: plan?.routerId ?? null,
    routeId: plan?.routeId ?? null,
    variantId: plan?.variantId ?? null,
    reasoning: reasoningOf(story),
    attempts,
    outcome: left === null ? outcome : 'aborted',
    status: left?.status ?? status,
    errorCode: why?.code ?? null,
    errorMessage: why?.message ?? null,
    finishReason: story.finishReason,
    usage: recall !== null && attempts.length === 0 ? NO_USAGE : sumUsage(attempts),
    usageEstimated: story.estimated,
    costNano: sumCost(attempts),
    unpriced: attempts.some(({ unpriced }) => unpriced === true),
    deliveredTokens: sumDelivered(attempts),
    resumed: story.resumed,
    cache: cacheHit(story),
    ...(recall === null ? {} : { recall: { ...recall, saved } }),
    ...(recall !== null || look === undefined ? {} : { cacheLook: look }),
    ...(story.near === null || recall !== null ? {} : { near: story.near }),
    ...(promptCache === undefined ? {} : { promptCacheNano: promptCache }),
    simulated: story.simulated,
    losses: story.losses,
    ttftMs: story.ttftMs,
    totalMs: story.totalMs,
  };
}
