// A web search asked for by an option (the chat wire's `web_search_options`, the gateway's own `web_search`) → this wire's tool.
// platform.openai.com/docs/guides/tools-web-search
import type { ChatCall } from '../../core/call.ts';
import type { Target } from '../../core/dialect.ts';
import { asObject, type JsonRecord } from '../../lib/json.ts';
import type { CallNotes } from './call-notes.ts';

/** Null where none is wanted, or the target does not search itself, which is noted. */
export function searchTool(call: ChatCall, target: Target, notes: CallNotes): JsonRecord | null {
  const { web_search: asked, web_search_options: options } = call.extra['openai-chat'] ?? {};
  const isWanted = options !== undefined || (asked !== undefined && asked !== false);
  if (!isWanted || hasOne(call)) return null;
  if (target.quirks.webSearchOptions !== true) {
    notes.lose(
      options === undefined ? 'web_search' : 'web_search_options',
      `${target.provider} does not search the web itself`,
    );
    return null;
  }
  const { search_context_size: size, user_location: location } =
    asObject(options) ?? asObject(asked) ?? {};
  return {
    type: 'web_search',
    ...(size === undefined || size === null ? {} : { search_context_size: size }),
    ...placeOf(asObject(location)),
  };
}

/** The chat wire keeps the place in a member `approximate`; here it is flat. */
function placeOf(location: JsonRecord | undefined | object): JsonRecord {
  const place = asObject(location);
  if (place === undefined) return {};
  const { approximate, ...rest } = place;
  return {
    user_location: { type: 'approximate', ...rest, ...asObject(approximate) } as JsonRecord,
  };
}

function hasOne({ tools }: ChatCall): boolean {
  return tools.some((tool) => tool.type === 'opaque' && tool.name.startsWith('web_search'));
}
