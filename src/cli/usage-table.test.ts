// Usage as a table: aligned, with units, and honest about what is not known.
import { expect, test } from 'bun:test';
import type { UsageAnswer, UsageSum } from '../ledger/usage/usage-answer.ts';
import { usageTable } from './usage-table.ts';

const SUM: UsageSum = {
  requests: 1200,
  errors: 3,
  aborted: 0,
  rescued: 2,
  attempts: 1203,
  cache_hits: 0,
  cache_hits_by_kind: { exact: 0, semantic: 0, shared: 0 },
  cache_hit_rate: 0,
  saved_usd: { exact: 0, semantic: 0, shared: 0, prompt_cache: 0 },
  saved_unpriced: 0,
  saved_input_tokens: { exact: 0, semantic: 0, shared: 0 },
  saved_output_tokens: { exact: 0, semantic: 0, shared: 0 },
  prompt_cache: { read_tokens: 3000, write_tokens: 0, fresh_tokens: 1000, hit_rate: 0.75 },
  unpriced: 0,
  estimated: 0,
  cost_usd: 12.5,
  tokens: {
    input: 1000,
    cache_read: 3000,
    cache_write_5m: 0,
    cache_write_1h: 0,
    output: 500,
    reasoning: 20,
    audio_in: 0,
    audio_out: 0,
  },
  prompt_cache_hit_rate: 0.75,
  searches: 0,
  images: 0,
  characters: 0,
  audio_seconds: 0,
  ttft_ms: { p50: 320.4, p95: 900, p99: 1200 },
  total_ms: { p50: 800, p95: 2100, p99: 4000 },
};
const NOTHING_KNOWN: UsageSum = {
  ...SUM,
  requests: 1,
  cost_usd: null,
  unpriced: 1,
  prompt_cache_hit_rate: null,
  ttft_ms: { p50: null, p95: null, p99: null },
};
const ANSWER: UsageAnswer = {
  from: '2026-11-21T00:00:00.000Z',
  to: '2026-11-22T00:00:00.000Z',
  interval: null,
  group_by: ['model'],
  of: 'requests',
  usage: [
    { model: 'openai/gpt-5.4', ...SUM },
    { model: null, ...NOTHING_KNOWN },
  ],
  totals: { ...SUM, requests: 1201, unpriced: 1 },
  groups: 3,
  truncated: true,
  other: [SUM],
};

test('a line a group, the rest, everything; what is not known is told', () => {
  const lines = usageTable(ANSWER).split('\n');
  expect(lines).toHaveLength(8);
  const [head = '', first = '', second = '', rest = '', total = ''] = lines;
  expect(head).toStartWith('model');
  expect(first).toMatch(/^openai\/gpt-5\.4 +1,200 +3 +2 +12\.50 +4,000 +75\.0% +520 +320 ms/);
  expect(second).toMatch(/^- +1 +3 +2 +unknown +4,000 +- +520 +- +- +800 ms/);
  expect(rest).toStartWith('(others)');
  expect(total).toMatch(/^total +1,201 +3 +2 +12\.50\+/);
  expect(new Set([head, first, second, rest, total].map((line) => line.length)).size).toBe(1);
  expect(lines.slice(-2)).toEqual([
    '2026-11-21T00:00:00.000Z to 2026-11-22T00:00:00.000Z, groups: 3',
    '+ not in the cost, because a price is not known: 1',
  ]);
});

test('a series begins each line with its time', () => {
  const at = '2026-11-21T05:00:00.000Z';
  const usage = [{ at, ...SUM }];
  const { other: _, ...answer } = { ...ANSWER, interval: 'hour', group_by: [], usage };
  const [head = '', first = '', total = ''] = usageTable({ ...answer, groups: 1 }).split('\n');
  expect([head.slice(0, 4), total.slice(0, 5)]).toEqual(['hour', 'total']);
  expect(first).toStartWith('2026-11-21 05:00     1,200');
});

test('what was saved is told where anything was, by kind, and what nobody knows', () => {
  const saving: UsageSum = {
    ...SUM,
    cache_hits: 300,
    cache_hits_by_kind: { exact: 200, semantic: 0, shared: 100 },
    cache_hit_rate: 0.25,
    saved_usd: { exact: 4, semantic: 0, shared: null, prompt_cache: -0.5 },
    saved_unpriced: 7,
    saved_input_tokens: { exact: 5000, semantic: 0, shared: 20 },
    saved_output_tokens: { exact: 600, semantic: 0, shared: 10 },
  };
  const usage = [{ model: 'openai/gpt-5.4', ...saving }];
  const { other: _, ...answer } = { ...ANSWER, usage, totals: saving, groups: 1 };
  const lines = usageTable(answer).split('\n');
  expect(lines[0]).toEndWith(' hits  saved USD');
  expect(lines[1]).toEndWith(' 25.0%      3.50+');
  expect(lines.slice(-4)).toEqual([
    'saved by exact hits: $4.00 (200 requests, 5,000 tokens in, 600 out)',
    'saved by shared hits: unknown (100 requests, 20 tokens in, 10 out)',
    "saved by providers' prompt caches: -$0.500000 (3,000 tokens read, 0 written, 1,000 fresh)",
    '+ hits of which nobody knows what they saved: 7',
  ]);
});
