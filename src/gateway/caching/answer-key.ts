// The key of an answer: everything that shaped it, and who may have it. What is not in it must not matter.
//
// The body goes in whole, but for what only says how the answer travels, who asks, or whom to ask: that comes in as the
// candidate itself. A field nobody has heard of shapes the answer until the opposite is known.
import { canonical } from '../../cache/canonical.ts';
import type { CacheOwner } from '../../core/cached-answer.ts';
import type { Candidate } from '../../core/plan.ts';
import type { Json, JsonObject } from '../../lib/json.ts';
import type { Inbound } from '../inbound.ts';

/** Fields that say nothing of what the answer is. */
const NOT_SHAPING: ReadonlySet<string> = new Set([
  // Who answers: the candidate.
  ...['model', 'models', 'ignore', 'sort', 'provider', 'fallback'],
  // Who asks.
  ...['user', 'safety_identifier', 'metadata'],
  // How the answer travels, and what is kept of it.
  ...['stream', 'stream_options', 'cache', 'prompt_caching', 'prompt_cache_key'],
]);

/** A digest of what is asked, without of whom. Null: it cannot be told from other requests. */
export function promptKey(inbound: Inbound, owner: CacheOwner): string | null {
  const { body, dialect, forwarded, routed } = inbound;
  const shaping = canonical(shapingFields(body));
  if (shaping === null) return null;
  const form = dialect.isOneText(body) ? 'any' : inbound.stream ? 'stream' : 'whole';
  const parts = [
    [owner.tenant, owner.user, owner.namespace],
    dialect.id,
    form,
    forwarded as Json,
    (routed?.unsaid ?? null) as Json,
  ];
  return digest(`${JSON.stringify(parts)}${shaping}`);
}

/** The key of one candidate's answer to it. */
export function answerKey(prompt: string, { id, configured }: Candidate): string {
  const { provider, keys } = configured;
  // The same name at another address is another model, and a caller's own account may have its own.
  return digest(JSON.stringify([prompt, id, provider.baseUrl, keys[0]?.own ?? null]));
}

function shapingFields(body: JsonObject): JsonObject {
  const fields: { [name: string]: Json | undefined } = {};
  for (const name in body) {
    if (NOT_SHAPING.has(name)) continue;
    fields[name] = name === 'extra_body' ? shapingExtra(body[name]) : body[name];
  }
  return fields;
}

function shapingExtra(extra: Json | undefined): Json | undefined {
  if (extra === null || typeof extra !== 'object' || Array.isArray(extra)) return extra;
  return shapingFields(extra as JsonObject);
}

function digest(text: string): string {
  return new Bun.CryptoHasher('sha256').update(text).digest('base64url');
}
