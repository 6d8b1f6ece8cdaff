// KnownMeanings: the prompts that have answers, in memory and on disk, and the search among them.
import type { SealingKey } from '../../lib/seal.ts';
import type { MeaningFound } from './meaning.ts';
import { MeaningIndex } from './meaning-index.ts';
import { verdictOf } from './same-meaning.ts';
import type { AddedMeaning, AskedMeaning, KnownFigures, MeaningsToDrop } from './search-worker.ts';

export interface KnownOptions {
  /** Where they outlive the process; null: they do not. */
  readonly dataDir: string | null;
  readonly sealing: MeaningsSealing;
  /** Those not asked for the longest go when there are more. */
  readonly maxEntries: number;
}

export interface MeaningsSealing {
  /** Null: prompts stand on disk as they are. */
  readonly seals: SealingKey | null;
  readonly opens: readonly SealingKey[];
}

/** As many of the nearest are looked at more closely. */
const CLOSEST = 16;

export class KnownMeanings {
  readonly #index: MeaningIndex;

  constructor(options: KnownOptions, _now: number, _trouble: (message: string) => void) {
    this.#index = new MeaningIndex(options.maxEntries);
  }

  /** The first that means the same of the nearest, else the nearest. */
  find({ partition, text, vector, threshold }: AskedMeaning, now: number): MeaningFound | null {
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

  add(added: AddedMeaning): void {
    this.#index.add(added);
  }

  drop({ partitions = [], keys = [] }: MeaningsToDrop): void {
    for (const partition of partitions) this.#index.dropPartition(partition);
    for (const key of keys) this.#index.remove(key);
  }

  prune(now: number): void {
    this.#index.expire(now);
  }

  flush(): void {}

  figures(): KnownFigures {
    return this.#index.figures();
  }

  close(): void {}
}
