// Whole replies of the openai-responses wire as events.
import { describe, expect, test } from 'bun:test';
import { collect } from '../../core/collect.ts';
import { GatewayError } from '../../core/errors.ts';
import { totalInput, totalOutput } from '../../core/usage.ts';
import type { JsonObject } from '../../lib/json.ts';
import { decodeReply } from './decode-reply.ts';

const base = { id: 'resp_1', object: 'response', status: 'completed', model: 'm', created_at: 5 };

function errorOf(body: JsonObject): GatewayError {
  try {
    decodeReply(body);
  } catch (thrown) {
    if (thrown instanceof GatewayError) return thrown;
  }
  throw new Error('it was taken for an answer');
}

test('items become blocks, in their order', () => {
  const { blocks, finish, ...start } = collect(
    decodeReply({
      ...base,
      output: [
        { type: 'reasoning', id: 'r1', summary: [], encrypted_content: 'gA' },
        { type: 'function_call', id: 'f1', call_id: 'c1', name: 'f', arguments: '{}' },
        { type: 'reasoning', id: 'r2', summary: [], encrypted_content: 'gB' },
        { type: 'message', id: 'm1', content: [{ type: 'output_text', text: 'a' }] },
        { type: 'message', id: 'm2', content: [{ type: 'output_text', text: 'b' }] },
        { type: 'new_kind_of_item', id: 'n' },
      ],
    }),
  );
  expect(start).toEqual({ id: 'resp_1', model: 'm', created: 5 });
  const format = 'openai-responses-v1';
  expect(blocks).toEqual([
    { kind: 'reasoning', text: '', signature: 'r1|gA', format },
    { kind: 'tool-use', id: 'c1', name: 'f', arguments: '{}', custom: false },
    { kind: 'reasoning', text: '', signature: 'r2|gB', format },
    { kind: 'text', text: 'a', citations: [] },
    { kind: 'text', text: 'b', citations: [] },
    {
      kind: 'opaque',
      dialect: 'openai-responses',
      value: { type: 'new_kind_of_item', id: 'n' },
    },
  ]);
  expect(finish).toMatchObject({ reason: 'tool-calls', raw: 'completed' });
});

test('usage is taken apart into kinds that sum to the totals', () => {
  const { usage } = collect(
    decodeReply({
      ...base,
      service_tier: 'flex',
      output: [],
      usage: {
        input_tokens: 100,
        input_tokens_details: { cached_tokens: 60, cache_write_tokens: 10 },
        output_tokens: 50,
        output_tokens_details: { reasoning_tokens: 30 },
        total_tokens: 150,
      },
    }),
  ).finish;
  expect(usage).toMatchObject({
    input: 30,
    cacheRead: 60,
    cacheWrite5m: 10,
    output: 20,
    reasoning: 30,
    searches: null,
    tier: 'flex',
  });
  expect([totalInput(usage), totalOutput(usage)]).toEqual([100, 50]);
});

describe('searches', () => {
  const search = (type: string | null, status = 'completed') => ({
    type: 'web_search_call',
    status,
    ...(type === null ? {} : { action: { type } }),
  });
  const count = (output: JsonObject[], usage: JsonObject = {}) =>
    collect(decodeReply({ ...base, output, usage: { input_tokens: 1, ...usage } })).finish.usage
      .searches;

  test('are the search calls among the items; opening a page is none', () => {
    expect(
      count([search('search'), search(null), search('open_page'), search('search', 'failed')]),
    ).toBe(2);
    expect(count([])).toBeNull();
  });

  test('are what the provider counts, where it does', () => {
    const details = { server_side_tool_usage_details: { web_search_calls: 0 } };
    expect(count([search('search')], details)).toBe(0);
  });
});

describe('replies that are no answers', () => {
  test('a failed response is its error', () => {
    const error = { code: 'rate_limit_exceeded', message: 'Slow down.' };
    const thrown = errorOf({ ...base, status: 'failed', output: [], error });
    expect([thrown.code, thrown.message]).toEqual(['upstream_rate_limited', 'Slow down.']);
    expect(errorOf({ ...base, status: 'failed', error: null }).code).toBe('upstream_error');
    expect(errorOf({ ...base, status: 'cancelled', output: [] }).code).toBe('upstream_error');
  });

  test('an error inside a 200 is its error, and another body none at all', () => {
    const error = { type: 'insufficient_quota', code: 'insufficient_quota', message: 'Pay.' };
    expect(errorOf({ error }).code).toBe('upstream_payment_required');
    expect(errorOf({ detail: 'no such model' }).code).toBe('upstream_error');
    expect(errorOf({ object: 'chat.completion', choices: [] }).code).toBe(
      'upstream_invalid_response',
    );
  });

  test('one that is still in the making is none', () => {
    for (const status of ['queued', 'in_progress']) {
      const thrown = errorOf({ ...base, status, output: [] });
      expect([thrown.code, thrown.details.upstreamCode]).toEqual([
        'upstream_invalid_response',
        status,
      ]);
      expect(thrown.message).toContain(`"${status}"`);
    }
    expect(errorOf({ ...base, status: 'queued' }).code).toBe('upstream_invalid_response');
  });
});
