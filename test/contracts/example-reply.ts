// What tests hand to the encoders of replies.
import type { ReplyContext, Target } from '../../src/core/dialect.ts';
import type { ReplyMetadata } from '../../src/core/exchange.ts';

export const METADATA: ReplyMetadata = {
  generation_id: '01890000-0000-7000-8000-000000000000',
  actual_model: 'p/m-1',
  provider: 'p',
  attempts: [
    {
      model: 'p/m-1',
      provider: 'p',
      success: true,
      status_code: 200,
      time_to_first_token_ms: 3,
      duration_ms: 9,
      usage: { input_tokens: 5, output_tokens: 2 },
      cost_usd: null,
    },
  ],
  reasoning: 'asked for by name',
  router_id: null,
  route_id: null,
  variant_id: null,
  cache_hit: false,
  cost_usd: null,
  losses: [],
  total_duration_ms: 9,
};

/** @param lost gets what the encoder names as lost. */
export function contextOf(lost: string[] = [], changes: Partial<ReplyContext> = {}): ReplyContext {
  return {
    id: 'reply-1',
    model: 'p/m-1',
    created: 1_700_000_000,
    excludeReasoning: false,
    includeUsage: true,
    request: {},
    inputEstimate: () => 7,
    lose: (what) => lost.push(what),
    ...changes,
  };
}

export function targetOf(model: string, changes: Partial<Target> = {}): Target {
  return {
    provider: 'p',
    model,
    quirks: {},
    maxOutput: null,
    context: null,
    reasoning: null,
    ...changes,
  };
}
