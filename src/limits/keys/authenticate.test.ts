// Every place a key may stand, and what is said when none or a wrong one does.
import { describe, expect, test } from 'bun:test';
import { GatewayError } from '../../core/errors.ts';
import type { KeyCheck, KeyRecord } from '../../core/key.ts';
import { authenticate } from './authenticate.ts';

const KEY = 'sy-key:with-colon';
const record = { id: 'key_1', name: 'test', role: 'inference' } as KeyRecord;
const asked: string[] = [];
const keys = {
  authenticate(secret: string): KeyCheck {
    asked.push(secret);
    if (secret === KEY) return { state: 'valid', key: record };
    return secret === 'old' ? { state: 'expired', key: record } : { state: 'unknown' };
  },
};
const base64 = (text: string) => Buffer.from(text).toString('base64');

function codeOf(headers: { [name: string]: string }): string {
  try {
    return authenticate(new Headers(headers), keys).id;
  } catch (thrown) {
    if (thrown instanceof GatewayError) return thrown.code;
    throw thrown;
  }
}

describe('authenticate', () => {
  test.each([
    ['Bearer', { authorization: `Bearer ${KEY}` }],
    ['bearer in lower case', { authorization: `bearer ${KEY}` }],
    ['Basic, verbatim', { authorization: `Basic ${KEY}` }],
    ['Basic, user:key', { authorization: `Basic ${base64(`user:${KEY}`)}` }],
    ['x-api-key', { 'x-api-key': KEY }],
    ['api-key', { 'api-key': KEY }],
    [
      'a placeholder Bearer beside the real key',
      { authorization: 'Bearer dummy', 'x-api-key': KEY },
    ],
  ])('%s', (_name, headers) => {
    expect(codeOf(headers)).toBe('key_1');
  });

  test('Basic key: with nothing after the colon', () => {
    expect(authenticateBare()).toBe('plain');
    function authenticateBare(): string {
      const headers = new Headers({ authorization: `Basic ${base64('plain-key:')}` });
      const only = {
        authenticate: (secret: string): KeyCheck =>
          secret === 'plain-key'
            ? { state: 'valid', key: { ...record, id: 'plain' } }
            : { state: 'unknown' },
      };
      return authenticate(headers, only).id;
    }
  });

  test.each([
    ['nothing', {}, 'missing_key'],
    ['an empty x-api-key', { 'x-api-key': '' }, 'missing_key'],
    ['a scheme that is not ours', { authorization: 'Digest abc' }, 'missing_key'],
    ['a wrong key', { authorization: 'Bearer nope' }, 'invalid_key'],
    ['Basic that is not base64', { authorization: 'Basic %%%' }, 'invalid_key'],
    ['an expired key', { authorization: 'Bearer old' }, 'invalid_key'],
  ])('%s is refused', (_name, headers, code) => {
    expect(codeOf(headers as { [name: string]: string })).toBe(code);
  });

  test('an expired key is told apart in words, and no key is quoted', () => {
    for (const secret of ['old', 'nope']) {
      expect(() => authenticate(new Headers({ 'x-api-key': secret }), keys)).toThrow(
        secret === 'old' ? 'expired' : 'not known',
      );
      expect(() => authenticate(new Headers({ 'x-api-key': secret }), keys)).not.toThrow(
        `"${secret}"`,
      );
    }
  });
});
