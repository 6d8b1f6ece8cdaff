// Limits of single users, however requests name them: kept in the database, looked up in memory.
import type { Database } from 'bun:sqlite';
import { shownLimits } from '../../config/limit-fields.ts';
import type { Actor } from '../../core/actor.ts';
import type { Limits } from '../../core/limits.ts';
import { userName } from '../../core/user-name.ts';
import type { JsonObject } from '../../lib/json.ts';
import type { Log } from '../../lib/log.ts';
import { appendAudit } from '../../store/audit-trail.ts';
import { changedRows } from '../../store/changed-rows.ts';
import { type Followed, followRevision } from '../../store/follow-revision.ts';
import type { Store } from '../../store/open-store.ts';
import type { UserLimitsTable } from '../../store/tables.ts';
import { readLimits } from './stored-limits.ts';

export interface LimitedUser {
  readonly user: string;
  readonly limits: Limits;
  /** Unix milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** Users go by `userName`. Methods that write reject with `storage_unavailable`, as `list` and `get` throw it. */
export interface UserLimits {
  /** What was set for this user; null: nothing. As last read: never touches the database, never throws. */
  of(user: string): Limits | null;
  /** By name, as the database has them now. */
  list(): readonly LimitedUser[];
  get(user: string): LimitedUser | null;
  /** All of them anew: what is not named is not limited. */
  put(user: string, limits: Limits, by: Actor): Promise<LimitedUser>;
  /** False: nothing was set. */
  remove(user: string, by: Actor): Promise<boolean>;
  close(): void;
}

export interface UserLimitsOptions {
  readonly log?: Log;
  /** Unix milliseconds. */
  readonly now?: () => number;
  readonly pollMs?: number;
}

/** Throws `storage_unavailable` where they cannot be read even once. */
export function openUserLimits(store: Store, options: UserLimitsOptions = {}): UserLimits {
  return new StoredUserLimits(store, options);
}

interface Users {
  readonly byName: Map<string, LimitedUser>;
  /** Up to which it was read. */
  readonly revision: number;
}

class StoredUserLimits implements UserLimits {
  readonly #store: Store;
  readonly #now: () => number;
  readonly #users: Followed<Users>;

  constructor(store: Store, { log, now = Date.now, pollMs }: UserLimitsOptions) {
    this.#store = store;
    this.#now = now;
    const what = 'Limits of users';
    this.#users = followRevision(store, 'user_limits', usersIn, { what, log, pollMs });
  }

  of(user: string): Limits | null {
    return this.#users.current().byName.get(userName(user))?.limits ?? null;
  }

  list(): readonly LimitedUser[] {
    const users = [...this.#users.latest().byName.values()];
    return users.sort((a, b) => (a.user < b.user ? -1 : 1));
  }

  get(user: string): LimitedUser | null {
    return this.#users.latest().byName.get(userName(user)) ?? null;
  }

  async put(named: string, limits: Limits, by: Actor): Promise<LimitedUser> {
    const user = userName(named);
    const now = this.#now();
    const kept = await this.#store.write((sqlite) => {
      const before = userIn(sqlite, user);
      const next = { user, limits, createdAt: before?.createdAt ?? now, updatedAt: now };
      sqlite.run(
        `INSERT INTO user_limits (user_id, limits, created_at, updated_at) VALUES (?, ?, ?, ?)
          ON CONFLICT (user_id) DO UPDATE SET limits = excluded.limits, updated_at = excluded.updated_at`,
        [user, JSON.stringify(limits), now, now],
      );
      const action = before === null ? 'user.create' : 'user.update';
      const about = { before: before === null ? null : shownUser(before), after: shownUser(next) };
      appendAudit(sqlite, { by, action, target: user, ...about }, now);
      return next;
    });
    this.#users.catchUp();
    return kept;
  }

  async remove(named: string, by: Actor): Promise<boolean> {
    const user = userName(named);
    const now = this.#now();
    const removed = await this.#store.write((sqlite) => {
      const before = userIn(sqlite, user);
      if (before === null) return false;
      sqlite.run('DELETE FROM user_limits WHERE user_id = ?', [user]);
      const about = { before: shownUser(before), after: null };
      appendAudit(sqlite, { by, action: 'user.delete', target: user, ...about }, now);
      return true;
    });
    this.#users.catchUp();
    return removed;
  }

  close(): void {
    this.#users.close();
  }
}

/** As the API shows it. */
export function shownUser({ user, limits, createdAt, updatedAt }: LimitedUser): JsonObject {
  return {
    user,
    ...shownLimits(limits),
    created_at: new Date(createdAt).toISOString(),
    updated_at: new Date(updatedAt).toISOString(),
  };
}

/** There may be very many: only what changed is read, and the map stays. */
function usersIn(sqlite: Database, before: Users | null): Users {
  const since = before === null ? null : before.revision;
  const changes = sqlite.transaction(() =>
    changedRows<UserLimitsTable>(sqlite, 'user_limits', since),
  )();
  const byName = before === null || changes.whole ? new Map() : before.byName;
  for (const user of changes.removed) byName.delete(user);
  for (const row of changes.rows) byName.set(row.user_id, toUser(row));
  return { byName, revision: changes.revision };
}

function userIn(sqlite: Database, user: string): LimitedUser | null {
  const row = sqlite
    .query<UserLimitsTable, [string]>('SELECT * FROM user_limits WHERE user_id = ?')
    .get(user);
  return row === null ? null : toUser(row);
}

function toUser(row: UserLimitsTable): LimitedUser {
  const { limits, spoiled } = readLimits(row.limits);
  return {
    user: row.user_id,
    // Nobody can tell any more what was written there: nothing is to be spent until it is written anew.
    limits: spoiled ? NOTHING : limits,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

const NOTHING: Limits = {
  budgets: [{ amountNano: 0, period: 'total' }],
  rate: { requestsPerMinute: 0, tokensPerMinute: 0, concurrent: 0 },
};
