// Ids that look like each vendor's, never twice the same from one simulated provider.

const ALPHABET = '0123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const COUNTER_CHARS = 7;

export class Ids {
  readonly #base: string;
  #counter = 0;

  /** @param seed the same seed gives the same ids in the same order */
  constructor(seed: number) {
    let state = BigInt(Bun.hash(`ids ${seed}`));
    let base = '';
    while (base.length < 40) {
      base += ALPHABET[Number(state % BigInt(ALPHABET.length))] ?? '';
      state = state / BigInt(ALPHABET.length) || BigInt(Bun.hash(base));
    }
    this.#base = base;
  }

  /** `prefix` and as many characters as the vendor has after it. */
  next(prefix: string, chars: number): string {
    this.#counter += 1;
    return (
      prefix +
      this.#base.slice(0, chars - COUNTER_CHARS) +
      this.#counter.toString(36).padStart(COUNTER_CHARS, '0')
    );
  }
}
