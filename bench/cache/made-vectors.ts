// Vectors to measure a search with: around those of real sentences where the model is there, with chance as it is told.

const DIMENSIONS = 384;

/** mulberry32: the same numbers each time. */
export function chanceFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function unit(vector: Float32Array): Float32Array {
  const length = Math.sqrt(cosine(vector, vector));
  return vector.map((value) => value / length);
}

/** Of variance one. Two dice instead of the true bell: millions are thrown, and hundreds make a vector. */
function thrown(chance: () => number): number {
  return (chance() + chance() - 1) * Math.sqrt(6);
}

/** One at about this cosine from another. */
export function beside(vector: Float32Array, cosine: number, chance: () => number): Float32Array {
  const spread = Math.sqrt((1 / cosine ** 2 - 1) / vector.length);
  return unit(vector.map((value) => value + spread * thrown(chance)));
}

/** Where there is no model: all of them lean to one side, as models' do. */
export function leaning(count: number, chance: () => number): Float32Array[] {
  const side = unit(Float32Array.from({ length: DIMENSIONS }, () => thrown(chance)));
  return Array.from({ length: count }, () =>
    unit(side.map((value) => 0.4 * value + thrown(chance) / Math.sqrt(DIMENSIONS))),
  );
}

export function cosine(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < one.length; i += 1) sum += (one[i] ?? 0) * (other[i] ?? 0);
  return sum;
}
