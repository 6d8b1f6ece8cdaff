// What may be asked of the log: the query parameters of its list, its live tail and its export, checked and read into a filter.
import { z } from 'zod';
import { ERRORS, invalid } from '../core/errors.ts';
import { didYouMean } from '../lib/near.ts';
import { indexable } from '../store/stored-text.ts';
import { parseTime, TIME_FORMS } from './log-time.ts';

const MAX_LIMIT = 1000;
const DEFAULT_LIMIT = 100;
/** An export may say how much is enough; by itself it has no end. */
const MAX_EXPORTED = 1_000_000_000_000;

/** What no index knows is looked for in the rows themselves: how much of the log is read through for it, at most and unasked. */
const MAX_READ_MS = 31 * 86_400_000;
const READ_MS = 7 * 86_400_000;
const UNINDEXED = [
  ...['trace', 'min_cost_usd', 'min_total_ms', 'unpriced', 'estimated', 'resumed'],
  ...['route', 'variant', 'endpoint'],
] as const satisfies readonly (keyof typeof ofRows)[];

const OUTCOMES = ['ok', 'error', 'aborted'] as const;
/** `any` and `none` are other words for `hit` and `miss`; the kinds are disjoint. */
const CACHES = ['hit', 'miss', 'any', 'none', 'exact', 'semantic', 'shared'] as const;
type CacheFilter = Exclude<(typeof CACHES)[number], 'any' | 'none'>;
const OTHER_WORDS: ReadonlyMap<string, CacheFilter> = new Map([
  ['any', 'hit'],
  ['none', 'miss'],
]);
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** An outcome, one HTTP status, or a hundred of them. */
export type StatusFilter =
  | { readonly outcome: (typeof OUTCOMES)[number] }
  | { readonly from: number; readonly to: number };

