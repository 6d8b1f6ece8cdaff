// Routers of the API: kept in the database with every version they had, read into memory, followed across processes.
import type { Database } from 'bun:sqlite';
import { asObject, type JsonObject, parseJson } from '../lib/json.ts';
import { type Log, stderrLog } from '../lib/log.ts';
import type { Store } from '../store/open-store.ts';
import { storageError } from '../store/storage-error.ts';
import type { RoutersTable, RouterVersionsTable } from '../store/tables.ts';

/** How soon a router that another process made or changed is seen here. */
const ROUTERS_POLL_MS = 500;

export type RouterChange = 'create' | 'patch' | 'rollback' | 'ramp' | 'delete';

export interface StoredRouter {
  readonly id: string;
  /** Counts from 1; never reused, not even after the router was deleted. */
  readonly version: number;
  readonly resource: JsonObject;
  /** Unix milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface RouterVersion {
  readonly version: number;
  readonly what: RouterChange;
  /** The id of the key that did it. */
  readonly by: string | null;
  /** Unix milliseconds. */
  readonly at: number;
  /** The router as it was then; null: it was deleted. */
  readonly router: StoredRouter | null;
}

export interface Change {
  readonly what: RouterChange;
  readonly by: string | null;
}

/** What can be done inside one transaction. */
export interface RouterWrites {
  get(id: string): StoredRouter | null;
  /** Makes the router, or its next version. */
  put(id: string, resource: JsonObject, change: Change): StoredRouter;
  /** False: there is none. */
  remove(id: string, by: string | null): boolean;
}

export interface RouterStore {
  /** By id, as the database has them now. */
  list(): readonly StoredRouter[];
  get(id: string): StoredRouter | null;
  /** Newest first; those of a deleted router too. */
  versions(id: string): readonly RouterVersion[];
  version(id: string, version: number): RouterVersion | null;
  /** Reads, decides and writes in one transaction: of two changes at once, the second sees the first. What `work` throws undoes everything. */
  edit<T>(work: (writes: RouterWrites) => T): Promise<T>;
  /** Told after every change, also of another process. Answers how to stop it. */
  onChange(listener: () => void): () => void;
  close(): void;
}

export interface RouterStoreOptions {
  readonly log?: Log;
  /** Unix milliseconds. */
  readonly now?: () => number;
  readonly pollMs?: number;
}

/** Throws `storage_unavailable` where the routers cannot be read even once. */
export function openRouterStore(store: Store, options: RouterStoreOptions = {}): RouterStore {
  return new SqliteRouters(store, options);
}

class SqliteRouters implements RouterStore {
  readonly #store: Store;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #timer: Timer;
  readonly #listeners = new Set<() => void>();
  #byId: ReadonlyMap<string, StoredRouter> = new Map();
  #texts: ReadonlyMap<string, string> = new Map();
  #revision = -1;
  #failing = false;

  constructor(store: Store, { log = stderrLog, now = Date.now, pollMs }: RouterStoreOptions) {
    this.#store = store;
    this.#log = log;
    this.#now = now;
    this.#refresh();
    this.#timer = setInterval(() => this.#poll(), pollMs ?? ROUTERS_POLL_MS);
    this.#timer.unref();
  }

  list(): readonly StoredRouter[] {
    this.#refresh();
    return [...this.#byId.values()];
  }

  get(id: string): StoredRouter | null {
    this.#refresh();
    return this.#byId.get(id) ?? null;
  }

  versions(id: string): readonly RouterVersion[] {
    return this.#reading((sqlite) =>
      sqlite
        .query<RouterVersionsTable, [string]>(
          'SELECT * FROM router_versions WHERE id = ? ORDER BY version DESC',
        )
        .all(id)
        .map(toVersion),
    );
  }

