// Alerts in the database: read, begun, changed.
import type { Database } from 'bun:sqlite';
import {
  type AlertRecord,
  RULES,
  type RuleName,
  SEVERITIES,
  type Severity,
} from '../core/alert.ts';
import { asObject, parseJson } from '../lib/json.ts';

interface AlertRow {
  readonly id: string;
  readonly rule: string;
  readonly subject: string;
  readonly severity: string;
  readonly level: number;
  readonly title: string;
  readonly facts: string;
  readonly todo: string;
  readonly see: string | null;
  readonly once: number;
  readonly started_at: number;
  readonly last_seen_at: number;
  readonly resolved_at: number | null;
  readonly switched_off: number;
  readonly notified_at: number | null;
  readonly acknowledged_at: number | null;
  readonly silenced_until: number | null;
}

export function activeAlerts(sqlite: Database): readonly AlertRecord[] {
  return sqlite
    .query<AlertRow, []>('SELECT * FROM alerts WHERE resolved_at IS NULL ORDER BY id')
    .all()
    .map(toRecord);
}

/** Of one rule. */
export function activeOf(sqlite: Database, rule: RuleName): readonly AlertRecord[] {
  return sqlite
    .query<AlertRow, [string]>(
      'SELECT * FROM alerts WHERE rule = ? AND resolved_at IS NULL ORDER BY id',
    )
    .all(rule)
    .map(toRecord);
}

export function alertOf(sqlite: Database, id: string): AlertRecord | null {
  const row = sqlite.query<AlertRow, [string]>('SELECT * FROM alerts WHERE id = ?').get(id);
  return row === null ? null : toRecord(row);
}

export interface AlertFilter {
  readonly state: 'active' | 'resolved' | 'all';
  readonly rule?: RuleName | undefined;
  readonly severity?: Severity | undefined;
  readonly subject?: string | undefined;
  readonly limit: number;
  /** The id of the last one of the page before. */
  readonly before?: string | undefined;
}

/** Newest first. */
export function listAlerts(sqlite: Database, filter: AlertFilter): readonly AlertRecord[] {
  const wheres: string[] = [];
  const values: string[] = [];
  const where = (sql: string, value: string | undefined) => {
    if (value === undefined) return;
    wheres.push(sql);
    values.push(value);
  };
  if (filter.state !== 'all')
    wheres.push(`resolved_at IS ${filter.state === 'active' ? '' : 'NOT '}NULL`);
  where('rule = ?', filter.rule);
  where('severity = ?', filter.severity);
  where('subject = ?', filter.subject);
  where('id < ?', filter.before);
  const all = wheres.length === 0 ? '' : `WHERE ${wheres.join(' AND ')}`;
  return sqlite
    .query<AlertRow, (string | number)[]>(`SELECT * FROM alerts ${all} ORDER BY id DESC LIMIT ?`)
    .all(...values, filter.limit)
    .map(toRecord);
}

/** A silence outlives the alert it was said of: the next one of its subject is silent too. Null: there is none. */
export function silenceOf(
  sqlite: Database,
  { rule, subject }: Pick<AlertRecord, 'rule' | 'subject'>,
  now: number,
): number | null {
  const row = sqlite
    .query<{ until: number | null }, [string, string, number]>(
      'SELECT max(silenced_until) AS until FROM alerts WHERE rule = ? AND subject = ? AND silenced_until > ?',
    )
    .get(rule, subject, now);
  return row?.until ?? null;
}

/** Begins it, or writes what changed. */
export function putAlert(sqlite: Database, alert: AlertRecord): void {
  sqlite.run(
    `INSERT INTO alerts (id, rule, subject, severity, level, title, facts, todo, see, once, started_at,
        last_seen_at, resolved_at, switched_off, notified_at, acknowledged_at, silenced_until)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET severity = excluded.severity, level = excluded.level,
        title = excluded.title, facts = excluded.facts, todo = excluded.todo, see = excluded.see,
        last_seen_at = excluded.last_seen_at, resolved_at = excluded.resolved_at,
        switched_off = excluded.switched_off, notified_at = excluded.notified_at, acknowledged_at = excluded.acknowledged_at,
        silenced_until = excluded.silenced_until`,
    [
      ...[alert.id, alert.rule, alert.subject, alert.severity, alert.level, alert.title],
      ...[JSON.stringify(alert.facts), alert.todo, alert.see, alert.once ? 1 : 0],
      ...[alert.startedAt, alert.lastSeenAt, alert.resolvedAt, alert.switchedOff ? 1 : 0],
      ...[alert.notifiedAt, alert.acknowledgedAt, alert.silencedUntil],
    ],
  );
}

/** @param before Unix milliseconds */
export function dropOldAlerts(sqlite: Database, before: number): void {
  sqlite.run('DELETE FROM alerts WHERE resolved_at < ? AND coalesce(silenced_until, 0) < ?', [
    before,
    before,
  ]);
}

function toRecord(row: AlertRow): AlertRecord {
  const facts: { [name: string]: string } = {};
  for (const [name, value] of Object.entries(asObject(parseJson(row.facts)) ?? {}))
    facts[name] = String(value);
  return {
    id: row.id,
    // Of a version that knew other ones.
    rule: RULES.find((rule) => rule === row.rule) ?? 'log',
    subject: row.subject,
    severity: SEVERITIES.find((severity) => severity === row.severity) ?? 'warning',
    level: row.level,
    title: row.title,
    facts,
    todo: row.todo,
    see: row.see,
    once: row.once === 1,
    startedAt: row.started_at,
    lastSeenAt: row.last_seen_at,
    resolvedAt: row.resolved_at,
    switchedOff: row.switched_off === 1,
    notifiedAt: row.notified_at,
    acknowledgedAt: row.acknowledged_at,
    silencedUntil: row.silenced_until,
  };
}
