// The header by which a caller brings provider keys with one request: `openai=sk-…, anthropic=sk-ant-…`.
import { invalid } from '../core/errors.ts';
import { type ProviderSecret, readSecret } from './provider-secret.ts';

export const OWN_KEY_HEADER = 'x-switchyard-provider-key';

const PROVIDER = /^[a-z0-9][a-z0-9._-]*$/;
/** More than there are providers a request could fall back to. */
const MAX_KEYS = 16;

/** By provider as it was written, in lower case. Throws `invalid_request`, which names the header and none of what is in it. */
export function readOwnKeyHeader(text: string): ReadonlyMap<string, ProviderSecret> {
  const found = new Map<string, ProviderSecret>();
  for (const [index, part] of text.split(',').entries()) {
    if (index >= MAX_KEYS) throw invalid(OWN_KEY_HEADER, `holds more than ${MAX_KEYS} keys`);
    const entry = part.trim();
    const equals = entry.indexOf('=');
    const provider = entry.slice(0, Math.max(0, equals)).trim().toLowerCase();
    // What stands before it may be the key itself: neither is ever quoted.
    if (!PROVIDER.test(provider))
      throw invalid(
        OWN_KEY_HEADER,
        `must be "provider=key", several separated by commas; number ${index + 1} is not (commas and "%" in a key are percent-encoded)`,
      );
    if (found.has(provider))
      throw invalid(OWN_KEY_HEADER, `names the same provider twice (number ${index + 1})`);
    found.set(provider, secretIn(entry.slice(equals + 1).trim(), index));
  }
  return found;
}

function secretIn(encoded: string, index: number): ProviderSecret {
  const where = `${OWN_KEY_HEADER} (number ${index + 1})`;
  let text: string;
  try {
    text = encoded.includes('%') ? decodeURIComponent(encoded) : encoded;
  } catch {
    throw invalid(where, 'is not percent-encoded as it should be: write "%" as %25 and "," as %2C');
  }
  return readSecret(text, { where, ownTokenUrl: false });
}
