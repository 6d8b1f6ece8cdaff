// Log filters → SQL. Every query walks the primary key from the newest row down and stops when its page is full.
import { type CompiledQuery, type Expression, type SqlBool, sql } from 'kysely';
import { build } from '../store/query-builder.ts';
import type { RequestsTable } from '../store/tables.ts';
import type { LogFilter } from './log-filter.ts';

/** An id is made when its request arrives, but by its own look at the clock. */
const CLOCK_SLACK_MS = 1000;

/** One row more than asked for, so that the caller knows whether there is a next page. */
export function listQuery(filter: LogFilter): CompiledQuery<RequestsTable> {
  return build
    .selectFrom('requests')
    .selectAll()
    .where((where) => {
      const all: Expression<SqlBool>[] = [];
      const { from, to, model, provider, status, cache } = filter;
      if (from !== undefined) {
        all.push(where('id', '>=', idPrefix(from - CLOCK_SLACK_MS)), where('at', '>=', from));
      }
      if (to !== undefined) all.push(where('at', '<', to));
      const below = upperEnd(filter);
      if (below !== null) all.push(where('id', '<', below));
      if (filter.user !== undefined) all.push(where('user_id', '=', filter.user));
      if (filter.router !== undefined) all.push(where('router_id', '=', filter.router));
      if (filter.key !== undefined) all.push(where('key_id', '=', filter.key));
      if (filter.endpoints !== undefined) all.push(where('endpoint', 'in', filter.endpoints));
      if (filter.asked !== undefined) {
        all.push(where(sql<string>`lower(requested_model)`, 'in', filter.asked));
      }
      if (model !== undefined) {
        all.push(where.or([where('model', '=', model), where('requested_model', '=', model)]));
      }
      if (provider !== undefined) {
        const tried = where.and([where('provider', 'is', null), triedProvider(provider)]);
        all.push(where.or([where('provider', '=', provider), tried]));
      }
      if (status !== undefined) {
        if ('outcome' in status) all.push(where('outcome', '=', status.outcome));
        else all.push(where('status', '>=', status.from), where('status', '<=', status.to));
      }
      if (cache === 'hit') all.push(where('cache', 'is not', null));
      else if (cache === 'miss') all.push(where('cache', 'is', null));
      else if (cache !== undefined) all.push(where('cache', '=', cache));
      return where.and(all);
    })
    .orderBy('id', 'desc')
    .limit(filter.limit + 1)
    .compile();
}

export function rowQuery(id: string): CompiledQuery<RequestsTable> {
  return build.selectFrom('requests').selectAll().where('id', '=', id).compile();
}

/** The lower of the two ends: of two conditions on the key the database seeks by one, and reads all that lies between them. */
function upperEnd({ to, cursor }: LogFilter): string | null {
  const end = to === undefined ? null : idPrefix(to + CLOCK_SLACK_MS);
  if (cursor === undefined || end === null) return cursor ?? end;
  return cursor < end ? cursor : end;
}

/** Quotes inside a JSON string are escaped, so this text stands nowhere but in the member itself. */
function triedProvider(provider: string): Expression<SqlBool> {
  return sql<SqlBool>`instr(attempts, ${`"provider":${JSON.stringify(provider)}`}) > 0`;
}

/** Sorts before every UUIDv7 of that millisecond and after every earlier one (RFC 9562, 5.7: 48 bits of Unix ms first). */
function idPrefix(ms: number): string {
  const hex = Math.min(Math.max(ms, 0), 2 ** 48 - 1)
    .toString(16)
    .padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}