/** A parameter that `read` understands, or refuses with null. */
function parameter<Value>(read: (text: string) => Value | null, message: string) {
  return z.string().transform((text, context) => {
    const value = read(text);
    if (value !== null) return value;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
}

const status = parameter(
  readStatus,
  'must be a status such as 429, a class such as 5xx, or one of ok, error, aborted',
);

function readStatus(text: string): StatusFilter | null {
  const outcome = OUTCOMES.find((known) => known === text);
  if (outcome !== undefined) return { outcome };
  if (/^[1-5]xx$/i.test(text))
    return { from: Number(text[0]) * 100, to: Number(text[0]) * 100 + 99 };
  return /^[1-5]\d\d$/.test(text) ? { from: Number(text), to: Number(text) } : null;
}

const count = (most: number, message: string) =>
  parameter((text) => {
    const value = /^\d{1,13}$/.test(text) ? Number(text) : 0;
    return value >= 1 && value <= most ? value : null;
  }, message);

/** A figure's lower end: dollars and milliseconds may have decimals. */
const atLeast = (what: string) =>
  parameter((text) => (/^\d{1,12}(\.\d{1,12})?$/.test(text) ? Number(text) : null), what);

const flag = parameter((text) => {
  if (text === 'true' || text === '1') return true;
  return text === 'false' || text === '0' ? false : null;
}, 'must be true or false');

/** → the id of the last row of the page before. */
const cursor = parameter((text) => {
  const id = rowOf(text);
  return UUID.test(id) ? id : null;
}, 'must be the next_cursor of an earlier answer');

const errorCode = z.string().superRefine((text, context) => {
  if (Object.hasOwn(ERRORS, text)) return;
  const near = didYouMean(text, Object.keys(ERRORS));
  const message = `must be an error code such as upstream_rate_limited.${near}`;
  context.addIssue({ code: 'custom', message });
});

/** In the form in which rows have it. */
const name = z.string().transform(indexable);

/** What is asked of a row itself. */
const ofRows = {
  /** The model that answered or the one that was asked for. */
  model: name.optional(),
  /** As the caller wrote it. */
  requested_model: name.optional(),
  /** The provider that answered; where none did, one that was tried. */
  provider: name.optional(),
  /** A provider or a `provider/model` that some attempt went to, whoever answered in the end. */
  tried: z.string().optional(),
  user: name.optional(),
  key: name.optional(),
  router: name.optional(),
  route: name.optional(),
  variant: name.optional(),
  /** As rows name it: `chat.completions`, `messages`, … */
  endpoint: name.optional(),
  status: status.optional(),
  error: errorCode.optional(),
  cache: z
    .enum(CACHES, `must be one of ${CACHES.join(', ')}`)
    .transform((asked) => OTHER_WORDS.get(asked) ?? (asked as CacheFilter))
    .optional(),
  min_cost_usd: atLeast('must be a sum in US dollars such as 0.05').optional(),
  min_total_ms: atLeast('must be a number of milliseconds such as 2000').optional(),
  unpriced: flag.optional(),
  estimated: flag.optional(),
  resumed: flag.optional(),
  /** The caller's trace (W3C Trace Context). */
  trace: parameter(
    (text) => (/^[0-9a-f]{32}$/i.test(text) ? text.toLowerCase() : null),
    'must be a trace id: 32 hex digits',
  ).optional(),
};

/** Arrived at or after, and before. Unix milliseconds. */
const inTime = (now: number) => {
  const time = parameter((text) => parseTime(text, now), TIME_FORMS);
  return { from: time.optional(), to: time.optional() };
};

const tailFilter = z.strictObject(ofRows);

const listFilter = (now: number) =>
  z.strictObject({
    ...inTime(now),
    ...ofRows,
    limit: count(MAX_LIMIT, `must be a whole number from 1 to ${MAX_LIMIT}`).default(DEFAULT_LIMIT),
    cursor: cursor.optional(),
  });

const exportFilter = (now: number) =>
  z.strictObject({
    ...inTime(now),
    ...ofRows,
    limit: count(MAX_EXPORTED, 'must be a whole number from 1').default(MAX_EXPORTED),
  });

/** What a row alone can be held against. */
export type RowFilter = z.output<typeof tailFilter>;

export type LogFilter = z.output<ReturnType<typeof listFilter>> & {
  /** Only from inside. What was asked for is one of these, in whatever case. */
  readonly asked?: readonly string[];
  /** Only from inside. */
  readonly endpoints?: readonly string[];
};

type Query = { readonly [name: string]: string | undefined };

/** Query parameters → filter; an empty parameter is an absent one. Throws `invalid_request` naming the parameter. */
export function parseLogFilter(query: Query, now: number = Date.now()): LogFilter {
  return windowed(bounded(parsed(listFilter(now), query, 'the log'), now), now);
}

/** For sums, which are asked by the same properties of any stretch. */
export function parseUsageFilter(query: Query, now: number): LogFilter {
  return bounded(parsed(listFilter(now), query, 'usage'), now);
}

/** For an export: without pages, and its limit is that of all its rows. */
export function parseExportFilter(query: Query, now: number = Date.now()): LogFilter {
  return bounded(parsed(exportFilter(now), query, "the log's export"), now);
}

/** For the live tail, which has neither beginning nor end. */
export function parseTailFilter(query: Query): RowFilter {
  return parsed(tailFilter, query, "the log's live tail");
}

function parsed<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  query: Query,
  whose: string,
): z.output<z.ZodObject<Shape>> {
  const given = Object.fromEntries(
    Object.entries(query).filter(([, text]) => text !== undefined && text !== ''),
  );
  const result = schema.safeParse(given);
  if (result.success) {
    const { from, to } = result.data as { readonly from?: number; readonly to?: number };
    if (from !== undefined && to !== undefined && from > to)
      throw invalid('from', 'must be before to');
    return result.data;
  }
  const issue = result.error.issues[0];
  if (issue?.code === 'unrecognized_keys') {
    const known = Object.keys(schema.shape).join(', ');
    throw invalid(String(issue.keys[0]), `is not a parameter of ${whose}; known are ${known}`);
  }
  throw invalid(String(issue?.path[0] ?? 'query'), issue?.message ?? 'is not valid');
}

function bounded(filter: LogFilter, now: number): LogFilter {
  const { tried, from, to } = filter;
  if (tried !== undefined && (from === undefined || (to ?? now) - from > MAX_READ_MS))
    throw invalid(
      'tried',
      `is looked for in the attempts of every row, so it needs from and to at most 31 days apart (to is now where it is left out): from=24h`,
    );
  return filter;
}

/** A page of what is rare and in no index would read the whole log before it is full. */
function windowed(filter: LogFilter, now: number): LogFilter {
  const asked = UNINDEXED.find((one) => filter[one] !== undefined);
  if (asked === undefined || filter.user !== undefined) return filter;
  const { from, to = now } = filter;
  if (from === undefined) return { ...filter, from: Math.max(0, to - READ_MS) };
  if (to - from > MAX_READ_MS)
    throw invalid(
      asked,
      'is in no index, and looked for in the rows of at most 31 days: name from and to that are no further apart (to is now where it is left out), or a user as well',
    );
  return filter;
}

/** The filter of the page that begins at a cursor we gave. */
export function fromCursor(filter: LogFilter, cursor: string | null): LogFilter {
  return cursor === null ? filter : { ...filter, cursor: rowOf(cursor) };
}

function rowOf(cursor: string): string {
  return Buffer.from(cursor, 'base64url').toString('latin1');
}

/** The cursor that continues after this row. */
export function cursorAfter(id: string): string {
  return Buffer.from(id, 'latin1').toString('base64url');
}
