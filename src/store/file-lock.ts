// FileLock: says that something on disk has an owner. It is a lock of the operating system, which is gone with the process however it dies.
import { Database } from 'bun:sqlite';
import { rmSync } from 'node:fs';
import { isBusy } from './storage-error.ts';

/**
 * SQLite's own file lock: an empty database in which a transaction stays open. It holds against other processes (fcntl) and
 * against other connections of this one. Nothing else may open the file: closing any handle of it would let the lock go.
 */
export class FileLock {
  readonly #sqlite: Database;
  readonly #path: string;

  private constructor(sqlite: Database, path: string) {
    this.#sqlite = sqlite;
    this.#path = path;
  }

  /** Null: another has it. Throws SQLite's errors where the file cannot be made. */
  static take(path: string): FileLock | null {
    const sqlite = new Database(path, { readwrite: true, create: true });
    try {
      sqlite.run('PRAGMA busy_timeout = 0');
      // Nothing is ever written to it: no journal beside it.
      sqlite.run('PRAGMA journal_mode = MEMORY');
      sqlite.run('BEGIN EXCLUSIVE');
      return new FileLock(sqlite, path);
    } catch (error) {
      sqlite.close();
      if (isBusy(error)) return null;
      throw error;
    }
  }

  /** @param remove what it stood for is gone: the file goes too, while nobody else can hold it. */
  release(remove: boolean): void {
    if (remove) rmSync(this.#path, { force: true });
    this.#sqlite.close();
  }
}
