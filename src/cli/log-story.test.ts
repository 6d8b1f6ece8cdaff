// The story of a request that a cache answered, and of what a provider's prompt cache did to the bill.
import { expect, test } from 'bun:test';
import { NO_USAGE, UNKNOWN_USAGE } from '../core/usage.ts';
import { sampleExchange } from '../ledger/sample-exchange.ts';
import { toLogRow } from '../ledger/stored-row.ts';
import { logStory } from './log-story.ts';

const lines = (change: Parameters<typeof sampleExchange>[0]) =>
  logStory(toLogRow(sampleExchange(change))).split('\n');

test('a hit: what it saved, whose answer it is, how old and how alike', () => {
  const usage = { ...UNKNOWN_USAGE, input: 812, output: 220 };
  const told = lines({
    ...{ attempts: [], cache: 'semantic', costNano: 0, usage: NO_USAGE },
    recall: {
      ...{ kind: 'semantic', from: 'first', model: 'openai/gpt-5.4', provider: 'openai' },
      ...{ ageMs: 12_345, similarity: 0.97123, simulated: false, losses: [] },
      saved: { usage, costNano: 4_012_500, estimated: false },
    },
  });
  expect(told).toContain('nobody was asked');
  expect(told).toContain('cost      $0.000000');
  expect(told).toContain('saved     $0.0040125 (semantic hit: 812 tokens in, 220 out)');
  expect(told).toContain('made for  first, 12.3 s old, similarity 0.9712');
});

test('what was near and not given, and why', () => {
  const near = { similarity: 0.95, guard: 'number', shadow: false, from: 'first' };
  expect(lines({ near })).toContain('near      an answer of similarity 0.9500: differs in number');
  expect(lines({ near: { ...near, guard: null, shadow: true } })).toContain(
    'near      an answer of similarity 0.9500: only watched',
  );
});

test('a prompt cache, either way; and nothing of caches where there was none', () => {
  const cached = "cached    the provider's prompt cache";
  expect(lines({ promptCacheNano: 2_700_000 })).toContain(`${cached} took $0.002700 off`);
  expect(lines({ promptCacheNano: -300 })).toContain(
    `${cached} cost $0.0000003 more than it saved`,
  );
  expect(lines({}).filter((line) => /cache|saved|near|made for/.test(line))).toEqual([]);
});
