// An entry of the audit trail as the API and the command line show it, and read back from such a line.
import { isObject, type Json, type JsonObject, parseJson } from '../lib/json.ts';
import type { AuditTable } from '../store/tables.ts';

/** What changes with every change and says nothing of it. */
const BOOKKEEPING: ReadonlySet<string> = new Set(['updated_at', 'updateTime', 'etag', 'version']);

export function shownAudit(entry: AuditTable): JsonObject {
  const before = jsonIn(entry.before);
  const after = jsonIn(entry.after);
  return {
    id: entry.id,
    at: new Date(entry.at).toISOString(),
    via: entry.via,
    actor: entry.actor,
    actor_name: entry.actor_name,
    address: entry.address,
    action: entry.action,
    target: entry.target,
    before,
    after,
    changed: entry.action === 'config.reload' ? places(before, after) : changedPaths(before, after),
    previous_hash: entry.previous_hash,
    hash: entry.hash,
  };
}

/** Null: the line is no exported entry. */
export function readShownAudit(line: string): AuditTable | null {
  const shown = parseJson(line);
  if (!isObject(shown) || typeof shown.id !== 'number') return null;
  const word = (name: string) => String(shown[name] ?? '');
  const wordOrNull = (name: string) => (shown[name] == null ? null : word(name));
  const text = (name: string) => (shown[name] == null ? null : JSON.stringify(shown[name]));
  return {
    id: shown.id,
    at: Date.parse(word('at')),
    via: word('via'),
    actor: wordOrNull('actor'),
    actor_name: wordOrNull('actor_name'),
    address: wordOrNull('address'),
    action: word('action'),
    target: word('target'),
    before: text('before'),
    after: text('after'),
    previous_hash: word('previous_hash'),
    hash: word('hash'),
  };
}

/** Of what was there before and after: `limits.budget.amount_usd`. A list counts as one; nothing where there was none before or is none now. */
export function changedPaths(before: Json, after: Json, path = ''): string[] {
  if (!isObject(before) || !isObject(after))
    return path === '' || JSON.stringify(before) === JSON.stringify(after) ? [] : [path];
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names]
    .filter((name) => !BOOKKEEPING.has(name))
    .flatMap((name) =>
      changedPaths(
        before[name] ?? null,
        after[name] ?? null,
        path === '' ? name : `${path}.${name}`,
      ),
    );
}

/** Of a configuration only what changed is told, masked: what it was and what it is look alike. */
function places(before: Json, after: Json): string[] {
  const told = [before, after].flatMap((side) => (isObject(side) ? Object.keys(side) : []));
  return [...new Set(told)];
}

function jsonIn(text: string | null): Json {
  return text === null ? null : (parseJson(text) ?? null);
}
