// nearSlots: the slots of a partition whose vectors are near enough to one, nearest first. What differs in too many bits of its
// signature is not looked at; what is left is measured exactly.
import { BITS, bitsIn, FIRST_WORDS, mostDiffering, WORDS } from './signature.ts';
import type { VectorSlots } from './vector-slots.ts';

export interface NearSlot {
  readonly slot: number;
  readonly similarity: number;
}

/** So few are measured at once. */
const SMALL = 64;
/** As many are measured at most: those that differ in the fewest bits. */
const MEASURED = 2048;
const REST_WORDS = WORDS - FIRST_WORDS;

let distances = new Uint16Array(1024);
let passed = new Int32Array(1024);
const histogram = new Uint32Array(BITS + 1);

/** @param slots the first `count` of them are the partition's */
export function nearSlots(
  vectors: VectorSlots,
  slots: Int32Array,
  count: number,
  vector: Float32Array,
  threshold: number,
  closest: number,
): readonly NearSlot[] {
  const measured = count <= SMALL ? count : filter(vectors, slots, count, vector, threshold);
  const candidates = count <= SMALL ? slots : passed;
  const near: NearSlot[] = [];
  for (let i = 0; i < measured; i += 1) {
    const slot = candidates[i] as number;
    const similarity = vectors.cosine(slot, vector);
    if (similarity >= threshold) insert(near, { slot, similarity }, closest);
  }
  return near;
}

/** How many have passed. */
function filter(
  vectors: VectorSlots,
  slots: Int32Array,
  count: number,
  vector: Float32Array,
  threshold: number,
): number {
  if (passed.length < count) {
    passed = new Int32Array(count * 2);
    distances = new Uint16Array(count * 2);
  }
  histogram.fill(0);
  const signature = vectors.signatureOf(vector);
  const mostFirst = mostDiffering(threshold, FIRST_WORDS * 32);
  const most = mostDiffering(threshold, BITS);
  const { first, rest } = vectors;
  const s0 = signature[0] as number;
  const s1 = signature[1] as number;
  const s2 = signature[2] as number;
  const s3 = signature[3] as number;
  let found = 0;
  for (let i = 0; i < count; i += 1) {
    const slot = slots[i] as number;
    const at = slot * FIRST_WORDS;
    let differing =
      bitsIn((first[at] as number) ^ s0) +
      bitsIn((first[at + 1] as number) ^ s1) +
      bitsIn((first[at + 2] as number) ^ s2) +
      bitsIn((first[at + 3] as number) ^ s3);
    if (differing > mostFirst) continue;
    const restAt = slot * REST_WORDS;
    for (let word = 0; word < REST_WORDS; word += 1)
      differing += bitsIn(
        (rest[restAt + word] as number) ^ (signature[FIRST_WORDS + word] as number),
      );
    if (differing > most) continue;
    passed[found] = slot;
    distances[found] = differing;
    histogram[differing] = (histogram[differing] as number) + 1;
    found += 1;
  }
  return found <= MEASURED ? found : fewest(found);
}

/** Keeps those that differ in the fewest bits, in one pass: an entry that differs as much as the last that may stay has to go. */
function fewest(found: number): number {
  let most = 0;
  for (let sum = 0; most < BITS; most += 1) {
    sum += histogram[most] as number;
    if (sum > MEASURED) break;
  }
  // Where too many differ equally little, some of them stay.
  let equal = MEASURED;
  for (let bits = 0; bits < most; bits += 1) equal -= histogram[bits] as number;
  let kept = 0;
  for (let i = 0; i < found; i += 1) {
    const differing = distances[i] as number;
    if (differing > most || (differing === most && equal-- <= 0)) continue;
    passed[kept] = passed[i] as number;
    kept += 1;
  }
  return kept;
}

/** Nearest first; of equals the one that was there before. */
function insert(near: NearSlot[], one: NearSlot, most: number): void {
  const last = near[most - 1];
  if (last !== undefined && one.similarity <= last.similarity) return;
  let at = near.length;
  while (at > 0 && (near[at - 1] as NearSlot).similarity < one.similarity) at -= 1;
  near.splice(at, 0, one);
  if (near.length > most) near.pop();
}
