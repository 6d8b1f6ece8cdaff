// What says nothing but words has one key in all dialects; whatever says more has none here.
import { describe, expect, test } from 'bun:test';
import type { CallerDialectId } from '../../core/dialect.ts';
import { DIALECTS } from '../../dialects/index.ts';
import type { JsonObject } from '../../lib/json.ts';
import { readInbound } from '../inbound.ts';
import { plainPrompt } from './plain-prompt.ts';

const IGNORED = new Set(['model', 'stream']);

function plain(wire: CallerDialectId, body: JsonObject, headers = {}): string | null {
  const text = JSON.stringify({ model: 'a/m', ...body });
  return plainPrompt(readInbound(DIALECTS[wire], text, new Headers(headers)), IGNORED);
}

const CHAT = {
  max_tokens: 100,
  temperature: 0.5,
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: 'Hello.' },
    { role: 'user', content: [{ type: 'text', text: 'And now?' }] },
  ],
};
const MESSAGES = {
  max_tokens: 100,
  temperature: 0.5,
  system: [{ type: 'text', text: 'Be brief.' }],
  messages: [
    { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
    { role: 'assistant', content: 'Hello.' },
    { role: 'user', content: 'And now?' },
  ],
};
const RESPONSES = {
  max_output_tokens: 100,
  temperature: 0.5,
  instructions: 'Be brief.',
  input: [
    { role: 'user', content: 'Hi' },
    { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Hello.' }] },
    { role: 'user', content: [{ type: 'input_text', text: 'And now?' }] },
  ],
};

describe('a request that says nothing but words', () => {
  test('is the same in every dialect', () => {
    const key = plain('openai-chat', CHAT);
    expect(key).toContain('And now?');
    expect(plain('anthropic-messages', MESSAGES)).toBe(key);
    expect(plain('openai-responses', RESPONSES)).toBe(key);
    const { max_tokens: limit, ...rest } = CHAT;
    expect(plain('openai-chat', { ...rest, max_completion_tokens: limit })).toBe(key);
    const hi = { max_output_tokens: 9, input: 'Hi' };
    expect(plain('openai-responses', hi)).toBe(
      plain('openai-chat', { max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] }),
    );
  });

  test('differs by every word, who says it, how it is cut, and every number', () => {
    const [system, ask, answer, last] = CHAT.messages;
    const others = [
      CHAT,
      { ...CHAT, max_tokens: 101 },
      { ...CHAT, temperature: 0.6 },
      { ...CHAT, top_p: 0.5 },
      { ...CHAT, messages: [ask, answer, last] },
      { ...CHAT, messages: [system, last] },
      { ...CHAT, messages: [system, answer, ask, last] },
      { ...CHAT, messages: [{ role: 'user', content: 'Be brief.' }, ask, answer, last] },
      { ...CHAT, messages: [system, { role: 'user', content: 'Hi ' }, answer, last] },
      {
        ...CHAT,
        messages: [
          system,
          ask,
          answer,
          {
            role: 'user',
            content: [
              { type: 'text', text: 'And' },
              { type: 'text', text: ' now?' },
            ],
          },
        ],
      },
    ];
    const keys = others.map((body) => plain('openai-chat', body as JsonObject));
    expect(keys).not.toContain(null);
    expect(new Set(keys).size).toBe(others.length);
  });
});

describe('what says more is told apart by its own dialect', () => {
  const user = { role: 'user', content: 'Hi' };
  const asked = { max_tokens: 9, messages: [user] };
  test.each([
    [{ messages: [user] }],
    [{ ...asked, max_completion_tokens: 9 }],
    [{ ...asked, temperature: null }],
    [{ ...asked, stop: ['x'] }],
    [{ ...asked, seed: 1 }],
    [{ ...asked, tools: [] }],
    [{ ...asked, nobody_knows: 1 }],
    [{ ...asked, messages: [user, { role: 'assistant', content: 'He' }] }],
    [{ ...asked, messages: [{ ...user, name: 'ann' }] }],
    [{ ...asked, messages: [{ role: 'developer', content: 'x' }, user] }],
    [{ ...asked, messages: [user, { role: 'system', content: 'x' }, user] }],
    [{ ...asked, messages: [{ role: 'user', content: '' }] }],
    [
      {
        ...asked,
        messages: [
          {
            role: 'user',
            content: [{ type: 'text', text: 'Hi', cache_control: { type: 'ephemeral' } }],
          },
        ],
      },
    ],
  ] as const)('%j', (body) => {
    expect(plain('openai-chat', body as unknown as JsonObject)).toBeNull();
  });

  test('headers that go on to the provider', () => {
    expect(plain('anthropic-messages', asked as unknown as JsonObject)).not.toBeNull();
    const usual = { 'anthropic-version': '2023-06-01' };
    expect(plain('anthropic-messages', asked as unknown as JsonObject, usual)).not.toBeNull();
    const older = { 'anthropic-version': '2023-01-01' };
    expect(plain('anthropic-messages', asked as unknown as JsonObject, older)).toBeNull();
    const beta = { 'anthropic-beta': 'x' };
    expect(plain('anthropic-messages', asked as unknown as JsonObject, beta)).toBeNull();
  });
});
