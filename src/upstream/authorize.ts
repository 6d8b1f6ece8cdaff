// The headers a request proves itself with, by the provider's way of authentication.
import type { ProviderKey } from '../core/plan.ts';
import type { Provider } from '../core/provider.ts';
import { googleToken } from '../google/access-token.ts';
import { awsSignature } from './aws-signature.ts';

export interface SignedRequest {
  readonly method: string;
  readonly url: string;
  /** The headers so far: a signature may cover them. */
  readonly headers: { readonly [name: string]: string };
  readonly body: string | Uint8Array;
}

type HeaderRecord = { readonly [name: string]: string };

/**
 * The headers to add. A promise only where something has to be signed or fetched: the others cost the hot path nothing.
 * Throws `upstream_auth` where no credential can be made of the key.
 */
export function authorize(
  provider: Provider,
  key: ProviderKey | null,
  request: SignedRequest,
): HeaderRecord | Promise<HeaderRecord> {
  if (key === null) return {};
  const { auth } = provider;
  switch (auth.kind) {
    case 'none':
      return {};
    case 'header':
      return { [auth.name]: key.secret };
    case 'google-oauth':
      return googleProof(provider, key);
    case 'aws':
      if (key.aws !== undefined) return awsSignature(key.aws, auth.service, request);
      return { authorization: `Bearer ${key.secret}` };
    case 'bearer':
      return { authorization: `Bearer ${key.secret}` };
  }
}

/** A plain key goes in the header of Google's own wires, and as OpenAI's goes where its endpoint speaks OpenAI's wire. */
function googleProof(
  { dialect }: Provider,
  { secret, google }: ProviderKey,
): HeaderRecord | Promise<HeaderRecord> {
  if (google !== undefined) {
    const token = googleToken(google, Date.now());
    return typeof token === 'string' ? bearer(token) : token.then(bearer);
  }
  return dialect === 'openai-chat' ? bearer(secret) : { 'x-goog-api-key': secret };
}

function bearer(token: string): HeaderRecord {
  return { authorization: `Bearer ${token}` };
}
