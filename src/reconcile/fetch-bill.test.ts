// Fetching bills: against a server that speaks the vendors' reporting APIs, in pages, and misbehaves.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { GatewayError } from '../core/errors.ts';
import type { Vendor } from './billed.ts';
import { fetchBill } from './fetch-bill.ts';
import { OUTSIDE } from './fetch-pages.ts';

const KEY = 'sk-admin-secret-of-the-test';
const DAY_S = 86_400;

let server: ReturnType<typeof Bun.serve>;
let asked: { readonly url: URL; readonly headers: Headers }[];
let pauses: number[];
/** Answers before the ordinary ones: taken one by one. */
let first: ((request: Request) => Response | Promise<Response>)[];
let results: (path: string, day: string) => readonly object[];

beforeEach(() => {
  asked = [];
  pauses = [];
  first = [];
  results = () => [];
  server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: (request) => {
      asked.push({ url: new URL(request.url), headers: request.headers });
      return first.shift()?.(request) ?? pageFor(new URL(request.url));
    },
  });
});
afterEach(() => server.stop(true));

/** Two buckets a page, whatever limit was asked for; a cursor as opaque as theirs. */
function pageFor({ pathname, searchParams }: URL): Response {
  const isUnix = searchParams.has('start_time');
  const start = isUnix
    ? Number(searchParams.get('start_time'))
    : Date.parse(searchParams.get('starting_at') ?? '') / 1000;
  const end = isUnix
    ? Number(searchParams.get('end_time'))
    : Date.parse(searchParams.get('ending_at') ?? '') / 1000;
  const skip = Number(atob(searchParams.get('page') ?? btoa('0')));
  const buckets = [];
  for (let at = start; at < end; at += DAY_S) {
    const iso = (s: number) => new Date(s * 1000).toISOString().replace('.000', '');
    const own = results(pathname, iso(at).slice(0, 10));
    buckets.push(
      isUnix
        ? { object: 'bucket', start_time: at, end_time: at + DAY_S, results: own }
        : { starting_at: iso(at), ending_at: iso(at + DAY_S), results: own },
    );
  }
  const more = skip + 2 < buckets.length;
  return Response.json({
    ...(isUnix ? { object: 'page' } : {}),
    data: buckets.slice(skip, skip + 2),
    has_more: more,
    next_page: more ? btoa(String(skip + 2)) : null,
  });
}

function fetched(provider: Vendor, last = '2026-11-05') {
  const outside = {
    ...OUTSIDE,
    sleep: (ms: number) => {
      pauses.push(ms);
      return Promise.resolve();
    },
  };
  const access = { key: KEY, baseUrl: server.url.href };
  return fetchBill(provider, { first: '2026-11-01', last }, access, outside);
}

const failed = async (provider: Vendor) => {
  const thrown = await fetched(provider).then(() => null, Object);
  expect(thrown).toBeInstanceOf(GatewayError);
  expect(JSON.stringify([thrown.message, thrown.details])).not.toContain(KEY);
  return thrown as GatewayError;
};

const usage = {
  object: 'organization.usage.completions.result',
  model: 'o3-2025-04-16',
  num_model_requests: 2,
};

