// Cooling: a time to leave somebody alone, named by himself or grown with each refusal in a row.

/** Longer advice is not followed: to ask once more costs little. */
const MAX_TOLD_MS = 3_600_000;

export interface CoolingTimes {
  /** A 429 that names no time is one of many, or a passing one: it cools from so many in a row on. */
  readonly coolAfter: number;
  readonly coolMs: number;
  readonly maxCoolMs: number;
}

export class Cooling {
  #until = Number.NEGATIVE_INFINITY;
  /** When it was last refused: of what was asked before, another refusal is no news. */
  #since = Number.NEGATIVE_INFINITY;
  #inARow = 0;

  /** 0: it may be asked. */
  forMs(now: number): number {
    return Math.max(0, this.#until - now);
  }

  /**
   * A 429.
   * @param toldMs what it came with, if anything
   * @param chance from 0 to 1: up to a quarter less, so that not all come back at once
   */
  limited(
    begunAt: number,
    toldMs: number | null,
    now: number,
    { coolAfter, coolMs, maxCoolMs }: CoolingTimes,
    chance: number,
  ): void {
    const isNews = begunAt >= this.#since;
    if (isNews) this.#inARow += 1;
    const doublings = this.#inARow - coolAfter;
    if (toldMs !== null && toldMs > 0) this.#cool(Math.min(toldMs, MAX_TOLD_MS), now);
    else if (isNews && doublings >= 0)
      this.#cool(Math.min(maxCoolMs, coolMs * 2 ** doublings) * (1 - chance / 4), now);
  }

  /** Refused for another reason, for this long. */
  refused(ms: number, now: number): void {
    this.#cool(ms, now);
  }

  /** It answered what was asked at this time. */
  answered(begunAt: number): void {
    if (begunAt < this.#since) return;
    this.#until = Number.NEGATIVE_INFINITY;
    this.#inARow = 0;
  }

  #cool(ms: number, now: number): void {
    this.#since = now;
    this.#until = Math.max(this.#until, now + ms);
  }
}
