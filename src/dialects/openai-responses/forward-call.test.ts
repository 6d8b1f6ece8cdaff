// A caller's own text on its way to a provider of the same wire: what is ours goes, what is the wire's stays as it was.
import { describe, expect, test } from 'bun:test';
import { targetOf } from '../../../test/contracts/example-reply.ts';
import type { Quirks } from '../../core/provider.ts';
import { type Json, type JsonObject, parseJson } from '../../lib/json.ts';
import { forwardCall } from './forward-call.ts';

function forward(body: JsonObject, quirks: Quirks = {}) {
  const whole = { model: 'm', input: 'Hi', ...body };
  const text = JSON.stringify(whole, null, 1);
  const { body: sent, losses } = forwardCall(text, whole, targetOf('m', { quirks }));
  return { same: sent === text, sent: parseJson(sent) as JsonObject, losses };
}

const OURS = 'rs_01a203f4-12b8-7302-b8b6-ae82b8e98faa_0';

describe('fields that are both ours and the wire’s', () => {
  test('texts of metadata and efforts go on as they were', () => {
    const body = {
      metadata: { plan: 'pro' },
      reasoning: { effort: 'low', summary: 'auto' },
      previous_response_id: 'resp_1',
      background: false,
    };
    expect(forward(body).same).toBe(true);
  });

  test('metadata of other types was for us alone', () => {
    const { sent, losses } = forward({ metadata: { plan: 'pro', seats: 3 } });
    expect(sent.metadata).toEqual({ plan: 'pro' });
    expect(losses).toEqual([expect.stringMatching(/^metadata\.seats: /)]);
    expect(forward({ metadata: { seats: 3 } }).sent).toEqual({ model: 'm', input: 'Hi' });
  });

  test('our members of reasoning are cut, what they ask is done here or named', () => {
    expect(forward({ reasoning: { effort: 'low', exclude: true } }).sent.reasoning).toEqual({
      effort: 'low',
    });
    expect(forward({ reasoning: { enabled: false } }).sent.reasoning).toEqual({ effort: 'none' });
    const { sent, losses } = forward({ reasoning: { max_tokens: 100 } });
    expect([sent.reasoning, losses]).toEqual([
      undefined,
      [expect.stringMatching(/^reasoning\.max_tokens: /)],
    ] as never);
  });

  test('extra_body is unpacked, and its metadata counts as the caller’s', () => {
    const { sent } = forward({
      extra_body: { models: ['a/b'], metadata: { a: 'b', n: 1 }, custom_flag: true },
    });
    expect(sent).toEqual({ model: 'm', input: 'Hi', metadata: { a: 'b' }, custom_flag: true });
  });
});

describe('reasoning in the input', () => {
  const user = { role: 'user', content: 'q' };
  const forwarded = (...items: Json[]) => forward({ input: [...items, user] });

  test('the maker’s own passes untouched', () => {
    const own = { type: 'reasoning', id: 'rs_0abc', summary: [], encrypted_content: 'gAAA' };
    const open = {
      type: 'reasoning',
      id: 'rs_1',
      content: [{ type: 'reasoning_text', text: 'x' }],
    };
    expect(forwarded(own, open).same).toBe(true);
  });

  test('the maker’s own that we packed is unpacked', () => {
    const { sent, losses } = forwarded({
      type: 'reasoning',
      id: OURS,
      summary: [{ type: 'summary_text', text: 'hm' }],
      encrypted_content: 'switchyard:openai-responses-v1:rs_0abc|gAAA',
    });
    expect(sent.input).toEqual([
      {
        type: 'reasoning',
        id: 'rs_0abc',
        summary: [{ type: 'summary_text', text: 'hm' }],
        encrypted_content: 'gAAA',
      },
      user,
    ]);
    expect(losses).toEqual([]);
  });

  test('reasoning that broke off, whose maker never finished it, is cut out and named', () => {
    const cut = { type: 'reasoning', id: 'rs_0abc', status: 'incomplete', summary: [] };
    const { sent, losses } = forwarded(cut);
    expect(sent.input).toEqual([user]);
    expect(losses).toEqual(['input[0]: reasoning that broke off; dropped']);
  });

  test.each([
    ['signed by another', 'switchyard:anthropic-claude-v1:sig'],
    ['redacted by another', 'switchyard-redacted:anthropic-claude-v1:data'],
    ['unsigned, under an id we gave', null],
  ])('what is %s is cut out and named', (_, encrypted_content) => {
    const { sent, losses } = forwarded({
      type: 'reasoning',
      id: OURS,
      summary: [],
      encrypted_content,
    });
    expect(sent.input).toEqual([user]);
    expect(losses).toEqual(['input[0]: reasoning of another maker; dropped']);
  });
});

test('declared refusals and new names', () => {
  const { sent, losses } = forward(
    { user: 'u', truncation: 'auto' },
    { refusedFields: ['truncation'], renamedFields: { user: 'end_user' } },
  );
  expect(sent).toEqual({ model: 'm', input: 'Hi', end_user: 'u' });
  expect(losses).toEqual(['truncation: refused by the provider; dropped']);
});

test('the envelope names no other model, and no other form of the answer: the plan went by the request', () => {
  const { sent } = forward({
    stream: false,
    extra_body: { model: 'other', stream: true, top_k: 5 },
  });
  expect(sent).toEqual({ model: 'm', input: 'Hi', stream: false, top_k: 5 });
});
