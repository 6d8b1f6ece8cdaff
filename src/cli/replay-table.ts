// A replay's report as people read it: what moves, what it costs, what could not be decided.
import type { ReplayReport } from '../gateway/replay-report.ts';

type Cell = string | number;

export function replayTable(report: ReplayReport, what: string): string {
  const { requests, cost, users, truncated, limit } = report;
  const newest = truncated ? ` (the newest ${limit}; there are more)` : '';
  const lines = [
    `${what} on ${requests.total} requests from ${report.from} to ${report.to}${newest}`,
    '',
    ...columns([
      ['unchanged', requests.unchanged],
      ['moved', requests.moved],
      ['refused', requests.refused],
      ['undecided', requests.undecided],
    ]),
    '',
    `cost     ${usd(cost.before_usd)} → ${usd(cost.after_usd)}  (${difference(cost)})${unpriced(cost.unpriced)}`,
    `users    ${users.moved} of ${users.total} get another variant`,
    ...section(
      'moved, by the model asked first',
      report.moves.map((move) => [
        move.requests,
        `${move.from_model ?? 'nobody'} → ${move.to_model ?? 'not known'}`,
        `${usd(move.cost_before_usd)} → ${usd(move.cost_after_usd)}${unpriced(move.unpriced)}`,
      ]),
    ),
    ...section(
      'variants, requests before → after',
      report.variants.map((place) => [
        `${place.requests_before} → ${place.requests_after}`,
        place.variant_id === null
          ? 'no variant'
          : `${place.router_id}, ${place.route_id}, ${place.variant_id}`,
      ]),
    ),
    ...section(
      'refused',
      report.refused.map(({ requests: count, error }) => [count, error]),
    ),
    ...section(
      'undecided',
      report.undecided.map(({ requests: count, reason }) => [count, reason]),
    ),
    ...section(
      'assumed',
      report.assumptions.map((assumption) => [assumption]),
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function section(title: string, rows: readonly (readonly Cell[])[]): readonly string[] {
  return rows.length === 0 ? [] : ['', title, ...columns(rows)];
}

/** Numbers to the right, texts to the left, each column as wide as its widest. */
function columns(rows: readonly (readonly Cell[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, String(cell).length);
    });
  return rows.map((row) =>
    `  ${row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return typeof cell === 'number' ? String(cell).padStart(width) : cell.padEnd(width);
      })
      .join('  ')}`.trimEnd(),
  );
}

function difference({ difference_usd, difference_percent }: ReplayReport['cost']): string {
  const sign = difference_usd < 0 ? '-' : '+';
  const percent =
    difference_percent === null
      ? ''
      : `, ${difference_percent < 0 ? '' : '+'}${difference_percent} %`;
  return `${sign}${usd(Math.abs(difference_usd))}${percent}`;
}

function unpriced(count: number): string {
  return count === 0 ? '' : `, ${count} without a known cost left out`;
}

function usd(dollars: number): string {
  return `$${dollars.toFixed(6)}`;
}
