// SpoolFeed: finished requests out of the spool, for those who pass them on. It keeps its own place there, beside the log's.
import { ConsumerPosition } from '../ledger/spool/consumer-position.ts';
import { ownSpools } from '../ledger/spool/own-spools.ts';
import type { SpoolPosition } from '../ledger/spool/spool-folder.ts';
import { SpoolTail } from '../ledger/spool/spool-tail.ts';
import type { ExchangeFeed, FeedBatch } from '../telemetry/otlp-exporter.ts';

const MAX_ROWS = 256;
/** How often it looks whether spools of dead processes were taken over. */
const LOOK_EVERY_MS = 5000;

interface Followed {
  readonly tail: SpoolTail;
  readonly position: ConsumerPosition;
  /** As it is written. */
  at: SpoolPosition;
}

export interface SpoolFeedOptions {
  readonly dataDir: string;
  /** This process's own spool. */
  readonly folder: string;
  /** The name of its place. */
  readonly consumer: string;
  readonly now: () => number;
}

export class SpoolFeed implements ExchangeFeed {
  readonly #options: SpoolFeedOptions;
  readonly #followed = new Map<string, Followed>();
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** Of spools that are gone. */
  #skippedBefore = 0;

  constructor(options: SpoolFeedOptions) {
    this.#options = options;
    this.#look();
  }

  get skippedSegments(): number {
    let skipped = this.#skippedBefore;
    for (const { tail } of this.#followed.values()) skipped += tail.skippedSegments;
    return skipped;
  }

  /** What came before has to be acknowledged, or given up. */
  next(): FeedBatch | null {
    if (this.#options.now() - this.#lookedAt >= LOOK_EVERY_MS) this.#look();
    for (const followed of this.#followed.values()) {
      const { tail } = followed;
      const batch = tail.next(MAX_ROWS);
      if (batch === null) {
        // It may have gone on to a file that holds nothing yet: the one before is not needed any longer.
        reach(followed, tail.position);
        continue;
      }
      const exchanges = batch.records.flatMap((record) =>
        'exchange' in record ? [record.exchange] : [],
      );
      return { exchanges, acknowledge: () => reach(followed, batch.to) };
    }
    return null;
  }

  close(): void {
    for (const { tail } of this.#followed.values()) tail.close();
    this.#followed.clear();
  }

  #look(): void {
    const { dataDir, folder, consumer, now } = this.#options;
    this.#lookedAt = now();
    const folders = new Set(ownSpools(dataDir, folder));
    for (const one of folders) {
      if (this.#followed.has(one)) continue;
      const position = new ConsumerPosition(one, consumer);
      const from = position.read();
      // From here on what it has not read yet stays.
      position.write(from);
      this.#followed.set(one, { tail: new SpoolTail(one, from), position, at: from });
    }
    for (const [one, { tail }] of this.#followed) {
      if (folders.has(one)) continue;
      this.#skippedBefore += tail.skippedSegments;
      tail.close();
      this.#followed.delete(one);
    }
  }
}

function reach(followed: Followed, to: SpoolPosition): void {
  const { at, position } = followed;
  if (at.segment === to.segment && at.offset === to.offset) return;
  position.write(to);
  followed.at = to;
}
