// planFor: the plan for a request of a caller's, as things stand now.
import { allows, type KeyAccess } from '../core/key.ts';
import type { Live } from '../core/measured.ts';
import type { GatewayOptions } from '../core/options.ts';
import type { Plan } from '../core/plan.ts';
import type { RequestFacts } from '../core/request-facts.ts';
import { plan } from '../routing/plan.ts';
import type { ExchangeScope } from './scope.ts';
import type { Snapshot } from './snapshot.ts';

/** Throws what `plan` does. */
export function planFor(
  { model, options }: { readonly model: string; readonly options: GatewayOptions },
  facts: RequestFacts,
  key: KeyAccess,
  snapshot: Snapshot,
  live: Live,
): Plan {
  const request = { model, options, allows: (id: string) => allows(key, id), facts };
  return plan(request, snapshot, live);
}

/** The total time a router gives its requests, where the request itself sets none. */
export function limitByRouter(
  scope: Pick<ExchangeScope, 'limit'>,
  { fallback }: GatewayOptions,
  { settings }: Plan,
): void {
  const totalMs = settings?.fallback?.total_timeout;
  if (totalMs !== undefined && fallback?.total_timeout === undefined) scope.limit(totalMs);
}
