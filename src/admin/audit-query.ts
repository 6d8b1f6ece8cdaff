// What may be asked of the audit trail: the query's parameters, checked and read into a filter.
import { invalid } from '../core/errors.ts';
import { parseTime, TIME_FORMS } from '../ledger/log-time.ts';
import { didYouMean } from '../lib/near.ts';
import type { AuditFilter } from '../store/read-audit.ts';

const NAMES = ['from', 'to', 'actor', 'action', 'target', 'limit', 'cursor'] as const;
const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

export interface AuditQuery {
  readonly filter: AuditFilter;
  readonly limit: number;
  readonly behind: number | null;
}

type Given = { readonly [name: string]: string | undefined };

/** Throws `invalid_request`. */
export function parseAuditQuery(query: Given, now: number): AuditQuery {
  const unknown = Object.keys(query).find((name) => !NAMES.some((known) => known === name));
  if (unknown !== undefined)
    throw invalid(
      unknown,
      `is not a parameter of the audit trail.${didYouMean(unknown, NAMES) || ` There are: ${NAMES.join(', ')}.`}`,
    );
  const { actor, action, target } = query;
  return {
    filter: {
      from: timeIn(query, 'from', now),
      to: timeIn(query, 'to', now),
      actor: actor || undefined,
      action: action || undefined,
      target: target || undefined,
    },
    limit: countIn(query, 'limit', MAX_LIMIT) ?? DEFAULT_LIMIT,
    behind: countIn(query, 'cursor', Number.MAX_SAFE_INTEGER) ?? null,
  };
}

function timeIn(query: Given, name: 'from' | 'to', now: number): number | undefined {
  const text = query[name];
  if (text === undefined || text === '') return undefined;
  const time = parseTime(text, now);
  if (time === null) throw invalid(name, TIME_FORMS);
  return time;
}

function countIn(query: Given, name: 'limit' | 'cursor', most: number): number | undefined {
  const text = query[name];
  if (text === undefined || text === '') return undefined;
  const count = /^\d{1,16}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= most) return count;
  throw invalid(
    name,
    name === 'limit'
      ? `must be a number from 1 to ${most}`
      : 'must be the next_cursor of an earlier answer',
  );
}
