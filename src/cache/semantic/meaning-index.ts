// MeaningIndex: prompts by partition and key, with their vectors, as many as there may be, none longer than it may.
import { type Marks, marksMatch } from '../owner-marks.ts';
import { nearPlaces } from './near-places.ts';
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
  readonly whose: Marks;
  readonly partition: Partition;
  /** In its partition. */
  place: number;
}

interface Partition {
  readonly name: string;
  /** Of its first: all of them are the same one's, as a rule, and need not each have it. */
  readonly whose: Marks;
  readonly vectors: VectorSlots;
  readonly entries: Entry[];
  /** Where the vector of each of its entries is; longer than there are entries. */
  slots: Int32Array<ArrayBuffer>;
}

const FIRST_SLOTS = 4;
/** Of an entry, beside its text and its vector: its key, an object, its place in a map. */
const ENTRY_BYTES = 300;

export class MeaningIndex {
  readonly #maxEntries: number;
  /** Least lately used first. */
  readonly #entries = new Map<string, Entry>();
  readonly #partitions = new Map<string, Partition>();
  /** By dimensions. */
  readonly #vectors = new Map<number, VectorSlots>();
  #textChars = 0;
  #evicted = 0;
  #expired = 0;

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  get size(): number {
    return this.#entries.size;
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /**
   * In the place of one with its key. Keys that had to go for it; null: it is of another kind than the others of its partition,
   * and is not added.
   */
  add(added: AddedMeaning): readonly string[] | null {
    const { key, partition: name, text, vector, expiresAt } = added;
    const unit = normalised(vector);
    if (unit === null) return null;
    const { dimensions } = this.#partitions.get(name)?.vectors ?? { dimensions: unit.length };
    if (dimensions !== unit.length) return null;
    this.remove(key);
    const partition = this.#partitions.get(name) ?? this.#newPartition(added, dimensions);
    const place = partition.entries.length;
    const whose = marksMatch(added.whose, partition.whose) ? partition.whose : added.whose;
    const entry: Entry = { key, text, expiresAt, whose, partition, place };
    partition.entries.push(entry);
    if (place >= partition.slots.length) {
      const larger = new Int32Array(partition.slots.length * 2);
      larger.set(partition.slots);
      partition.slots = larger;
    }
    partition.slots[place] = partition.vectors.put(unit);
    this.#entries.set(key, entry);
    this.#textChars += text.length;
    return this.#evict();
  }

  /** Of those that are not over, nearest first. */
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
    const { entries } = partition;
    const isThere = (place: number) => (entries[place]?.expiresAt ?? 0) > now;
    return nearPlaces(partition, { vector: unit, threshold, closest, isThere }).flatMap(
      ({ place, similarity }) => {
        const entry = entries[place];
        return entry === undefined ? [] : [{ key: entry.key, text: entry.text, similarity }];
      },
    );
  }

  /** It was used. */
  touch(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
  }

  remove(key: string): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#entries.delete(key);
    this.#textChars -= entry.text.length;
    const { partition, place } = entry;
    const { entries, slots, vectors } = partition;
    vectors.free(slots[place] as number);
    // The last takes its place.
    const last = entries.pop();
    if (last !== undefined && last !== entry) {
      entries[place] = last;
      slots[place] = slots[last.place] as number;
      last.place = place;
    }
    if (entries.length === 0) this.#partitions.delete(partition.name);
    if (vectors.used === 0) this.#vectors.delete(vectors.dimensions);
    return true;
  }

  /** @param whose '' for any. Their keys. */
  drop(whose: Marks): readonly string[] {
    const keys: string[] = [];
    for (const entry of this.#entries.values())
      if (marksMatch(entry.whose, whose)) keys.push(entry.key);
    for (const key of keys) this.remove(key);
    return keys;
  }

  /** Takes out what is over. */
  expire(now: number): void {
    for (const { key, expiresAt } of this.#entries.values()) {
      if (expiresAt > now) continue;
      this.remove(key);
      this.#expired += 1;
    }
  }

  figures(): KnownFigures {
    let bytes = this.#entries.size * ENTRY_BYTES + this.#textChars;
    for (const vectors of this.#vectors.values()) bytes += vectors.bytes;
    return {
      entries: this.#entries.size,
      partitions: this.#partitions.size,
      bytes,
      evicted: this.#evicted,
      expired: this.#expired,
    };
  }

  #evict(): readonly string[] {
    const evicted: string[] = [];
    for (const key of this.#entries.keys()) {
      if (this.#entries.size <= this.#maxEntries) break;
      this.remove(key);
      evicted.push(key);
    }
    this.#evicted += evicted.length;
    return evicted;
  }

  #newPartition({ partition: name, whose }: AddedMeaning, dimensions: number): Partition {
    const vectors = this.#vectors.get(dimensions) ?? new VectorSlots(dimensions);
    this.#vectors.set(dimensions, vectors);
    const slots = new Int32Array(FIRST_SLOTS);
    const partition = { name, whose, vectors, entries: [], slots };
    this.#partitions.set(name, partition);
    return partition;
  }
}

/** Null: it has no direction. */
function normalised(vector: Float32Array): Float32Array | null {
  let sum = 0;
  for (const value of vector) sum += value * value;
  if (!(sum > 0 && Number.isFinite(sum))) return null;
  const length = Math.sqrt(sum);
  return vector.map((value) => value / length);
}
