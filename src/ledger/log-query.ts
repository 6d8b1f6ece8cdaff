// Log filters → SQL, for either engine. A query walks one index from the newest row down (or the oldest up) and stops when its page is full.
import {
  type CompiledQuery,
  type Expression,
  type ExpressionBuilder,
  type Kysely,
  type SqlBool,
  sql,
} from 'kysely';
import type { LogTables, RequestsTable } from '../store/tables.ts';
import type { LogFilter } from './log-filter.ts';
import { triedMember } from './row-matches.ts';
import { STORED_COLUMNS } from './stored-row.ts';

/** What the column `tried` says of a row that several providers were tried for: no provider's name, and nothing a filter asks. */
export const SEVERAL = '';

/** In what an engine's queries differ. */
export interface QueryForm {
  readonly build: Kysely<LogTables>;
  /** An id as the engine keeps it. */
  id(text: string): unknown;
  /** The function that finds a text in a text: its place, or 0. */
  readonly place: 'instr' | 'strpos';
  /**
   * The engine looks a row up before it looks at what else the index says of it, as SQLite does in a table without row
   * numbers: what an index tells by itself has to be asked of it by itself.
   */
  readonly looksUpFirst: boolean;
}

/** A part of what a filter lets through, in one direction. */
export interface Page {
  readonly filter: LogFilter;
  /** Ids in it; null: no end. */
  readonly from: string | null;
  /** Ids not in it; null: no end. */
  readonly before: string | null;
  readonly order: 'asc' | 'desc';
  readonly rows: number;
  /** Null: all. */
  readonly columns: readonly (keyof RequestsTable)[] | null;
}

const ALL = STORED_COLUMNS as readonly (keyof RequestsTable)[];

type Where = ExpressionBuilder<LogTables, 'requests'>;
type Condition = (where: Where) => Expression<SqlBool>;
/** What is asked beside the filter's plain marks. */
export type Way = readonly Condition[];

/** The words of the index of failures: a database uses it where it reads the same words. */
const FAILED: Condition = () => sql<SqlBool>`(outcome <> 'ok' OR status >= 400)`;
const NAMED_OTHERWISE: Condition = () => sql<SqlBool>`requested_model IS DISTINCT FROM model`;

/** @param way one of `waysOf` the page's filter */
export function pageQuery(form: QueryForm, page: Page, way: Way): CompiledQuery<RequestsTable> {
  const { filter, from, before, order, rows, columns } = page;
  const table = form.build.selectFrom('requests');
  const met: Condition = (where) => {
    const all: Expression<SqlBool>[] = [];
    if (from !== null) all.push(where('id', '>=', idValue(form, from)));
    if (before !== null) all.push(where('id', '<', idValue(form, before)));
    all.push(...marks(where, form, filter), ...way.map((condition) => condition(where)));
    return where.and(all);
  };
  const isByItself = form.looksUpFirst && isOfFailures(filter);
  const ids = table.select('id').where(met).orderBy('id', order).limit(rows);
  return table
    .select(columns === null ? ALL : withId(columns))
    .where(isByItself ? (where) => where('id', 'in', ids) : met)
    .orderBy('id', order)
    .limit(rows)
    .compile() as CompiledQuery<RequestsTable>;
}

/** It asks for nothing that the index of failures does not have. */
function isOfFailures({ limit, from, to, cursor, status, error, ...others }: LogFilter): boolean {
  const isFailed = status !== undefined && !('outcome' in status && status.outcome === 'ok');
  const isAbove = status === undefined || 'outcome' in status || status.from >= 400;
  if (!(error !== undefined || (isFailed && isAbove))) return false;
  return Object.values(others).every((value) => value === undefined);
}

/** How many rows there are from one id to another. */
export function countQuery(
  form: QueryForm,
  [from, before]: readonly [string, string],
): CompiledQuery<{ readonly rows: number | string }> {
  return form.build
    .selectFrom('requests')
    .select(({ fn }) => fn.countAll<number | string>().as('rows'))
    .where('id', '>=', idValue(form, from))
    .where('id', '<', idValue(form, before))
    .compile();
}

export function rowQuery(form: QueryForm, id: string): CompiledQuery<RequestsTable> {
  return form.build
    .selectFrom('requests')
    .select(ALL)
    .where('id', '=', idValue(form, id))
    .compile() as CompiledQuery<RequestsTable>;
}

function withId(columns: readonly (keyof RequestsTable)[]): (keyof RequestsTable)[] {
  return [...new Set<keyof RequestsTable>(['id', ...columns])];
}

