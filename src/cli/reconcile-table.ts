// A comparison of a bill with the log, as a table for a terminal.
import type { Compared } from '../reconcile/compared.ts';
import type { Comparison, Line } from '../reconcile/comparison.ts';
import { COUNT_NAMES, type CountName } from '../reconcile/counts.ts';

const HEADINGS = ['day', 'model', 'verdict', 'requests', 'tokens', 'cost'];
const TOKENS: readonly CountName[] = COUNT_NAMES.filter(
  (name) => !['requests', 'searches', 'images', 'characters', 'seconds'].includes(name),
);

export function comparisonTable({ lines, unbilledDays, cost }: Comparison): string {
  const rows = [HEADINGS, ...lines.map(cells)];
  const widths = HEADINGS.map((_, at) => Math.max(...rows.map((row) => (row[at] ?? '').length)));
  const text = rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const out = text.flatMap((row, at) => [
    row,
    ...(lines[at - 1]?.reasons ?? []).map(({ message }) => `    ${message}`),
  ]);
  out.push('', `cost: log ${money(cost.log)}, bill ${money(cost.bill)}${percent(cost)}`);
  if (unbilledDays.length > 0)
    out.push(`no bill imported for ${unbilledDays.length} days, first ${unbilledDays[0]}`);
  return out.join('\n');
}

function cells(line: Line): string[] {
  const { day, model, verdict, counts } = line;
  return [
    day,
    model,
    verdict.replace('_', ' '),
    pair(counts.requests),
    tokens(line),
    costs(line.cost),
  ];
}

/** Log, bill; one figure where they are the same. */
function pair(figures: Compared, told: (value: number | null) => string = plain): string {
  const { log, bill } = figures;
  if (bill === null) return `${told(log)} / -`;
  return log === bill ? told(log) : `${told(log)} / ${told(bill)}${percent(figures)}`;
}

function plain(value: number | null): string {
  return value === null ? '-' : String(value);
}

function tokens({ counts }: Line): string {
  const sum = (side: 'log' | 'bill') => {
    const known = TOKENS.flatMap((name) => counts[name][side] ?? []);
    return known.length === 0 ? null : known.reduce((total, count) => total + count, 0);
  };
  const [log, bill] = [sum('log'), sum('bill')];
  const difference = log === null || bill === null ? null : log - bill;
  const share = difference === null || !bill ? null : (difference / bill) * 100;
  return pair({ log, bill, difference, percent: share });
}

function costs(cost: Compared): string {
  return pair(cost, money);
}

function money(nano: number | null): string {
  return nano === null ? '-' : `$${(nano / 1e9).toFixed(4)}`;
}

function percent({ percent }: Compared): string {
  if (percent === null || percent === 0) return '';
  return ` (${percent > 0 ? '+' : ''}${percent.toFixed(Math.abs(percent) < 1 ? 2 : 1)} %)`;
}
