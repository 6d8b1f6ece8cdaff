// What the log must hold of a case: one row, that tells what the reply told.
import type { LogRow } from '../../src/core/log-row.ts';
import { asArray, asObject } from '../../src/lib/json.ts';
import { expectedOf } from './expected.ts';
import type { Ran } from './run-case.ts';

export function rowProblems({ one, heard }: Ran, rows: readonly LogRow[]): readonly string[] {
  const [row] = rows;
  if (row === undefined || rows.length > 1) return [`${rows.length} rows`];
  const problems: string[] = [];
  const expected = expectedOf(one);
  const outcome = expected === 'whole' || expected === 'as-is' ? 'ok' : 'error';
  if (row.outcome !== outcome) problems.push(`row: ${row.outcome}`);
  const told = asArray(heard.metadata?.attempts).map((attempt) => asObject(attempt) ?? {});
  const trail = told.map(({ model, error }) => `${model} ${error ?? 'ok'}`).join();
  const written = row.attempts.map(({ model, error }) => `${model} ${error ?? 'ok'}`).join();
  if (written !== trail) problems.push('row: other attempts than the reply');
  for (const kind of ['input', 'output', 'reasoning', 'cache_read'] as const) {
    const sum = row.attempts.reduce<number | null>(
      (total, { usage }) => (usage[kind] === null ? total : (total ?? 0) + usage[kind]),
      null,
    );
    if (row.usage[kind] !== sum) problems.push(`row: ${kind} ${row.usage[kind]}, attempts ${sum}`);
  }
  const costs = row.attempts.map(({ cost_usd }) => cost_usd);
  const cost = costs.reduce<number | null>(
    (total, one) => (total === null || one === null ? null : total + one),
    0,
  );
  const same =
    cost === null || row.cost_usd === null
      ? cost === row.cost_usd
      : Math.abs(cost - row.cost_usd) < 1e-12;
  if (!same) problems.push(`row: cost ${row.cost_usd}, attempts ${cost}`);
  const { resumed } = heard.metadata ?? {};
  if ('resumed' in row && Boolean(row.resumed) !== (resumed === true))
    problems.push('row: resumed or not');
  return problems;
}
