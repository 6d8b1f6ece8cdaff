// Estimated token counts: near the truth for text, present for everything.
import { describe, expect, test } from 'bun:test';
import type { ChatCall, Part } from '../core/call.ts';
import { estimateTokens } from './count-tokens.ts';

function call(parts: readonly Part[], changes: Partial<ChatCall> = {}): ChatCall {
  return {
    model: 'm',
    messages: [{ role: 'user', path: 'messages[0]', parts }],
    tools: [],
    toolChoice: null,
    sampling: {},
    output: { type: 'text' },
    reasoning: null,
    stream: false,
    user: null,
    extra: {},
    ...changes,
  };
}
const text = (words: string): Part => ({ type: 'text', text: words });

test('prose is about four characters a token, a turn costs a little more', () => {
  const prose = 'Every evening the old man sits on his porch and watches the animals pass. '.repeat(
    20,
  );
  const estimated = estimateTokens(call([text(prose)]));
  expect(estimated).toBeGreaterThan(prose.length / 5);
  expect(estimated).toBeLessThan(prose.length / 3.5);
});

describe('everything counts', () => {
  const base = estimateTokens(call([text('Hi')]));
  test.each<[string, Part]>([
    ['image', { type: 'image', source: { kind: 'url', url: 'u', mediaType: null } }],
    [
      'PDF',
      {
        type: 'document',
        source: { kind: 'base64', mediaType: 'application/pdf', data: 'A'.repeat(80_000) },
      },
    ],
    ['document by URL', { type: 'document', source: { kind: 'url', url: 'u', mediaType: null } }],
    ['text document', { type: 'document', source: { kind: 'text', text: 'some words here' } }],
    ['audio', { type: 'audio', data: 'A'.repeat(10_000), format: 'mp3' }],
    [
      'call',
      { type: 'tool-use', id: 't', name: 'search_the_web', arguments: '{"query":"weather"}' },
    ],
    [
      'result',
      { type: 'tool-result', toolUseId: 't', content: [{ type: 'text', text: 'sunny and warm' }] },
    ],
    ['reasoning', { type: 'reasoning', text: 'let me think about it' }],
    ['hidden reasoning', { type: 'redacted-reasoning', data: 'abcdefghijklmnop' }],
    ['refusal', { type: 'refusal', text: 'I cannot do that.' }],
    [
      'opaque',
      { type: 'opaque', dialect: 'openai-chat', value: { type: 'x', text: 'some words' } },
    ],
  ])('%s', (_, part) => {
    expect(estimateTokens(call([text('Hi'), part]))).toBeGreaterThan(base);
  });
  test('tools and the shape of the answer', () => {
    const schema = { type: 'object', properties: { city: { type: 'string' } } };
    const tools: ChatCall['tools'] = [
      { type: 'function', name: 'f', description: 'Finds the weather', parameters: schema },
    ];
    expect(estimateTokens(call([text('Hi')], { tools }))).toBeGreaterThan(base + 10);
    expect(
      estimateTokens(
        call([text('Hi')], {
          tools: [
            {
              type: 'opaque',
              dialect: 'anthropic-messages',
              name: 'w',
              value: { type: 'web_search_20250305' },
            },
          ],
        }),
      ),
    ).toBeGreaterThan(base);
    expect(
      estimateTokens(call([text('Hi')], { output: { type: 'json-schema', name: 'n', schema } })),
    ).toBeGreaterThan(base);
  });
});

test('a whole number, at least one', () => {
  expect(estimateTokens(call([], { messages: [] }))).toBe(1);
  expect(
    Number.isInteger(estimateTokens(call([{ type: 'audio', data: 'AAA', format: 'wav' }]))),
  ).toBe(true);
});
