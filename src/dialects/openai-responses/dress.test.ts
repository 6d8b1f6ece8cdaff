// What only this wire has to do where a router puts something to a request.
import { describe, expect, test } from 'bun:test';
import type { Dressing } from '../../core/dressing.ts';
import type { MessageTemplate } from '../../core/router.ts';
import type { JsonObject } from '../../lib/json.ts';
import { dress } from './dress.ts';

const NOTHING: Dressing = { prompt: [], generation: {}, search: {}, commands: null };
const put = (text: string, dressing: Partial<Dressing>) => {
  const dressed = dress(text, JSON.parse(text) as JsonObject, { ...NOTHING, ...dressing });
  expect(JSON.parse(dressed.text)).toEqual(dressed.body as never);
  return dressed;
};

const MIXED: readonly MessageTemplate[] = [
  { role: 'system', content: 'P' },
  { role: 'user', content: 'a' },
  { role: 'system', content: 'Q' },
];
const ITEMS = [
  { type: 'message', role: 'user', content: 'a' },
  { type: 'message', role: 'system', content: 'Q' },
];

describe('a prompt of several roles', () => {
  test('is instructions and items before a text, whose bytes stay', () => {
    const { text, body } = put('{"input": "caf\\u00e9"}', { prompt: MIXED });
    expect(text).toContain('{"type":"message","role":"user","content":"caf\\u00e9"}]');
    expect(body).toEqual({
      instructions: 'P',
      input: [...ITEMS, { type: 'message', role: 'user', content: 'café' }],
    });
  });

  test.each([
    '{"input":"x","previous_response_id":"resp_1"}',
    '{"input":[],"conversation":"conv_1"}',
    '{"input":[],"extra_body":{"previous_response_id":"resp_1"}}',
  ])('is instructions alone where the conversation is held: %s', (text) => {
    const body = JSON.parse(text) as JsonObject;
    expect(put(text, { prompt: MIXED }).body).toEqual({ ...body, instructions: 'P' });
  });

  test('is the input where there is none', () => {
    const { body } = put('{"prompt":{"id":"p"}}', { prompt: MIXED });
    expect(body.input).toEqual(ITEMS);
  });
});

test('a command is cut from an input that is one text', () => {
  const commands = new Set(['review']);
  expect(put('{"input":"/review it"}', { commands }).body).toEqual({ input: 'it' });
  expect(put('{"input":"/review"}', { commands }).text).toBe('{"input":"/review"}');
});

test('how to show reasoning stays, and how much to think is put beside it', () => {
  const text = '{"input":"x","reasoning": {"summary":"auto" }}';
  const { text: dressed } = put(text, { generation: { reasoning: { effort: 'high' } } });
  expect(dressed).toBe(text.replace('"auto"', '"auto","effort":"high"'));
});

test('words callers write here although the wire has none for them stand', () => {
  const generation = { seed: 7, stop: ['END'], frequencyPenalty: 0 };
  const { text, unsaid } = put('{"input":"x","seed":1}', { generation });
  expect(text).toBe('{"input":"x","seed":1}');
  expect(unsaid).toEqual(['stop']);
});
