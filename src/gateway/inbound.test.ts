// What is read of a request before anything is decided, and what stays the same while a conversation grows.
import { describe, expect, test } from 'bun:test';
import { GatewayError } from '../core/errors.ts';
import { DIALECTS } from '../dialects/index.ts';
import { readInbound } from './inbound.ts';

const { openingOf } = DIALECTS['openai-chat'];
const chat = DIALECTS['openai-chat'];
const HI = { model: 'a/b', messages: [{ role: 'user', content: 'hi' }] };

function read(body: object, headers: { [name: string]: string } = {}) {
  return readInbound(chat, JSON.stringify(body), new Headers(headers));
}

function errorOf(text: string, headers: { [name: string]: string } = {}): GatewayError {
  try {
    readInbound(chat, text, new Headers(headers));
  } catch (thrown) {
    if (thrown instanceof GatewayError) return thrown;
    throw thrown;
  }
  throw new Error('expected an error');
}

describe('readInbound', () => {
  test('options from headers; the body’s own win', () => {
    const headers = {
      'x-switchyard-metadata': '{"plan":"free","n":1}',
      'x-switchyard-user': 'u',
      'x-switchyard-cache': 'off',
    };
    expect(read({ ...HI, metadata: { plan: 'pro' } }, headers)).toMatchObject({
      user: 'u',
      options: { metadata: { plan: 'pro', n: 1 }, cache: { mode: 'off' } },
    });
  });

  test.each([
    ['', {}, 'invalid_json'],
    ['[]', {}, 'invalid_json'],
    ['{"model":', {}, 'invalid_json'],
    ['{"messages":[]}', {}, 'invalid_request'],
    [JSON.stringify(HI), { 'x-switchyard-metadata': 'no' }, 'invalid_request'],
    [JSON.stringify(HI), { 'x-switchyard-cache': 'sometimes' }, 'invalid_request'],
  ])('%j with %j is %s', (text, headers, code) => {
    expect(errorOf(text, headers as { [name: string]: string }).code).toBe(code as never);
  });
});

describe('openingOf', () => {
  test('the same while a conversation grows, another for another', () => {
    const system = { role: 'system', content: 's' };
    const first = { role: 'user', content: 'hi' };
    const begun = openingOf({ messages: [system, first] });
    expect(
      openingOf({
        messages: [
          system,
          first,
          { role: 'assistant', content: 'x' },
          { role: 'user', content: 'y' },
        ],
      }),
    ).toBe(begun);
    expect(openingOf({ messages: [system, { role: 'user', content: 'ho' }] })).not.toBe(begun);
    expect(openingOf({ system: 'other', messages: [system, first] })).not.toBe(begun);
  });
});
