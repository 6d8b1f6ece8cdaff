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
  ['cached', ({ prompt_cache_hit_rate: rate }) => percent(rate)],
  ['tokens out', ({ tokens: t }) => count(t.output + t.reasoning + t.audio_out)],
  ['first token p50', ({ ttft_ms }) => ms(ttft_ms.p50)],
  ['p95', ({ ttft_ms }) => ms(ttft_ms.p95)],
  ['whole p50', ({ total_ms }) => ms(total_ms.p50)],
  ['p95', ({ total_ms }) => ms(total_ms.p95)],
];

/** Where anything was saved. */
const SAVINGS: typeof FIGURES = [
  ['hits', ({ cache_hit_rate: rate }) => percent(rate)],
  ['saved USD', ({ saved_usd, saved_unpriced }) => savedCost(saved_usd, saved_unpriced)],
];

export function usageTable(answer: UsageAnswer): string {
  const figures = hasSavings(answer.totals) ? [...FIGURES, ...SAVINGS] : FIGURES;
  const { from, to, interval, group_by: names, usage, other = [], totals, groups } = answer;
  const isSeries = interval !== null;
  const heads = [...(isSeries ? [interval] : []), ...names];
  const lines: string[][] = [[...heads, ...figures.map(([heading]) => heading)]];
  const add = (texts: readonly string[], sum: UsageSum) =>
    lines.push([...texts, ...figures.map(([, cell]) => cell(sum))]);
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
  if (figures !== FIGURES) out.push(...savings(totals));
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
  return `${dollars(cost_usd)}${unpriced > 0 ? '+' : ''}`;
}

function percent(rate: number | null): string {
  return rate === null ? '-' : `${(rate * 100).toFixed(1)}%`;
}

function hasSavings({ cache_hits, saved_usd }: UsageSum): boolean {
  return cache_hits > 0 || Object.values(saved_usd).some((usd) => usd !== 0);
}

/** All kinds together. `+`: there is more, and nobody knows how much. */
function savedCost(saved: UsageSum['saved_usd'], unpriced: number): string {
  const known = Object.values(saved).filter((usd) => usd !== null);
  const more = unpriced > 0 || known.length < Object.values(saved).length ? '+' : '';
  if (known.length === 0) return 'unknown';
  return `${dollars(known.reduce((all, usd) => all + usd, 0))}${more}`;
}

/** By kind, of everything together. */
function savings({ cache_hits_by_kind: hits, saved_usd: saved, ...sum }: UsageSum): string[] {
  const kinds = (['exact', 'semantic', 'shared'] as const).filter((kind) => hits[kind] > 0);
  const lines = kinds.map((kind) => {
    const tokens = `${count(sum.saved_input_tokens[kind])} tokens in, ${count(sum.saved_output_tokens[kind])} out`;
    return `saved by ${kind} hits: ${told(saved[kind])} (${count(hits[kind])} requests, ${tokens})`;
  });
  if (sum.prompt_cache.read_tokens + sum.prompt_cache.write_tokens > 0)
    lines.push(
      `saved by providers' prompt caches: ${told(saved.prompt_cache)} (${count(sum.prompt_cache.read_tokens)} tokens read, ${count(sum.prompt_cache.write_tokens)} written, ${count(sum.prompt_cache.fresh_tokens)} fresh)`,
    );
  if (sum.saved_unpriced > 0)
    lines.push(`+ hits of which nobody knows what they saved: ${count(sum.saved_unpriced)}`);
  return lines;
}

function told(usd: number | null): string {
  if (usd === null) return 'unknown';
  return usd < 0 ? `-$${dollars(-usd)}` : `$${dollars(usd)}`;
}

function dollars(usd: number): string {
  return usd.toFixed(Math.abs(usd) < 1 ? 6 : 2);
}

function ms(value: number | null): string {
  return value === null ? '-' : `${Math.round(value)} ms`;
}
