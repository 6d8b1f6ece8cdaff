// What must hold of the log after every journey, whatever happened in it: one row for each request, a row's cost that of its
// attempts, and sums that are those of the rows.
import type { Exchange } from '../../src/core/exchange.ts';
import { openLogStore } from '../../src/ledger/engine/open-log-store.ts';
import type { LogPlace, LogStore } from '../../src/ledger/log-store.ts';
import { fromStoredRow } from '../../src/ledger/stored-row.ts';
import { runMaintenance } from '../../src/ledger/usage/maintenance.ts';
import type { RequestsTable, UsageTable } from '../../src/store/tables.ts';

const HOUR_MS = 3_600_000;
const PAGE = 1000;

/** Throws with what does not hold. The gateway must have stopped. @param recorded what it wrote down, in order */
export async function auditLedger(place: LogPlace, recorded: readonly Exchange[]): Promise<void> {
  if (recorded.length === 0) return;
  const problems = await ledgerProblems(place, recorded);
  if (problems.length > 0) throw new Error(`The log is not right:\n${problems.join('\n')}`);
}

/** Empty: all of it holds. @param recorded where it is known: what must have a row */
export async function ledgerProblems(
  place: LogPlace,
  recorded: readonly Exchange[] = [],
): Promise<readonly string[]> {
  const store = await openLogStore(place, { write: true });
  try {
    const rows = await allRows(store);
    const problems = [...missing(rows, recorded), ...rows.flatMap(costProblem)];
    // As if the hours of all requests were over.
    await runMaintenance(store, Date.now() + 2 * HOUR_MS);
    problems.push(...(await sumProblems(store, rows)));
    return problems;
  } finally {
    await store.close();
  }
}

async function allRows(store: LogStore): Promise<readonly RequestsTable[]> {
  const rows: RequestsTable[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await store.list({ limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
    rows.push(...page.slice(0, PAGE));
    cursor = rows.at(-1)?.id;
    if (page.length <= PAGE) return rows;
  }
}

function missing(rows: readonly RequestsTable[], recorded: readonly Exchange[]): string[] {
  const times = new Map<string, number>();
  for (const { id } of rows) times.set(id, (times.get(id) ?? 0) + 1);
  return recorded
    .filter(({ id }) => times.get(id) !== 1)
    .map(({ id, endpoint }) => `${endpoint} ${id} has ${times.get(id) ?? 0} rows`);
}

function costProblem(stored: RequestsTable): string[] {
  const row = fromStoredRow(stored);
  const costs = row.attempts.map((attempt) => attempt.cost_usd);
  const known = costs.filter((cost) => cost !== null);
  const sum =
    known.length < costs.length
      ? null
      : known.reduce((all, cost) => all + Math.round(cost * 1e9), 0);
  if (sum === stored.cost_nano) return [];
  return [`${row.id} cost ${stored.cost_nano} nano-dollars, its attempts ${sum}`];
}

/** In the sums' words, and in the rows': what is summed up of one row. */
const SUMMED = {
  requests: () => 1,
  cost_nano: (row) => row.cost_nano,
  cache_hits: (row) => (row.cache === null ? 0 : 1),
  shared_hits: (row) => (row.cache === 'shared' ? 1 : 0),
  semantic_hits: (row) => (row.cache === 'semantic' ? 1 : 0),
  saved_nano: (row) => row.saved_nano,
  saved_input_tokens: (row) => row.saved_input_tokens,
  saved_output_tokens: (row) => row.saved_output_tokens,
  prompt_cache_nano: (row) => row.prompt_cache_nano,
} as const satisfies { readonly [M in keyof UsageTable]?: (row: RequestsTable) => number | null };
const MEASURES = Object.keys(SUMMED) as (keyof typeof SUMMED)[];

async function sumProblems(store: LogStore, rows: readonly RequestsTable[]): Promise<string[]> {
  const sums = await store.read(
    store.build
      .selectFrom('usage')
      .select(MEASURES)
      .where('cube', '=', 'totals')
      .where('grain', '=', 'hour')
      .compile(),
  );
  return MEASURES.flatMap((measure) => {
    const ofRows = rows.reduce((sum, row) => sum + (SUMMED[measure](row) ?? 0), 0);
    const ofSums = sums.reduce((sum, hour) => sum + Number(hour[measure] ?? 0), 0);
    return ofRows === ofSums ? [] : [`${measure}: ${ofRows} in rows, ${ofSums} in their sums`];
  });
}
