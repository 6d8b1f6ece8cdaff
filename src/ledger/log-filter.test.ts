// Every parameter of the log's list: what is understood, what is refused, and that refusals name the parameter.
import { describe, expect, test } from 'bun:test';
import { GatewayError } from '../core/errors.ts';
import { cursorAfter, parseExportFilter, parseLogFilter, parseTailFilter } from './log-filter.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
const DAY_MS = 86_400_000;
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
  test.each(['2026-02-30', '2026-02-29', '2026-04-31T10:00', '2026-13-01', '2026-00-10'])(
    'a day the calendar has not is no time: %s',
    (from) => expect(refused({ from }).details.param).toBe('from'),
  );

  test('what begins after its end is refused, of an export too', () => {
    const query = { from: '2026-11-23', to: '2026-11-22' };
    expect(refused(query).message).toContain('before to');
    expect(() => parseExportFilter(query)).toThrow('before to');
    expect(parseLogFilter({ from: '2028-02-29' }).from).toBe(Date.UTC(2028, 1, 29));
  });

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
    ['1795341600', 1795341600000],
    ['24h', NOW - 86_400_000],
    ['-24h', NOW - 86_400_000],
    ['7d', NOW - 7 * 86_400_000],
    ['1w', NOW - 7 * 86_400_000],
    ['90s', NOW - 90_000],
    ['15m', NOW - 900_000],
    ['999999d', 0],
    ['0', 0],
  ])('a time: %s', (text, ms) => {
    expect(parseLogFilter({ from: text, to: text }, NOW)).toEqual({ from: ms, to: ms, limit: 100 });
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
    '24 hours',
    '1y',
    '--1h',
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
    ['error', 'upstream_rate_limit'],
    ['min_cost_usd', '-1'],
    ['min_cost_usd', '$5'],
    ['min_total_ms', '2s'],
    ['unpriced', 'yes'],
    ['estimated', 'TRUE'],
    ['resumed', '2'],
    ['trace', '00-4bf92f3577b34da6a3ce929d0e0e4736'],
    ['tried', 'openai'],
  ])('%s=%s is refused by name', (name, text) => {
    const error = refused({ [name]: text });
    expect(error).toMatchObject({ code: 'invalid_request', details: { param: name } });
    expect(error.message).toStartWith(`${name} `);
  });

  test('what else a row can be asked for', () => {
    const given = {
      requested_model: 'auto',
      route: 'fast',
      variant: 'a',
      endpoint: 'embeddings',
      error: 'upstream_rate_limited',
      tried: 'openai',
    };
    const figures = {
      min_cost_usd: '0.05',
      min_total_ms: '2000.5',
      unpriced: 'true',
      resumed: '0',
    };
    const parsed = parseLogFilter({ ...given, ...figures, from: '31d' }, NOW);
    const from = NOW - 31 * 86_400_000;
    const read = { min_cost_usd: 0.05, min_total_ms: 2000.5, unpriced: true, resumed: false };
    expect(parsed).toEqual({ ...given, ...read, from, limit: 100 });
  });

  test('a mistyped error code is told the one that is meant', () => {
    expect(refused({ error: 'upstream_ratelimited' }).message).toContain('upstream_rate_limited');
  });

  test.each([
    [{ from: '32d' }, true],
    [{ from: '31d' }, false],
    [{ from: '60d', to: '40d' }, false],
    [{ from: '60d', to: '20d' }, true],
    [{ to: '20d' }, true],
  ])('what was tried within %p is too much: %p', (time, isTooMuch) => {
    const query = { tried: 'openai', ...time };
    const parse = () => parseLogFilter(query, NOW);
    if (isTooMuch) expect(parse).toThrow('tried is looked for in the attempts of every row');
    else expect(parse().tried).toBe('openai');
  });

  test.each([
    [{}, NOW - 7 * DAY_MS],
    [{ to: '40d' }, NOW - 47 * DAY_MS],
    [{ from: '31d' }, NOW - 31 * DAY_MS],
    [{ from: '60d', to: '40d' }, NOW - 60 * DAY_MS],
    [{ from: '32d' }, null],
    [{ from: '60d', to: '20d' }, null],
    [{ from: '60d', user: 'ann' }, NOW - 60 * DAY_MS],
    [{ user: 'ann' }, undefined],
  ])('what is in no index is looked for within a month: %p', (time, from) => {
    const asked = { trace: 'a'.repeat(32), min_cost_usd: '1', min_total_ms: '1', unpriced: 'true' };
    const more = { estimated: 'true', resumed: '0', route: 'r', variant: 'v', endpoint: 'e' };
    for (const [name, text] of Object.entries({ ...asked, ...more })) {
      const parse = () => parseLogFilter({ [name]: text, ...time }, NOW);
      if (from === null) expect(parse).toThrow(`${name} is in no index`);
      else expect(parse().from).toBe(from);
      expect(parseExportFilter({ [name]: text }, NOW).from).toBeUndefined();
    }
    expect(parseLogFilter({ model: 'm', status: '5xx' }, NOW).from).toBeUndefined();
  });

  test('an export has no pages, and no end by itself', () => {
    expect(parseExportFilter({ limit: '5000000' }).limit).toBe(5_000_000);
    expect(parseExportFilter({}).limit).toBeGreaterThan(1e9);
    expect(() => parseExportFilter({ cursor: cursorAfter(ID) })).toThrow("of the log's export");
    expect(() => parseExportFilter({ limit: '0' })).toThrow('limit must be');
  });

  test.each(['from', 'to', 'limit', 'cursor'])('the live tail has no %s', (name) => {
    expect(() => parseTailFilter({ [name]: '1' })).toThrow(
      `${name} is not a parameter of the log's live tail; known are model,`,
    );
  });

  test('the live tail may ask for what was tried: rows pass by one at a time', () => {
    expect(parseTailFilter({ tried: 'openai', status: '5xx' })).toEqual({
      tried: 'openai',
      status: { from: 500, to: 599 },
    });
  });

  test('limits reach from 1 to 1000', () => {
    expect(parseLogFilter({ limit: '1' }).limit).toBe(1);
    expect(parseLogFilter({ limit: '1000' }).limit).toBe(1000);
  });

  test('a cursor comes back as the id it stands for', () => {
    expect(parseLogFilter({ cursor: cursorAfter(ID) }).cursor).toBe(ID);
  });
});
