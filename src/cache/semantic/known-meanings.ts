// KnownMeanings: the prompts that have answers, in memory and on disk, and the search among them.
import type { MeaningFound } from './meaning.ts';
import { MeaningIndex } from './meaning-index.ts';
import { MeaningsOnDisk } from './meanings-on-disk.ts';
import type { MeaningsSealing } from './meanings-table.ts';
import { verdictOf } from './same-meaning.ts';
import type { AddedMeaning, AskedMeaning, KnownFigures, MeaningsToDrop } from './search-worker.ts';

export interface KnownOptions {
  /** Where they outlive the process; null: they do not. */
  readonly dataDir: string | null;
  readonly sealing: MeaningsSealing;
  /** Those not asked for the longest go when there are more. */
  readonly maxEntries: number;
}

/** As many of the nearest are looked at more closely. */
const CLOSEST = 16;

export class KnownMeanings {
  readonly #index: MeaningIndex;
  readonly #disk: MeaningsOnDisk | null;

  /** @param trouble said by the disk */
  constructor(options: KnownOptions, now: number, trouble: (message: string) => void) {
    const { dataDir, sealing, maxEntries } = options;
    this.#index = new MeaningIndex(maxEntries);
    this.#disk = dataDir === null ? null : new MeaningsOnDisk({ dataDir, sealing, trouble });
    this.#disk?.read(now, (known) => {
      // What was added meanwhile is newer.
      if (!this.#index.has(known.key)) this.#forget(this.#index.add(known) ?? []);
    });
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
    const evicted = this.#index.add(added);
    if (evicted === null) return;
    this.#disk?.note(added);
    this.#forget(evicted);
  }

  drop({ partitions = [], keys = [] }: MeaningsToDrop): void {
    for (const partition of partitions) {
      this.#index.dropPartition(partition);
      this.#disk?.dropPartition(partition);
    }
    for (const key of keys) this.#index.remove(key);
    this.#forget(keys);
  }

  prune(now: number): void {
    this.#index.expire(now);
    this.#disk?.expire(now);
  }

  flush(): void {
    this.#disk?.write();
  }

  figures(): KnownFigures {
    return this.#index.figures();
  }

  close(): void {
    this.#disk?.close();
  }

  #forget(keys: readonly string[]): void {
    for (const key of keys) this.#disk?.note({ key, vector: null });
  }
}
