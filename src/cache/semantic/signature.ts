// Signatures: a vector's direction in 512 bits. The smaller the angle between two, the fewer of their bits differ.

/** Read first: what differs in too many of these is not near. */
export const FIRST_WORDS = 4;
export const WORDS = 16;
export const BITS = WORDS * 32;
/** Bits that differ come to a binomial's share of them: one in some millions lies further out. */
const SIGMAS = 5;

const POPULATION = new Uint8Array(65_536);
for (let word = 1; word < POPULATION.length; word += 1)
  POPULATION[word] = (POPULATION[word >> 1] ?? 0) + (word & 1);

export function bitsIn(word: number): number {
  return (POPULATION[word & 0xffff] as number) + (POPULATION[word >>> 16] as number);
}

/**
 * Each bit says on which side of a plane through the origin the vector lies: two at an angle of a lie on different sides of a
 * random plane with a probability of a/π (Charikar 2002, "Similarity estimation techniques from rounding algorithms"). The planes
 * are the rows of two rounds of random signs and a Hadamard transform, which is as good as random and takes microseconds.
 */
export class Signer {
  readonly #padded: number;
  readonly #signs: readonly Float32Array[];
  readonly #work: Float32Array;

  constructor(dimensions: number) {
    this.#padded = Math.max(BITS, 2 ** Math.ceil(Math.log2(dimensions)));
    this.#signs = [randomSigns(this.#padded, 1), randomSigns(this.#padded, 2)];
    this.#work = new Float32Array(this.#padded);
  }

  /** @param into WORDS words from `at` on */
  sign(vector: Float32Array, into: Uint32Array, at: number): void {
    const work = this.#work;
    work.fill(0);
    work.set(vector);
    for (const signs of this.#signs) {
      for (let i = 0; i < work.length; i += 1) work[i] = (work[i] as number) * (signs[i] as number);
      hadamard(work);
    }
    for (let word = 0; word < WORDS; word += 1) {
      let bits = 0;
      for (let bit = 0; bit < 32; bit += 1)
        if ((work[word * 32 + bit] as number) > 0) bits |= 1 << bit;
      into[at + word] = bits;
    }
  }
}

/** How many of so many bits may differ where two vectors are at least that alike. */
export function mostDiffering(cosine: number, bits: number): number {
  const share = Math.acos(Math.min(1, Math.max(-1, cosine))) / Math.PI;
  return Math.ceil(bits * share + SIGMAS * Math.sqrt(bits * share * (1 - share)));
}

/** In place, without the factor that would keep lengths. */
function hadamard(work: Float32Array): void {
  for (let half = 1; half < work.length; half *= 2) {
    for (let block = 0; block < work.length; block += half * 2) {
      for (let i = block; i < block + half; i += 1) {
        const one = work[i] as number;
        const other = work[i + half] as number;
        work[i] = one + other;
        work[i + half] = one - other;
      }
    }
  }
}

/** The same in every process: xorshift32. */
function randomSigns(length: number, seed: number): Float32Array {
  let state = seed * 0x9e37_79b9;
  return Float32Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 0x10_0000 ? 1 : -1;
  });
}
