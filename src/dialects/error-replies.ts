// What every wire's errors have in common: HTTP statuses, and what is told of an error that says little.
import type { ErrorCode } from '../core/errors.ts';
import { scrub } from '../lib/scrub.ts';

/** Statuses with a meaning of their own, as most makers use them; the rest go by their hundred. */
export const BY_STATUS: { readonly [status: number]: ErrorCode } = {
  400: 'upstream_invalid_request',
  401: 'upstream_auth',
  402: 'upstream_payment_required',
  403: 'upstream_forbidden',
  404: 'upstream_not_found',
  405: 'upstream_not_found',
  408: 'upstream_timeout',
  409: 'upstream_unavailable',
  413: 'upstream_too_large',
  422: 'upstream_unprocessable',
  424: 'upstream_error',
  425: 'upstream_unavailable',
  429: 'upstream_rate_limited',
  499: 'upstream_error',
  503: 'upstream_unavailable',
  504: 'upstream_timeout',
  529: 'upstream_overloaded',
};

/** @param statuses the wire's own, where they differ */
export function codeByStatus(status: number, statuses = BY_STATUS): ErrorCode {
  const known = statuses[status];
  if (known !== undefined) return known;
  if (status >= 500) return 'upstream_error';
  // A redirect or another answer that is none: the base URL leads somewhere else.
  return status >= 400 ? 'upstream_invalid_request' : 'upstream_invalid_response';
}

/** @param status null for an error inside a 200 */
export function describeError(said: string | undefined, status: number | null): string {
  const message = said === undefined ? '' : scrub(said);
  if (message !== '') return message;
  return status === null
    ? 'The provider sent an error in place of an answer, without saying what it was.'
    : `The provider answered ${status} without saying why.`;
}

/** A short plain text for a body is the reason; a page of HTML is not. */
export function plainReason(text: string): string | undefined {
  const trimmed = text.trim();
  return trimmed === '' || trimmed.length > 300 || /^[<{[]/.test(trimmed) ? undefined : trimmed;
}
