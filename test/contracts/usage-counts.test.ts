// What is no count is not known, on every wire: a figure nobody can have used is neither kept nor billed.
import { expect, test } from 'bun:test';
import type { Usage } from '../../src/core/usage.ts';
import { decodeUsage as messages } from '../../src/dialects/anthropic-messages/usage.ts';
import { decodeUsage as converse } from '../../src/dialects/bedrock-converse/usage.ts';
import { decodeUsage as cohere } from '../../src/dialects/cohere/usage.ts';
import { decodeUsage as gemini } from '../../src/dialects/gemini/usage.ts';
import { decodeUsage as chat } from '../../src/dialects/openai-chat/usage.ts';
import { usageOf } from '../../src/dialects/openai-responses/usage.ts';
import { readInputUsage, readUsage } from '../../src/operations/usage.ts';

const openai = (count: number) => ({
  ...{ prompt_tokens: count, completion_tokens: count, total_tokens: count },
  prompt_tokens_details: { cached_tokens: count, audio_tokens: count },
  completion_tokens_details: { reasoning_tokens: count, audio_tokens: count },
  server_side_tool_usage_details: { web_search_calls: count },
});
const WIRES: { readonly [wire: string]: (count: number) => Usage | null } = {
  chat: (count) => chat(openai(count)),
  responses: (count) =>
    usageOf({ usage: { ...openai(count), input_tokens: count, output_tokens: count }, output: [] }),
  messages: (count) =>
    messages({
      ...{ input_tokens: count, output_tokens: count, cache_read_input_tokens: count },
      cache_creation_input_tokens: count,
      cache_creation: { ephemeral_1h_input_tokens: count, ephemeral_5m_input_tokens: count },
      output_tokens_details: { thinking_tokens: count },
      server_tool_use: { web_search_requests: count },
      iterations: [{ type: 'compaction', input_tokens: count, output_tokens: count }],
    }),
  gemini: (count) =>
    gemini({
      ...{ promptTokenCount: count, candidatesTokenCount: count, thoughtsTokenCount: count },
      ...{ totalTokenCount: count, cachedContentTokenCount: count },
      promptTokensDetails: [{ modality: 'TEXT', tokenCount: count }],
    }),
  cohere: (count) =>
    cohere({
      tokens: { input_tokens: count, output_tokens: count },
      billed_units: { input_tokens: count, output_tokens: count, search_units: count },
      cached_tokens: count,
    }),
  converse: (count) =>
    converse({
      usage: { inputTokens: count, outputTokens: count, cacheReadInputTokens: count },
    }),
  endpoints: (count) => readUsage({ usage: openai(count) }),
  embeddings: (count) => readInputUsage({ usage: openai(count) }),
};

test.each(Object.keys(WIRES))('%s', (wire) => {
  const figuresOf = (count: number) =>
    Object.entries(WIRES[wire]?.(count) ?? {}).filter(([, value]) => value !== null);
  expect(figuresOf(7)).not.toEqual([]);
  for (const count of [12.5, 1e19, -1, -7, Number.NaN, Number.POSITIVE_INFINITY])
    expect([count, figuresOf(count)]).toEqual([count, []]);
});
