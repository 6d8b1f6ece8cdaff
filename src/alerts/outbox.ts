// The outbox: what channels are still to be told, and the messages that are under way, in the database. What stands in it is
// sent, by this process or by the next.
import type { Database } from 'bun:sqlite';
import type { Severity } from '../core/alert.ts';
import { composed, type Message, type Notice } from './notice.ts';

/** So long one process is at a message; longer than any channel may take. */
const CLAIM_MS = 60_000;

export type MessageState = 'waiting' | 'sent' | 'failed';

export interface MessageRow {
  readonly id: string;
  readonly channel: string;
  readonly state: MessageState;
  readonly created_at: number;
  readonly due_at: number;
  readonly attempts: number;
  readonly sent_at: number | null;
  /** Why the last attempt failed. */
  readonly problem: string | null;
  /** JSON: `Message`. */
  readonly message: string;
}

export function enqueue(sqlite: Database, channel: string, notice: Notice, id: string): void {
  sqlite.run(
    'INSERT INTO alert_notices (id, channel, severity, at, notice) VALUES (?, ?, ?, ?, ?)',
    [id, channel, notice.alert.severity, notice.at, JSON.stringify(notice)],
  );
}

/** Whether there is anything to send at all: looked at often. */
export function hasWork(sqlite: Database): boolean {
  return (
    sqlite
      .query(
        `SELECT 1 FROM alert_notices UNION ALL
          SELECT 1 FROM alert_messages WHERE state = 'waiting' LIMIT 1`,
      )
      .get() !== null
  );
}

export interface Claim {
  readonly message: Message;
  /** With this one. */
  readonly attempts: number;
  readonly createdAt: number;
}

/**
 * What the channel is to be sent now, taken for this process; null: nothing. The oldest message goes first: what comes while
 * it does not get through waits, and is one message then.
 * @param told severities that are not held back now
 */
export function claim(
  sqlite: Database,
  channel: string,
  now: number,
  told: readonly Severity[],
  groupMs: number,
): Claim | null {
  const waiting = sqlite
    .query<MessageRow & { claimed_until: number }, [string]>(
      "SELECT * FROM alert_messages WHERE channel = ? AND state = 'waiting' ORDER BY id LIMIT 1",
    )
    .get(channel);
  if (waiting !== null) {
    if (waiting.due_at > now || waiting.claimed_until > now) return null;
    take(sqlite, waiting.id, now);
    return {
      message: JSON.parse(waiting.message) as Message,
      attempts: waiting.attempts + 1,
      createdAt: waiting.created_at,
    };
  }
  const last = sqlite
    .query<{ at: number | null }, [string]>(
      'SELECT max(created_at) AS at FROM alert_messages WHERE channel = ?',
    )
    .get(channel)?.at;
  if (last != null && now - last < groupMs && now >= last) return null;
  return compose(sqlite, channel, now, told);
}

function compose(
  sqlite: Database,
  channel: string,
  now: number,
  told: readonly Severity[],
): Claim | null {
  const rows = sqlite
    .query<{ id: string; severity: Severity; held: number; notice: string }, [string]>(
      'SELECT id, severity, held, notice FROM alert_notices WHERE channel = ? ORDER BY id',
    )
    .all(channel);
  const due = rows.filter(({ severity }) => told.includes(severity));
  const newlyHeld = rows.filter(({ severity, held }) => held === 0 && !told.includes(severity));
  for (const { id } of newlyHeld)
    sqlite.run('UPDATE alert_notices SET held = 1 WHERE id = ?', [id]);
  if (due.length === 0) return null;
  const id = Bun.randomUUIDv7();
  const kind = due.some(({ held }) => held === 1) ? 'summary' : 'alerts';
  const notices = due.map(({ notice }) => JSON.parse(notice) as Notice);
  const message = composed(id, now, kind, notices);
  for (const row of due) sqlite.run('DELETE FROM alert_notices WHERE id = ?', [row.id]);
  putMessage(sqlite, channel, message, now);
  take(sqlite, id, now);
  return { message, attempts: 1, createdAt: now };
}

function putMessage(sqlite: Database, channel: string, message: Message, now: number): void {
  sqlite.run(
    `INSERT INTO alert_messages (id, channel, state, created_at, due_at, message)
      VALUES (?, ?, 'waiting', ?, ?, ?)`,
    [message.id, channel, now, now, JSON.stringify(message)],
  );
}

function take(sqlite: Database, id: string, now: number): void {
  sqlite.run('UPDATE alert_messages SET claimed_until = ?, attempts = attempts + 1 WHERE id = ?', [
    now + CLAIM_MS,
    id,
  ]);
}

/** What became of an attempt. @param dueAt when it is tried again; null: it is not */
export function settle(
  sqlite: Database,
  id: string,
  now: number,
  { problem, dueAt }: { readonly problem: string | null; readonly dueAt: number | null },
): void {
  const state: MessageState = problem === null ? 'sent' : dueAt === null ? 'failed' : 'waiting';
  sqlite.run(
    `UPDATE alert_messages SET state = ?, problem = ?, due_at = ?, claimed_until = 0, sent_at = ?
      WHERE id = ?`,
    [state, problem, dueAt ?? now, state === 'sent' ? now : null, id],
  );
}

/** A test, sent at once and written down whatever came of it. */
export function noteTest(
  sqlite: Database,
  channel: string,
  message: Message,
  problem: string | null,
): void {
  const state: MessageState = problem === null ? 'sent' : 'failed';
  sqlite.run(
    `INSERT INTO alert_messages (id, channel, state, created_at, due_at, attempts, sent_at, problem, message)
      VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?)`,
    [
      ...[message.id, channel, state, message.at, message.at],
      ...[problem === null ? message.at : null, problem, JSON.stringify(message)],
    ],
  );
}

/** Newest first. */
export function messagesOf(
  sqlite: Database,
  channel: string,
  limit: number,
): readonly MessageRow[] {
  return sqlite
    .query<MessageRow, [string, number]>(
      'SELECT * FROM alert_messages WHERE channel = ? ORDER BY id DESC LIMIT ?',
    )
    .all(channel, limit);
}

export function noticesWaiting(sqlite: Database, channel: string): { all: number; held: number } {
  const row = sqlite
    .query<{ waiting: number; held: number | null }, [string]>(
      'SELECT count(*) AS waiting, sum(held) AS held FROM alert_notices WHERE channel = ?',
    )
    .get(channel);
  return { all: row?.waiting ?? 0, held: row?.held ?? 0 };
}

/** Messages that told of this alert, oldest first. */
export function messagesAbout(sqlite: Database, alertId: string): readonly MessageRow[] {
  return sqlite
    .query<MessageRow, [string, string]>(
      'SELECT * FROM alert_messages WHERE id > ? AND instr(message, ?) > 0 ORDER BY id LIMIT 100',
    )
    .all(alertId.slice(0, 13), `"id":"${alertId}"`);
}

/** Old messages go, and what is for channels that are no more. */
export function tidyOutbox(sqlite: Database, channels: readonly string[], before: number): void {
  const known = JSON.stringify(channels);
  const gone = 'channel NOT IN (SELECT value FROM json_each(?))';
  sqlite.run(`DELETE FROM alert_notices WHERE ${gone}`, [known]);
  sqlite.run(
    `UPDATE alert_messages SET state = 'failed', problem = 'The channel is no longer configured.'
      WHERE state = 'waiting' AND ${gone}`,
    [known],
  );
  sqlite.run("DELETE FROM alert_messages WHERE state <> 'waiting' AND created_at < ?", [before]);
}
