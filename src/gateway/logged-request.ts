// From a row of the log back to what it tells of the request, and of what became of it.

import type { LogRow, LogUsage } from '../core/log-row.ts';
import type { Usage } from '../core/usage.ts';
import { totalInput, totalOutput } from '../core/usage.ts';
import type { CompiledRouter } from '../routing/compile.ts';
import type { LoggedRequest } from '../routing/logged-facts.ts';

/** Where a request went. Null: nowhere. */
export interface Went {
  readonly routerId: string | null;
  readonly routeId: string | null;
  readonly variantId: string | null;
  /** The model that was asked first. */
  readonly model: string | null;
  /** Why routing let it through to nobody. */
  readonly refusedWith: string | null;
}

/** What routing itself refuses with: another router may not. */
const ROUTING_ERRORS: ReadonlySet<string> = new Set([
  'no_route_matched',
  'no_candidate',
  'model_not_found',
  'unknown_provider',
  'provider_not_configured',
]);

/** @param routers those of now, for want of those of then */
export function loggedRequest(
  row: LogRow,
  routers: ReadonlyMap<string, CompiledRouter>,
): LoggedRequest {
  // All attempts together may have read the prompt more than once.
  const usage = usageOf(row.attempts.findLast(({ success }) => success)?.usage ?? row.usage);
  return {
    id: row.id,
    user: row.user,
    model: row.requested_model,
    metadata: row.metadata ?? {},
    facts: row.facts,
    inputTokens: totalInput(usage),
    outputTokens: totalOutput(usage),
    commands: row.router_id === null ? undefined : routers.get(row.router_id)?.knownCommands,
  };
}

/** Null where the request ended before anybody decided where it goes. */
export function whereItWent(row: LogRow): Went | null {
  const { router_id: routerId, route_id: routeId, variant_id: variantId } = row;
  const model = row.attempts[0]?.model ?? row.model;
  const code = row.error?.code ?? '';
  const refusedWith = routerId === null && model === null && ROUTING_ERRORS.has(code) ? code : null;
  if (routerId === null && model === null && refusedWith === null) return null;
  return { routerId, routeId, variantId, model, refusedWith };
}

export function usageOf(logged: LogUsage): Usage {
  const { images, characters, seconds } = logged;
  return {
    input: logged.input,
    cacheRead: logged.cache_read,
    cacheWrite5m: logged.cache_write_5m,
    cacheWrite1h: logged.cache_write_1h,
    output: logged.output,
    reasoning: logged.reasoning,
    audioIn: logged.audio_in,
    audioOut: logged.audio_out,
    searches: logged.searches,
    ...(images === undefined ? {} : { images }),
    ...(characters === undefined ? {} : { characters }),
    ...(seconds === undefined ? {} : { seconds }),
  };
}
