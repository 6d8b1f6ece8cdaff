// SlidingMinute: how many there were in the last sixty seconds, by the second; of seconds in which nothing was, nothing is kept.

/**
 * What came at any moment of a second counts until sixty seconds after that second's end, so never fewer than there were in
 * the last sixty seconds, and up to one second's worth more.
 */
export const SECONDS = 61;

export class SlidingMinute {
  /** Ascending; never more than `SECONDS` of them. */
  readonly #seconds: number[] = [];
  readonly #counts: number[] = [];
  #total = 0;

  total(now: number): number {
    this.#forget(now);
    return this.#total;
  }

  add(count: number, now: number): void {
    if (count === 0) return;
    this.#forget(now);
    const last = this.#seconds.length - 1;
    const latest = this.#seconds[last];
    const second = Math.floor(now / 1000);
    // A clock that was set back adds to the latest second there is.
    if (latest !== undefined && latest >= second)
      this.#counts[last] = (this.#counts[last] ?? 0) + count;
    else {
      this.#seconds.push(second);
      this.#counts.push(count);
    }
    this.#total += count;
  }

  /** When no more than `most` are left, in Unix milliseconds. */
  opensAt(most: number, now: number): number {
    this.#forget(now);
    let left = this.#total;
    for (const [at, second] of this.#seconds.entries()) {
      if (left <= most) break;
      left -= this.#counts[at] ?? 0;
      if (left <= most) return (second + SECONDS) * 1000;
    }
    return now;
  }

  /** When nothing is left of what there is now. */
  emptyAt(now: number): number {
    return this.opensAt(0, now);
  }

  #forget(now: number): void {
    const oldest = Math.floor(now / 1000) - SECONDS;
    while ((this.#seconds[0] ?? Number.POSITIVE_INFINITY) <= oldest) {
      this.#seconds.shift();
      this.#total -= this.#counts.shift() ?? 0;
    }
  }
}
