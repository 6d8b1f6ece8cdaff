// The log's SQLite files: one for each day's rows and one for their sums, opened when needed, a few kept open.
import type { Database, Statement } from 'bun:sqlite';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { GatewayError } from '../../core/errors.ts';
import { isDay } from '../../lib/utc-day.ts';
import { connectPatiently, makePrivateFile } from '../../store/open-store.ts';
import { LOG_MIGRATIONS } from './migrations/index.ts';

/** A question about a month opens them one after the other; most are about the last few days. */
const MAX_OPEN = 8;
const LOCK_WAIT_MS = 5000;
const SIDE_FILES = ['', '-wal', '-shm'];

export interface OpenFile {
  readonly path: string;
  readonly sqlite: Database;
  /** Prepared once: SQLite keeps a closed connection alive until its last statement is gone. */
  readonly statements: Map<string, Statement>;
}

export class SqliteFiles {
  readonly folder: string;
  readonly #write: boolean;
  /** By name, the one used last at the end. */
  readonly #open = new Map<string, OpenFile>();

  constructor(dataDir: string, write: boolean) {
    this.folder = join(resolve(dataDir), 'log');
    this.#write = write;
    if (write) mkdirSync(this.folder, { recursive: true, mode: 0o700 });
  }

  /** Days that have a file, newest first. */
  days(): string[] {
    if (!existsSync(this.folder)) return [];
    const names = readdirSync(this.folder).filter((file) => file.endsWith('.db'));
    const days = names.map((file) => file.slice(0, -'.db'.length)).filter(isDay);
    return days.sort().reverse();
  }

  /** Of the file and its write-ahead log. */
  bytes(name: string): number {
    let bytes = 0;
    for (const side of SIDE_FILES)
      bytes += statSync(this.path(name) + side, { throwIfNoEntry: false })?.size ?? 0;
    return bytes;
  }

  /**
   * The file of a day, or `usage`; null where there is none and it is not to be made. Throws SQLite's errors, and
   * `storage_unavailable` for a file of a newer version.
   */
  file(name: string, make = false): OpenFile | null {
    const known = this.#open.get(name);
    if (known !== undefined) {
      this.#open.delete(name);
      if (existsSync(known.path)) {
        this.#open.set(name, known);
        return known;
      }
      // Another process dropped the day.
      close(known);
    }
    const path = this.path(name);
    if (!existsSync(path)) {
      if (!make) return null;
      makePrivateFile(path);
    }
    const opened = this.#connect(name, path);
    this.#open.set(name, opened);
    if (this.#open.size > MAX_OPEN) {
      const oldest = [...this.#open.keys()].find((other) => other !== 'usage');
      if (oldest !== undefined) this.forget(oldest);
    }
    return opened;
  }

  /** The next use opens it anew. */
  forget(name: string): void {
    const file = this.#open.get(name);
    if (file === undefined) return;
    this.#open.delete(name);
    close(file);
  }

  remove(name: string): void {
    this.forget(name);
    for (const side of SIDE_FILES) rmSync(this.path(name) + side, { force: true });
  }

  close(): void {
    for (const name of [...this.#open.keys()]) this.forget(name);
  }

  path(name: string): string {
    return join(this.folder, `${name}.db`);
  }

  #connect(name: string, path: string): OpenFile {
    const steps = LOG_MIGRATIONS.map((step) => (name === 'usage' ? step.usage : step.day));
    let sqlite = connectPatiently(path, LOCK_WAIT_MS, !this.#write);
    try {
      if (versionOf(sqlite, path, steps.length) < steps.length) {
        if (!this.#write) {
          // A file of an older version is brought forward by whoever opens it.
          sqlite.close();
          sqlite = connectPatiently(path, LOCK_WAIT_MS, false);
        }
        migrate(sqlite, path, steps);
      }
      // Rows are written in the order of their ids: more for them was memory and no speed. Sums are replaced all over.
      const isSummedUp = this.#write && name === 'usage';
      sqlite.run(`PRAGMA cache_size = ${isSummedUp ? -16_000 : -4000}`);
      return { path, sqlite, statements: new Map() };
    } catch (error) {
      sqlite.close();
      throw error;
    }
  }
}

/** A statement of a file, prepared once. */
export function prepared(file: OpenFile, text: string): Statement {
  const known = file.statements.get(text);
  if (known !== undefined) return known;
  const statement = file.sqlite.prepare(text);
  file.statements.set(text, statement);
  return statement;
}

/** All or nothing. The lock is had before anything is read, so what is read stays true. */
export function transaction<T>({ sqlite }: OpenFile, work: () => T): T {
  sqlite.run('BEGIN IMMEDIATE');
  try {
    const result = work();
    sqlite.run('COMMIT');
    return result;
  } catch (error) {
    if (sqlite.inTransaction) sqlite.run('ROLLBACK');
    throw error;
  }
}

function close(file: OpenFile): void {
  try {
    for (const statement of file.statements.values()) statement.finalize();
    file.sqlite.close();
  } catch {
    // it was unusable already
  }
}

function versionOf(sqlite: Database, path: string, newest: number): number {
  const row = sqlite.query<{ user_version: number }, []>('PRAGMA user_version').get();
  const version = row?.user_version ?? 0;
  if (version <= newest) return version;
  throw new GatewayError(
    'storage_unavailable',
    `The log's file ${path} was written by a newer version of Switchyard (its schema is ${version}, the newest known here is ${newest}). Start that version, or name another folder with --data or SWITCHYARD_DATA.`,
  );
}

function migrate(sqlite: Database, path: string, steps: readonly (readonly string[])[]): void {
  sqlite
    .transaction(() => {
      // Read again under the lock: another process may have done it meanwhile.
      const done = versionOf(sqlite, path, steps.length);
      for (const statement of steps.slice(done).flat()) sqlite.run(statement);
      sqlite.run(`PRAGMA user_version = ${steps.length}`);
    })
    .immediate();
}
