// What the user wrote last: found where it is plain, and nowhere else.
import { describe, expect, test } from 'bun:test';
import type { JsonObject } from '../../lib/json.ts';
import { lastWords } from './semantic-text.ts';

const user = (content: unknown) => ({ role: 'user', content }) as JsonObject;
const text = (words: string) => ({ type: 'text', text: words });
const reply = { role: 'assistant', content: 'Yes.' };

describe('the last words', () => {
  test.each([
    ['openai-chat', { messages: [user('Why?')] }],
    ['openai-chat', { messages: [user('Hello.'), reply, user('Why?')] }],
    ['openai-chat', { messages: [user([text('A long letter.'), text('Why?')])] }],
    ['anthropic-messages', { messages: [user([text('Why?')])] }],
    ['openai-responses', { input: 'Why?' }],
    ['openai-responses', { input: [user([{ type: 'input_text', text: 'Why?' }])] }],
    ['openai-responses', { input: [{ type: 'message', ...user('Why?') }] }],
  ] as const)('%s: %j', (dialect, body) => {
    expect(lastWords(dialect, body as JsonObject)).toBe('Why?');
  });
});

describe('there are none', () => {
  test.each([
    ['openai-chat', {}],
    ['openai-chat', { messages: [] }],
    ['openai-chat', { messages: [user('Why?'), reply] }],
    ['openai-chat', { messages: [user('')] }],
    ['openai-chat', { messages: [user('  ')] }],
    ['openai-chat', { messages: [user(null)] }],
    ['openai-chat', { messages: [user('/model small')] }],
    ['openai-chat', { messages: [user('<system-reminder>x</system-reminder>Why?')] }],
    ['openai-chat', { messages: [user([text('Why?'), { type: 'image_url', image_url: {} }])] }],
    ['openai-chat', { messages: [user([{ type: 'file', file: {} }, text('Why?')])] }],
    ['openai-chat', { messages: [{ role: 'tool', content: '7' }, user('Why?')] }],
    ['openai-chat', { messages: [user('Why?')], extra_body: { messages: [user('What?')] } }],
    ['openai-chat', { messages: 'Why?' }],
    ['anthropic-messages', { messages: [user([{ type: 'tool_result' }]), user('Why?')] }],
    ['anthropic-messages', { messages: [user([{ type: 'tool_result' }, text('Why?')])] }],
    ['openai-responses', { input: [{ type: 'function_call_output' }, user('Why?')] }],
    ['openai-responses', { input: [{ type: 'function_call_output', output: 'Why?' }] }],
    ['openai-responses', { input: [user([text('Why?')])] }],
  ] as const)('%s: %j', (dialect, body) => {
    expect(lastWords(dialect, body as unknown as JsonObject)).toBeNull();
  });
});
