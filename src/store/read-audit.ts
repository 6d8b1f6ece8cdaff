// Reading the audit trail: a page of what matches, newest first, all of it in turn, and whether its chain holds.
import type { Database } from 'bun:sqlite';
import { ChainCheck, type ChainHead, type Verdict } from './audit-chain.ts';
import { lastNumber } from './audit-trail.ts';
import type { AuditTable } from './tables.ts';

/** Two versions of a large router are half a megabyte: a page ends early rather than fill the memory. */
const MAX_PAGE_CHARS = 4_000_000;

export interface AuditFilter {
  /** Unix milliseconds: at or after, and before. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** The id of a key, or its name. */
  readonly actor?: string | undefined;
  /** `key.create`, or `key.*` for all that is done with keys. */
  readonly action?: string | undefined;
  readonly target?: string | undefined;
}

export interface AuditPage {
  readonly entries: readonly AuditTable[];
  /** Where the next page begins; null: this is the last. */
  readonly next: number | null;
}

export type AuditOrder = 'newest-first' | 'oldest-first';

/** @param behind the number of the last entry of the page before; null: from the beginning */
export function auditPage(
  sqlite: Database,
  filter: AuditFilter,
  limit: number,
  behind: number | null,
  order: AuditOrder = 'newest-first',
): AuditPage {
  const { text, values } = pageQuery(filter, limit, behind, order);
  const rows = sqlite.query<AuditTable, (string | number)[]>(text).iterate(...values);
  const entries: AuditTable[] = [];
  let chars = 0;
  for (const row of rows) {
    const last = entries.at(-1);
    if (last !== undefined && (entries.length === limit || chars > MAX_PAGE_CHARS))
      return { entries, next: last.id };
    entries.push(row);
    chars += (row.before?.length ?? 0) + (row.after?.length ?? 0);
  }
  return { entries, next: null };
}

/** Of the whole trail, down to where nothing may be missing after its newest entry. */
export function verifyAudit(sqlite: Database, expected: ChainHead | null = null): Verdict {
  // One moment's view: entries may come in meanwhile.
  return sqlite.transaction(() => {
    const check = new ChainCheck(expected);
    const entries = sqlite.query<AuditTable, []>('SELECT * FROM audit ORDER BY id').iterate();
    for (const entry of entries) if (!check.next(entry)) break;
    const verdict = check.verdict();
    const last = lastNumber(sqlite);
    const head = verdict.ok ? (verdict.head?.id ?? 0) : last;
    if (head === last) return verdict;
    return { ok: false, id: head + 1, problem: 'it and what followed it are missing' } as const;
  })();
}

interface Query {
  readonly text: string;
  readonly values: readonly (string | number)[];
}

/** Every way of asking for who acted goes by an index in the order of the entries: the trail may be kept for good. */
export function pageQuery(
  filter: AuditFilter,
  limit: number,
  behind: number | null,
  order: AuditOrder,
): Query {
  const [place, direction] = order === 'newest-first' ? ['id < ?', 'DESC'] : ['id > ?', 'ASC'];
  const { actor } = filter;
  // One index each: with OR, neither gives them in order.
  const who: readonly (readonly Condition[])[] =
    actor === undefined
      ? [[]]
      : [[['actor = ?', [actor]]], [['actor_name = ? AND actor IS NOT ?', [actor, actor]]]];
  const parts = who.map((own) => selection([[place, [behind]], ...own, ...conditions(filter)]));
  return {
    text: `${parts.map(({ text }) => text).join(' UNION ALL ')} ORDER BY id ${direction} LIMIT ${limit + 1}`,
    values: parts.flatMap(({ values }) => values),
  };
}

type Condition = readonly [string, readonly (string | number | null | undefined)[]];

function conditions({ from, to, action, target }: AuditFilter): readonly Condition[] {
  return [
    ['at >= ?', [from]],
    ['at < ?', [to]],
    [isNoun(action) ? 'action >= ? AND action < ?' : 'action = ?', nounOr(action)],
    ['target = ?', [target]],
  ];
}

function selection(all: readonly Condition[]): Query {
  const asked = all.filter(([, [value]]) => value !== null && value !== undefined);
  const where = asked.length === 0 ? '' : ` WHERE ${asked.map(([text]) => text).join(' AND ')}`;
  return {
    text: `SELECT * FROM audit${where}`,
    values: asked.flatMap(([, values]) => values.filter((value) => value != null)),
  };
}

function isNoun(action: string | undefined): boolean {
  return action?.endsWith('.*') === true;
}

/** `key.*` is all from `key.` up to `key/`, the character after the dot. */
function nounOr(action: string | undefined): readonly (string | undefined)[] {
  if (action === undefined || !isNoun(action)) return [action];
  const noun = action.slice(0, -2);
  return [`${noun}.`, `${noun}/`];
}
