// The key of an answer: everything that shaped it, and who may have it. What is not in it must not matter.
//
// What says nothing but words has one key in all dialects (plain-prompt.ts). Of all else, the body goes in as it was written, but
// for what only says how the answer travels, who asks, or whom to ask: that comes in as the candidate itself. A field nobody has
// heard of shapes the answer until the opposite is known.
import { type BodyRules, canonicalBody } from '../../cache/canonical.ts';
import type { CacheOwner } from '../../core/cached-answer.ts';
import type { CallerDialectId } from '../../core/dialect.ts';
import type { Candidate, ConfiguredProvider } from '../../core/plan.ts';
import { isObject } from '../../lib/json.ts';
import type { Inbound } from '../inbound.ts';
import { plainPrompt } from './plain-prompt.ts';
import { shapingHeaders } from './shaping-headers.ts';

/** Who answers: the candidate says it. What the router makes of the others stands in the body and in the candidate. */
const WHOM = ['models', 'ignore', 'sort', 'provider', 'fallback'];
/** Ours from end to end. */
const OURS = [...WHOM, 'cache', 'prompt_caching'];
/** Whether it is streamed stands in the key by itself. */
const TRAVELS = ['model', 'stream'];
/** Who asks, for whose answers it makes no difference, and no reply of these wires repeats it. */
const ASKERS = ['user', 'safety_identifier', 'metadata', 'prompt_cache_key'];

/**
 * Lists of objects that are the wire's own from top to bottom: the order of their members says nothing. Of all else it may: a
 * model reads a schema in the order it is written in, and answers in that order.
 */
const LISTS: ReadonlySet<string> = new Set(['messages', 'input']);
const ENVELOPES = { extra_body: new Set(OURS) };
const PLAIN: BodyRules = {
  without: new Set([...OURS, ...TRAVELS, ...ASKERS]),
  lists: LISTS,
  envelopes: ENVELOPES,
};
/** Whether tokens are told in a chunk of their own is each caller's affair: the provider is always asked. */
const COUNTED: BodyRules = { ...PLAIN, without: new Set([...PLAIN.without, 'stream_options']) };
const RULES: { readonly [D in CallerDialectId]: BodyRules } = {
  'openai-chat': PLAIN,
  'anthropic-messages': PLAIN,
  // A reply of this wire repeats who asked, and the request's metadata.
  'openai-responses': { ...PLAIN, without: new Set([...OURS, ...TRAVELS]) },
};
/** What of a request its key is made of. */
export type Asked = Pick<Inbound, 'dialect' | 'body' | 'stream' | 'forwarded' | 'routed' | 'text'>;

/**
 * A digest of what is asked, without of whom. Null: it cannot be told from other requests.
 * @param text the body, where it is another than the request's own
 */
export function promptKey(
  asked: Asked,
  { tenant, user, namespace }: CacheOwner,
  text = asked.text,
): string | null {
  const { dialect, body, stream, forwarded, routed } = asked;
  const rules = rulesFor(asked);
  const shaping = canonicalBody(text, rules);
  if (shaping === null) return null;
  const plain = text === asked.text ? plainPrompt(asked, rules.without) : null;
  if (plain !== null)
    return digest(`${JSON.stringify([tenant, user, namespace, 'plain'])}${plain}`);
  const form = dialect.isOneText(body) ? 'any' : stream ? 'stream' : 'whole';
  const parts: unknown[] = [tenant, user, namespace, dialect.id, form, shapingHeaders(forwarded)];
  // What the router put in is dropped where a model refuses it, which what the caller wrote is not.
  if (routed !== undefined) parts.push(routed.unsaid, [...routed.put].sort());
  return digest(`${JSON.stringify(parts)}${shaping}`);
}

function rulesFor({ dialect, body }: Pick<Asked, 'dialect' | 'body'>): BodyRules {
  if (dialect.id !== 'openai-chat' || !isObject(body.stream_options)) return RULES[dialect.id];
  const counts = Object.keys(body.stream_options).every((name) => name === 'include_usage');
  return counts ? COUNTED : PLAIN;
}

/** The fields of a body that shape its answer, each with a short digest: what two requests differ in shows. */
export function shapedBy({ dialect, body }: Pick<Asked, 'dialect' | 'body'>): {
  readonly [field: string]: string;
} {
  const rules = rulesFor({ dialect, body });
  const found: { [field: string]: string } = {};
  for (const name in body) {
    if (rules.without.has(name)) continue;
    const field = canonicalBody(JSON.stringify({ [name]: body[name] }), rules);
    if (field !== null && field !== '') found[name] = digest(field).slice(0, SHOWN_DIGEST);
  }
  return found;
}

/** The key of one candidate's answer to it. */
export function answerKey(prompt: string, candidate: Candidate): string {
  return `${prompt}.${candidateKey(candidate)}`;
}

/** Enough to tell a few requests apart. */
const SHOWN_DIGEST = 10;

const made = new WeakMap<ConfiguredProvider, Map<string, string>>();
/** Names of models are the caller's to choose. */
const MAX_KNOWN = 1000;

/**
 * The same name at another address is another model, one that is configured otherwise is asked otherwise, and a caller's own
 * account may have its own.
 */
function candidateKey({ id, model, configured, facts }: Candidate): string {
  let ofProvider = made.get(configured);
  if (ofProvider === undefined || ofProvider.size >= MAX_KNOWN) {
    ofProvider = new Map();
    made.set(configured, ofProvider);
  }
  let key = ofProvider.get(id);
  if (key === undefined) {
    const { provider, region, keys } = configured;
    // What is known of the model decides how it is asked.
    const { context, maxOutput, abilities, thinking } = facts ?? {};
    const parts = [id, model, provider, region, keys[0]?.own ?? null];
    const known = [context, maxOutput, abilities, thinking];
    key = digest(JSON.stringify([...parts, ...known])).slice(0, 22);
    ofProvider.set(id, key);
  }
  return key;
}

function digest(text: string): string {
  return Bun.SHA256.hash(text, 'base64url');
}
