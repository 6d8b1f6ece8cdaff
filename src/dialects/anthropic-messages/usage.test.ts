// This wire's counts, as gateways in between spell them; what is written for an hour apart; the tiers that have prices of their own.
import { expect, test } from 'bun:test';
import { decodeUsage, UsageMeter } from './usage.ts';

test('counts under another case are counts, and one told under two spellings is their sum', () => {
  const usage = decodeUsage({
    Input_Tokens: 3,
    input_tokens: 4,
    OUTPUT_TOKENS: 5,
    Cache_Creation_Input_Tokens: 100,
    Cache_Creation: { Ephemeral_5M_Input_Tokens: 40, ephemeral_1h_input_tokens: 60 },
    cache_read_input_tokens: 9,
  });
  expect(usage).toMatchObject({
    input: 7,
    output: 5,
    cacheRead: 9,
    cacheWrite5m: 40,
    cacheWrite1h: 60,
  });
});

test('of a stream the last known figure of each counts, wherever it stood', () => {
  const meter = new UsageMeter();
  meter.take({ input_tokens: 10, output_tokens: 1, cache_read_input_tokens: null });
  meter.take({ output_tokens: 50, cache_read_input_tokens: 2000 });
  meter.take({ input_tokens: null, output_tokens: 70 });
  expect(meter.usage()).toMatchObject({ input: 10, output: 70, cacheRead: 2000 });
});

test.each([
  [{}, undefined],
  [{ service_tier: 'standard', inference_geo: 'not_available' }, undefined],
  [{ service_tier: 'standard', inference_geo: 'global', speed: 'standard' }, undefined],
  [{ service_tier: 'batch' }, 'batch'],
  [{ service_tier: 'priority' }, 'priority'],
  [{ service_tier: 'standard', speed: 'fast' }, 'fast'],
  [{ service_tier: 'standard', inference_geo: 'us' }, 'us'],
  [{ service_tier: 'batch', inference_geo: 'us' }, 'batch us'],
] as const)('%j is the tier %p', (told, tier) => {
  expect(decodeUsage({ input_tokens: 1, output_tokens: 1, ...told }).tier).toBe(tier as string);
});
