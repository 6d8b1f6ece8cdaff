// Lists and scans as pages: what a filter or a stretch of time asks for, in ids.
import type { CompiledQuery } from 'kysely';
import { firstIdOf, idAfter } from '../../lib/uuid-v7.ts';
import type { RequestsTable } from '../../store/tables.ts';
import type { LogFilter } from '../log-filter.ts';
import { type Page, pageQuery, type QueryForm, waysOf } from '../log-query.ts';
import type { Stretch } from '../log-store.ts';

/** Some megabytes. */
const BLOCK_ROWS = 4000;

/** One more than the limit, newest first. */
export function listed(filter: LogFilter): Page {
  const { from, to, cursor, limit } = filter;
  const end = to === undefined ? null : firstIdOf(to);
  return {
    filter,
    from: from === undefined ? null : firstIdOf(from),
    before: earlier(end, cursor ?? null),
    order: 'desc',
    rows: limit + 1,
    columns: null,
  };
}

/** A page of all the ways in which its filter is met: each is asked only for what can still be in it. */
export async function pageOf(
  form: QueryForm,
  page: Page,
  ask: (query: CompiledQuery<RequestsTable>) => readonly RequestsTable[] | Promise<RequestsTable[]>,
): Promise<RequestsTable[]> {
  let rows: RequestsTable[] = [];
  for (const way of waysOf(form, page.filter)) {
    const last = rows.length < page.rows ? undefined : rows.at(-1);
    const more = await ask(pageQuery(form, last === undefined ? page : upTo(page, last.id), way));
    rows = rows.length === 0 ? [...more] : together(page, rows, more);
  }
  return rows;
}

/** No row is in both. */
function together(
  page: Page,
  rows: readonly RequestsTable[],
  more: readonly RequestsTable[],
): RequestsTable[] {
  const sign = page.order === 'asc' ? 1 : -1;
  const all = [...rows, ...more].sort((one, other) => (one.id < other.id ? -sign : sign));
  return all.slice(0, page.rows);
}

function upTo(page: Page, id: string): Page {
  return page.order === 'asc' ? { ...page, before: id } : { ...page, from: id };
}

/** Of two conditions on the key a database may seek by one and read all that lies between them. */
function earlier(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return one < other ? one : other;
}

/** The rows of a stretch, oldest first, each block asked for after the one before it was used. */
export async function* blocks<Column extends keyof RequestsTable>(
  stretch: Stretch,
  columns: readonly Column[],
  filter: LogFilter | undefined,
  ask: (page: Page) => Promise<readonly RequestsTable[]>,
): AsyncIterable<readonly Pick<RequestsTable, Column>[]> {
  const { from, to } = stretch;
  const end = firstIdOf(Math.min(to, filter?.to ?? to));
  let next: string | null = firstIdOf(Math.max(from, filter?.from ?? from));
  while (next !== null && next < end) {
    const rows: readonly RequestsTable[] = await ask({
      filter: filter ?? { limit: BLOCK_ROWS },
      from: next,
      before: end,
      order: 'asc',
      rows: BLOCK_ROWS,
      columns,
    });
    const last: RequestsTable | undefined = rows.at(-1);
    if (last !== undefined) yield rows;
    next = last === undefined || rows.length < BLOCK_ROWS ? null : idAfter(last.id);
  }
}
