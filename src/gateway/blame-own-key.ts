// blameOwnKey: a refusal of a caller's own provider key is the caller's: the operator can do nothing about it.
import { GatewayError } from '../core/errors.ts';
import type { ProviderKey } from '../core/plan.ts';
import type { Provider } from '../core/provider.ts';
import { OWN_KEY_HEADER } from '../vault/own-key-header.ts';
import { BROUGHT_KEY_LABEL } from './own-keys.ts';

/** What a provider says of whoever holds the key. */
const REFUSALS = {
  upstream_auth: 'was refused',
  upstream_payment_required: 'has no credit left',
  upstream_forbidden: 'may not do this',
} as const;

/**
 * `own_key_refused` for a refusal: a status by which no client asks again. Being at its limit passes, so that stays what it
 * is. Any other error, and any of an operator's key, is the same.
 */
export function blameOwnKey(
  error: GatewayError,
  { name }: Provider,
  key: ProviderKey | null,
): GatewayError {
  if (key?.own === undefined) return error;
  const { code, message, details } = error;
  const from =
    key.label === BROUGHT_KEY_LABEL
      ? `from the header ${OWN_KEY_HEADER}`
      : `stored as ${key.label}`;
  const whose = `Your own key of ${name} (${from})`;
  if (code === 'upstream_rate_limited')
    return new GatewayError(code, `${whose} is at its limit: ${message}`, details);
  if (!isRefusal(code)) return error;
  const told = `${whose} ${REFUSALS[code]}: ${message}`;
  // The provider's own code would stand in place of ours, and says the same as of a key of this gateway.
  const { upstreamCode: _, upstreamType: __, ...rest } = details;
  return new GatewayError('own_key_refused', told, { ...rest, refusal: code });
}

function isRefusal(code: string): code is keyof typeof REFUSALS {
  return Object.hasOwn(REFUSALS, code);
}
