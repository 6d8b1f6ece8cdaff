// Alerts that go on and those that are over, what channels are still to be told, and the messages that told them.
import type { Database } from 'bun:sqlite';

export const name = '014-alerts';

export function up(sqlite: Database): void {
  sqlite.run(
    `CREATE TABLE alerts (
      id TEXT PRIMARY KEY,
      rule TEXT NOT NULL,
      subject TEXT NOT NULL,
      severity TEXT NOT NULL,
      level REAL NOT NULL,
      title TEXT NOT NULL,
      facts TEXT NOT NULL,
      todo TEXT NOT NULL,
      see TEXT,
      once INTEGER NOT NULL,
      started_at INTEGER NOT NULL,
      last_seen_at INTEGER NOT NULL,
      resolved_at INTEGER,
      -- 1: it ended because nobody looks any more.
      switched_off INTEGER NOT NULL DEFAULT 0,
      notified_at INTEGER,
      acknowledged_at INTEGER,
      silenced_until INTEGER
    ) WITHOUT ROWID`,
  );
  // Of several processes that find the same, one begins it.
  sqlite.run(
    'CREATE UNIQUE INDEX alerts_active ON alerts (rule, subject) WHERE resolved_at IS NULL',
  );
  sqlite.run('CREATE INDEX alerts_silenced ON alerts (rule, subject, silenced_until)');
  sqlite.run(
    `CREATE TABLE alert_notices (
      id TEXT PRIMARY KEY,
      channel TEXT NOT NULL,
      severity TEXT NOT NULL,
      at INTEGER NOT NULL,
      -- 1: it was not sent at once because it was quiet.
      held INTEGER NOT NULL DEFAULT 0,
      notice TEXT NOT NULL
    ) WITHOUT ROWID`,
  );
  sqlite.run('CREATE INDEX alert_notices_channel ON alert_notices (channel, id)');
  sqlite.run(
    `CREATE TABLE alert_messages (
      id TEXT PRIMARY KEY,
      channel TEXT NOT NULL,
      state TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      due_at INTEGER NOT NULL,
      -- Until then one process is at it.
      claimed_until INTEGER NOT NULL DEFAULT 0,
      attempts INTEGER NOT NULL DEFAULT 0,
      sent_at INTEGER,
      problem TEXT,
      message TEXT NOT NULL
    ) WITHOUT ROWID`,
  );
  sqlite.run('CREATE INDEX alert_messages_channel ON alert_messages (channel, id)');
}
