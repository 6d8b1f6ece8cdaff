// Bodies: the request and reply bodies somebody asked to keep. They never slow a request, and give way before any row does.
import { type Log, stderrLog } from '../lib/log.ts';
import { type SealingKey, sealingKey } from '../lib/seal.ts';
import { BodiesThread } from './bodies-thread.ts';
import type { ShedReason } from './bodies-worker.ts';
import { BodyCapture, type CaptureOwner } from './body-capture.ts';
import type { BodySettings } from './body-settings.ts';
import type { BodiesPlace } from './body-store.ts';
import { arrivedAt, type RawBodies, type ReadBodies } from './kept-bodies.ts';
import { daysOfBodies } from './sqlite-bodies.ts';

/** Of all bodies that are being collected, or on their way to the database. */
const MAX_HELD = 64 * 1024 * 1024;
/** Of a stream, so many times what is kept of it: redacting makes it shorter. */
const COLLECTED_FACTOR = 4;
const PRUNE_FIRST_MS = 30_000;
const PRUNE_EVERY_MS = 60 * 60_000;
/** How many are remembered as shed, for whoever asks where they are. */
const MAX_REMEMBERED = 10_000;
const SAY_EVERY_MS = 60_000;
/** What an operator should know who keeps them without a master key. */
export const UNSEALED =
  'Request and reply bodies are kept, and not sealed: set SWITCHYARD_MASTER_KEY (openssl rand -base64 32).';
const PURPOSE = 'bodies';
const HEADER = 'x-switchyard-log-bodies';

export interface BodiesOptions {
  readonly place: BodiesPlace;
  /** As they are now: a new configuration holds at once. */
  readonly settings: () => BodySettings;
  readonly masterKeys: {
    readonly current: Uint8Array | null;
    readonly previous: readonly Uint8Array[];
  };
  /** Known ones beside the settings': always blotted out. */
  readonly secrets?: readonly string[];
  readonly log?: Log;
  /** Unix milliseconds. */
  readonly now?: () => number;
}

/** Why bodies were given up: no room in memory (`memory`), or none in the database or on its disk, and the like. */
export type Shed = 'memory' | ShedReason | 'crash';

export interface BodiesStats {
  readonly kept: number;
  readonly shed: { readonly [reason in Shed]: number };
  /** Being collected, or on their way. */
  readonly held: number;
}

export type Found =
  | { readonly state: 'found'; readonly bodies: ReadBodies }
  | { readonly state: 'absent' | 'shed' | 'expired' };

export class Bodies {
  readonly sealed: boolean;
  readonly #options: BodiesOptions;
  readonly #now: () => number;
  readonly #log: Log;
  readonly #thread: BodiesThread;
  readonly #timers: readonly Timer[];
  readonly #sizes = new Map<string, number>();
  readonly #owner: CaptureOwner;
  #kept = 0;
  readonly #shed = { memory: 0, database: 0, disk: 0, unfit: 0, crash: 0 };
  readonly #lately = new Set<string>();
  #held = 0;
  /** When it was last said that bodies are given up. */
  #saidAt = Number.NEGATIVE_INFINITY;
  #saidUnsealed = false;
  #closed = false;

