// The score table from its two sources: one row a model, the best of its efforts, the speed of the quickest.
import { expect, test } from 'bun:test';
import { parseScores } from '../src/catalog/score-file.ts';
import { generate } from './generate-scores.ts';

const row = (
  name: string,
  intelligence: number | null,
  coding: number | null,
  tps: number | null,
  ttft: number | null,
  more: { readonly slug?: string; readonly openrouter_id?: string } = {},
) => ({
  slug: name.toLowerCase().replace(/[ .]/g, '-'),
  name,
  openrouter_id: null,
  artificial_analysis_intelligence_index: intelligence,
  artificial_analysis_coding_index: coding,
  tps,
  ttft,
  ...more,
});

test('rows become models', () => {
  const rows = [
    row('Clever 4.5 (high)', 40.04, 30, 50, 90),
    row('Clever 4.5 (low)', 35, null, 60, 2.5),
    row('Clever 4.5 (Non-reasoning)', 20, 10, 70, 0.5),
    row("Old 2 (Nov '24)", 9, null, null, null, { slug: 'old-2-nov', openrouter_id: 'x/old-2' }),
    row('Slow 1 (max)', 50, null, 40, 160),
    row('Unknown 1', null, null, null, null),
  ];
  const csv = [
    'model,AMPS_Hard,olympiad,python,integrals_with_game,math_comp',
    'clever-4.5-xhigh-effort,90,80,1,70,60',
    'clever-4.5-low-effort,10,10,1,10,10',
    'new-1-thinking-64k-high-effort,100,100,1,100,100',
    'broken-1,100,,1,x,100',
  ].join('\n');
  const dates = { leaderboard: '2026-07-10', livebench: '2026-06-25' };
  const text = generate(rows, csv, dates);
  const parsed = parseScores(JSON.parse(text));
  if (!parsed.ok) throw new Error(parsed.problem);
  const { scores, sources, date } = parsed.file;
  const none = { intelligence: null, math: null, coding: null, tokensPerS: null, ttftMs: null };
  expect(Object.fromEntries(scores)).toEqual({
    '4.5 clever': { intelligence: 40, math: 75, coding: 30, tokensPerS: 70, ttftMs: 500 },
    '4.5 clever (plain)': {
      intelligence: 20,
      math: null,
      coding: 10,
      tokensPerS: 70,
      ttftMs: 500,
    },
    '2 nov old': { ...none, intelligence: 9 },
    '2 old': { ...none, intelligence: 9 },
    '1 slow': { ...none, intelligence: 50 },
    '1 new': { ...none, math: 100 },
  });
  expect([date, sources.coding.date, sources.math.date]).toEqual([
    '2026-07-10',
    '2026-07-10',
    '2026-06-25',
  ]);
  expect(generate(rows.toReversed(), csv, dates)).toBe(text);
});
