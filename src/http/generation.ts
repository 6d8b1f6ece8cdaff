// GET /v1/generation?id=: what became of one request, in OpenRouter's shape, for the key that made it.
import { GatewayError, invalid, toGatewayError } from '../core/errors.ts';
import type { KeyRecord } from '../core/key.ts';
import type { LogRow, LogUsage } from '../core/log-row.ts';
import { DIALECTS } from '../dialects/index.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { findRow } from '../ledger/find-row.ts';
import { authenticate } from '../limits/keys/authenticate.ts';
import { errorReply } from './respond.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export async function serveGeneration(request: Request, gateway: Gateway): Promise<Response> {
  const headers = { 'x-generation-id': Bun.randomUUIDv7() };
  try {
    const key = authenticate(request.headers, gateway.keys);
    const row = await ownRow(gateway, key, new URL(request.url).searchParams.get('id') ?? '');
    return Response.json({ data: generationOf(row) }, { headers });
  } catch (thrown) {
    const reply = errorReply(DIALECTS['openai-chat'], toGatewayError(thrown), null);
    for (const [name, value] of Object.entries(headers)) reply.headers.set(name, value);
    return reply;
  }
}

async function ownRow(gateway: Gateway, key: KeyRecord, id: string): Promise<LogRow> {
  if (!UUID.test(id))
    throw invalid(
      'id',
      "must be a generation id: it stands in a reply's metadata and in its x-generation-id header",
    );
  const row = await findRow(gateway.ledger, id.toLowerCase());
  // Another's is answered like none: that there is one is nobody else's business.
  if (row === null || (row.key_id !== key.id && key.role !== 'admin'))
    throw new GatewayError('not_found', `There is no generation "${id}".`);
  return row;
}

/**
 * openrouter.ai/docs/api-reference/get-a-generation. What the log does not know is null. OpenRouter counts tokens twice, by
 * a tokenizer of its own and as the provider does (`native_`): here both are the provider's, and native is null where our
 * estimate stands in for it. `latency` is the time to the first token, as OpenRouter fills it.
 */
function generationOf(row: LogRow): object {
  const { usage, ttft_ms: ttft } = row;
  const native = row.usage_estimated ? null : usage;
  const prompt = promptTokens(usage);
  const completion = completionTokens(usage);
  return {
    id: row.id,
    request_id: null,
    upstream_id: null,
    model: row.model ?? row.requested_model,
    provider_name: row.provider,
    router: routerName(row),
    api_type: API_TYPES[row.endpoint] ?? null,
    created_at: row.at,
    streamed: row.stream,
    cancelled: row.outcome === 'aborted',
    finish_reason: row.finish_reason,
    native_finish_reason: null,
    latency: ttft ?? row.total_ms,
    generation_time: ttft === null ? null : rounded(row.total_ms - ttft),
    moderation_latency: null,
    total_cost: row.cost_usd,
    usage: row.cost_usd,
    upstream_inference_cost: null,
    cache_discount: row.prompt_cache_saved_usd,
    is_byok: row.attempts.some((attempt) => attempt.success && isOwn(attempt)),
    tokens_prompt: prompt,
    tokens_completion: completion,
    native_tokens_prompt: native && prompt,
    native_tokens_completion: native && completion,
    native_tokens_reasoning: native && usage.reasoning,
    native_tokens_cached: native && usage.cache_read,
    native_tokens_completion_images: null,
    num_media_prompt: null,
    num_input_audio_prompt: null,
    num_media_completion: usage.images ?? null,
    num_search_results: null,
    num_fetches: null,
    web_search_engine: null,
    service_tier: null,
    external_user: row.user,
    session_id: null,
    app_id: null,
    preset_id: null,
    // Its clients want a text here.
    origin: '',
    http_referer: null,
    user_agent: null,
    data_region: null,
    response_cache_source_id: null,
    provider_responses: row.attempts.map((attempt) => ({
      id: null,
      endpoint_id: null,
      provider_name: attempt.provider,
      model_permaslug: attempt.model,
      status: attempt.status_code,
      latency: attempt.time_to_first_token_ms ?? attempt.duration_ms,
      is_byok: isOwn(attempt),
    })),
  };
}

/** Keys that callers bring are called so, and no others. */
function isOwn({ key }: LogRow['attempts'][number]): boolean {
  return key === 'own' || key?.startsWith('own:') === true;
}

const API_TYPES: { readonly [endpoint: string]: string } = {
  'chat.completions': 'completions',
  completions: 'completions',
  responses: 'completions',
  messages: 'completions',
  embeddings: 'embeddings',
  'cache.embeddings': 'embeddings',
};

function routerName({ router_id: id, requested_model: asked }: LogRow): string | null {
  if (id !== null) return `router/${id}`;
  return asked === 'auto' ? asked : null;
}

function promptTokens(usage: LogUsage): number | null {
  const { input, cache_read, cache_write_5m, cache_write_1h, audio_in } = usage;
  return sum([input, cache_read, cache_write_5m, cache_write_1h, audio_in]);
}

function completionTokens({ output, reasoning, audio_out }: LogUsage): number | null {
  return sum([output, reasoning, audio_out]);
}

function sum(counts: readonly (number | null)[]): number | null {
  const known = counts.filter((count) => count !== null);
  return known.length === 0 ? null : known.reduce((total, count) => total + count, 0);
}

/** Whole thousandths: a difference of two has more digits than either was measured with. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
