// The log's side of a reconciliation: its attempts by day and model.
import type { LogFilter } from '../ledger/log-filter.ts';
import type { LogPage } from '../ledger/log-reader.ts';
import type { LogAttempt, LogRow, LogUsage } from '../ledger/log-row.ts';
import { addCounts, addKnown, type Counts } from '../reconcile/counts.ts';
import type { OurDay, OurDays } from '../reconcile/ours.ts';

const PAGE_ROWS = 1000;

/** What can list the log: the gateway's ledger, or a reader beside it. */
export interface ListsRows {
  list(filter: LogFilter): Promise<LogPage>;
}

/** Reads the rows of the stretch, page by page. */
export function ourDaysOf(log: ListsRows): OurDays {
  return async ({ from, to, providers }) => {
    const days = new Map<string, OurDay>();
    for (const provider of providers) {
      let cursor: string | null = null;
      do {
        const page: LogPage = await log.list({
          ...{ from, to, tried: provider, limit: PAGE_ROWS },
          ...(cursor === null ? {} : { cursor: idIn(cursor) }),
        });
        for (const row of page.logs) addRow(days, row, provider);
        cursor = page.nextCursor;
      } while (cursor !== null);
    }
    return [...days.values()];
  };
}

/** A filter that was read has the id. */
function idIn(cursor: string): string {
  return Buffer.from(cursor, 'base64url').toString('latin1');
}

function addRow(days: Map<string, OurDay>, row: LogRow, provider: string): void {
  const day = row.at.slice(0, 10);
  for (const [place, attempt] of row.attempts.entries()) {
    const { model } = attempt;
    if (attempt.provider !== provider || !isBillable(attempt)) continue;
    const isLast = place === row.attempts.length - 1;
    const added = oursOf(attempt, day, isLast && row.outcome === 'aborted');
    const key = `${day} ${model}`;
    const there = days.get(key);
    days.set(key, there === undefined ? added : joined(there, added));
  }
}

/** What a provider refused is on nobody's bill. */
function isBillable({ success, usage }: LogAttempt): boolean {
  return success || Object.values(usage).some((count) => typeof count === 'number' && count > 0);
}

function oursOf(attempt: LogAttempt, day: string, aborted: boolean): OurDay {
  return {
    ...{ day, provider: attempt.provider, model: attempt.model },
    counts: countsOf(attempt.usage),
    costNano: attempt.cost_usd === null ? 0 : Math.round(attempt.cost_usd * 1e9),
    unpriced: attempt.cost_usd === null ? 1 : 0,
    estimated: attempt.estimated === true ? 1 : 0,
    aborted: aborted ? 1 : 0,
  };
}

function countsOf(usage: LogUsage): Counts {
  return {
    requests: 1,
    input: usage.input,
    cache_read: usage.cache_read,
    cache_write_5m: usage.cache_write_5m,
    cache_write_1h: usage.cache_write_1h,
    output: addKnown(usage.output, usage.reasoning),
    audio_in: usage.audio_in,
    audio_out: usage.audio_out,
    searches: usage.searches,
    images: usage.images ?? null,
    characters: usage.characters ?? null,
    seconds: usage.seconds ?? null,
  };
}

function joined(a: OurDay, b: OurDay): OurDay {
  return {
    ...a,
    counts: addCounts(a.counts, b.counts),
    costNano: a.costNano + b.costNano,
    unpriced: a.unpriced + b.unpriced,
    estimated: a.estimated + b.estimated,
    aborted: a.aborted + b.aborted,
  };
}
