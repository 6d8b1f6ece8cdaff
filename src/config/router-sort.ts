// How a router's `sort` may be written, and the one way it is kept.
import { z } from 'zod';

/** Those that every gateway knows, as the API spells them. */
const KNOWN: ReadonlyMap<string, string> = new Map([
  ['price', 'SORT_METRIC_PRICE'],
  ['latency', 'SORT_METRIC_LATENCY'],
  ['throughput', 'SORT_METRIC_THROUGHPUT'],
  ['intelligence', 'SORT_METRIC_INTELLIGENCE'],
  ['math', 'SORT_METRIC_MATH'],
  ['mathematics', 'SORT_METRIC_MATH'],
  ['coding', 'SORT_METRIC_CODING'],
]);
const METRIC_PREFIX = 'sort_metric_';
const OWN_METRIC = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;

const DIRECTIONS: ReadonlyMap<string, string> = new Map([
  ['asc', 'SORT_DIRECTION_ASCENDING'],
  ['ascending', 'SORT_DIRECTION_ASCENDING'],
  ['desc', 'SORT_DIRECTION_DESCENDING'],
  ['descending', 'SORT_DIRECTION_DESCENDING'],
]);
const DIRECTION_PREFIX = 'sort_direction_';
/** What generated clients send where nothing was set. */
const UNSPECIFIED: ReadonlySet<string> = new Set(['', 'unspecified']);

interface Criterion {
  readonly metric: string;
  readonly direction?: string;
}

const criterion = z.union([
  z.string(),
  z.strictObject({
    metric: z
      .string()
      .describe(
        '`SORT_METRIC_PRICE`, `_LATENCY`, `_THROUGHPUT`, `_INTELLIGENCE`, `_MATH`, `_CODING` (or `price` …), or a metric of your own',
      ),
    direction: z
      .string()
      .optional()
      .describe(
        '`SORT_DIRECTION_ASCENDING` or `_DESCENDING` (or `asc`, `desc`; default: the better end)',
      ),
  }),
]);

export const sort = z
  .array(criterion)
  .max(16)
  .transform((list, context): Criterion[] =>
    list.flatMap((given, index) => {
      const { metric, direction = '' } = typeof given === 'string' ? { metric: given } : given;
      const short = withoutPrefix(metric, METRIC_PREFIX);
      if (UNSPECIFIED.has(short.toLowerCase())) return [];
      const known = KNOWN.get(short.toLowerCase());
      if (known === undefined && (short !== metric || !OWN_METRIC.test(metric))) {
        context.addIssue({
          code: 'custom',
          path: typeof given === 'string' ? [index] : [index, 'metric'],
          message: `is no metric: use one of ${[...new Set(KNOWN.values())].join(', ')}, or the name of a metric of your own`,
        });
      }
      const end = withoutPrefix(direction, DIRECTION_PREFIX).toLowerCase();
      if (!UNSPECIFIED.has(end) && !DIRECTIONS.has(end)) {
        context.addIssue({
          code: 'custom',
          path: [index, 'direction'],
          message: 'must be SORT_DIRECTION_ASCENDING or SORT_DIRECTION_DESCENDING',
        });
      }
      const kept = DIRECTIONS.get(end);
      return [{ metric: known ?? metric, ...(kept === undefined ? {} : { direction: kept }) }];
    }),
  );

/** `SORT_METRIC_PRICE` → `price`; a metric of the operator's own as it is. */
export function shortMetric(metric: string): string {
  const short = withoutPrefix(metric, METRIC_PREFIX);
  return short === metric ? metric : short.toLowerCase();
}

export function shortDirection(direction: string | undefined): 'ascending' | 'descending' | null {
  if (direction === undefined) return null;
  return direction === 'SORT_DIRECTION_ASCENDING' ? 'ascending' : 'descending';
}

function withoutPrefix(text: string, prefix: string): string {
  return text.toLowerCase().startsWith(prefix) ? text.slice(prefix.length) : text;
}
