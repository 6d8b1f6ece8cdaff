// toldReply: what a reply says of itself.
import type { GatewayError } from '../core/errors.ts';
import type { ReplyMetadata } from '../core/exchange.ts';
import { sumCost } from './attempt-sums.ts';
import { cacheHit, reasoningOf, type Story } from './story.ts';
import { toldAttempt, toldNear, toldRecall } from './told-attempts.ts';

type Told = { -readonly [Member in keyof ReplyMetadata]: ReplyMetadata[Member] };

const NANO_PER_DOLLAR = 1e9;

export function toldReply(story: Story, error: GatewayError | null): ReplyMetadata {
  const { start, plan, attempts, answered, recall, restored, added, verdict } = story;
  const cost = sumCost(attempts);
  const told: Told = {
    generation_id: start.id,
    actual_model: answered?.model ?? null,
    provider: answered?.provider ?? null,
    attempts: attempts.map(toldAttempt),
    reasoning: reasoningOf(story),
    router_id: plan?.routerId ?? null,
    route_id: plan?.routeId ?? null,
    variant_id: plan?.variantId ?? null,
    cache_hit: cacheHit(story) ?? false,
    cost_usd: cost === null ? null : cost / NANO_PER_DOLLAR,
    losses: story.losses,
    total_duration_ms: story.totalMs,
  };
  if (recall !== null && error === null) told.cache = toldRecall(recall, story.saved);
  else if (story.near !== null && error === null) told.cache = toldNear(story.near);
  if (attempts.some(({ unpriced }) => unpriced)) told.unpriced = true;
  if (story.resumed) told.resumed = true;
  if (story.estimated) told.usage_estimated = true;
  if (restored !== null) told.restored = [...restored];
  if (added !== null) told.added = [...added];
  if (verdict !== null) told.structured_output = verdict;
  if (story.simulated) told.simulated = true;
  return told;
}
