// Histogram: durations counted in buckets that grow with them, so that those of any requests can be put together later.
// Percentiles are within two percent of the exact ones (below one millisecond: within one millisecond). Stored as the
// distance to each next bucket and its count, both as varints: some 2 bytes a bucket that is not empty.
import { bucketOf, middleOf } from '../../lib/log-buckets.ts';

/** The last begins at five days. */
const BUCKETS = 512;
/** As many loose values are kept before they are counted: most histograms have few, and a whole row of counts takes 4 KB. */
const LOOSE = 512;
/** As many parts wait to be put together; and as many bytes of one are taken for worth a whole row of counts. */
const PARTS = 2;
const MUCH_BYTES = 400;
const SCRATCH = new Float64Array(BUCKETS);
const ENCODED = new Uint8Array(BUCKETS * 10);

export interface Percentiles {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

const UNMEASURED: Percentiles = { p50: null, p95: null, p99: null };
const TOLD = Array.from(
  { length: BUCKETS },
  (_, bucket) => Math.round(middleOf(bucket) * 100) / 100,
);

export class Histogram {
  #counts: Float64Array | null = null;
  #loose: number[] | null = null;
  #parts: Uint8Array[] | null = null;

  add(ms: number): void {
    this.addBucket(latencyBucket(ms));
  }

