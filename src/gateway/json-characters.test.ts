// What is prompt beside the turns: near the length of its JSON, whatever stands there.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Json } from '../lib/json.ts';
import { jsonCharacters } from './json-characters.ts';

const json = fc.jsonValue() as fc.Arbitrary<Json>;

describe('jsonCharacters', () => {
  const tools = [
    { type: 'function', function: { name: 'f', parameters: { type: 'object', required: ['a'] } } },
  ];

  test('is about the length of the JSON', () => {
    const length = JSON.stringify(tools).length;
    expect(Math.abs(jsonCharacters({ tools }) / length - 1)).toBeLessThan(0.1);
  });

  test.each<[string, { readonly [field: string]: Json }]>([
    [
      'calls in chat',
      { messages: [{ role: 'assistant', tool_calls: [{ arguments: 'x'.repeat(500) }] }] },
    ],
    [
      'calls in messages',
      { messages: [{ content: [{ type: 'tool_use', input: { a: 'x'.repeat(500) } }] }] },
    ],
    [
      'thoughts in messages',
      { messages: [{ content: [{ type: 'thinking', thinking: 'x'.repeat(500) }] }] },
    ],
    ['calls in responses', { input: [{ type: 'function_call', arguments: 'x'.repeat(500) }] }],
    ['free calls in responses', { input: [{ type: 'custom_tool_call', input: 'x'.repeat(500) }] }],
  ])('counts %s', (_, body) => {
    expect(jsonCharacters(body)).toBeGreaterThanOrEqual(500);
    expect(jsonCharacters(body)).toBeLessThan(540);
  });

  test('counts no words, no pictures and nothing that is not the model’s to read', () => {
    const image = { type: 'image_url', image_url: { url: 'data:'.padEnd(900, 'x') } };
    const messages = [{ role: 'user', content: [{ type: 'text', text: 'hello' }, image] }];
    expect(jsonCharacters({ messages, input: 'hello', metadata: { a: 'b' }, temperature: 1 })).toBe(
      0,
    );
  });

  test('takes whatever stands there', () => {
    const body = fc.dictionary(
      fc.constantFrom('messages', 'input', 'tools', 'text', 'response_format'),
      fc.oneof(
        json,
        fc.array(fc.dictionary(fc.constantFrom('content', 'tool_calls', 'type', 'input'), json)),
      ),
    );
    fc.assert(
      fc.property(body, (value) => {
        const count = jsonCharacters(value as { [field: string]: Json });
        expect(Number.isSafeInteger(count) && count >= 0).toBe(true);
      }),
    );
  });
});