  constructor(options: BodiesOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#log = options.log ?? stderrLog;
    const { current, previous } = options.masterKeys;
    const seals = current && sealingKey(current, PURPOSE);
    const opens: SealingKey[] = previous.map((key) => sealingKey(key, PURPOSE));
    this.sealed = seals !== null;
    this.#thread = new BodiesThread({
      place: options.place,
      seals,
      opens: seals === null ? opens : [seals, ...opens],
      rules: options.settings,
      secrets: options.secrets ?? [],
      kept: (ids) => this.#onKept(ids),
      shed: (ids, reason, message) => this.#onShed(ids, reason, message),
    });
    const prune = () => void this.#prune();
    this.#timers = [setTimeout(prune, PRUNE_FIRST_MS), setInterval(prune, PRUNE_EVERY_MS)];
    for (const timer of this.#timers) timer.unref();
    this.#owner = this.#captureOwner();
  }

  /** Null, as nearly always: nobody asks for this request's. One no (a key's, the request's own) is enough. */
  begin(
    id: string,
    key: { readonly logBodies: boolean | null },
    headers: Headers,
  ): BodyCapture | null {
    const { keep, byRouter } = this.#options.settings();
    if (!keep && !byRouter && key.logBodies !== true) return null;
    if (key.logBodies === false) return null;
    const header = headers.get(HEADER);
    if (header !== null && header.trim().toLowerCase() !== 'true') return null;
    const wanted = keep || key.logBodies === true;
    return new BodyCapture(this.#owner, id, wanted || null);
  }

  get stats(): BodiesStats {
    return { kept: this.#kept, shed: { ...this.#shed }, held: this.#held };
  }

  /** Rejects with `storage_unavailable`. */
  async read(id: string): Promise<Found> {
    const at = arrivedAt(id);
    if (at === null) return { state: 'absent' };
    if (at < this.#now() - this.#options.settings().retentionMs) return { state: 'expired' };
    if (!this.#mayHave()) return { state: this.#lately.has(id) ? 'shed' : 'absent' };
    const bodies = (await this.#thread.ask({ kind: 'read', id })) as ReadBodies | null;
    if (bodies !== null) return { state: 'found', bodies };
    return { state: this.#lately.has(id) ? 'shed' : 'absent' };
  }

  /** How many were there: 0 or 1. */
  async remove(id: string): Promise<number> {
    if (arrivedAt(id) === null || !this.#mayHave()) return 0;
    return (await this.#thread.ask({ kind: 'remove', id })) as number;
  }

  /** Those of every request of this user's. Answers how many. */
  async removeUser(user: string): Promise<number> {
    if (!this.#mayHave()) return 0;
    return (await this.#thread.ask({ kind: 'remove-user', user })) as number;
  }

  /** Deletes the days that are over for longer than the retention. */
  async prune(): Promise<void> {
    if (!this.#mayHave()) return;
    const before = this.#now() - this.#options.settings().retentionMs;
    await this.#thread.ask({ kind: 'prune', before });
  }

  /** Resolves when all handed over until now are kept or shed. */
  async flush(): Promise<void> {
    if (this.#thread.isRunning) await this.#thread.ask({ kind: 'flush' });
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#thread.close();
  }

  /** A thread is not started to look where there is nothing. */
  #mayHave(): boolean {
    const { place } = this.#options;
    return (
      this.#thread.isRunning || place.engine !== 'sqlite' || daysOfBodies(place.dataDir).length > 0
    );
  }

  async #prune(): Promise<void> {
    try {
      await this.prune();
    } catch (thrown) {
      const { message } = thrown as Error;
      this.#log(
        'warn',
        `Old request and reply bodies could not be deleted; it is tried again in an hour. ${message}`,
      );
    }
  }

  #captureOwner(): CaptureOwner {
    const { settings } = this.#options;
    return {
      take: (size) => {
        if (this.#held + size > MAX_HELD) return false;
        this.#held += size;
        return true;
      },
      give: (size) => {
        this.#held -= size;
      },
      get maxCollected() {
        return settings().maxBytes * COLLECTED_FACTOR;
      },
      submit: (bodies, size) => this.#submit(bodies, size),
      shed: (id) => this.#onShed([id], 'memory', 'more of them are under way than fit into memory'),
    };
  }

  #submit(bodies: RawBodies, size: number): void {
    if (this.#closed) {
      this.#held -= size;
      return;
    }
    if (!this.sealed && !this.#saidUnsealed) {
      this.#saidUnsealed = true;
      this.#log('warn', UNSEALED);
    }
    this.#sizes.set(bodies.id, size);
    this.#thread.keep(bodies);
  }

  #onKept(ids: readonly string[]): void {
    this.#kept += ids.length;
    this.#settle(ids);
  }

  #onShed(ids: readonly string[], reason: Shed, message: string): void {
    this.#shed[reason] += ids.length;
    for (const id of ids) this.#lately.add(id);
    for (const id of this.#lately) {
      if (this.#lately.size <= MAX_REMEMBERED) break;
      this.#lately.delete(id);
    }
    this.#settle(ids);
    const now = performance.now();
    if (now - this.#saidAt < SAY_EVERY_MS) return;
    this.#saidAt = now;
    this.#log('error', `Request and reply bodies are not kept for now; log rows are. ${message}`);
  }

  #settle(ids: readonly string[]): void {
    for (const id of ids) {
      this.#held -= this.#sizes.get(id) ?? 0;
      this.#sizes.delete(id);
    }
  }
}
