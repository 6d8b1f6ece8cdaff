// KeptStore: what one request leaves for a later one, by tenant, until it expires: memory in front, the database behind.
// Putting never waits and never fails; with a broken disk it is memory only, and a line in the log says so.
import { existsSync } from 'node:fs';
import { asObject, type JsonObject, parseJson } from '../lib/json.ts';
import { type Log, stderrLog } from '../lib/log.ts';
import { sealingKey } from '../lib/seal.ts';
import { databasePath } from '../store/open-store.ts';
import {
  type Change,
  ENTRY_BYTES,
  type FoundValues,
  type KeptKind,
  type KeptLimits,
} from './kept.ts';
import { KeptQueue } from './kept-queue.ts';
import { type KeptSealing, STATE_FILE, UNSEALED } from './kept-table.ts';
import { Recent } from './recent.ts';
import { StateThread } from './state-thread.ts';

/** How long it is remembered that there is nothing: another process may put something there. */
const ABSENT_MS = 60_000;
/** Keys for one purpose open nothing that is sealed for another. */
const PURPOSE = 'conversations';

export interface KeptStoreOptions {
  readonly dataDir: string;
  /** As they are now: a new configuration holds at once. */
  readonly limits: () => KeptLimits;
  /** With them conversations are sealed in the database, as bodies are. */
  readonly masterKeys?: {
    readonly current: Uint8Array | null;
    readonly previous: readonly Uint8Array[];
  };
  readonly log?: Log;
  /** Unix milliseconds. */
  readonly now?: () => number;
}

export class KeptStore {
  readonly #options: KeptStoreOptions;
  readonly #now: () => number;
  readonly #recent = new Recent();
  readonly #queue = new KeptQueue();
  readonly #thread: StateThread;

  /** Opens nothing on this thread. What an earlier process left is looked for at once, so that the first look-up is quick. */
  constructor(options: KeptStoreOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#thread = new StateThread({
      dataDir: options.dataDir,
      sealing: sealingBy(options.masterKeys),
      queue: this.#queue,
      limits: options.limits,
      log: options.log ?? stderrLog,
      now: this.#now,
    });
    if (existsSync(databasePath(options.dataDir, STATE_FILE))) this.#thread.start();
  }

  /** Never waits, never throws. False: it is larger than all that may be kept. */
  put(tenant: string, kind: KeptKind, key: string, value: JsonObject): boolean {
    return this.putText(tenant, kind, key, JSON.stringify(value));
  }

  /** As `put`, of a value that is written already. @param text a JSON object */
  putText(tenant: string, kind: KeptKind, key: string, text: string): boolean {
    const limits = this.#options.limits();
    const { ttlMs, maxBytes } = limits.kinds[kind];
    const bytes = Buffer.byteLength(text) + ENTRY_BYTES;
    if (bytes > maxBytes) return false;
    const expiresAt = this.#now() + ttlMs;
    const address = addressOf(tenant, kind, key);
    this.#recent.set(address, { text, bytes, expiresAt }, limits.memoryBytes);
    this.#change(address, { tenant, kind, key, text, bytes, expiresAt });
    return true;
  }

  /** Gone at once; from the database with the next batch (`flush`). */
  remove(tenant: string, kind: KeptKind, key: string): void {
    const address = addressOf(tenant, kind, key);
    this.#recent.delete(address);
    this.#change(address, { tenant, kind, key, text: null, bytes: 0, expiresAt: 0 });
  }

  /** Notes that there is nothing, so that nobody has to look in the database. */
  noteAbsent(tenant: string, kind: KeptKind, key: string): void {
    const entry = { text: null, bytes: ENTRY_BYTES, expiresAt: this.#now() + ABSENT_MS };
    this.#recent.set(addressOf(tenant, kind, key), entry, this.#options.limits().memoryBytes);
  }

  /** What memory knows: the value, null where there is none, undefined where only the database can say. */
  peek(tenant: string, kind: KeptKind, key: string): JsonObject | null | undefined {
    const address = addressOf(tenant, kind, key);
    const now = this.#now();
    const text = this.#recent.get(address, now);
    if (text !== undefined) return text === null ? null : (asObject(parseJson(text)) ?? null);
    const change = this.#queue.get(address);
    if (change !== undefined) {
      if (change.text === null || change.expiresAt <= now) return null;
      return asObject(parseJson(change.text)) ?? null;
    }
    // No thread: there is no database, and nothing is on its way into one.
    return this.#thread.isRunning ? undefined : null;
  }

  /**
   * What the database knows, within this time; what is not among them by then counts as absent. What is found is held in
   * memory. Null: the database could not be asked. Never rejects.
   */
  async find(
    tenant: string,
    kind: KeptKind,
    keys: readonly string[],
    withinMs: number,
  ): Promise<FoundValues | null> {
    const rows = await this.#thread.read(tenant, kind, keys, withinMs);
    if (rows === null) return null;
    const { memoryBytes } = this.#options.limits();
    const values = new Map<string, JsonObject>();
    for (const { key, text, expiresAt } of rows) {
      // Changed or deleted while the answer was on its way: what memory knows is newer.
      const newer = this.peek(tenant, kind, key);
      const value = newer === undefined ? asObject(parseJson(text)) : newer;
      if (value === undefined || value === null) continue;
      values.set(key, value);
      if (newer !== undefined) continue;
      const bytes = Buffer.byteLength(text) + ENTRY_BYTES;
      this.#recent.set(addressOf(tenant, kind, key), { text, bytes, expiresAt }, memoryBytes);
    }
    return values;
  }

  /** The database takes nothing now: what is put is in memory only. */
  get isFailing(): boolean {
    return this.#thread.isFailing;
  }

  /** True when all that was put or removed until now is in the database; false when that takes longer. */
  flush(timeoutMs: number): Promise<boolean> {
    return this.#thread.flush(timeoutMs);
  }

  /** Writes what is left, if the database takes it, and lets it go. */
  close(): Promise<void> {
    return this.#thread.close();
  }

  #change(address: string, change: Change): void {
    this.#thread.push(address, change);
  }
}

/** Tenants are ids of ours and kinds are words: neither holds a line break, so no two addresses are one. */
function addressOf(tenant: string, kind: KeptKind, key: string): string {
  return `${tenant}\n${kind}\n${key}`;
}

function sealingBy(masterKeys: KeptStoreOptions['masterKeys']): KeptSealing {
  if (masterKeys === undefined) return UNSEALED;
  const { current, previous } = masterKeys;
  const seals = current && sealingKey(current, PURPOSE);
  const opens = previous.map((key) => sealingKey(key, PURPOSE));
  return { seals, opens: seals === null ? opens : [seals, ...opens] };
}
