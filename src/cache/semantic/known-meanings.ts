// KnownMeanings: the prompts that have answers, in memory and on disk, and the search among them.

import type { Log } from '../../lib/log.ts';
import type { Marks } from '../owner-marks.ts';
import { forgetReadings } from './guards/reading.ts';
import type { MeaningFound } from './meaning.ts';
import { MeaningIndex } from './meaning-index.ts';
import { MeaningsOnDisk } from './meanings-on-disk.ts';
import type { MeaningsSealing } from './packed-meaning.ts';
import { verdictOf } from './same-meaning.ts';
import type { AddedMeaning, AskedMeaning, KnownFigures } from './search-worker.ts';
import { SharedMeanings } from './shared-meanings.ts';

export interface KnownOptions {
  /** Where they outlive the process; null: they do not. */
  readonly dataDir: string | null;
  /** Of the Redis that all replicas share them by; null: each has its own. */
  readonly redisUrl: string | null;
  readonly sealing: MeaningsSealing;
  /** Those not asked for the longest go when there are more. */
  readonly maxEntries: number;
}

export interface KnownListeners {
  readonly log: Log;
  readonly droppedElsewhere: (whose: Marks) => void;
}

/** As many of the nearest are looked at more closely. */
const CLOSEST = 16;

export class KnownMeanings {
  readonly #index: MeaningIndex;
  readonly #disk: MeaningsOnDisk | null;
  readonly #shared: SharedMeanings | null;
  #hasBegun = false;

  /** Nothing is read before it has to be searched: prompts can be dropped without. */
  constructor(options: KnownOptions, { log, droppedElsewhere }: KnownListeners) {
    const { dataDir, redisUrl, sealing, maxEntries } = options;
    this.#index = new MeaningIndex(maxEntries);
    // Redis has all that a disk of one replica would have.
    const isShared = redisUrl !== null;
    const trouble = (message: string) => log('error', message);
    const isOnDisk = dataDir !== null && !isShared;
    this.#disk = isOnDisk ? new MeaningsOnDisk({ dataDir, sealing, trouble }) : null;
    this.#shared = isShared
      ? new SharedMeanings({
          ...{ url: redisUrl, sealing, maxEntries, log },
          take: (added) => this.#index.add(added),
          forget: (key) => void this.#index.remove(key),
          drop: (whose) => {
            this.#drop(whose);
            droppedElsewhere(whose);
          },
        })
      : null;
  }

  begin(now: number): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.#shared?.begin();
    this.#disk?.read(now, (known) => {
      // What was added meanwhile is newer.
      if (!this.#index.has(known.key)) this.#forget(this.#index.add(known) ?? []);
    });
  }

  /** The first that means the same of the nearest, else the nearest. */
  find({ partition, text, vector, threshold }: AskedMeaning, now: number): MeaningFound | null {
    this.begin(now);
    let nearest: MeaningFound | null = null;
    for (const near of this.#index.nearest(partition, vector, threshold, CLOSEST, now)) {
      const verdict = verdictOf(text, near.text);
      const found = { key: near.key, similarity: near.similarity, verdict };
      if (verdict.same) {
        this.#index.touch(near.key);
        return found;
      }
      nearest ??= found;
    }
    return nearest;
  }

  add(added: AddedMeaning, now: number): void {
    this.begin(now);
    const evicted = this.#index.add(added);
    if (evicted === null) return;
    this.#disk?.note(added);
    this.#shared?.add(added, now);
    this.#forget(evicted);
  }

  forget(key: string): void {
    this.#index.remove(key);
    this.#forget([key]);
    this.#shared?.forget(key);
  }

  /** False: it is not done on disk, or in Redis, and will be as soon as it can be. */
  async drop(whose: Marks): Promise<boolean> {
    this.#drop(whose);
    const isOffDisk = this.#disk?.drop(whose) ?? true;
    return (await (this.#shared?.drop(whose) ?? true)) && isOffDisk;
  }

  #drop(whose: Marks): void {
    this.#index.drop(whose);
    // Of those it is not known whose they are.
    forgetReadings();
  }

  prune(now: number): void {
    this.#index.expire(now);
    this.#disk?.expire(now);
  }

  async flush(): Promise<void> {
    this.#disk?.write();
    await this.#shared?.flush();
  }

  figures(): KnownFigures {
    return this.#index.figures();
  }

  async close(): Promise<void> {
    this.#disk?.close();
    await this.#shared?.close();
  }

  #forget(keys: readonly string[]): void {
    for (const key of keys) this.#disk?.note({ key, vector: null });
  }
}
