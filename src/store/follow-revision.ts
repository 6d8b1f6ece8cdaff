// A table kept in memory and read again whenever its revision says that it changed, here or in another process.
import type { Database } from 'bun:sqlite';
import { type Log, stderrLog } from '../lib/log.ts';
import type { Store } from './open-store.ts';
import { storageError } from './storage-error.ts';

/** How soon a change that another process made is seen here. */
const POLL_MS = 500;

export interface Followed<T> {
  /** As last read. Never touches the database, never throws. */
  current(): T;
  /** As the database has it now: a few microseconds where it did not change. Throws `storage_unavailable`. */
  latest(): T;
  /** To be called after a write of one's own, which is not undone by what comes after it: never throws. */
  catchUp(): void;
  /** Told after every change, also of another process. One that throws is told again with the next poll. Answers how to stop it. */
  onChange(listener: () => void): () => void;
  close(): void;
}

export interface FollowOptions {
  /** What stands in the table, as a message begins with it: `Routers`. */
  readonly what: string;
  readonly log?: Log | undefined;
  readonly pollMs?: number | undefined;
}

/** What the table holds. @param before as it was read last; null: never */
export type ReadTable<T> = (sqlite: Database, before: T | null) => T;

interface Seen<T> {
  readonly revision: number | null;
  readonly value: T;
}

/**
 * Throws `storage_unavailable` where the table cannot be read even once; later failures leave what was read last.
 * @param name of the row in `revisions`
 */
export function followRevision<T>(
  store: Store,
  name: string,
  read: ReadTable<T>,
  options: FollowOptions,
): Followed<T> {
  return new FollowedTable(store, name, read, options);
}

class FollowedTable<T> implements Followed<T> {
  readonly #store: Store;
  readonly #name: string;
  readonly #read: ReadTable<T>;
  readonly #what: string;
  readonly #log: Log;
  readonly #timer: Timer;
  readonly #listeners = new Set<() => void>();
  /** Those of the listeners that threw when they were told last. */
  readonly #untold = new Set<() => void>();
  #seen: Seen<T>;
  #failing = false;

  constructor(store: Store, name: string, read: ReadTable<T>, options: FollowOptions) {
    this.#store = store;
    this.#name = name;
    this.#read = read;
    this.#what = options.what;
    this.#log = options.log ?? stderrLog;
    this.#seen = this.#look(null);
    this.#timer = setInterval(() => this.#poll(), options.pollMs ?? POLL_MS);
    this.#timer.unref();
  }

  current(): T {
    return this.#seen.value;
  }

  latest(): T {
    const seen = this.#look(this.#seen);
    if (seen !== this.#seen) {
      this.#seen = seen;
      this.#tell(this.#listeners);
    }
    return this.#seen.value;
  }

  /** A database that cannot be read leaves all as last known: nobody is locked out by a bad disk. */
  catchUp(): void {
    try {
      this.latest();
      this.#failing = false;
    } catch (error) {
      if (!this.#failing)
        this.#log('error', `${this.#what} go on as last read. ${reasonOf(error)}`);
      this.#failing = true;
    }
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      this.#untold.delete(listener);
    };
  }

  close(): void {
    clearInterval(this.#timer);
    this.#listeners.clear();
    this.#untold.clear();
  }

  #poll(): void {
    const missed = [...this.#untold];
    const before = this.#seen;
    this.catchUp();
    if (this.#seen === before) this.#tell(missed);
  }

  /** What a listener cannot do is neither the other listeners' nor the writer's failure. */
  #tell(listeners: Iterable<() => void>): void {
    for (const listener of [...listeners]) {
      // Another one may have stopped it.
      if (!this.#listeners.has(listener)) continue;
      try {
        listener();
        this.#untold.delete(listener);
      } catch (error) {
        if (!this.#untold.has(listener))
          this.#log(
            'error',
            `${this.#what} changed, but what follows from it failed and is tried again. ${reasonOf(error)}`,
          );
        this.#untold.add(listener);
      }
    }
  }

  /** The same object where nothing changed. */
  #look(before: Seen<T> | null): Seen<T> {
    const { sqlite, path } = this.#store;
    try {
      const row = sqlite
        .query<{ revision: number }, [string]>('SELECT revision FROM revisions WHERE name = ?')
        .get(this.#name);
      const revision = row?.revision ?? null;
      if (before !== null && before.revision === revision) return before;
      return { revision, value: this.#read(sqlite, before === null ? null : before.value) };
    } catch (error) {
      throw storageError(error, path);
    }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : '';
}
