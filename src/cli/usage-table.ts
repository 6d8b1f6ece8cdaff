// Usage as a table for a terminal: a line a group, the rest, and everything together.
import type { UsageAnswer, UsageLine, UsageSum } from '../ledger/usage/usage-answer.ts';

const FIGURES: readonly (readonly [heading: string, cell: (sum: UsageSum) => string])[] = [
  ['requests', ({ requests }) => count(requests)],
  ['errors', ({ errors }) => count(errors)],
  ['rescued', ({ rescued }) => count(rescued)],
  ['cost USD', cost],
  [
    'tokens in',
    ({ tokens: t }) =>
      count(t.input + t.cache_read + t.cache_write_5m + t.cache_write_1h + t.audio_in),
  ],
  [
    'cached',
    ({ prompt_cache_hit_rate: rate }) => (rate === null ? '-' : `${(rate * 100).toFixed(1)}%`),
  ],
  ['tokens out', ({ tokens: t }) => count(t.output + t.reasoning + t.audio_out)],
  ['first token p50', ({ ttft_ms }) => ms(ttft_ms.p50)],
  ['p95', ({ ttft_ms }) => ms(ttft_ms.p95)],
  ['whole p50', ({ total_ms }) => ms(total_ms.p50)],
  ['p95', ({ total_ms }) => ms(total_ms.p95)],
];

export function usageTable(answer: UsageAnswer): string {
  const { from, to, interval, group_by: names, usage, other = [], totals, groups } = answer;
  const isSeries = interval !== null;
  const heads = [...(isSeries ? [interval] : []), ...names];
  const lines: string[][] = [[...heads, ...FIGURES.map(([heading]) => heading)]];
  const add = (texts: readonly string[], sum: UsageSum) =>
    lines.push([...texts, ...FIGURES.map(([, cell]) => cell(sum))]);
  const isAlone = heads.length === 0;
  for (const line of isAlone ? [] : usage)
    add([...when(line, isSeries), ...names.map((name) => line[name] ?? '-')], line);
  for (const line of other)
    add([...when(line, isSeries), ...names.map((_, at) => (at === 0 ? '(others)' : ''))], line);
  add(isAlone ? [] : ['total', ...heads.slice(1).map(() => '')], totals);
  const out = aligned(lines, heads.length);
  out.push('', `${from} to ${to}${names.length === 0 ? '' : `, groups: ${groups}`}`);
  if (totals.unpriced > 0)
    out.push(`+ not in the cost, because a price is not known: ${totals.unpriced}`);
  return out.join('\n');
}

function when(line: Pick<UsageLine, 'at'>, isSeries: boolean): string[] {
  return isSeries ? [(line.at ?? '').slice(0, 16).replace('T', ' ')] : [];
}

/** Names to the left, figures to the right. */
function aligned(lines: readonly (readonly string[])[], names: number): string[] {
  const widths = (lines[0] ?? []).map((_, at) =>
    Math.max(...lines.map((line) => line[at]?.length ?? 0)),
  );
  return lines.map((line) =>
    line
      .map((cell, at) =>
        at < names ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** `+`: there is more, whose price is not known. */
function cost({ cost_usd, unpriced }: UsageSum): string {
  if (cost_usd === null) return 'unknown';
  return `${cost_usd.toFixed(cost_usd < 1 ? 6 : 2)}${unpriced > 0 ? '+' : ''}`;
}

function ms(value: number | null): string {
  return value === null ? '-' : `${Math.round(value)} ms`;
}
