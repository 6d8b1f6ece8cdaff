// An ordinary exchange, for tests and measurements of the log.
import { randomUUIDv7 } from 'bun';
import type { Exchange } from '../core/exchange.ts';
import { UNKNOWN_USAGE, type Usage } from '../core/usage.ts';

const USAGE: Usage = { ...UNKNOWN_USAGE, input: 812, cacheRead: 0, output: 220, reasoning: 64 };

/** One answered call; `change` replaces members. The id is of the moment `at`, as the gateway makes it. */
export function sampleExchange(change: Partial<Exchange> = {}): Exchange {
  const at = change.at ?? Date.now();
  return {
    id: randomUUIDv7('hex', at),
    at,
    traceId: null,
    parentSpanId: null,
    endpoint: 'chat.completions',
    dialect: 'openai-chat',
    stream: true,
    keyId: 'key_1',
    user: 'user-17',
    requestedModel: 'openai/gpt-5.4',
    model: 'openai/gpt-5.4',
    provider: 'openai',
    routerId: null,
    routeId: null,
    variantId: null,
    reasoning: 'The caller named openai/gpt-5.4 and its provider is configured.',
    attempts: [
      {
        provider: 'openai',
        model: 'openai/gpt-5.4',
        key: 'OPENAI_API_KEY',
        success: true,
        status: 200,
        error: null,
        message: null,
        startMs: 0.25,
        ttftMs: 320.25,
        durationMs: 808.5,
        usage: USAGE,
        costNano: 4_012_500,
        price: 'f3a9c1d2e4b50617',
      },
    ],
    outcome: 'ok',
    status: 200,
    errorCode: null,
    errorMessage: null,
    finishReason: 'stop',
    usage: USAGE,
    usageEstimated: false,
    costNano: 4_012_500,
    unpriced: false,
    deliveredTokens: null,
    resumed: false,
    facts: null,
    cache: null,
    simulated: false,
    losses: [],
    metadata: { tier: 'pro', seats: 12 },
    ttftMs: 320.25,
    totalMs: 820.75,
    ...change,
  };
}
