// explainCache: what the cache would do with a request, asking nobody: why it has nothing to do with it, or what its key is made
// of and what is kept under it.
import type { CachedAnswer } from '../../core/cached-answer.ts';
import { GatewayError } from '../../core/errors.ts';
import type { KeyRecord } from '../../core/key.ts';
import { DIALECTS } from '../../dialects/index.ts';
import type { JsonObject } from '../../lib/json.ts';
import { dressedFor } from '../dressing-of.ts';
import { dialectOf } from '../explain.ts';
import type { Gateway } from '../gateway.ts';
import { type Inbound, readInbound } from '../inbound.ts';
import { planFor } from '../plan-for.ts';
import { requestFacts } from '../request-facts.ts';
import { shapedBy } from './answer-key.ts';
import { cacheControl } from './cache-control.ts';
import { type CacheUse, cacheUse } from './cache-use.ts';
import { mayBeCached } from './may-be-cached.ts';
import { type CachePolicy, cachePolicy } from './policy.ts';
import type { CacheSettings } from './settings.ts';

export interface CacheQuestion {
  /** A chat request as it would be sent. */
  readonly text: string;
  readonly body: JsonObject;
  readonly headers: Headers;
  /** Whose request it would be. */
  readonly key: KeyRecord;
  /** Its generation id. */
  readonly id: string;
}

/** Rejects with what the request itself would be refused with before anybody is asked. */
export async function explainCache(asked: CacheQuestion, gateway: Gateway): Promise<JsonObject> {
  const { text, body, key, id } = asked;
  const headers = withoutOrders(asked.headers);
  const snapshot = gateway.snapshot();
  const read = readInbound(DIALECTS[dialectOf(body, headers)], text, headers, 'answer');
  const plan = planFor(read, requestFacts(read, id), key, snapshot, gateway.live);
  const inbound = dressedFor(read, plan);
  const policy = cachePolicy(
    {
      options: inbound.options,
      router: plan.settings?.cache,
      key: key.cache,
      control: cacheControl(headers),
      tenant: key.id,
      user: inbound.user,
    },
    snapshot.cache,
  );
  if (policy === null) return { cacheable: false, why_not: whyNoPolicy(headers) };
  const told = toldPolicy(policy);
  if (!mayBeCached(inbound, policy, snapshot.cache))
    return { cacheable: false, why_not: whyNever(inbound, policy, snapshot.cache), ...told };
  const use = cacheUse({ inbound, plan, key, headers, snapshot }, gateway);
  if (use === null)
    return {
      cacheable: false,
      why_not:
        'It cannot be told from other requests: a name stands twice in an object of its body. Send each once.',
      ...told,
    };
  const kept = await use.find();
  return {
    cacheable: true,
    why_not: null,
    ...told,
    would_hit: kept === null ? isBeingMade(use, inbound, gateway) && 'shared' : 'exact',
    why_no_hit: kept === null ? whyNoHit(use, inbound, gateway) : null,
    kept: kept === null ? null : toldKept(kept, gateway.answers.now()),
    answer_key: use.key,
    shaped_by: shapedBy(inbound),
  };
}

/** That nobody may be asked is so here anyway. */
function withoutOrders(headers: Headers): Headers {
  const order = headers.get('cache-control');
  if (order === null || !/only-if-cached/i.test(order)) return headers;
  const others = new Headers(headers);
  others.set('cache-control', order.replaceAll(/only-if-cached\s*,?/gi, ''));
  return others;
}

function whyNoPolicy(headers: Headers): string {
  return cacheControl(headers)?.noStore
    ? 'Its Cache-Control header says no-store.'
    : "The mode in force for it is \"off\": its own word, its router's, its key's or the configuration's, in this order.";
}

function whyNever(inbound: Inbound, policy: CachePolicy, settings: CacheSettings): string {
  if (inbound.text.length > settings.maxRequestChars)
    return `It has ${inbound.text.length} characters, more than cache.max_request (${settings.maxRequestChars}).`;
  return mayBeCached(inbound, { ...policy, asked: true }, settings)
    ? 'Its answer depends on more than it says: web search or another tool of the provider’s, media or files at an address, a stored prompt, sound. Name the cache in the request, its router or its key (cache.mode) to have it all the same.'
    : 'It goes on from what only its provider has, or lets a provider act: previous_response_id, conversation, background, container, MCP servers. Such answers are never given again.';
}

function toldPolicy(policy: CachePolicy): JsonObject {
  const { mode, ttlMs, owner, coalesces, maxAgeMs, reads, threshold, shadow } = policy;
  return {
    mode,
    ttl_s: ttlMs / 1000,
    owner: { key: owner.tenant, user: owner.user, namespace: owner.namespace },
    reads,
    max_age_s: maxAgeMs === null ? null : maxAgeMs / 1000,
    coalesces,
    ...(mode === 'semantic' ? { threshold, shadow } : {}),
  };
}

function isBeingMade(
  { policy, key }: CacheUse,
  { stream }: Inbound,
  { answers }: Gateway,
): boolean {
  return policy.coalesces && answers.flights.under(key, stream, () => true) !== null;
}

function whyNoHit(use: CacheUse, inbound: Inbound, gateway: Gateway): string {
  if (isBeingMade(use, inbound, gateway)) return 'It is being made for another right now.';
  const { reads, maxAgeMs, mode } = use.policy;
  if (!reads) return 'Its Cache-Control header says no-cache: an answer is asked for, and kept.';
  const older = maxAgeMs === null ? '' : ', or it is older than its Cache-Control header takes';
  const near =
    mode === 'semantic'
      ? ' Whether one to a prompt that means the same is, is only found out when it is asked.'
      : '';
  return `Nothing is kept under its key: nobody asked exactly this with this key, user and namespace within the time it is kept, or that answer was not one to keep (an error, cut off, filtered, too large), or it was dropped${older}. Compare "shaped_by" with that of the request you expected it from.${near}`;
}

function toldKept(kept: CachedAnswer, now: number): JsonObject {
  return {
    from: kept.id,
    model: kept.model,
    age_ms: Math.max(0, now - kept.at),
    expires_in_ms: Math.max(0, kept.expiresAt - now),
    finish_reason: kept.finishReason,
  };
}

/** Whose request is asked about. Throws `not_found`. */
export function keyAskedAbout({ keys }: Pick<Gateway, 'keys'>, id: string): KeyRecord {
  const key = keys.get(id);
  if (key !== null) return key;
  throw new GatewayError(
    'not_found',
    `There is no key "${id.slice(0, 60)}". GET /router/v1/keys lists them.`,
  );
}
