// AdoptedSpools: what dead processes left: taken into the database a batch at a time, then removed.
import type { LogStore } from '../log-store.ts';
import { consumerPositions } from './consumer-position.ts';
import type { FromIngest, IngestSettings } from './ingest.ts';
import { IngestSpool, type IngestTools } from './ingest-spool.ts';
import { type Adopted, adoptOrphans } from './own-spools.ts';

/** Once a spool is in the database it stays so long for a consumer that runs (what it sends to may be away), and so long for one to start. */
const CONSUMER_WAIT_MS = 60 * 60_000;
const CONSUMER_START_MS = 10_000;
/** So long one is left alone whose files could not be read. */
const ASIDE_MS = 30_000;

interface AdoptedSpool extends Adopted {
  readonly spool: IngestSpool;
  /** When all of it was in the database. */
  doneAt: number | null;
  asideUntil: number;
}

export class AdoptedSpools {
  readonly #settings: IngestSettings;
  readonly #tools: IngestTools;
  readonly #say: (message: FromIngest) => void;
  readonly #spools = new Map<string, AdoptedSpool>();
  readonly #problems = new Map<string, string>();

  constructor(settings: IngestSettings, tools: IngestTools, say: (message: FromIngest) => void) {
    this.#settings = settings;
    this.#tools = tools;
    this.#say = say;
  }

  /** Takes over those whose process has died meanwhile. False: there were none. */
  adopt(now: number): boolean {
    const { dataDir, own } = this.#settings;
    const found = adoptOrphans(dataDir, own, {
      except: new Set(this.#spools.keys()),
      now,
      onProblem: (folder, why) => this.#tellOnce(folder, why),
    });
    if (found.length === 0) return false;
    for (const { folder, lock } of found) {
      const spool = new IngestSpool(folder, this.#tools);
      this.#spools.set(folder, { folder, lock, spool, doneAt: null, asideUntil: 0 });
    }
    this.#show();
    const bytes = this.#tools.figures.get('adoptedBytes');
    this.#say({ kind: 'adopted', spools: found.length, bytes });
    return true;
  }

  /** One is in the database and waits for others to read it. */
  get isHeld(): boolean {
    return [...this.#spools.values()].some(({ doneAt }) => doneAt !== null);
  }

  /** One batch of one spool. False: there was none. Rejects when the database does not take it. */
  async turn(now: number, opened: () => Promise<LogStore>): Promise<boolean> {
    for (const adopted of this.#spools.values()) {
      if (now < adopted.asideUntil) continue;
      const { spool } = adopted;
      if (this.#read(adopted, now)) {
        this.#tools.figures.set('oldestAt', spool.oldestAt);
        await spool.write(await opened());
        this.#tools.figures.set('oldestAt', 0);
        this.#show();
        return true;
      }
      if (now < adopted.asideUntil) continue;
      adopted.doneAt ??= now;
      if (!this.#isWaitedFor(spool, now - adopted.doneAt)) await this.#remove(adopted, opened);
    }
    return false;
  }

  /** They are anybody's again. */
  close(): void {
    for (const { spool, lock } of this.#spools.values()) {
      spool.close();
      lock.release(false);
    }
    this.#spools.clear();
  }

  /** Not by a consumer of an earlier process that this one does not have: it would wait for ever. */
  #isWaitedFor(spool: IngestSpool, waitedMs: number): boolean {
    const waiting = spool.waitingConsumers();
    if (waiting.length === 0) return false;
    if (waitedMs < CONSUMER_START_MS) return true;
    // Who runs is registered in this process's own spool.
    const running = consumerPositions(this.#settings.own).map((one) => one.name);
    return waitedMs < CONSUMER_WAIT_MS && waiting.some((name) => running.includes(name));
  }

  async #remove(
    { folder, spool, lock }: AdoptedSpool,
    opened: () => Promise<LogStore>,
  ): Promise<void> {
    await spool.remove(await opened());
    this.#spools.delete(folder);
    this.#problems.delete(folder);
    lock.release(true);
    this.#show();
  }

  /** A spool that cannot be read holds up no other. */
  #read(adopted: AdoptedSpool, now: number): boolean {
    try {
      return adopted.spool.read();
    } catch (error) {
      adopted.spool.close();
      adopted.asideUntil = now + ASIDE_MS;
      const why = error instanceof Error ? error.message : String(error);
      const message = `The spool ${adopted.folder} that an earlier process left cannot be read now: ${why}`;
      this.#say({ kind: 'problem', message });
      return false;
    }
  }

  /** Again only when it is another problem. */
  #tellOnce(folder: string, why: string): void {
    if (this.#problems.get(folder) === why) return;
    this.#problems.set(folder, why);
    const message = `The spool ${folder} that an earlier process left cannot be taken over now; it is tried again: ${why}`;
    this.#say({ kind: 'problem', message });
  }

  #show(): void {
    let bytes = 0;
    for (const { spool } of this.#spools.values()) bytes += spool.remainingBytes();
    this.#tools.figures.set('adoptedBytes', bytes);
  }
}