  /** @param bucket as `latencyBucket` says it */
  addBucket(bucket: number): void {
    if (this.#counts !== null) this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    else {
      this.#loose ??= [];
      if (this.#loose.push(bucket) > LOOSE) this.#settle();
    }
  }

  /** @param encoded as `encode` gives it; it must not change afterwards */
  merge(encoded: Uint8Array): void {
    if (this.#counts !== null) {
      addEncoded(this.#counts, encoded, 1);
      return;
    }
    this.#parts ??= [];
    if (this.#parts.push(encoded) > PARTS) this.#condense();
  }

  mergeHistogram(other: Histogram): void {
    if (other.#counts !== null) {
      const counts = this.#settle();
      for (let bucket = 0; bucket < BUCKETS; bucket++)
        counts[bucket] = (counts[bucket] ?? 0) + (other.#counts[bucket] ?? 0);
      return;
    }
    for (const bucket of other.#loose ?? []) this.addBucket(bucket);
    for (const part of other.#parts ?? []) this.merge(part);
  }

  /** Takes out what was put in. */
  subtract(other: Histogram): void {
    if (other.isEmpty) return;
    const counts = this.#settle();
    if (other.#counts !== null)
      for (let bucket = 0; bucket < BUCKETS; bucket++)
        counts[bucket] = (counts[bucket] ?? 0) - (other.#counts[bucket] ?? 0);
    for (const bucket of other.#loose ?? []) counts[bucket] = (counts[bucket] ?? 0) - 1;
    for (const part of other.#parts ?? []) addEncoded(counts, part, -1);
  }

  /** Null: nothing was measured. */
  encode(): Uint8Array | null {
    const { only } = this;
    return only ?? encoded(this.#read());
  }

  percentiles(): Percentiles {
    const { only } = this;
    if (only !== null) return percentilesOf(only);
    if (this.isEmpty) return UNMEASURED;
    const counts = this.#read();
    let all = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) all += Math.max(0, counts[bucket] ?? 0);
    if (all === 0) return UNMEASURED;
    const ranks = new Ranks(all);
    for (let bucket = 0; bucket < BUCKETS && !ranks.isDone; bucket++)
      ranks.pass(bucket, counts[bucket] ?? 0);
    return ranks.told;
  }

  private get isEmpty(): boolean {
    return this.#counts === null && this.#loose === null && this.#parts === null;
  }

  /** The one part that this is, as most are that come from the database. */
  private get only(): Uint8Array | null {
    const isOnly = this.#counts === null && this.#loose === null && this.#parts?.length === 1;
    return isOnly ? (this.#parts?.[0] ?? null) : null;
  }

  /** Many parts become one: thousands of histograms wait at once while a day is summed up. */
  #condense(): void {
    const one = encoded(this.#read());
    if (one !== null && one.length > MUCH_BYTES) {
      this.#settle();
      return;
    }
    this.#loose = null;
    this.#parts = one === null ? null : [one];
  }

  /** From here on it is a whole row of counts. */
  #settle(): Float64Array {
    if (this.#counts !== null) return this.#counts;
    this.#counts = this.#countInto(new Float64Array(BUCKETS));
    this.#loose = null;
    this.#parts = null;
    return this.#counts;
  }

  /** The counts, good until the next histogram's are read. */
  #read(): Float64Array {
    return this.#counts ?? this.#countInto(SCRATCH.fill(0));
  }

  #countInto(counts: Float64Array): Float64Array {
    for (const bucket of this.#loose ?? []) counts[bucket] = (counts[bucket] ?? 0) + 1;
    for (const part of this.#parts ?? []) addEncoded(counts, part, 1);
    return counts;
  }
}

/** The bucket that a duration is counted in. */
export function latencyBucket(ms: number): number {
  return Math.min(bucketOf(ms), BUCKETS - 1);
}

/** Of each share the first bucket that so many of all do not exceed. */
class Ranks {
  readonly #all: number;
  #seen = 0;
  #p50: number | null = null;
  #p95: number | null = null;
  #p99: number | null = null;

  constructor(all: number) {
    this.#all = all;
  }

  get isDone(): boolean {
    return this.#p99 !== null;
  }

  get told(): Percentiles {
    return { p50: this.#p50, p95: this.#p95, p99: this.#p99 };
  }

  pass(bucket: number, count: number): void {
    if (count <= 0) return;
    this.#seen += count;
    const ms = TOLD[bucket] ?? null;
    if (this.#p50 === null && this.#seen >= this.#all * 0.5) this.#p50 = ms;
    if (this.#p95 === null && this.#seen >= this.#all * 0.95) this.#p95 = ms;
    if (this.#p99 === null && this.#seen >= this.#all * 0.99) this.#p99 = ms;
  }
}

function percentilesOf(bytes: Uint8Array): Percentiles {
  let all = 0;
  eachCount(bytes, (_, count) => {
    all += count;
  });
  const ranks = new Ranks(all);
  eachCount(bytes, (bucket, count) => ranks.pass(bucket, count));
  return all === 0 ? UNMEASURED : ranks.told;
}

function encoded(counts: Float64Array): Uint8Array | null {
  let length = 0;
  let last = 0;
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const count = counts[bucket] ?? 0;
    if (count <= 0) continue;
    length = writeVarint(length, bucket - last);
    length = writeVarint(length, count);
    last = bucket;
  }
  return length === 0 ? null : ENCODED.slice(0, length);
}

function writeVarint(place: number, value: number): number {
  let at = place;
  let rest = value;
  while (rest >= 128) {
    ENCODED[at++] = (rest % 128) + 128;
    rest = Math.floor(rest / 128);
  }
  ENCODED[at++] = rest;
  return at;
}

function addEncoded(counts: Float64Array, bytes: Uint8Array, sign: 1 | -1): void {
  eachCount(bytes, (bucket, count) => {
    counts[bucket] = (counts[bucket] ?? 0) + sign * count;
  });
}

function eachCount(bytes: Uint8Array, tell: (bucket: number, count: number) => void): void {
  let bucket = 0;
  let isCount = false;
  let value = 0;
  let scale = 1;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    value += (byte & 127) * scale;
    if (byte >= 128) {
      scale *= 128;
      continue;
    }
    if (!isCount) bucket += value;
    else if (bucket >= BUCKETS) return;
    else tell(bucket, value);
    isCount = !isCount;
    value = 0;
    scale = 1;
  }
}
