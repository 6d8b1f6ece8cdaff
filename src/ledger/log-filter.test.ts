// Every parameter of the log's list: what is understood, what is refused, and that refusals name the parameter.
import { describe, expect, test } from 'bun:test';
import { GatewayError } from '../core/errors.ts';
import { cursorAfter, parseLogFilter } from './log-filter.ts';

const ID = '019aab00-0000-7000-8000-000000000001';

function refused(query: Record<string, string>): GatewayError {
  try {
    parseLogFilter(query);
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error(`accepted ${JSON.stringify(query)}`);
}

describe('parseLogFilter', () => {
  test('nothing given: the newest hundred', () => {
    expect(parseLogFilter({})).toEqual({ limit: 100 });
  });

  test('an empty parameter is an absent one', () => {
    const empty = {
      from: '',
      to: '',
      model: '',
      provider: '',
      user: '',
      router: '',
      key: '',
      status: '',
      cache: '',
      limit: '',
      cursor: '',
    };
    expect(parseLogFilter({ ...empty, page: undefined })).toEqual({ limit: 100 });
  });

  test('names go through as they are', () => {
    const given = {
      model: 'groq/openai/gpt-oss-120b',
      provider: 'groq',
      user: 'ann@example.com',
      router: 'voice',
      key: 'key_1',
    };
    expect(parseLogFilter(given)).toEqual({ ...given, limit: 100 });
  });

  test.each([
    ['2026-11-22T10:00:00Z', Date.UTC(2026, 10, 22, 10)],
    ['2026-11-22T10:00:00.250Z', Date.UTC(2026, 10, 22, 10, 0, 0, 250)],
    ['2026-11-22T10:00:00+02:00', Date.UTC(2026, 10, 22, 8)],
    ['2026-11-22T10:00:00', Date.UTC(2026, 10, 22, 10)],
    ['2026-11-22T10:00', Date.UTC(2026, 10, 22, 10)],
    ['2026-11-22', Date.UTC(2026, 10, 22)],
    ['1795341600000', 1795341600000],
    ['0', 0],
  ])('a time: %s', (text, ms) => {
    expect(parseLogFilter({ from: text, to: text })).toEqual({ from: ms, to: ms, limit: 100 });
  });

  test.each([
    'yesterday',
    '22.11.2026',
    '2026-13-01',
    '2026-11-22T25:00Z',
    '2026-11-22 10:00',
    '-5',
    '9'.repeat(20),
    'NaN',
  ])('no time: %s', (text) => {
    for (const name of ['from', 'to']) {
      const error = refused({ [name]: text });
      expect(error).toMatchObject({ code: 'invalid_request', details: { param: name } });
      expect(error.message).toStartWith(`${name} must be a time: ISO 8601`);
    }
  });

  test.each([
    ['ok', { outcome: 'ok' as const }],
    ['aborted', { outcome: 'aborted' as const }],
    ['429', { from: 429, to: 429 }],
    ['4xx', { from: 400, to: 499 }],
    ['5XX', { from: 500, to: 599 }],
  ])('status %s', (text, status) => {
    expect(parseLogFilter({ status: text }).status).toEqual(status);
  });

  test.each([
    ['status', '42'],
    ['status', '6xx'],
    ['status', 'OK!'],
    ['cache', 'maybe'],
    ['limit', '0'],
    ['limit', '1001'],
    ['limit', '-1'],
    ['limit', '1.5'],
    ['limit', 'all'],
    ['cursor', 'bm90IGEgY3Vyc29y'],
    ['cursor', '!'],
    ['modle', 'openai/gpt-5.4'],
  ])('%s=%s is refused by name', (name, text) => {
    const error = refused({ [name]: text });
    expect(error).toMatchObject({ code: 'invalid_request', details: { param: name } });
    expect(error.message).toStartWith(`${name} `);
  });

  test('limits reach from 1 to 1000', () => {
    expect(parseLogFilter({ limit: '1' }).limit).toBe(1);
    expect(parseLogFilter({ limit: '1000' }).limit).toBe(1000);
  });

  test('a cursor comes back as the id it stands for', () => {
    expect(parseLogFilter({ cursor: cursorAfter(ID) }).cursor).toBe(ID);
  });
});
