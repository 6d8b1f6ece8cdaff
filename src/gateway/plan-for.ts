// planFor: the plan for a request of a caller's, as things stand now.
import { allowsModel, type KeyRecord } from '../core/key.ts';
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
  key: Pick<KeyRecord, 'allowedModels'>,
  snapshot: Snapshot,
  live: Live,
): Plan {
  const allows = (id: string) => allowsModel(key, id);
  return plan({ model, options, allows, facts }, snapshot, live);
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
