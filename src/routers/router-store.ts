// Routers of the API: kept in the database with every version they had, read into memory, followed across processes.
import type { Database } from 'bun:sqlite';
import type { Actor } from '../core/actor.ts';
import { asObject, type JsonObject, parseJson } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import { appendAudit } from '../store/audit-trail.ts';
import { type Followed, followRevision } from '../store/follow-revision.ts';
import type { Store } from '../store/open-store.ts';
import { storageError } from '../store/storage-error.ts';
import type { RoutersTable, RouterVersionsTable } from '../store/tables.ts';
import { shownStored } from './shown-router.ts';

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
}

export interface RouterThen extends RouterVersion {
  /** The router as that version made it; null: it was deleted. */
  readonly router: StoredRouter | null;
}

export interface Change {
  readonly what: RouterChange;
  readonly by: Actor;
}

/** What can be done inside one transaction. */
export interface RouterWrites {
  get(id: string): StoredRouter | null;
  /** Makes the router, or its next version. */
  put(id: string, resource: JsonObject, change: Change): StoredRouter;
  /** False: there is none. */
  remove(id: string, by: Actor): boolean;
}

/** Every method that reads throws `storage_unavailable`, but for `current`. */
export interface RouterStore {
  /** By id, as the database has them now. */
  list(): readonly StoredRouter[];
  /** The same as last read: never touches the database, never throws. */
  current(): readonly StoredRouter[];
  get(id: string): StoredRouter | null;
  /** Newest first; those of a deleted router too. */
  versions(id: string): readonly RouterVersion[];
  version(id: string, version: number): RouterThen | null;
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

/** The texts tell which routers did not change. */
interface Kept {
  readonly routers: readonly StoredRouter[];
  readonly byId: ReadonlyMap<string, StoredRouter>;
  readonly texts: ReadonlyMap<string, string>;
}

type VersionRow = Pick<RouterVersionsTable, 'version' | 'what' | 'by_key' | 'at'>;

class SqliteRouters implements RouterStore {
  readonly #store: Store;
  readonly #now: () => number;
  readonly #kept: Followed<Kept>;

  constructor(store: Store, { log, now = Date.now, pollMs }: RouterStoreOptions) {
    this.#store = store;
    this.#now = now;
    this.#kept = followRevision(store, 'routers', routersIn, { what: 'Routers', log, pollMs });
  }

  list(): readonly StoredRouter[] {
    return this.#kept.latest().routers;
  }

  current(): readonly StoredRouter[] {
    return this.#kept.current().routers;
  }

  get(id: string): StoredRouter | null {
    return this.#kept.latest().byId.get(id) ?? null;
  }

  versions(id: string): readonly RouterVersion[] {
    // Without the resources: a hundred versions may be of 256 KB each.
    return this.#reading((sqlite) =>
      sqlite
        .query<VersionRow, [string]>(
          'SELECT version, what, by_key, at FROM router_versions WHERE id = ? ORDER BY version DESC',
        )
        .all(id)
        .map(toVersion),
    );
  }

  version(id: string, version: number): RouterThen | null {
    return this.#reading((sqlite) => {
      const row = sqlite
        .query<RouterVersionsTable, [string, number]>(
          'SELECT * FROM router_versions WHERE id = ? AND version = ?',
        )
        .get(id, version);
      return row === null ? null : toRouterThen(row);
    });
  }

  async edit<T>(work: (writes: RouterWrites) => T): Promise<T> {
    const result = await this.#store.write((sqlite) => work(writesTo(sqlite, this.#now())));
    this.#kept.catchUp();
    return result;
  }

  onChange(listener: () => void): () => void {
    return this.#kept.onChange(listener);
  }

  close(): void {
    this.#kept.close();
  }

  #reading<T>(read: (sqlite: Database) => T): T {
    try {
      return read(this.#store.sqlite);
    } catch (error) {
      throw storageError(error, this.#store.path);
    }
  }
}

/** One that did not change stays the same object: what was made of it need not be made again. */
function routersIn(sqlite: Database, before: Kept | null): Kept {
  const rows = sqlite.query<RoutersTable, []>('SELECT * FROM routers ORDER BY id').all();
  const routers = rows.map((row) => {
    const known = before?.byId.get(row.id);
    const isSame = known?.version === row.version && before?.texts.get(row.id) === row.resource;
    return known !== undefined && isSame ? known : toRouter(row);
  });
  return {
    routers,
    byId: new Map(routers.map((router) => [router.id, router])),
    texts: new Map(rows.map((row) => [row.id, row.resource])),
  };
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
      [router.id, router.version, what, text, router.createdAt, by.id, now],
    );
  };
  const audit = (before: StoredRouter | null, after: StoredRouter | null, change: Change): void => {
    const target = (after ?? before)?.id ?? '';
    const shown = (router: StoredRouter | null) => router && shownStored(router, false).resource;
    const action = `router.${change.what}`;
    appendAudit(
      sqlite,
      { by: change.by, action, target, before: shown(before), after: shown(after) },
      now,
    );
  };
  return {
    get,
    put(id, resource, change) {
      const before = get(id);
      const createdAt = before?.createdAt ?? now;
      const router = { id, version: nextVersion(id), resource, createdAt, updatedAt: now };
      const text = JSON.stringify(resource);
      sqlite.run(
        `INSERT INTO routers (id, version, resource, created_at, updated_at) VALUES (?, ?, ?, ?, ?)
          ON CONFLICT (id) DO UPDATE SET version = excluded.version, resource = excluded.resource, updated_at = excluded.updated_at`,
        [id, router.version, text, createdAt, now],
      );
      keepVersion(router, text, change);
      audit(before, router, change);
      return router;
    },
    remove(id, by) {
      const router = get(id);
      if (router === null) return false;
      sqlite.run('DELETE FROM routers WHERE id = ?', [id]);
      const change = { what: 'delete', by } as const;
      keepVersion({ ...router, version: nextVersion(id) }, null, change);
      audit(router, null, change);
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

function toVersion({ version, what, by_key, at }: VersionRow): RouterVersion {
  return { version, what: what as RouterChange, by: by_key, at };
}

function toRouterThen(row: RouterVersionsTable): RouterThen {
  const { id, version, at, resource } = row;
  return {
    ...toVersion(row),
    router:
      resource === null
        ? null
        : toRouter({ id, version, resource, created_at: row.created_at, updated_at: at }),
  };
}
