// Usage objects as vendors send them, each against the sums it claims.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { totalInput, totalOutput, UNKNOWN_USAGE, type Usage } from '../../core/usage.ts';
import type { JsonObject } from '../../lib/json.ts';
import { decodeUsage, encodeUsage } from './usage.ts';

const CASES: readonly (readonly [string, JsonObject, Partial<Usage>])[] = [
  [
    'cached and reasoning tokens are inside the totals',
    {
      prompt_tokens: 100,
      completion_tokens: 50,
      total_tokens: 150,
      prompt_tokens_details: { cached_tokens: 80, audio_tokens: 5 },
      completion_tokens_details: { reasoning_tokens: 30, audio_tokens: 10 },
    },
    { input: 15, cacheRead: 80, audioIn: 5, output: 10, reasoning: 30, audioOut: 10 },
  ],
  [
    'what was written for an hour, as other gateways tell it',
    {
      prompt_tokens: 100,
      completion_tokens: 5,
      prompt_tokens_details: {
        cached_tokens: 10,
        cache_creation_tokens: 60,
        cache_creation_token_details: {
          ephemeral_5m_input_tokens: 20,
          ephemeral_1h_input_tokens: 40,
        },
      },
    },
    { input: 30, cacheRead: 10, cacheWrite5m: 20, cacheWrite1h: 40, output: 5 },
  ],
  [
    'what a router charged, in dollars',
    { prompt_tokens: 5, completion_tokens: 1, cost: 0.00183, is_byok: false },
    { input: 5, output: 1, chargedUsd: 0.00183 },
  ],
  [
    'a router that charged only its fee for a key of the caller’s own',
    { prompt_tokens: 5, completion_tokens: 1, cost: 0.0001, is_byok: true },
    { input: 5, output: 1 },
  ],
  [
    'what was charged, in ticks, and searches among the tools of the provider',
    {
      prompt_tokens: 12,
      completion_tokens: 1,
      total_tokens: 303,
      prompt_tokens_details: { cached_tokens: 11 },
      completion_tokens_details: { reasoning_tokens: 290 },
      num_sources_used: 0,
      cost_in_usd_ticks: 1466250,
      server_side_tool_usage_details: { web_search_calls: 1, x_search_calls: 2 },
    },
    {
      input: 1,
      cacheRead: 11,
      output: 1,
      reasoning: 290,
      searches: 3,
      chargedUsd: 0.000146625,
    },
  ],
  [
    'nothing but totals',
    { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 },
    { input: 7, output: 3 },
  ],
  [
    'reasoning left out of the completion, as the total shows',
    {
      prompt_tokens: 307,
      completion_tokens: 26,
      total_tokens: 560,
      prompt_tokens_details: { cached_tokens: 306 },
      completion_tokens_details: { reasoning_tokens: 227 },
    },
    { input: 1, cacheRead: 306, output: 26, reasoning: 227 },
  ],
  [
    'reasoning that only the total knows of',
    { prompt_tokens: 35, completion_tokens: 12, total_tokens: 109 },
    { input: 35, output: 12, reasoning: 62 },
  ],
  [
    'more reasoning than completion',
    {
      prompt_tokens: 43,
      completion_tokens: 10,
      total_tokens: 53,
      completion_tokens_details: { reasoning_tokens: 11 },
    },
    { input: 43, output: 0, reasoning: 10 },
  ],
  [
    'hit and miss beside the details',
    {
      prompt_tokens: 18,
      completion_tokens: 2,
      total_tokens: 20,
      prompt_cache_hit_tokens: 10,
      prompt_cache_miss_tokens: 8,
    },
    { input: 8, cacheRead: 10, output: 2 },
  ],
  [
    'a bare cached count',
    { prompt_tokens: 18, completion_tokens: 2, total_tokens: 20, cached_tokens: 10 },
    { input: 8, cacheRead: 10, output: 2 },
  ],
  [
    'the same by another name',
    { prompt_tokens: 18, completion_tokens: 2, total_tokens: 20, num_cached_tokens: 10 },
    { input: 8, cacheRead: 10, output: 2 },
  ],
  [
    'written to the cache',
    {
      prompt_tokens: 2649,
      completion_tokens: 100,
      total_tokens: 2749,
      prompt_tokens_details: { cached_tokens: 2569, cache_write_tokens: 79, audio_tokens: 0 },
    },
    { input: 1, cacheRead: 2569, cacheWrite5m: 79, audioIn: 0, output: 100 },
  ],
  [
    'written and read in one call',
    {
      prompt_tokens: 2168,
      completion_tokens: 100,
      total_tokens: 2268,
      prompt_tokens_details: { cached_tokens: 2161, cache_write_tokens: 2161 },
    },
    { input: 7, cacheRead: 2161, cacheWrite5m: 0, output: 100 },
  ],
  [
    'cached tokens left out of the total',
    { prompt_tokens: 10, completion_tokens: 2, cache_read_input_tokens: 500 },
    { input: 10, cacheRead: 500, output: 2 },
  ],
  [
    'audio read from the cache',
    {
      prompt_tokens: 100,
      completion_tokens: 0,
      prompt_tokens_details: { cached_tokens: 60, audio_tokens: 70 },
    },
    { input: 0, cacheRead: 60, audioIn: 40, output: 0 },
  ],
  [
    'the names of another wire',
    { input_tokens: 5, output_tokens: 6, total_tokens: 11 },
    { input: 5, output: 6 },
  ],
  ['no completion yet', { prompt_tokens: 5 }, { input: 5 }],
  ['only a total', { prompt_tokens: 5, total_tokens: 9 }, { input: 5, output: 4 }],
  [
    'searches',
    { prompt_tokens: 1, completion_tokens: 1, server_tool_use_details: { web_search_requests: 2 } },
    { input: 1, output: 1, searches: 2 },
  ],
  [
    'searches by another name',
    { prompt_tokens: 1, completion_tokens: 1, num_search_queries: 3 },
    { input: 1, output: 1, searches: 3 },
  ],
  ['nothing', {}, {}],
  ['nonsense', { prompt_tokens: -4, completion_tokens: '7', prompt_tokens_details: [] }, {}],
];

