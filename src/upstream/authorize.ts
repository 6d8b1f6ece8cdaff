// The headers a request proves itself with, by the provider's way of authentication.
import type { ProviderKey } from '../core/plan.ts';
import type { Provider } from '../core/provider.ts';

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
  _request: SignedRequest,
): HeaderRecord | Promise<HeaderRecord> {
  if (key === null) return {};
  const { auth } = provider;
  switch (auth.kind) {
    case 'none':
      return {};
    case 'header':
      return { [auth.name]: key.secret };
    case 'google-oauth':
      return { 'x-goog-api-key': key.secret };
    case 'bearer':
    case 'aws':
      return { authorization: `Bearer ${key.secret}` };
  }
}
