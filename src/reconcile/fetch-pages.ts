// Asks a vendor's reporting API page after page, patiently: waits where it says so, tries again where it stumbles.
import { type ErrorCode, GatewayError } from '../core/errors.ts';
import { asObject, asString, isObject, type JsonObject } from '../lib/json.ts';
import { retryAfterS } from '../lib/retry-after.ts';
import { REDACTED, scrub } from '../lib/scrub.ts';
import { parseExactNumbers } from './read-bill.ts';

export interface PageSource {
  /** With its query, without `page`. */
  readonly url: URL;
  readonly headers: { readonly [name: string]: string };
  /** What must never be told. */
  readonly secret: string;
  /** In words: `OpenAI's usage (completions)`. */
  readonly what: string;
}

/** What the outside is, so that tests can be it. */
export interface Outside {
  readonly fetch: (url: URL, init: RequestInit) => Promise<Response>;
  readonly sleep: (ms: number) => Promise<void>;
}

export const OUTSIDE: Outside = { fetch: (url, init) => fetch(url, init), sleep: Bun.sleep };

const TRIES = 5;
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 60_000;
const TIMEOUT_MS = 60_000;
const MAX_PAGES = 1000;

/** All pages. Null: the API does not know the address (404). Rejects with what the vendor said, without the key. */
export async function fetchPages(
  source: PageSource,
  outside: Outside,
): Promise<readonly JsonObject[] | null> {
  const pages: JsonObject[] = [];
  const asked = new Set<string>();
  let next: string | null = null;
  do {
    const url = new URL(source.url);
    if (next !== null) url.searchParams.set('page', next);
    const page = await fetchPage(source, url, outside);
    if (page === null) return null;
    pages.push(page);
    next = page.has_more === true ? (asString(page.next_page) ?? null) : null;
    if (page.has_more === true && (next === null || asked.has(next) || asked.size >= MAX_PAGES))
      throw failure(source, 'upstream_invalid_response', 'says there is more and not where');
    if (next !== null) asked.add(next);
  } while (next !== null);
  return pages;
}

async function fetchPage(
  source: PageSource,
  url: URL,
  outside: Outside,
): Promise<JsonObject | null> {
  for (let tried = 1; ; tried += 1) {
    const answer = await ask(source, url, outside);
    if (!(answer instanceof Retry)) return answer;
    if (tried === TRIES) throw answer.error;
    const pause = answer.waitMs ?? FIRST_PAUSE_MS * 2 ** (tried - 1);
    await outside.sleep(Math.min(pause, MAX_PAUSE_MS));
  }
}

/** Not an answer, but it may come. */
class Retry {
  readonly error: GatewayError;
  readonly waitMs: number | null;
  constructor(error: GatewayError, waitMs: number | null) {
    this.error = error;
    this.waitMs = waitMs;
  }
}

async function ask(
  source: PageSource,
  url: URL,
  { fetch }: Outside,
): Promise<JsonObject | Retry | null> {
  let response: Response;
  let text: string;
  try {
    const { headers } = source;
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    // A redirect would take the key to somebody else.
    response = await fetch(url, { headers, signal, redirect: 'error' });
    text = await response.text();
  } catch {
    return new Retry(failure(source, 'upstream_unreachable', 'could not be reached'), null);
  }
  if (response.ok) return pageIn(source, text);
  if (response.status === 404) return null;
  const error = failure(source, codeOf(response.status), said(source, response.status, text));
  if (response.status !== 429 && response.status < 500) throw error;
  const wait = retryAfterS(response.headers, Date.now());
  return new Retry(error, wait === undefined ? null : wait * 1000);
}

function pageIn(source: PageSource, text: string): JsonObject | Retry {
  let value: unknown;
  try {
    value = parseExactNumbers(text);
  } catch {
    value = null;
  }
  if (isObject(value) && Array.isArray(value.data)) return value;
  return new Retry(
    failure(source, 'upstream_invalid_response', 'answered no page of figures'),
    null,
  );
}

function codeOf(status: number): ErrorCode {
  if (status === 401) return 'upstream_auth';
  if (status === 403) return 'upstream_forbidden';
  if (status === 429) return 'upstream_rate_limited';
  return status >= 500 ? 'upstream_error' : 'upstream_invalid_request';
}

function said({ secret }: PageSource, status: number, text: string): string {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    body = null;
  }
  const message = asString(asObject(asObject(body)?.error)?.message);
  const told = message === undefined ? '' : `: ${scrub(message.replaceAll(secret, REDACTED))}`;
  const remedy =
    status === 401 || status === 403
      ? ' (it takes an admin key of the organisation, which is another than those for inference)'
      : '';
  return `answered ${status}${told}${remedy}`;
}

function failure({ what }: PageSource, code: ErrorCode, problem: string): GatewayError {
  return new GatewayError(code, `${what} ${problem}.`);
}
