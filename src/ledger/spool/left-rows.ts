// LeftRows: what earlier processes left: spools of their own, and the table that older releases kept. It has its turns between the
// batches of this process's own spool, so that traffic does not keep it waiting and it does not keep traffic waiting.
import { moveOldRows } from '../engine/old-rows.ts';
import type { LogStore } from '../log-store.ts';
import { AdoptedSpools } from './adopted-spools.ts';
import type { FromIngest, IngestSettings } from './ingest.ts';
import type { IngestTools } from './ingest-spool.ts';

/** How often it looks again where nothing was to be done: whether others have read what is in the database already. */
const LOOK_MS = 2000;
/** So long it is left alone after it failed while the own rows did not. */
const ASIDE_MS = 30_000;

type Part = 'spools' | 'oldRows';

export class LeftRows {
  readonly #settings: IngestSettings;
  readonly #say: (message: FromIngest) => void;
  readonly #spools: AdoptedSpools;
  readonly #nextAt: Record<Part, number> = { spools: 0, oldRows: 0 };
  readonly #problems = new Map<Part, string>();
  /** Whose turn it is, or was last. */
  #part: Part = 'oldRows';

  constructor(settings: IngestSettings, tools: IngestTools, say: (message: FromIngest) => void) {
    this.#settings = settings;
    this.#say = say;
    this.#spools = new AdoptedSpools(settings, tools, say);
  }

  /** There is something to do, or to look for. */
  isDue(now: number): boolean {
    return now >= Math.min(this.#nextAt.spools, this.#nextAt.oldRows);
  }

  /** How long nothing is to be done, at most so long. */
  idleMs(now: number, otherwise: number): number {
    const isWaiting = this.#spools.isHeld || this.#problems.size > 0;
    const next = Math.min(this.#nextAt.spools, this.#nextAt.oldRows);
    return isWaiting ? Math.max(0, Math.min(otherwise, next - now)) : otherwise;
  }

  /** Takes over the spools of those that have died meanwhile. */
  adopt(now: number): void {
    if (this.#spools.adopt(now)) this.#nextAt.spools = now;
  }

  /** What was put aside is tried again now. */
  hurry(now: number): void {
    for (const part of this.#problems.keys()) this.#nextAt[part] = now;
  }

  /** One batch of one of them. False: there was none. Rejects when the database does not take it. */
  async turn(now: number, opened: () => Promise<LogStore>): Promise<boolean> {
    // In turn: none waits for another that is large, or that fails.
    const first: Part = this.#part === 'spools' ? 'oldRows' : 'spools';
    for (const part of [first, this.#part]) {
      if (now < this.#nextAt[part]) continue;
      this.#part = part;
      const next =
        part === 'spools' ? await this.#adopted(now, opened) : await this.#moveOldRows(now, opened);
      this.#nextAt[part] = next;
      this.#problems.delete(part);
      if (next === now) return true;
    }
    return false;
  }

  /** The turn failed, and the database has not: that part waits for itself, not the others for it. */
  putAside(now: number, why: string): void {
    this.#nextAt[this.#part] = now + ASIDE_MS;
    if (this.#problems.get(this.#part) === why) return;
    this.#problems.set(this.#part, why);
    const message = `Log rows that earlier processes left cannot be taken over now; they stay and are tried again. ${why}`;
    this.#say({ kind: 'problem', message });
  }

  close(): void {
    this.#spools.close();
  }

  /** @return when it is to be gone on with */
  async #adopted(now: number, opened: () => Promise<LogStore>): Promise<number> {
    return (await this.#spools.turn(now, opened)) ? now : now + LOOK_MS;
  }

  async #moveOldRows(now: number, opened: () => Promise<LogStore>): Promise<number> {
    const { more, refused, reason } = await moveOldRows(this.#settings.path, await opened());
    if (refused > 0) this.#say({ kind: 'refused', rows: refused, reason: reason ?? '' });
    return more ? now : Number.POSITIVE_INFINITY;
  }
}