describe('decodeUsage', () => {
  test.each(CASES)('%s', (_, wire, expected) => {
    expect(decodeUsage(wire)).toEqual({ ...UNKNOWN_USAGE, ...expected });
  });

  test('the kinds sum to the totals, whatever the details claim', () => {
    const count = fc.nat(1000);
    fc.assert(
      fc.property(
        count,
        count,
        fc.dictionary(
          fc.constantFrom('cached_tokens', 'audio_tokens', 'cache_write_tokens'),
          count,
        ),
        fc.dictionary(fc.constantFrom('reasoning_tokens', 'audio_tokens'), count),
        (input, output, inDetails, outDetails) => {
          const usage = decodeUsage({
            prompt_tokens: input,
            completion_tokens: output,
            total_tokens: input + output,
            prompt_tokens_details: inDetails,
            completion_tokens_details: outDetails,
          });
          expect(totalOutput(usage)).toBe(output);
          for (const kind of Object.values(usage)) expect(kind ?? 0).toBeGreaterThanOrEqual(0);
          const cached =
            (inDetails.cached_tokens ?? 0) +
            (inDetails.cache_write_tokens ?? 0) +
            (inDetails.audio_tokens ?? 0);
          if (cached <= input) expect(totalInput(usage)).toBe(input);
        },
      ),
    );
  });
});

describe('encodeUsage', () => {
  test('puts the kinds back into the totals', () => {
    expect(
      encodeUsage({
        input: 1,
        cacheRead: 2,
        cacheWrite5m: 3,
        cacheWrite1h: 4,
        output: 5,
        reasoning: 6,
        audioIn: 7,
        audioOut: 8,
        searches: 9,
      }),
    ).toEqual({
      prompt_tokens: 17,
      completion_tokens: 19,
      total_tokens: 36,
      prompt_tokens_details: { cached_tokens: 2, cache_write_tokens: 7, audio_tokens: 7 },
      completion_tokens_details: { reasoning_tokens: 6, audio_tokens: 8 },
      cache_creation: { ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 4 },
      server_tool_use: { web_search_requests: 9 },
    });
  });

  test('says nothing of what nobody said', () => {
    expect(encodeUsage(UNKNOWN_USAGE)).toBeNull();
    expect(encodeUsage({ ...UNKNOWN_USAGE, input: 5 })).toEqual({ prompt_tokens: 5 });
    expect(encodeUsage({ ...UNKNOWN_USAGE, input: 5, output: 0 })).toEqual({
      prompt_tokens: 5,
      completion_tokens: 0,
      total_tokens: 5,
    });
  });

  test('is undone by decodeUsage', () => {
    const usage: Usage = {
      ...UNKNOWN_USAGE,
      input: 1,
      cacheRead: 2,
      cacheWrite5m: 3,
      output: 5,
      reasoning: 6,
    };
    const kept: Usage = { ...usage, cacheWrite1h: 4 };
    expect(decodeUsage(encodeUsage(kept) ?? {})).toEqual(kept);
    expect(decodeUsage(encodeUsage(usage) ?? {})).toEqual(usage);
  });
});
