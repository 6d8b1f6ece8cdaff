// A page of the log is found by one seek in an index, however deep it lies, on a real database with the log's indexes.
import { Database, type SQLQueryBindings } from 'bun:sqlite';
import { expect, test } from 'bun:test';
import { bytesOf, firstIdOf } from '../lib/uuid-v7.ts';
import { buildSqlite } from '../store/query-builder.ts';
import { LOG_MIGRATIONS } from './engine/migrations/index.ts';
import { listed } from './engine/pages.ts';
import type { LogFilter } from './log-filter.ts';
import { pageQuery, type QueryForm, waysOf } from './log-query.ts';

const FORM: QueryForm = { build: buildSqlite, id: bytesOf, place: 'instr', looksUpFirst: true };
const LAST = '0199c0de-0000-7000-8000-000000000000';
/** Of `LAST`: its first 48 bits. */
const AT = 0x0199c0de0000;
const DAY_MS = 86_400_000;

function queries(filter: Omit<LogFilter, 'limit'>) {
  const page = listed({ limit: 10, ...filter });
  return waysOf(FORM, page.filter).map((way) => pageQuery(FORM, page, way));
}

test.each([
  ['the row before, on the way through a range', { to: AT + DAY_MS, cursor: LAST }, LAST],
  [
    'the end of the range, where the row before lies beyond it',
    { to: AT - DAY_MS, cursor: LAST },
    firstIdOf(AT - DAY_MS),
  ],
  ['the row before, in a list without an end', { cursor: LAST }, LAST],
  ['the end of the range, on its first page', { to: AT }, firstIdOf(AT)],
])('it begins at %s', (_, filter, end) => {
  const [query] = queries(filter);
  // Of two upper ends the database seeks by the first, and reads through to the second.
  expect(query?.sql.split('"id" < ?')).toHaveLength(2);
  expect(query?.parameters.filter((value) => value instanceof Uint8Array)).toEqual([bytesOf(end)]);
});

const sqlite = new Database(':memory:');
for (const statement of LOG_MIGRATIONS.flatMap((step) => step.day)) sqlite.run(statement);

function plansOf(filter: Omit<LogFilter, 'limit'>): string[][] {
  return queries({ from: AT, cursor: LAST, ...filter }).map(({ sql, parameters }) =>
    sqlite
      .query<{ detail: string }, SQLQueryBindings[]>(`EXPLAIN QUERY PLAN ${sql}`)
      .all(...(parameters as SQLQueryBindings[]))
      .map(({ detail }) => detail),
  );
}

// A million failures may have none of what is asked: they are passed by in the index, without a look at their rows.
test.each<[string, Omit<LogFilter, 'limit'>]>([
  ['failures', { status: { outcome: 'error' } }],
  ['a status', { status: { from: 500, to: 599 } }],
  ['an error', { error: 'upstream_error' }],
])('%s: found in the index alone, then read, nothing is sorted', (_, filter) => {
  const [plan = []] = plansOf(filter);
  expect(plan).toHaveLength(3);
  expect(plan[0]).toContain('SEARCH requests USING PRIMARY KEY');
  expect(plan[2]).toContain('SEARCH requests USING COVERING INDEX requests_failed');
});

test.each<[string, Omit<LogFilter, 'limit'>, string[]]>([
  ['everything', {}, ['PRIMARY KEY']],
  ['a user', { user: 'u' }, ['requests_user']],
  ['a key', { key: 'k' }, ['requests_key']],
  ['a model', { model: 'm' }, ['requests_model', 'requests_requested']],
  ['what was asked for', { requested_model: 'm' }, ['requests_model', 'requests_requested']],
  ['a provider', { provider: 'p' }, ['requests_provider', 'requests_tried', 'requests_tried']],
  ['a router', { router: 'r' }, ['requests_router']],
  ['a cache', { cache: 'semantic' }, ['requests_cached']],
  ['any cache', { cache: 'hit' }, ['requests_cached', 'requests_cached', 'requests_cached']],
  // Of two the one that fewer rows have.
  ['a user of a key', { user: 'u', key: 'k' }, ['requests_user']],
  ["a user's failures", { user: 'u', status: { outcome: 'error' } }, ['requests_user']],
])('%s: walked in order, nothing is sorted', (_, filter, indexes) => {
  const plans = plansOf(filter);
  expect(plans.map((plan) => plan.length)).toEqual(indexes.map(() => 1));
  plans.forEach(([detail], at) => {
    expect(detail).toContain(indexes[at] ?? 'no index');
    expect(detail).toContain('SEARCH');
  });
});
