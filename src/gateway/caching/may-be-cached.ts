// mayBeCached: whether a request's answer is one that somebody who asks the same could be given.
import { previousOf } from '../../dialects/openai-responses/stored-items.ts';
import type { Inbound } from '../inbound.ts';
import type { CachePolicy } from './policy.ts';
import type { CacheSettings } from './settings.ts';

export function mayBeCached(
  inbound: Inbound,
  policy: CachePolicy,
  { maxRequestChars }: CacheSettings,
): boolean {
  const { text, body, dialect } = inbound;
  if (text.length > maxRequestChars) return false;
  // What it goes on from is somewhere else, and may be gone.
  if (inbound.continuation !== undefined) return false;
  if (dialect.id === 'openai-responses' && previousOf(body) !== null) return false;
  return policy.asked || !asksTheWorld(inbound);
}

/** Its answer depends on more than what it says: searches and other tools of the provider's. */
function asksTheWorld({ options, body }: Inbound): boolean {
  if (options.web_search !== undefined && options.web_search !== false) return true;
  return options.web_search_options !== undefined || body.background === true;
}
