// Weighted rendezvous hashing: who of several gets a key, by weight and without any state. The one with the highest score
// gets it, so a weight that changes moves only the keys that it must, and all of them one way.
// Schindelhauer and Schomaker, "Weighted distributed hash tables" (SPAA 2005), the logarithmic method.

/** So many and a half are exact in a number. */
const CHANCE_BITS = 52;

/** A 64-bit hash as a number between 0 and 1, both excluded. */
export function chanceOf(hash: bigint): number {
  return (Number(hash >> BigInt(64 - CHANCE_BITS)) + 0.5) / 2 ** CHANCE_BITS;
}

/** @param weight not negative; 0 scores below every other */
export function rendezvousScore(weight: number, chance: number): number {
  return -weight / Math.log(chance);
}
