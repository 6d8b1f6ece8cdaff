// Bodies in SQLite: a file a day beside the log's, so that retention is deleting a file.
import type { Database } from 'bun:sqlite';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DAY_MS, dayOf, isDay, startOf } from '../lib/utc-day.ts';
import { connect } from '../store/connect.ts';
import { storageError } from '../store/storage-error.ts';
import { indexable } from '../store/stored-text.ts';
import type { BodyStore, StoredBodies } from './body-store.ts';
import { arrivedAt } from './kept-bodies.ts';
import type { Packed } from './pack-bodies.ts';

const FOLDER = 'log';
const FILE = /^bodies-(\d{4}-\d{2}-\d{2})\.db$/;
const OWNER_ONLY = 0o600;
/** Bodies that would wait longer are given up for those behind them. */
const LOCK_WAIT_MS = 1000;

interface Row {
  readonly sealed: number;
  readonly data: Uint8Array;
}

/** The days there are, without opening anything. */
export function daysOfBodies(dataDir: string): readonly string[] {
  const folder = join(dataDir, FOLDER);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .flatMap((file) => FILE.exec(file)?.[1] ?? [])
    .sort();
}

export class SqliteBodies implements BodyStore {
  readonly #dataDir: string;
  /** By day: those that were written last, and no more of them than two days have neighbours. */
  readonly #open = new Map<string, Database>();

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  async put(bodies: readonly StoredBodies[]): Promise<void> {
    const byDay = Map.groupBy(bodies, ({ id }) => dayOf(arrivedAt(id) ?? 0));
    for (const [day, ones] of byDay)
      this.#in(day, (sqlite) => {
        const insert = sqlite.query(
          'INSERT OR IGNORE INTO bodies (id, user_id, sealed, data) VALUES (?, ?, ?, ?)',
        );
        sqlite
          .transaction(() => {
            for (const { id, user, sealed, data } of ones)
              insert.run(id, user === null ? null : indexable(user), sealed ? 1 : 0, data);
          })
          .immediate();
      });
  }

  async get(id: string): Promise<Packed | null> {
    const row = this.#at(id, (sqlite) =>
      sqlite.query<Row, [string]>('SELECT sealed, data FROM bodies WHERE id = ?').get(id),
    );
    return row ? { sealed: row.sealed === 1, data: row.data } : null;
  }

  async remove(id: string): Promise<number> {
    return this.#at(id, (sqlite) => deleted(sqlite, 'id', id)) ?? 0;
  }

  async removeUser(user: string): Promise<number> {
    let count = 0;
    for (const day of daysOfBodies(this.#dataDir))
      count += this.#in(day, (sqlite) => deleted(sqlite, 'user_id', indexable(user)));
    return count;
  }

  async prune(before: number): Promise<void> {
    for (const day of daysOfBodies(this.#dataDir)) {
      if (!isDay(day) || startOf(day) + DAY_MS > before) continue;
      this.#open.get(day)?.close();
      this.#open.delete(day);
      const path = this.#path(day);
      try {
        for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true });
      } catch (thrown) {
        throw storageError(thrown, path);
      }
    }
  }

  async close(): Promise<void> {
    for (const sqlite of this.#open.values()) sqlite.close();
    this.#open.clear();
  }

  #path(day: string): string {
    return join(this.#dataDir, FOLDER, `bodies-${day}.db`);
  }

  /** Undefined where the id's day has no bodies. */
  #at<T>(id: string, work: (sqlite: Database) => T): T | undefined {
    const at = arrivedAt(id);
    if (at === null || !existsSync(this.#path(dayOf(at)))) return undefined;
    return this.#in(dayOf(at), work);
  }

  #in<T>(day: string, work: (sqlite: Database) => T): T {
    const path = this.#path(day);
    try {
      const open = this.#open.get(day) ?? this.#opened(day, path);
      return work(open);
    } catch (thrown) {
      // The next piece of work opens it anew: it may have been replaced.
      try {
        this.#open.get(day)?.close();
      } catch {
        // it was unusable already
      }
      this.#open.delete(day);
      throw storageError(thrown, path);
    }
  }

  #opened(day: string, path: string): Database {
    mkdirSync(join(this.#dataDir, FOLDER), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, 'a', OWNER_ONLY));
    const sqlite = connect(path, { lockWaitMs: LOCK_WAIT_MS });
    // What is deleted is overwritten: somebody asked for it to be gone.
    sqlite.run('PRAGMA secure_delete = ON');
    sqlite.run(`CREATE TABLE IF NOT EXISTS bodies (
      id TEXT NOT NULL PRIMARY KEY,
      user_id TEXT,
      sealed INTEGER NOT NULL,
      data BLOB NOT NULL
    )`);
    sqlite.run(
      'CREATE INDEX IF NOT EXISTS bodies_by_user ON bodies (user_id) WHERE user_id IS NOT NULL',
    );
    if (this.#open.size >= 3) this.#closeOldest();
    this.#open.set(day, sqlite);
    return sqlite;
  }

  #closeOldest(): void {
    const [day, sqlite] = this.#open.entries().next().value ?? [];
    sqlite?.close();
    if (day !== undefined) this.#open.delete(day);
  }
}

function deleted(sqlite: Database, column: 'id' | 'user_id', value: string): number {
  const { changes } = sqlite.run(`DELETE FROM bodies WHERE ${column} = ?`, [value]);
  // Also out of the write-ahead log.
  if (changes > 0) sqlite.run('PRAGMA wal_checkpoint(TRUNCATE)');
  return changes;
}
