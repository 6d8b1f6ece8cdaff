// mayBeCached: whether a request's answer is one that somebody who asks the same could be given.
import type { CallerDialectId } from '../../core/dialect.ts';
import { asArray, asObject, asObjects, type Json, type JsonObject } from '../../lib/json.ts';
import type { Inbound } from '../inbound.ts';
import { pointsElsewhere } from './points-elsewhere.ts';
import type { CachePolicy } from './policy.ts';
import type { CacheSettings } from './settings.ts';

export function mayBeCached(
  inbound: Inbound,
  policy: CachePolicy,
  { maxRequestChars }: CacheSettings,
): boolean {
  const { text, body, dialect, continuation } = inbound;
  if (text.length > maxRequestChars || continuation !== undefined) return false;
  const extra = asObject(body.extra_body);
  const fields = extra === undefined ? body : { ...body, ...extra };
  if (actsOrGoesOn(fields)) return false;
  return policy.asked || !asksTheWorld(fields, inbound, dialect.id);
}

/** What a request goes on from, or works in, where only its provider has it. */
const GOES_ON = ['previous_response_id', 'conversation', 'background', 'container'];
/** Servers that do what their tools say, beside those among the tools. */
const ACTS = ['mcp_servers'];

/** Never: it does something, or goes on from what is elsewhere. Who is given another's answer would be told of what was not done. */
function actsOrGoesOn(fields: JsonObject): boolean {
  if (GOES_ON.some((name) => given(fields[name]))) return true;
  if (ACTS.some((name) => asArray(fields[name]).length > 0)) return true;
  return asObjects(fields.tools).some(({ type }) => type === 'mcp');
}

/** Fields by which providers are told to search, or that stand for a prompt they keep and that may change. */
const LOOKS: readonly string[] = [
  ...['web_search', 'web_search_options', 'search_parameters', 'enable_search', 'plugins'],
  'prompt',
];
/** The tools that a caller runs itself, or that only hold such; all others are the provider's, known or not. */
const CALLERS_TOOLS: { readonly [D in CallerDialectId]: readonly (Json | undefined)[] } = {
  // Without a type it is a function's there.
  'openai-chat': [undefined, null, 'function', 'custom'],
  'openai-responses': ['function', 'custom'],
  // A tool without a type is the caller's on this wire.
  'anthropic-messages': [undefined, null, 'custom'],
};

/** Only where it was asked for by name: the answer depends on more than what the request says. */
function asksTheWorld(fields: JsonObject, { options }: Inbound, wire: CallerDialectId): boolean {
  if (LOOKS.some((name) => given(fields[name]))) return true;
  // What a router put in.
  if (given(options.web_search as Json) || options.web_search_options !== undefined) return true;
  const callers = CALLERS_TOOLS[wire];
  if (asObjects(fields.tools).some(({ type }) => !callers.includes(type))) return true;
  // What is heard goes by an id that runs out.
  if (given(fields.audio) || asArray(fields.modalities).includes('audio')) return true;
  return ['system', 'messages', 'input'].some((name) => pointsElsewhere(fields[name]));
}

/** A list with nothing in it asks for nothing. */
function given(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === false) return false;
  return !Array.isArray(value) || value.length > 0;
}
