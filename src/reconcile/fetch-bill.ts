// Fetches what a vendor billed on some days from its reporting API, with an admin key: all statements there are, whole.
import type { JsonObject } from '../lib/json.ts';
import type { NewBill } from './bill-store.ts';
import { type BillText, billedDays, type Statement, type Vendor } from './billed.ts';
import { fetchPages, OUTSIDE, type Outside, type PageSource } from './fetch-pages.ts';
import { DAY_MS, daysBetween } from './line-reader.ts';
import { failOnProblems } from './read-bill.ts';
import { readAnthropicPages } from './vendors/anthropic-pages.ts';
import { readOpenAiPages } from './vendors/openai-pages.ts';

export interface FetchedDays {
  /** Both in it. */
  readonly first: string;
  readonly last: string;
}

export interface Access {
  readonly key: string;
  /** Without the path; the vendor's own where absent. */
  readonly baseUrl?: string | undefined;
}

/** One of a vendor's reports. */
interface Report {
  readonly statement: Statement;
  readonly path: string;
  readonly groupBy: readonly string[];
  /** The most buckets of a page that the vendor allows. */
  readonly limit: number;
}

/**
 * Paths, groupings and limits: the SDK openai 6.49 (resources/admin/organization/usage.d.ts). Repeated parameters:
 * cookbook.openai.com/examples/completions_usage_api.
 */
const OPENAI: readonly Report[] = [
  ...[
    ['completions', 'completions', ['batch', 'service_tier']],
    ['embeddings', 'embeddings', []],
    ['moderations', 'moderations', []],
    ['images', 'images', []],
    ['audio_speeches', 'audio_speeches', []],
    ['audio_transcriptions', 'audio_transcriptions', []],
    ['web_searches', 'web_search_calls', []],
  ].map(
    ([kind, path, more]): Report => ({
      statement: `usage.${String(kind)}`,
      path: `/v1/organization/usage/${String(path)}`,
      groupBy: ['model', 'api_key_id', ...(more as readonly string[])],
      limit: 31,
    }),
  ),
  {
    statement: 'costs',
    path: '/v1/organization/costs',
    groupBy: ['line_item', 'api_key_id'],
    limit: 180,
  },
];

/** platform.claude.com/docs/en/api/admin/usage_report/retrieve_messages, …/cost_report/retrieve; limits: docs.anthropic.com/en/api/usage-cost-api. */
const ANTHROPIC: readonly Report[] = [
  {
    statement: 'usage.messages',
    path: '/v1/organizations/usage_report/messages',
    groupBy: ['model', 'api_key_id', 'service_tier'],
    limit: 31,
  },
  {
    statement: 'costs',
    path: '/v1/organizations/cost_report',
    groupBy: ['description'],
    limit: 31,
  },
];

interface Api {
  readonly name: string;
  readonly baseUrl: string;
  readonly reports: readonly Report[];
  headers(key: string): { readonly [name: string]: string };
  /** @param end of the last day */
  query(report: Report, start: number, end: number): URLSearchParams;
  read(pages: readonly JsonObject[]): BillText | null;
}

const APIS: { readonly [Name in Vendor]: Api } = {
  openai: {
    name: 'OpenAI',
    baseUrl: 'https://api.openai.com',
    reports: OPENAI,
    headers: (key) => ({ authorization: `Bearer ${key}` }),
    query: ({ groupBy, limit }, start, end) =>
      new URLSearchParams([
        ['start_time', String(start / 1000)],
        ['end_time', String(end / 1000)],
        ['bucket_width', '1d'],
        ['limit', String(limit)],
        ...groupBy.map((name): [string, string] => ['group_by', name]),
      ]),
    read: readOpenAiPages,
  },
  anthropic: {
    name: 'Anthropic',
    baseUrl: 'https://api.anthropic.com',
    reports: ANTHROPIC,
    headers: (key) => ({ 'x-api-key': key, 'anthropic-version': '2023-06-01' }),
    query: ({ groupBy, limit }, start, end) =>
      new URLSearchParams([
        ['starting_at', new Date(start).toISOString()],
        ['ending_at', new Date(end).toISOString()],
        ['bucket_width', '1d'],
        ['limit', String(limit)],
        ...groupBy.map((name): [string, string] => ['group_by[]', name]),
      ]),
    read: readAnthropicPages,
  },
};

/** Rejects with what the vendor said, never with the key. */
export async function fetchBill(
  provider: Vendor,
  { first, last }: FetchedDays,
  access: Access,
  outside: Outside = OUTSIDE,
): Promise<NewBill> {
  const api = APIS[provider];
  const days = daysBetween(first, last);
  const statements: Statement[] = [];
  const figures: NewBill['figures'][number][] = [];
  for (const report of api.reports) {
    const pages = await fetchPages(sourceOf(api, report, { first, last }, access), outside);
    // Not every account has every kind.
    if (pages === null) continue;
    statements.push(report.statement);
    const bill = api.read(pages);
    if (bill === null) continue;
    failOnProblems(bill);
    figures.push(...billedDays(bill).filter(({ day }) => days.includes(day)));
  }
  const format = `${api.name}, fetched`;
  return { provider, format, name: null, statements, days, figures, whole: true };
}

function sourceOf(
  api: Api,
  report: Report,
  { first, last }: FetchedDays,
  access: Access,
): PageSource {
  const url = new URL(report.path, access.baseUrl ?? api.baseUrl);
  url.search = api.query(report, Date.parse(first), Date.parse(last) + DAY_MS).toString();
  const { key } = access;
  const what = `${api.name}'s report "${report.statement}"`;
  return { url, headers: api.headers(key), secret: key, what };
}
