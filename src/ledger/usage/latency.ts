// Histogram: durations counted in buckets that grow with them, so that those of any requests can be put together later.
// Percentiles are within two percent of the exact ones (below one millisecond: within one millisecond). Stored as the
// distance to each next bucket and its count, both as varints: some 2 bytes a bucket that is not empty.
import { bucketOf, middleOf } from '../../lib/log-buckets.ts';

/** The last begins at five days. */
const BUCKETS = 512;
/** As many loose values or parts are kept before they are counted: most histograms have few, and a whole row of counts takes 4 KB. */
const LOOSE = 512;
const SCRATCH = new Float64Array(BUCKETS);

export interface Percentiles {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

const UNMEASURED: Percentiles = { p50: null, p95: null, p99: null };

export class Histogram {
  #counts: Float64Array | null = null;
  #loose: number[] = [];
  #parts: Uint8Array[] = [];

  add(ms: number): void {
    const bucket = Math.min(bucketOf(ms), BUCKETS - 1);
    if (this.#counts !== null) this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    else if (this.#loose.push(bucket) > LOOSE) this.#settle();
  }

  /** @param encoded as `encode` gives it; it must not change afterwards */
  merge(encoded: Uint8Array): void {
    if (this.#counts !== null) addEncoded(this.#counts, encoded);
    else if (this.#parts.push(encoded) > LOOSE) this.#settle();
  }

  mergeHistogram(other: Histogram): void {
    if (other.#counts === null && this.#counts === null) {
      for (const bucket of other.#loose) this.#loose.push(bucket);
      for (const part of other.#parts) this.#parts.push(part);
      if (this.#loose.length > LOOSE || this.#parts.length > LOOSE) this.#settle();
      return;
    }
    const counts = this.#settle();
    const more = other.#read();
    for (let bucket = 0; bucket < BUCKETS; bucket++)
      counts[bucket] = (counts[bucket] ?? 0) + (more[bucket] ?? 0);
  }

  /** Takes out what was put in. */
  subtract(other: Histogram): void {
    const counts = this.#settle();
    const less = other.#read();
    for (let bucket = 0; bucket < BUCKETS; bucket++)
      counts[bucket] = Math.max(0, (counts[bucket] ?? 0) - (less[bucket] ?? 0));
  }

  /** Null: nothing was measured. */
  encode(): Uint8Array | null {
    const counts = this.#read();
    const bytes: number[] = [];
    let last = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const count = counts[bucket] ?? 0;
      if (count === 0) continue;
      pushVarint(bytes, bucket - last);
      pushVarint(bytes, count);
      last = bucket;
    }
    return bytes.length === 0 ? null : Uint8Array.from(bytes);
  }

  percentiles(): Percentiles {
    if (this.#counts === null && this.#loose.length === 0 && this.#parts.length === 0)
      return UNMEASURED;
    const counts = this.#read();
    let all = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) all += counts[bucket] ?? 0;
    return {
      p50: percentileOf(counts, all, 0.5),
      p95: percentileOf(counts, all, 0.95),
      p99: percentileOf(counts, all, 0.99),
    };
  }

  /** From here on it is a whole row of counts. */
  #settle(): Float64Array {
    if (this.#counts !== null) return this.#counts;
    this.#counts = this.#countInto(new Float64Array(BUCKETS));
    this.#loose = [];
    this.#parts = [];
    return this.#counts;
  }

  /** The counts, good until the next histogram's are read. */
  #read(): Float64Array {
    return this.#counts ?? this.#countInto(SCRATCH.fill(0));
  }

  #countInto(counts: Float64Array): Float64Array {
    for (const bucket of this.#loose) counts[bucket] = (counts[bucket] ?? 0) + 1;
    for (const part of this.#parts) addEncoded(counts, part);
    return counts;
  }
}

/** The smallest that so large a share of all do not exceed. */
function percentileOf(counts: Float64Array, all: number, share: number): number | null {
  if (all === 0) return null;
  let seen = 0;
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    seen += counts[bucket] ?? 0;
    if (seen >= all * share) return Math.round(middleOf(bucket) * 100) / 100;
  }
  return null;
}

function pushVarint(bytes: number[], value: number): void {
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
}

function addEncoded(counts: Float64Array, encoded: Uint8Array): void {
  let bucket = 0;
  let isCount = false;
  let value = 0;
  let scale = 1;
  for (let at = 0; at < encoded.length; at++) {
    const byte = encoded[at] ?? 0;
    value += (byte & 127) * scale;
    if (byte >= 128) {
      scale *= 128;
      continue;
    }
    if (isCount && bucket < BUCKETS) counts[bucket] = (counts[bucket] ?? 0) + value;
    else if (isCount) return;
    else bucket += value;
    isCount = !isCount;
    value = 0;
    scale = 1;
  }
}
