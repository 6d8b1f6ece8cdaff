// What may be asked of the log: the query parameters of its list, checked and read into a filter.
import { z } from 'zod';
import { invalid } from '../core/errors.ts';

const MAX_LIMIT = 1000;
const DEFAULT_LIMIT = 100;

const OUTCOMES = ['ok', 'error', 'aborted'] as const;
const CACHES = ['hit', 'miss', 'exact', 'semantic'] as const;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const ISO = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/;

/** An outcome, one HTTP status, or a hundred of them. */
export type StatusFilter =
  | { readonly outcome: (typeof OUTCOMES)[number] }
  | { readonly from: number; readonly to: number };

/** ISO 8601 (UTC where it names no zone) or Unix milliseconds → Unix milliseconds. */
const time = z.string().transform((text, context) => {
  const ms = /^\d+$/.test(text) ? Number(text) : isoMs(text);
  if (Number.isFinite(ms) && ms <= 8.64e15) return ms;
  const message =
    'must be a time: ISO 8601 such as "2026-11-22T10:00:00Z" (write + as %2B), or Unix milliseconds';
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

function isoMs(text: string): number {
  if (!ISO.test(text)) return Number.NaN;
  const zoned = !text.includes('T') || /(Z|[+-]\d\d:\d\d)$/.test(text);
  return Date.parse(zoned ? text : `${text}Z`);
}

const status = z.string().transform((text, context): StatusFilter => {
  const outcome = OUTCOMES.find((known) => known === text);
  if (outcome !== undefined) return { outcome };
  if (/^[1-5]xx$/i.test(text))
    return { from: Number(text[0]) * 100, to: Number(text[0]) * 100 + 99 };
  if (/^[1-5]\d\d$/.test(text)) return { from: Number(text), to: Number(text) };
  const message = 'must be a status such as 429, a class such as 5xx, or one of ok, error, aborted';
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

const limit = z.string().transform((text, context) => {
  const count = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= MAX_LIMIT) return count;
  context.addIssue({ code: 'custom', message: `must be a whole number from 1 to ${MAX_LIMIT}` });
  return z.NEVER;
});

/** → the id of the last row of the page before. */
const cursor = z.string().transform((text, context) => {
  const id = Buffer.from(text, 'base64url').toString('latin1');
  if (UUID.test(id)) return id;
  context.addIssue({ code: 'custom', message: 'must be the next_cursor of an earlier answer' });
  return z.NEVER;
});

/** The query parameters as text; what comes out is what the ledger reads. */
const logFilter = z.strictObject({
  /** Arrived at or after, and before. Unix milliseconds. */
  from: time.optional(),
  to: time.optional(),
  /** The model that answered or the one that was asked for. */
  model: z.string().optional(),
  /** The provider that answered; where none did, one that was tried. */
  provider: z.string().optional(),
  user: z.string().optional(),
  router: z.string().optional(),
  key: z.string().optional(),
  status: status.optional(),
  cache: z.enum(CACHES, `must be one of ${CACHES.join(', ')}`).optional(),
  limit: limit.default(DEFAULT_LIMIT),
  cursor: cursor.optional(),
});

export type LogFilter = z.output<typeof logFilter> & {
  /** Only from inside. What was asked for is one of these, in whatever case. */
  readonly asked?: readonly string[];
  /** Only from inside. */
  readonly endpoints?: readonly string[];
};

/** Query parameters → filter; an empty parameter is an absent one. Throws `invalid_request` naming the parameter. */
export function parseLogFilter(query: { readonly [name: string]: string | undefined }): LogFilter {
  const given = Object.fromEntries(
    Object.entries(query).filter(([, text]) => text !== undefined && text !== ''),
  );
  const parsed = logFilter.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  if (issue?.code === 'unrecognized_keys') {
    const known = Object.keys(logFilter.shape).join(', ');
    throw invalid(String(issue.keys[0]), `is not a parameter of the log; known are ${known}`);
  }
  throw invalid(String(issue?.path[0] ?? 'query'), issue?.message ?? 'is not valid');
}

/** The cursor that continues after this row. */
export function cursorAfter(id: string): string {
  return Buffer.from(id, 'latin1').toString('base64url');
}
