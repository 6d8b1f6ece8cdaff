// Moments: how many numbers there were, their mean and their spread, taken in one by one and never kept.

export interface Sample {
  readonly n: number;
  readonly mean: number;
  /** Of the sample (divided by n − 1); 0 below two numbers. */
  readonly variance: number;
  /** All of them are 0 or 1. */
  readonly binary: boolean;
  readonly nonZero: number;
}

/** Welford's way: no sum of squares that could drown the difference it is for. */
export class Moments implements Sample {
  #n = 0;
  #mean = 0;
  #squares = 0;
  #binary = true;
  #nonZero = 0;

  add(value: number): void {
    this.#n += 1;
    const step = value - this.#mean;
    this.#mean += step / this.#n;
    this.#squares += step * (value - this.#mean);
    if (value !== 0) this.#nonZero += 1;
    if (value !== 0 && value !== 1) this.#binary = false;
  }

  /** As many zeros at once. */
  addZeros(count: number): void {
    if (count <= 0) return;
    const all = this.#n + count;
    this.#squares += (this.#mean * this.#mean * this.#n * count) / all;
    this.#mean *= this.#n / all;
    this.#n = all;
  }

  get n(): number {
    return this.#n;
  }

  get mean(): number {
    return this.#mean;
  }

  get variance(): number {
    return this.#n < 2 ? 0 : this.#squares / (this.#n - 1);
  }

  get binary(): boolean {
    return this.#binary;
  }

  get nonZero(): number {
    return this.#nonZero;
  }
}
