// The audit trail of a gateway: what is not changed in switchyard.db itself is written down here, and what is too old goes.
import { GatewayError } from '../core/errors.ts';
import type { Log } from '../lib/log.ts';
import { type AuditEntry, appendAudit, pruneAudit } from '../store/audit-trail.ts';
import type { Store } from '../store/open-store.ts';
import {
  type AuditFilter,
  type AuditOrder,
  type AuditPage,
  auditPage,
} from '../store/read-audit.ts';
import { storageError } from '../store/storage-error.ts';

/** Each pruning is an entry itself: once a day is enough. */
const PRUNE_EVERY_MS = 24 * 60 * 60_000;
const PRUNE_FIRST_MS = 60_000;
const HOUR_MS = 60 * 60_000;
const MAX_REMEMBERED = 1000;

export interface AuditOptions {
  /** As it is now; null: kept for good. */
  readonly retentionMs: () => number | null;
  readonly log: Log;
  /** Unix milliseconds. */
  readonly now: () => number;
}

export class Audit {
  readonly #store: Store;
  readonly #options: AuditOptions;
  readonly #timers: readonly Timer[];
  readonly #hourly = new Map<string, { readonly at: number; readonly written: Promise<void> }>();

  constructor(store: Store, options: AuditOptions) {
    this.#store = store;
    this.#options = options;
    const prune = () => void this.#pruneOrSay();
    this.#timers = [setTimeout(prune, PRUNE_FIRST_MS), setInterval(prune, PRUNE_EVERY_MS)];
    for (const timer of this.#timers) timer.unref();
  }

  /** Before whoever acted is answered. Rejects with `storage_unavailable`: what cannot be written down must not be done, or not be shown. */
  write(entry: AuditEntry): Promise<void> {
    return this.#store.write((sqlite) => appendAudit(sqlite, entry, this.#options.now()));
  }

  /** Of what cannot be undone and is not in switchyard.db: written down first, then done; where it fails, that is written down too. */
  async before<T>(entry: AuditEntry, act: () => Promise<T>): Promise<T> {
    await this.write(entry);
    try {
      return await act();
    } catch (thrown) {
      const code = thrown instanceof GatewayError ? thrown.code : 'internal';
      await this.write({ ...entry, action: `${entry.action}.failed`, after: { error: code } });
      throw thrown;
    }
  }

  /** What may be done many times a second by one caller is written down once an hour, and each time by the request log. */
  async hourly(entry: AuditEntry): Promise<void> {
    const { by, action, target, after } = entry;
    const what = JSON.stringify([by.id, action, target, after]);
    const now = this.#options.now();
    const last = this.#hourly.get(what);
    // While the first is being written, nobody goes on before it is there.
    if (last !== undefined && now - last.at < HOUR_MS) return last.written;
    const written = this.write(entry);
    if (this.#hourly.size >= MAX_REMEMBERED) this.#hourly.clear();
    this.#hourly.set(what, { at: now, written });
    try {
      await written;
    } catch (error) {
      if (this.#hourly.get(what)?.written === written) this.#hourly.delete(what);
      throw error;
    }
  }

  /** Throws `storage_unavailable`. */
  page(filter: AuditFilter, limit: number, behind: number | null, order?: AuditOrder): AuditPage {
    try {
      return auditPage(this.#store.sqlite, filter, limit, behind, order);
    } catch (error) {
      throw storageError(error, this.#store.path);
    }
  }

  /** Removes what is older than the configuration wants it kept. Answers how many entries went. */
  async prune(): Promise<number> {
    const kept = this.#options.retentionMs();
    if (kept === null) return 0;
    const now = this.#options.now();
    return this.#store.write((sqlite) => pruneAudit(sqlite, now - kept, now));
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  async #pruneOrSay(): Promise<void> {
    try {
      await this.prune();
    } catch (thrown) {
      const { message } = thrown as Error;
      this.#options.log(
        'warn',
        `The audit trail could not be pruned; it is tried tomorrow. ${message}`,
      );
    }
  }
}
