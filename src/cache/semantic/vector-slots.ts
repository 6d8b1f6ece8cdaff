// VectorSlots: vectors of one length and their signatures, each in a numbered slot. A slot that is freed is used again.
import { FIRST_WORDS, Signer, WORDS } from './signature.ts';

/** Vectors are held in pieces, so that more room never means moving what is there. */
const PIECE = 1024;
const REST_WORDS = WORDS - FIRST_WORDS;

export class VectorSlots {
  readonly dimensions: number;
  readonly #signer: Signer;
  readonly #pieces: Float32Array[] = [];
  readonly #free: number[] = [];
  readonly #signature = new Uint32Array(WORDS);
  #slots = 0;
  /** FIRST_WORDS of each slot, and the rest of them: what is read of every slot lies together. */
  first = new Uint32Array(0);
  rest = new Uint32Array(0);

  constructor(dimensions: number) {
    this.dimensions = dimensions;
    this.#signer = new Signer(dimensions);
  }

  get bytes(): number {
    return this.#pieces.length * PIECE * 4 * (this.dimensions + WORDS);
  }

  /** @param vector normalised */
  put(vector: Float32Array): number {
    const slot = this.#free.pop() ?? this.#grown();
    this.#pieceOf(slot).set(vector, (slot % PIECE) * this.dimensions);
    this.#signer.sign(vector, this.#signature, 0);
    this.first.set(this.#signature.subarray(0, FIRST_WORDS), slot * FIRST_WORDS);
    this.rest.set(this.#signature.subarray(FIRST_WORDS), slot * REST_WORDS);
    return slot;
  }

  /** Slots that are not free. */
  get used(): number {
    return this.#slots - this.#free.length;
  }

  free(slot: number): void {
    this.#free.push(slot);
  }

  signatureOf(vector: Float32Array): Uint32Array {
    const signature = new Uint32Array(WORDS);
    this.#signer.sign(vector, signature, 0);
    return signature;
  }

  /** @param vector normalised */
  cosine(slot: number, vector: Float32Array): number {
    const piece = this.#pieceOf(slot);
    const at = (slot % PIECE) * this.dimensions;
    // Four sums, so that none waits for the one before.
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    const whole = vector.length - (vector.length % 4);
    for (let i = 0; i < whole; i += 4) {
      a += (piece[at + i] as number) * (vector[i] as number);
      b += (piece[at + i + 1] as number) * (vector[i + 1] as number);
      c += (piece[at + i + 2] as number) * (vector[i + 2] as number);
      d += (piece[at + i + 3] as number) * (vector[i + 3] as number);
    }
    for (let i = whole; i < vector.length; i += 1)
      a += (piece[at + i] as number) * (vector[i] as number);
    return a + b + c + d;
  }

  #grown(): number {
    const slot = this.#slots;
    this.#slots += 1;
    if (slot % PIECE === 0) {
      this.#pieces.push(new Float32Array(PIECE * this.dimensions));
      this.first = doubled(this.first, (slot + PIECE) * FIRST_WORDS);
      this.rest = doubled(this.rest, (slot + PIECE) * REST_WORDS);
    }
    return slot;
  }

  #pieceOf(slot: number): Float32Array {
    return this.#pieces[Math.floor(slot / PIECE)] as Float32Array;
  }
}

function doubled(words: Uint32Array, atLeast: number): Uint32Array<ArrayBuffer> {
  if (words.length >= atLeast) return words as Uint32Array<ArrayBuffer>;
  const larger = new Uint32Array(Math.max(atLeast, words.length * 2));
  larger.set(words);
  return larger;
}