describe('OpenAI', () => {
  beforeEach(() => {
    results = (path, day) => {
      if (path.endsWith('/usage/completions'))
        return [{ ...usage, input_tokens: Number(day.slice(-2)), output_tokens: 1 }];
      if (path.endsWith('/costs'))
        return [
          {
            object: 'organization.costs.result',
            amount: { value: '0.10', currency: 'usd' },
            line_item: 'o3-2025-04-16, input',
          },
        ];
      return [];
    };
  });

  test('every statement, every page, whole', async () => {
    const bill = await fetched('openai');
    expect(bill.days).toHaveLength(5);
    expect(bill.whole).toBe(true);
    expect(bill.statements).toEqual([
      'usage.completions',
      'usage.embeddings',
      'usage.moderations',
      'usage.images',
      'usage.audio_speeches',
      'usage.audio_transcriptions',
      'usage.web_searches',
      'costs',
    ]);
    const completions = bill.figures.filter(({ statement }) => statement === 'usage.completions');
    expect(completions.map(({ day, counts }) => [day, counts.input])).toEqual([
      ['2026-11-01', 1],
      ['2026-11-02', 2],
      ['2026-11-03', 3],
      ['2026-11-04', 4],
      ['2026-11-05', 5],
    ]);
    const costs = bill.figures.filter(({ statement }) => statement === 'costs');
    expect(costs.map(({ costNano }) => costNano)).toEqual(Array(5).fill(100_000_000));
    // Three pages of each of the eight.
    expect(asked).toHaveLength(24);
    expect(new Set(asked.map(({ headers }) => headers.get('authorization')))).toEqual(
      new Set([`Bearer ${KEY}`]),
    );
    const [{ url } = { url: new URL('x:') }] = asked;
    expect(url.searchParams.getAll('group_by')).toEqual([
      'model',
      'api_key_id',
      'batch',
      'service_tier',
    ]);
    expect([url.searchParams.get('start_time'), url.searchParams.get('end_time')]).toEqual([
      '1793491200',
      '1793923200',
    ]);
    expect(asked.some(({ url: { href } }) => href.includes(KEY))).toBe(false);
  });

  test('waits as long as it is told, tries again after what may pass', async () => {
    first = [
      () => new Response('{}', { status: 429, headers: { 'retry-after': '7' } }),
      () => new Response('oops', { status: 503 }),
      () => new Response('{"object": "page", "data": [', { status: 200 }),
    ];
    expect((await fetched('openai')).figures).toHaveLength(10);
    expect(pauses).toEqual([7000, 1000, 2000]);
  });

  test('a kind the account does not have is no statement of it', async () => {
    first = [pageOnce, pageOnce, pageOnce, () => new Response('{}', { status: 404 })];
    const bill = await fetched('openai');
    expect(bill.statements).not.toContain('usage.embeddings');
    expect(bill.statements).toContain('usage.completions');
  });

  test('gives up after five tries, and at once where it is refused, and never says the key', async () => {
    first = Array(5).fill(
      () => new Response(`{"error": {"message": "down for ${KEY}"}}`, { status: 500 }),
    );
    const down = await failed('openai');
    expect([down.code, asked.length]).toEqual(['upstream_error', 5]);
    asked = [];
    first = [
      () =>
        Response.json(
          { error: { message: `Incorrect API key provided: ${KEY}.` } },
          { status: 401 },
        ),
    ];
    const refused = await failed('openai');
    expect([refused.code, asked.length]).toEqual(['upstream_auth', 1]);
    expect(refused.message).toContain('admin key of the organisation');
  });

  test('pages that lead in a circle, or nowhere, or to somebody else', async () => {
    const round = () =>
      Response.json({ object: 'page', data: [], has_more: true, next_page: 'again' });
    first = [round, round, round];
    expect((await failed('openai')).message).toContain('says there is more and not where');
    first = [() => Response.json({ object: 'page', data: [], has_more: true, next_page: null })];
    expect((await failed('openai')).code).toBe('upstream_invalid_response');
    first = Array(5).fill(() => Response.redirect(`${server.url.href}elsewhere`));
    expect((await failed('openai')).code).toBe('upstream_unreachable');
    expect(asked.some(({ url }) => url.pathname === '/elsewhere')).toBe(false);
  });
});

const pageOnce = (request: Request) => pageFor(new URL(request.url));

test('Anthropic: tokens and cents, page by page, with its headers', async () => {
  results = (path) =>
    path.endsWith('/cost_report')
      ? [
          {
            currency: 'USD',
            amount: '123.45',
            model: 'claude-haiku-4-5-20251001',
            cost_type: 'tokens',
          },
        ]
      : [
          {
            uncached_input_tokens: 5,
            output_tokens: 7,
            model: 'claude-haiku-4-5-20251001',
            cache_creation: { ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 0 },
          },
        ];
  const bill = await fetched('anthropic', '2026-11-03');
  expect(bill.statements).toEqual(['usage.messages', 'costs']);
  expect(
    bill.figures
      .filter(({ day }) => day === '2026-11-03')
      .map(({ counts, costNano }) => [
        counts.input,
        counts.cache_write_5m,
        counts.output,
        costNano,
      ]),
  ).toEqual([
    [5, 3, 7, null],
    [null, null, null, 1_234_500_000],
  ]);
  expect(asked).toHaveLength(4);
  expect(asked[0]?.headers.get('x-api-key')).toBe(KEY);
  expect(asked[0]?.headers.get('anthropic-version')).toBe('2023-06-01');
  expect(asked[0]?.url.searchParams.getAll('group_by[]')).toEqual([
    'model',
    'api_key_id',
    'service_tier',
  ]);
  expect(asked[0]?.url.searchParams.get('ending_at')).toBe('2026-11-04T00:00:00.000Z');
});
