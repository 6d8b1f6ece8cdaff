// MeaningIndex: prompts by partition and key, with their vectors, as many as there may be, none longer than it may.
import { nearSlots } from './near-slots.ts';
import type { AddedMeaning, KnownFigures } from './search-worker.ts';
import { VectorSlots } from './vector-slots.ts';

export interface NearMeaning {
  readonly key: string;
  readonly text: string;
  readonly similarity: number;
}

interface Entry {
  readonly key: string;
  readonly text: string;
  readonly expiresAt: number;
  readonly partition: Partition;
  readonly slot: number;
  /** Where its partition has its slot. */
  place: number;
}

interface Partition {
  readonly name: string;
  readonly vectors: VectorSlots;
  /** The first `count` are its own. */
  slots: Int32Array<ArrayBuffer>;
  readonly entries: Entry[];
}

/** Of an entry, beside its text and its vector: two keys, an object, its place in three maps. */
const ENTRY_BYTES = 400;

export class MeaningIndex {
  readonly #maxEntries: number;
  /** Told when one is removed, for whatever reason. */
  readonly #removed: (key: string) => void;
  /** Least lately used first. */
  readonly #entries = new Map<string, Entry>();
  readonly #partitions = new Map<string, Partition>();
  readonly #vectors = new Map<number, VectorSlots>();
  #textChars = 0;
  #evicted = 0;
  #expired = 0;

  constructor(maxEntries: number, removed: (key: string) => void = () => {}) {
    this.#maxEntries = maxEntries;
    this.#removed = removed;
  }

  get size(): number {
    return this.#entries.size;
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** In the place of one with its key. False: it is not like the others of its partition, and is not added. */
  add({ key, partition: name, text, vector, expiresAt }: AddedMeaning): boolean {
    const unit = normalised(vector);
    const there = this.#partitions.get(name);
    if (unit === null || (there !== undefined && there.vectors.dimensions !== unit.length))
      return false;
    const old = this.#entries.get(key);
    if (old !== undefined) this.#take(old);
    const partition = this.#partitions.get(name) ?? this.#newPartition(name, unit.length);
    const slot = partition.vectors.put(unit);
    const place = partition.entries.length;
    const entry: Entry = { key, text, expiresAt, partition, slot, place };
    partition.entries.push(entry);
    if (place >= partition.slots.length) {
      const larger = new Int32Array(partition.slots.length * 2);
      larger.set(partition.slots);
      partition.slots = larger;
    }
    partition.slots[place] = slot;
    this.#entries.set(key, entry);
    this.#textChars += text.length;
    if (this.#entries.size > this.#maxEntries) this.#evict();
    return true;
  }

  /** Nearest first. */
  nearest(
    name: string,
    vector: Float32Array,
    threshold: number,
    closest: number,
    now: number,
  ): readonly NearMeaning[] {
    const partition = this.#partitions.get(name);
    const unit = normalised(vector);
    if (partition === undefined || unit?.length !== partition.vectors.dimensions) return [];
    const { vectors, slots, entries } = partition;
    const near = nearSlots(vectors, slots, entries.length, unit, threshold, closest);
    return near.flatMap(({ slot, similarity }) => {
      const entry = this.#bySlot(partition, slot);
      if (entry === undefined || entry.expiresAt <= now) return [];
      return [{ key: entry.key, text: entry.text, similarity }];
    });
  }
}