function idValue(form: QueryForm, id: string) {
  return sql<string>`${form.id(id)}`;
}

/**
 * A condition that is met in either of two ways is asked for in two queries, as no index has both in order: all that a
 * filter lets through, in as many parts as this answers. No row is in two of them.
 */
export function waysOf(form: QueryForm, filter: LogFilter): readonly Way[] {
  let ways: readonly Way[] = [[]];
  const { model, requested_model: requested, provider } = filter;
  if (model !== undefined) {
    ways = times(ways, [
      [(where) => where('model', '=', model)],
      [(where) => where('requested_model', '=', model), NAMED_OTHERWISE],
    ]);
  }
  if (requested !== undefined && model === undefined) {
    const named: Condition = (where) => where('requested_model', '=', requested);
    ways = times(ways, [
      [named, (where) => where('model', '=', requested)],
      [named, NAMED_OTHERWISE],
    ]);
  }
  if (filter.cache === 'hit') {
    ways = times(ways, [
      [(where) => where('cache', '=', 'exact')],
      [(where) => where('cache', '=', 'semantic')],
      [(where) => where('cache', '=', 'shared')],
    ]);
  }
  if (provider !== undefined) {
    // Answered by it; tried by it alone; tried by several.
    ways = times(ways, [
      [(where) => where('provider', '=', provider)],
      [() => sql<SqlBool>`tried = ${provider}`],
      [() => sql<SqlBool>`tried = ${SEVERAL}`, () => attemptsHold(form, triedMember(provider))],
    ]);
  }
  return ways;
}

function times(ways: readonly Way[], more: readonly Way[]): readonly Way[] {
  return ways.flatMap((way) => more.map((conditions) => [...way, ...conditions]));
}

function marks(where: Where, form: QueryForm, filter: LogFilter): Expression<SqlBool>[] {
  const all: Expression<SqlBool>[] = [];
  const { model, requested_model: requested, status, cache, tried, error } = filter;
  if (filter.user !== undefined) all.push(where('user_id', '=', filter.user));
  if (filter.router !== undefined) all.push(where('router_id', '=', filter.router));
  if (filter.key !== undefined) all.push(where('key_id', '=', filter.key));
  if (filter.route !== undefined) all.push(where('route_id', '=', filter.route));
  if (filter.variant !== undefined) all.push(where('variant_id', '=', filter.variant));
  if (requested !== undefined && model !== undefined)
    all.push(where('requested_model', '=', requested));
  if (status !== undefined) {
    if ('outcome' in status) {
      all.push(where('outcome', '=', status.outcome));
      if (status.outcome !== 'ok') all.push(FAILED(where));
    } else {
      all.push(where('status', '>=', status.from), where('status', '<=', status.to));
      if (status.from >= 400) all.push(FAILED(where));
    }
  }
  if (cache === 'miss') all.push(where('cache', 'is', null));
  else if (cache !== undefined && cache !== 'hit') all.push(where('cache', '=', cache));
  if (error !== undefined) all.push(where('error_code', '=', error), FAILED(where));
  if (tried !== undefined) all.push(attemptsHold(form, triedMember(tried)));
  all.push(...furtherMarks(where, filter));
  return all;
}

/** No index has these: the rows that another condition leaves are read for them. */
function furtherMarks(where: Where, filter: LogFilter): Expression<SqlBool>[] {
  const all: Expression<SqlBool>[] = [];
  const { unpriced, estimated, resumed, min_cost_usd: cost, min_total_ms: ms } = filter;
  if (filter.endpoint !== undefined) all.push(where('endpoint', '=', filter.endpoint));
  if (filter.endpoints !== undefined) all.push(where('endpoint', 'in', filter.endpoints));
  if (filter.trace !== undefined) all.push(where('trace_id', '=', filter.trace));
  if (filter.asked !== undefined)
    all.push(where(sql<string>`lower(requested_model)`, 'in', filter.asked));
  // Not known is not that much.
  if (cost !== undefined) all.push(where('cost_nano', '>=', Math.round(cost * 1e9)));
  if (ms !== undefined) all.push(where('total_ms', '>=', ms));
  if (unpriced !== undefined) all.push(where('unpriced', '=', unpriced ? 1 : 0));
  if (estimated !== undefined) all.push(where('usage_estimated', '=', estimated ? 1 : 0));
  if (resumed !== undefined) all.push(where('resumed', '=', resumed ? 1 : 0));
  return all;
}

function attemptsHold(form: QueryForm, member: string): Expression<SqlBool> {
  return sql<SqlBool>`${sql.raw(form.place)}(attempts, ${member}) > 0`;
}
