// blameOwnKey: a refusal of a caller's own provider key says that it is theirs: the operator can do nothing about it.
import { type ErrorCode, GatewayError } from '../core/errors.ts';
import type { ProviderKey } from '../core/plan.ts';
import type { Provider } from '../core/provider.ts';

/** What a provider says of whoever holds the key. */
const ABOUT_THE_KEY: { readonly [Code in ErrorCode]?: string } = {
  upstream_auth: 'was refused',
  upstream_payment_required: 'has no credit left',
  upstream_forbidden: 'may not do this',
  upstream_rate_limited: 'is at its limit',
};

export function blameOwnKey(
  error: GatewayError,
  { name }: Provider,
  key: ProviderKey | null,
): GatewayError {
  const what = ABOUT_THE_KEY[error.code];
  if (key?.own === undefined || what === undefined) return error;
  return new GatewayError(
    error.code,
    `Your own key of ${name} (${key.label}) ${what}: ${error.message}`,
    error.details,
  );
}
