// nearPlaces: the places in a partition whose vectors are near enough to one, nearest first. What differs in too many bits of its
// signature is not looked at; what is left is measured exactly.
import { BITS, bitsIn, FIRST_WORDS, mostDiffering, WORDS } from './signature.ts';
import type { VectorSlots } from './vector-slots.ts';

export interface NearPlace {
  readonly place: number;
  readonly similarity: number;
}

export interface Searched {
  readonly vectors: VectorSlots;
  /** As many of the slots as there are entries. */
  readonly slots: Int32Array;
  readonly entries: { readonly length: number };
}

export interface Sought {
  /** Normalised. */
  readonly vector: Float32Array;
  readonly threshold: number;
  /** As many at most. */
  readonly closest: number;
  isThere(place: number): boolean;
}

/** So few are measured at once. */
const SMALL = 64;
/** As many are measured at most: those that differ in the fewest bits. */
const MEASURED = 1024;
const REST_WORDS = WORDS - FIRST_WORDS;

let distances = new Uint16Array(1024);
let passed = new Int32Array(1024);
const histogram = new Uint32Array(BITS + 1);

export function nearPlaces(searched: Searched, sought: Sought): readonly NearPlace[] {
  const { vectors, slots, entries } = searched;
  const { vector, threshold, closest, isThere } = sought;
  const isSmall = entries.length <= SMALL;
  const measured = isSmall ? entries.length : filter(searched, sought);
  const near: NearPlace[] = [];
  for (let i = 0; i < measured; i += 1) {
    const place = isSmall ? i : (passed[i] as number);
    const similarity = vectors.cosine(slots[place] as number, vector);
    if (similarity >= threshold && isThere(place)) insert(near, { place, similarity }, closest);
  }
  return near;
}

/** How many have passed. */
function filter({ vectors, slots, entries }: Searched, { vector, threshold }: Sought): number {
  const count = entries.length;
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
    passed[found] = i;
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
function insert(near: NearPlace[], one: NearPlace, most: number): void {
  const last = near[most - 1];
  if (last !== undefined && one.similarity <= last.similarity) return;
  let at = near.length;
  while (at > 0 && (near[at - 1] as NearPlace).similarity < one.similarity) at -= 1;
  near.splice(at, 0, one);
  if (near.length > most) near.pop();
}
