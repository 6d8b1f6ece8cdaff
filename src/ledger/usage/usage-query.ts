// What may be asked of usage: query parameters, checked and read into a question.
import { invalid } from '../../core/errors.ts';
import { didYouMean } from '../../lib/near.ts';
import { DAY_MS } from '../../lib/utc-day.ts';
import { INTERVALS, type Interval } from '../../lib/utc-periods.ts';
import { indexable } from '../../store/stored-text.ts';
import { type LogFilter, parseUsageFilter } from '../log-filter.ts';
import { type Counted, CUBES, cubeWith, type Property } from './cubes.ts';
import { FIELDS, type Field } from './fields.ts';

/** What the outside calls a property: the names of the log's filters. */
export const NAMES = {
  model: 'model',
  provider: 'provider',
  user: 'user_id',
  key: 'key_id',
  router: 'router_id',
  route: 'route_id',
  variant: 'variant_id',
  endpoint: 'endpoint',
} as const satisfies { readonly [name: string]: Property };
export type Name = keyof typeof NAMES;
const ALL_NAMES = Object.keys(NAMES) as Name[];

const SORTS = ['cost', 'requests', 'errors', 'tokens', 'ttft', 'total'] as const;
export type Sort = (typeof SORTS)[number];

const OF = ['requests', 'attempts'] as const satisfies readonly Counted[];
const PARAMETERS = [
  ...['from', 'to', 'interval', 'group_by', ...ALL_NAMES, 'status', 'cache'],
  ...['of', 'sort', 'limit', 'fields'],
];
const DEFAULT_STRETCH_MS = DAY_MS;
const DEFAULT_GROUPS = 1000;
const DEFAULT_LINES = 50;
const MAX_GROUPS = 10_000;

export interface UsageQuery {
  /** Unix milliseconds; `to` is not in it. As asked: what is answered begins and ends with whole hours. */
  readonly from: number;
  readonly to: number;
  readonly interval: Interval | null;
  readonly groupBy: readonly Name[];
  readonly of: Counted;
  readonly filter: { readonly [N in Name]?: string };
  /** Of rows alone: no cube has them. */
  readonly status: LogFilter['status'];
  readonly cache: LogFilter['cache'];
  readonly sort: Sort;
  /** How many groups; the rest is summed up as one. */
  readonly limit: number;
  /** Which figures are told; without it all. */
  readonly fields?: readonly Field[];
}

type Query = { readonly [name: string]: string | undefined };

/** Query parameters → question; an empty parameter is an absent one. Throws `invalid_request` naming the parameter. */
export function parseUsageQuery(query: Query, now: number): UsageQuery {
  const given: { [name: string]: string } = {};
  for (const [name, text] of Object.entries(query)) {
    if (text === undefined || text === '') continue;
    if (!PARAMETERS.includes(name))
      throw invalid(
        name,
        `is not a parameter of usage; known are ${PARAMETERS.join(', ')}, format.${didYouMean(name, PARAMETERS)}`,
      );
    given[name] = text;
  }
  const { interval, group_by, of, sort, limit, fields, ...ofRows } = given;
  const { from, to, status, cache } = parseUsageFilter(ofRows, now);
  const end = to ?? now;
  const begin = from ?? end - DEFAULT_STRETCH_MS;
  if (begin >= end) throw invalid('from', 'must be before to');
  const series = interval === undefined || interval === 'none' ? null : interval;
  const parsed: UsageQuery = {
    from: begin,
    to: end,
    interval: series === null ? null : oneOf('interval', series, INTERVALS),
    groupBy: listOf('group_by', group_by, ALL_NAMES),
    of: oneOf('of', of ?? 'requests', OF),
    filter: Object.fromEntries(
      ALL_NAMES.flatMap((name) => {
        const text = given[name];
        return text === undefined ? [] : [[name, indexable(text)]];
      }),
    ),
    status,
    cache,
    sort: oneOf('sort', sort ?? 'cost', SORTS),
    limit: limitOf(limit, series === null ? DEFAULT_GROUPS : DEFAULT_LINES),
    ...(fields === undefined ? {} : { fields: listOf('fields', fields, FIELDS) }),
  };
  if (parsed.of === 'attempts') checkAttempts(parsed);
  return parsed;
}

/** The properties it is about, those it groups by first. */
export function propertiesOf({ groupBy, filter }: UsageQuery): readonly Property[] {
  const names = new Set([...groupBy, ...(Object.keys(filter) as Name[])]);
  return [...names].map((name) => NAMES[name]);
}

/** Which properties are summed together, in the outside's words. */
export function summedTogether(): string {
  const nameOf = (property: Property) => ALL_NAMES.find((name) => NAMES[name] === property) ?? '';
  return CUBES.filter((cube) => cube.of === 'requests' && cube.properties.length > 0)
    .map((cube) => cube.properties.map(nameOf).join('+'))
    .join(', ');
}

function checkAttempts(query: UsageQuery): void {
  const isRowsOnly = query.status !== undefined || query.cache !== undefined;
  if (isRowsOnly || cubeWith('attempts', propertiesOf(query)) === null)
    throw invalid(
      'of',
      'attempts are counted by model and provider only: group and filter by those, or leave it out to count requests',
    );
}

/** With commas between them; each once. */
function listOf<Value extends string>(
  parameter: string,
  text: string | undefined,
  known: readonly Value[],
): readonly Value[] {
  const names = (text ?? '').split(',').flatMap((part) => part.trim() || []);
  return [...new Set(names.map((name) => oneOf(parameter, name, known)))];
}

function oneOf<Value extends string>(
  parameter: string,
  text: string,
  known: readonly Value[],
): Value {
  const found = known.find((value) => value === text);
  if (found !== undefined) return found;
  throw invalid(
    parameter,
    `cannot be "${text.slice(0, 50)}": known are ${known.join(', ')}.${didYouMean(text, known)}`,
  );
}

function limitOf(text: string | undefined, usual: number): number {
  if (text === undefined) return usual;
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= MAX_GROUPS) return limit;
  throw invalid('limit', `must be a whole number from 1 to ${MAX_GROUPS}`);
}
