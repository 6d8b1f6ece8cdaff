// The tables of cache.db, and the statements that are run on them.
import type { Database } from 'bun:sqlite';
import type { Migration } from '../../store/migrate.ts';

export const MIGRATIONS: readonly Migration[] = [
  {
    name: 'c001-answers',
    up(sqlite) {
      sqlite.run(`CREATE TABLE answers (
        key TEXT NOT NULL,
        tenant TEXT NOT NULL,
        user TEXT NOT NULL,
        namespace TEXT NOT NULL,
        model TEXT NOT NULL,
        gen INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        used_at INTEGER NOT NULL,
        value NOT NULL
      )`);
      sqlite.run('CREATE UNIQUE INDEX answers_key ON answers (key)');
      sqlite.run('CREATE INDEX answers_expire ON answers (expires_at)');
      // What one batch brought has one time: of those the later rows are the newer.
      sqlite.run('CREATE INDEX answers_used ON answers (used_at)');
      // Sums come from this index alone.
      sqlite.run('CREATE INDEX answers_bytes ON answers (bytes)');
      sqlite.run('CREATE TABLE drops (gen INTEGER PRIMARY KEY, filter TEXT NOT NULL)');
    },
  },
];

type Value = string | Uint8Array;
interface Sized {
  readonly rowid: number;
  readonly bytes: number;
}

export type AnswerStatements = ReturnType<typeof prepareAnswers>;

export function prepareAnswers(sqlite: Database) {
  const prepare = <Row, Given extends (string | number | Uint8Array | null)[]>(text: string) =>
    sqlite.prepare<Row, Given>(text);
  return {
    read: prepare<{ value: Value }, [string, number]>(
      'SELECT value FROM answers WHERE key = ? AND expires_at > ?',
    ),
    newest: prepare<{ key: string; bytes: number }, [number]>(
      'SELECT key, bytes FROM answers WHERE expires_at > ? ORDER BY used_at DESC, rowid DESC',
    ),
    remove: prepare<Sized, [string]>('DELETE FROM answers WHERE key = ? RETURNING rowid, bytes'),
    insert: prepare<
      null,
      [string, string, string, string, string, number, number, number, number, Value]
    >(
      `INSERT INTO answers (key, tenant, user, namespace, model, gen, bytes, expires_at, used_at, value)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    touch: prepare<null, [number, string]>('UPDATE answers SET used_at = ? WHERE key = ?'),
    prune: prepare<null, [number, number]>(
      'DELETE FROM answers WHERE rowid IN (SELECT rowid FROM answers WHERE expires_at <= ? LIMIT ?)',
    ),
    oldest: prepare<Sized, []>('SELECT rowid, bytes FROM answers ORDER BY used_at, rowid LIMIT 64'),
    evict: prepare<null, [number]>('DELETE FROM answers WHERE rowid = ?'),
    sizes: prepare<{ bytes: number | null; entries: number }, []>(
      'SELECT SUM(bytes) AS bytes, COUNT(*) AS entries FROM answers',
    ),
    drop: prepare<null, [string, string, string, string]>(
      `DELETE FROM answers WHERE ?1 IN ('', tenant) AND ?2 IN ('', user) AND ?3 IN ('', namespace)
        AND ?4 IN ('', model)`,
    ),
    gen: prepare<{ gen: number | null }, []>('SELECT MAX(gen) AS gen FROM drops'),
    drops: prepare<{ gen: number; filter: string }, [number]>(
      'SELECT gen, filter FROM drops WHERE gen > ? ORDER BY gen',
    ),
    noteDrop: prepare<null, [number, string]>('INSERT INTO drops (gen, filter) VALUES (?, ?)'),
    forgetDrops: prepare<null, [number]>('DELETE FROM drops WHERE gen <= ?'),
  };
}
