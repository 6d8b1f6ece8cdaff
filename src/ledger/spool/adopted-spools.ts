// AdoptedSpools: what dead processes left: taken into the database a batch at a time, then removed.
import type { LogStore } from '../log-store.ts';
import type { FromIngest, IngestSettings } from './ingest.ts';
import { IngestSpool, type IngestTools } from './ingest-spool.ts';
import { type Adopted, adoptOrphans } from './own-spools.ts';

/** So long a spool stays for other consumers once it is in the database. */
const CONSUMERS_WAIT_MS = 60_000;
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

  constructor(settings: IngestSettings, tools: IngestTools, say: (message: FromIngest) => void) {
    this.#settings = settings;
    this.#tools = tools;
    this.#say = say;
  }

  /** Takes over those whose process has died meanwhile. */
  adopt(now: number): void {
    const { dataDir, own } = this.#settings;
    const found = adoptOrphans(dataDir, own, new Set(this.#spools.keys()), now);
    if (found.length === 0) return;
    for (const { folder, lock } of found) {
      const spool = new IngestSpool(folder, this.#tools);
      this.#spools.set(folder, { folder, lock, spool, doneAt: null, asideUntil: 0 });
    }
    this.#show();
    const bytes = this.#tools.figures.get('adoptedBytes');
    this.#say({ kind: 'adopted', spools: found.length, bytes });
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
      if (spool.isPassedByAll() || now - adopted.doneAt > CONSUMERS_WAIT_MS) this.#remove(adopted);
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

  #remove({ folder, spool, lock }: AdoptedSpool): void {
    spool.remove();
    this.#spools.delete(folder);
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

  #show(): void {
    let bytes = 0;
    for (const { spool } of this.#spools.values()) bytes += spool.remainingBytes();
    this.#tools.figures.set('adoptedBytes', bytes);
  }
}
