// What is refused names its place; what the wire's own maker takes is never refused.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { GatewayError } from '../../core/errors.ts';
import { isObject, type Json, type JsonObject } from '../../lib/json.ts';
import { checkCall } from './check-call.ts';

const user = { role: 'user', content: 'hi' };

/** The place a body is refused for; null where it passes. */
function refusedAt(body: unknown): string | null {
  try {
    checkCall(body as JsonObject);
    return null;
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown;
    expect(thrown.code).toBe('invalid_request');
    expect(thrown.message.startsWith(thrown.details.param ?? '?')).toBe(true);
    return thrown.details.param ?? '';
  }
}

describe('checkCall refuses', () => {
  test.each([
    [{}, 'messages'],
    [{ messages: 'hi' }, 'messages'],
    [{ messages: [] }, 'messages'],
    [{ messages: [null] }, 'messages[0]'],
    [{ messages: ['hi'] }, 'messages[0]'],
    [{ messages: [user, { content: 'hi' }] }, 'messages[1].role'],
    [{ messages: [{ role: 'bot', content: 'hi' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'user' }] }, 'messages[0].content'],
    [{ messages: [{ role: 'system', content: null }] }, 'messages[0].content'],
    [{ messages: [{ role: 'user', content: 7 }] }, 'messages[0].content'],
    [{ messages: [{ role: 'user', content: ['hi'] }] }, 'messages[0].content[0]'],
    [{ messages: [{ role: 'user', content: [{ text: 'hi' }] }] }, 'messages[0].content[0].type'],
    [{ messages: [{ role: 'user', content: [{ type: 'text' }] }] }, 'messages[0].content[0].text'],
    [
      { messages: [{ role: 'user', content: [{ type: 'image_url' }] }] },
      'messages[0].content[0].image_url',
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: {} }] }] },
      'messages[0].content[0].image_url.url',
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'input_audio' }] }] },
      'messages[0].content[0].input_audio',
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'file', file: 'x' }] }] },
      'messages[0].content[0].file',
    ],
    [{ messages: [{ role: 'tool', content: 'x' }] }, 'messages[0].tool_call_id'],
    [{ messages: [{ role: 'function', content: 'x' }] }, 'messages[0].name'],
    [{ messages: [{ role: 'assistant', tool_calls: {} }] }, 'messages[0].tool_calls'],
    [
      { messages: [{ role: 'assistant', tool_calls: [{ function: { name: 'f' } }] }] },
      'messages[0].tool_calls[0].id',
    ],
    [
      { messages: [{ role: 'assistant', tool_calls: [{ id: 'a' }] }] },
      'messages[0].tool_calls[0].function',
    ],
    [
      { messages: [{ role: 'assistant', tool_calls: [{ id: 'a', type: 'custom', custom: {} }] }] },
      'messages[0].tool_calls[0].custom.name',
    ],
    [{ messages: [user], temperature: '0.2' }, 'temperature'],
    [{ messages: [user], max_tokens: '10' }, 'max_tokens'],
    [{ messages: [user], n: true }, 'n'],
    [{ messages: [user], stream: 'true' }, 'stream'],
    [{ messages: [user], stream_options: true }, 'stream_options'],
    [{ messages: [user], stop: [1] }, 'stop'],
    [{ messages: [user], tools: {} }, 'tools'],
    [{ messages: [user], tools: ['f'] }, 'tools[0]'],
    [{ messages: [user], tools: [{ name: 'f' }] }, 'tools[0].type'],
    [{ messages: [user], tools: [{ type: 'function' }] }, 'tools[0].function'],
    [{ messages: [user], tools: [{ type: 'function', function: {} }] }, 'tools[0].function.name'],
    [
      { messages: [user], tools: [{ type: 'function', function: { name: 'f', parameters: 'x' } }] },
      'tools[0].function.parameters',
    ],
    [{ messages: [user], functions: [{}] }, 'functions[0].name'],
    [{ messages: [user], tool_choice: 1 }, 'tool_choice'],
    [{ messages: [user], response_format: 'json' }, 'response_format'],
    [{ messages: [user], response_format: {} }, 'response_format.type'],
    [{ messages: [user], model: 5 }, 'model'],
    [{ messages: [user], user: 5 }, 'user'],
  ])('%j', (body, place) => {
    expect(refusedAt(body)).toBe(place);
  });
});

describe('checkCall takes', () => {
  test.each([
    [
      {
        messages: [
          { role: 'developer', content: 'x' },
          { role: 'system', content: [{ type: 'text', text: 'x' }] },
          user,
        ],
      },
    ],
    [
      {
        messages: [
          {
            role: 'assistant',
            content: null,
            tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
          },
          { role: 'tool', tool_call_id: 'a', content: 'x' },
        ],
      },
    ],
    [
      {
        messages: [
          { role: 'assistant' },
          {
            role: 'assistant',
            content: [{ type: 'refusal', refusal: 'no' }],
            refusal: null,
            audio: { id: 'x' },
            tool_calls: null,
          },
        ],
      },
    ],
    [
      {
        messages: [
          { role: 'assistant', function_call: { name: 'f', arguments: '{}' }, content: null },
          { role: 'function', name: 'f', content: null },
        ],
        functions: [{ name: 'f' }],
        function_call: { name: 'f' },
      },
    ],
    [
      {
        messages: [
          {
            role: 'assistant',
            tool_calls: [{ id: 'a', type: 'custom', custom: { name: 'f', input: 'x' } }],
          },
        ],
        tools: [{ type: 'custom', custom: { name: 'f' } }, { type: 'web_search' }],
      },
    ],
    [
      {
        messages: [
          {
            role: 'user',
            content: [
              { type: 'video_url', video_url: {} },
              { type: 'image_url', image_url: 'https://x' },
            ],
            name: null,
          },
        ],
      },
    ],
    [
      {
        messages: [user],
        temperature: null,
        stop: null,
        tools: null,
        stream: null,
        max_tokens: null,
        user: null,
        response_format: null,
        tool_choice: null,
      },
    ],
    [
      {
        messages: [user],
        stop: 'x',
        tool_choice: { type: 'allowed_tools', allowed_tools: {} },
        tools: [{ function: { name: 'f' } }],
        future_field: [1],
      },
    ],
  ])('%j', (body) => {
    expect(refusedAt(body)).toBeNull();
  });
});

test('any nonsense is taken or refused with its place, never anything else', () => {
  const message = fc.dictionary(
    fc.constantFrom('role', 'content', 'tool_calls', 'tool_call_id', 'name'),
    fc.oneof(
      fc.constantFrom<Json>('user', 'assistant', 'tool'),
      fc.jsonValue() as fc.Arbitrary<Json>,
    ),
  );
  const body = fc.dictionary(
    fc.constantFrom('messages', 'tools', 'stop', 'stream', 'model', 'response_format', 'functions'),
    fc.oneof(fc.array(message), fc.jsonValue()),
  );
  fc.assert(
    fc.property(body, (value) => {
      const place = refusedAt(value);
      expect(place === null || place.length > 0).toBe(true);
      if (place === null)
        expect(Array.isArray(value.messages) && value.messages.every(isObject)).toBe(true);
    }),
  );
});
