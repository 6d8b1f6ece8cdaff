// A web search asked for elsewhere, by an option (`web_search_options`, the gateway's own `web_search`) or as another maker's
// hosted tool → this wire's tool. platform.openai.com/docs/guides/tools-web-search
import type { ChatCall, Tool } from '../../core/call.ts';
import type { Target } from '../../core/dialect.ts';
import { asObject, type Json, type JsonObject, type JsonRecord } from '../../lib/json.ts';
import { asksNothing } from '../asks-nothing.ts';
import type { CallNotes } from './call-notes.ts';

/** Names of the options, in whichever dialect a caller used them. */
export const SEARCH_OPTIONS: readonly string[] = ['web_search_options', 'web_search'];

/** Null where none is wanted, or the target does not search itself, which is noted. */
export function searchTool(call: ChatCall, target: Target, notes: CallNotes): JsonRecord | null {
  const wanted = wantedIn(call);
  if (wanted === null || hasOne(call)) return null;
  const { name, value } = wanted;
  if (target.quirks.webSearchOptions !== true) {
    notes.lose(name, `${target.provider} does not search the web itself`);
    return null;
  }
  const { search_context_size: size, user_location: location } = asObject(value) ?? {};
  return {
    type: 'web_search',
    ...(size === undefined || size === null ? {} : { search_context_size: size }),
    ...placeOf(location),
  };
}

/**
 * Anthropic's `web_search_…` (platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool): the same but for the
 * count and the domains to avoid. Null where it is no such tool, or the target does not search.
 */
export function searchToolFor(
  tool: Tool & { type: 'opaque' },
  path: string,
  target: Target,
  notes: CallNotes,
): JsonRecord | null {
  const { type } = tool.value;
  if (tool.dialect !== 'anthropic-messages' || target.quirks.webSearchOptions !== true) return null;
  if (typeof type !== 'string' || !type.startsWith('web_search_')) return null;
  const { type: _, name: _n, allowed_domains: domains, user_location: place, ...rest } = tool.value;
  for (const [field, value] of Object.entries(rest))
    if (!asksNothing(value))
      notes.lose(`${path}.${field}`, 'a search on this wire takes no such wish');
  return {
    type: 'web_search',
    ...(asksNothing(domains) ? {} : { filters: { allowed_domains: domains ?? [] } }),
    ...placeOf(place),
  };
}

function wantedIn({ extra }: ChatCall): { readonly name: string; readonly value: Json } | null {
  for (const fields of Object.values(extra))
    for (const name of SEARCH_OPTIONS) {
      const value = fields?.[name];
      if (value !== undefined && value !== null && value !== false) return { name, value };
    }
  return null;
}

/** The chat wire keeps the place in a member `approximate`; elsewhere it is flat. */
function placeOf(location: Json | undefined): JsonRecord {
  const place = asObject(location);
  if (place === undefined) return {};
  const { approximate, ...rest } = place;
  const flat: JsonObject = { type: 'approximate', ...rest, ...asObject(approximate) };
  return { user_location: flat as JsonRecord };
}

function hasOne({ tools }: ChatCall): boolean {
  return tools.some((tool) => tool.type === 'opaque' && tool.name.startsWith('web_search'));
}
