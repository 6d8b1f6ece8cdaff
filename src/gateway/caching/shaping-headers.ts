// shapingHeaders: what of the headers that go on to a provider shapes its answer.
import type { Inbound } from '../inbound.ts';

/** Headers that name the request and nothing else. */
const NAMES_REQUEST: ReadonlySet<string> = new Set(['x-client-request-id']);
/** What every provider of the wire is sent where the caller sends none: the official SDKs always do. */
const SENT_ANYWAY: { readonly [name: string]: string } = { 'anthropic-version': '2023-06-01' };

/** Names and values by turns; null where none does. */
export function shapingHeaders(forwarded: Inbound['forwarded']): readonly string[] | null {
  if (forwarded === null) return null;
  const found: string[] = [];
  for (const name in forwarded) {
    const value = forwarded[name] ?? '';
    if (!NAMES_REQUEST.has(name) && SENT_ANYWAY[name] !== value) found.push(name, value);
  }
  return found.length === 0 ? null : found;
}
