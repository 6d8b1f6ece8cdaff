// Signatures: as many bits differ as the angle says, for vectors of any length, also where a model's all lean to one side.
import { expect, test } from 'bun:test';
import { BITS, bitsIn, mostDiffering, Signer, WORDS } from './signature.ts';

test('counts bits', () => {
  for (const word of [0, 1, 2, 0xff, 0xffff, 0x1_0000, 0x8000_0001, 0xffff_ffff, -1, 0x5555_5555])
    expect(bitsIn(word)).toBe(word.toString(2) === '-1' ? 32 : ones(word));
});

function ones(word: number): number {
  return word.toString(2).split('1').length - 1;
}

for (const dimensions of [16, 384, 768, 1536, 3072])
  test(`the share of bits that differ is the angle's, at ${dimensions} dimensions`, () => {
    const signer = new Signer(dimensions);
    for (const cosine of [0.99, 0.9, 0.8, 0.5, 0]) {
      const shares: number[] = [];
      for (let pair = 0; pair < 60; pair += 1) {
        // Large in a few dimensions, as models' vectors are.
        const one = Float32Array.from({ length: dimensions }, (_, i) => random() * (i < 3 ? 9 : 1));
        const differing = difference(signer, one, at(cosine, one));
        shares.push(differing / BITS);
        if (cosine > 0) expect(differing).toBeLessThanOrEqual(mostDiffering(cosine, BITS));
      }
      const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
      expect(Math.abs(mean - Math.acos(cosine) / Math.PI)).toBeLessThan(0.025);
    }
  });

let state = 77;
function random(): number {
  let sum = 0;
  for (let i = 0; i < 6; i += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    sum += state / 2 ** 32 - 0.5;
  }
  return sum;
}

/** A vector at exactly this cosine. */
function at(cosine: number, one: Float32Array): Float32Array {
  const other = one.map(() => random());
  const along = dot(one, other) / dot(one, one);
  const across = other.map((value, i) => value - along * (one[i] ?? 0));
  const scale = Math.sqrt((1 / cosine ** 2 - 1) * (dot(one, one) / dot(across, across)));
  return Number.isFinite(scale) ? one.map((v, i) => v + scale * (across[i] ?? 0)) : across;
}

function dot(one: Float32Array, other: Float32Array): number {
  return one.reduce((sum, value, i) => sum + value * (other[i] ?? 0), 0);
}

function difference(signer: Signer, one: Float32Array, other: Float32Array): number {
  const first = new Uint32Array(WORDS);
  const second = new Uint32Array(WORDS);
  signer.sign(one, first, 0);
  signer.sign(other, second, 0);
  return first.reduce((sum, word, i) => sum + bitsIn(word ^ (second[i] ?? 0)), 0);
}
