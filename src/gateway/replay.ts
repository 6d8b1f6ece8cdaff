// replay: logged requests planned once more with a draft router: what would have changed. Nobody is called, nothing is written.
import type { Live } from '../core/measured.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import type { CompiledRouter } from '../routing/compile.ts';
import type { RoutingFacts } from '../routing/resolve.ts';
import { routerNames } from '../routing/router-name.ts';
import type { ReplayReport } from './replay-report.ts';
import { RowReplay } from './replay-row.ts';
import { ReplayTally } from './replay-tally.ts';

export const DEFAULT_REPLAYED = 10_000;
export const MAX_REPLAYED = 100_000;

/** Reading so many takes the main thread about a millisecond. */
const PAGE_ROWS = 200;
/** Then it is others' turn. */
const SLICE_MS = 2;
/** What can name a router. */
const CHAT_ENDPOINTS = ['chat.completions', 'messages', 'responses'];

export interface ReplayAsked {
  readonly router: CompiledRouter;
  /** Unix milliseconds: arrived at or after, and before. */
  readonly from: number;
  readonly to: number;
  /** The newest so many. */
  readonly limit: number;
  /** Every chat request, as if it had named the router; else those that did. */
  readonly all: boolean;
}

export interface ReplaySources {
  readonly ledger: Pick<Ledger, 'list'>;
  /** With the saved routers. */
  readonly snapshot: RoutingFacts;
  /**
   * What posted outcomes say of models. Health and speed are left out: they are of this minute, not of then, and the same
   * question is to have the same answer.
   */
  readonly outcomes?: Live['outcomes'];
}

/** Rejects with `storage_unavailable`. */
export async function replay(asked: ReplayAsked, sources: ReplaySources): Promise<ReplayReport> {
  const { router, from, to, limit, all } = asked;
  const { ledger, snapshot, outcomes } = sources;
  const rows = new RowReplay(router, snapshot, outcomes === undefined ? {} : { outcomes });
  const tally = new ReplayTally();
  const which = all ? { endpoints: CHAT_ENDPOINTS } : { asked: routerNames(router.id) };
  let cursor: string | undefined;
  let more = true;
  while (more && tally.total < limit) {
    const page = await ledger.list({
      ...which,
      from,
      to,
      limit: Math.min(PAGE_ROWS, limit - tally.total),
      ...(cursor === undefined ? {} : { cursor }),
    });
    let sliceBegan = performance.now();
    for (const row of page.logs) {
      tally.add(row, rows.compare(row));
      if (performance.now() - sliceBegan < SLICE_MS) continue;
      await Bun.sleep(0);
      sliceBegan = performance.now();
    }
    cursor = page.logs.at(-1)?.id;
    more = page.nextCursor !== null;
  }
  return tally.report({
    router_id: router.id,
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    limit,
    truncated: more,
  });
}
