// isLeadersOwn: whether a request failed for a reason of its own, which says nothing of others who ask the same.
import type { ErrorCode, GatewayError } from '../../core/errors.ts';

const OWN: ReadonlySet<ErrorCode> = new Set([
  // Users of one key have limits of their own.
  'budget_exceeded',
  'rate_limit_exceeded',
  'price_unknown',
  'limits_unavailable',
  'total_timeout',
  'client_closed',
]);

export function isLeadersOwn({ code }: Pick<GatewayError, 'code'>): boolean {
  return OWN.has(code);
}