  version(id: string, version: number): RouterVersion | null {
    return this.#reading((sqlite) => {
      const row = sqlite
        .query<RouterVersionsTable, [string, number]>(
          'SELECT * FROM router_versions WHERE id = ? AND version = ?',
        )
        .get(id, version);
      return row === null ? null : toVersion(row);
    });
  }

  async edit<T>(work: (writes: RouterWrites) => T): Promise<T> {
    const result = await this.#store.write((sqlite) => work(writesTo(sqlite, this.#now())));
    this.#refresh();
    return result;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#listeners.clear();
  }

  /** A database that cannot be read leaves the routers as they were last known. */
  #poll(): void {
    try {
      this.#refresh();
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) {
        const reason = error instanceof Error ? error.message : '';
        this.#log('error', `Routers go on as last read. ${reason}`);
      }
      this.#failing = true;
    }
  }

  /** Reads the routers again where the database says that they changed. A few microseconds where they did not. */
  #refresh(): void {
    const changed = this.#reading((sqlite) => {
      const revision = sqlite
        .query<{ revision: number }, []>("SELECT revision FROM revisions WHERE name = 'routers'")
        .get()?.revision;
      if (revision === undefined || revision === this.#revision) return false;
      const rows = sqlite.query<RoutersTable, []>('SELECT * FROM routers ORDER BY id').all();
      this.#byId = new Map(rows.map((row) => [row.id, this.#kept(row) ?? toRouter(row)]));
      this.#texts = new Map(rows.map((row) => [row.id, row.resource]));
      this.#revision = revision;
      return true;
    });
    if (changed) for (const listener of [...this.#listeners]) listener();
  }

  /** One that did not change stays the same object: what was made of it need not be made again. */
  #kept(row: RoutersTable): StoredRouter | undefined {
    const known = this.#byId.get(row.id);
    const isSame = known?.version === row.version && this.#texts.get(row.id) === row.resource;
    return isSame ? known : undefined;
  }

  #reading<T>(read: (sqlite: Database) => T): T {
    try {
      return read(this.#store.sqlite);
    } catch (error) {
      throw storageError(error, this.#store.path);
    }
  }
}

function writesTo(sqlite: Database, now: number): RouterWrites {
  const get = (id: string): StoredRouter | null => {
    const row = sqlite.query<RoutersTable, [string]>('SELECT * FROM routers WHERE id = ?').get(id);
    return row === null ? null : toRouter(row);
  };
  const nextVersion = (id: string): number =>
    (sqlite
      .query<{ last: number | null }, [string]>(
        'SELECT MAX(version) AS last FROM router_versions WHERE id = ?',
      )
      .get(id)?.last ?? 0) + 1;
  const keepVersion = (router: StoredRouter, text: string | null, { what, by }: Change): void => {
    sqlite.run(
      `INSERT INTO router_versions (id, version, what, resource, created_at, by_key, at)
        VALUES (?, ?, ?, ?, ?, ?, ?)`,
      [router.id, router.version, what, text, router.createdAt, by, now],
    );
  };
  return {
    get,
    put(id, resource, change) {
      const createdAt = get(id)?.createdAt ?? now;
      const router = { id, version: nextVersion(id), resource, createdAt, updatedAt: now };
      const text = JSON.stringify(resource);
      sqlite.run(
        `INSERT INTO routers (id, version, resource, created_at, updated_at) VALUES (?, ?, ?, ?, ?)
          ON CONFLICT (id) DO UPDATE SET version = excluded.version, resource = excluded.resource, updated_at = excluded.updated_at`,
        [id, router.version, text, createdAt, now],
      );
      keepVersion(router, text, change);
      return router;
    },
    remove(id, by) {
      const router = get(id);
      if (router === null) return false;
      sqlite.run('DELETE FROM routers WHERE id = ?', [id]);
      keepVersion({ ...router, version: nextVersion(id) }, null, { what: 'delete', by });
      return true;
    },
  };
}

function toRouter(row: RoutersTable): StoredRouter {
  return {
    id: row.id,
    version: row.version,
    // A text that somebody broke is a router without anything in it: it is left out, and told.
    resource: asObject(parseJson(row.resource)) ?? {},
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function toVersion(row: RouterVersionsTable): RouterVersion {
  const { id, version, at, resource } = row;
  return {
    version,
    what: row.what as RouterChange,
    by: row.by_key,
    at,
    router:
      resource === null
        ? null
        : toRouter({ id, version, resource, created_at: row.created_at, updated_at: at }),
  };
}
