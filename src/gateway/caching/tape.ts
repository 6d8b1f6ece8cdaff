// Tape: what was shown of a streamed answer so far, for those who get the same answer: now beside the first, or later.
import { GatewayError } from '../../core/errors.ts';
import type { DecodedFrame } from '../upstream-stream.ts';

/** Longer than this no answer is followed. */
const MAX_FOLLOWED_CHARS = 64 * 1024 * 1024;

export class Tape {
  items: DecodedFrame[] = [];
  /** It grew too long for what nobody follows: nothing is on it any more. */
  lost = false;
  /** From this item on they are events alone, for another went on with the answer; Infinity: none did. */
  eventsFrom = Number.POSITIVE_INFINITY;
  /** How it ended; null: it has not. */
  failure: GatewayError | null = null;
  isWhole = false;
  chars = 0;
  #times: number[] = [];
  readonly #maxChars: number;
  readonly #followed: () => boolean;
  readonly #now: () => number;
  #begunAt = 0;

  /**
   * @param maxChars longer ones are not kept; as long as somebody follows, they stay here all the same
   * @param now milliseconds of any clock that does not go back
   */
  constructor(
    maxChars: number,
    followed: () => boolean,
    now: () => number = () => performance.now(),
  ) {
    this.#maxChars = maxChars;
    this.#followed = followed;
    this.#now = now;
  }

  /** Something the first caller is shown. */
  shown(item: DecodedFrame): void {
    if (this.lost) return;
    const at = this.#now();
    if (this.items.length === 0) this.#begunAt = at;
    this.items.push(item);
    if (item.frame === null) return;
    this.#times.push(Math.round(at - this.#begunAt));
    this.chars += item.frame.raw.length;
    if (this.chars > this.#maxChars) this.#tooLong();
  }

  #tooLong(): void {
    if (this.chars <= MAX_FOLLOWED_CHARS && this.#followed()) return;
    this.lost = true;
    this.items = [];
    this.#times = [];
    this.failure ??= new GatewayError(
      'upstream_invalid_response',
      `The answer is longer than the ${MAX_FOLLOWED_CHARS / 1024 / 1024} MB that requests can share.`,
    );
  }

  /** What follows is made by another, and joined to what was shown. */
  takenOver(): void {
    if (this.items.length < this.eventsFrom) this.eventsFrom = this.items.length;
  }

  finished(): void {
    this.isWhole = !this.lost;
  }

  failed(error: GatewayError): void {
    if (!this.isWhole) this.failure ??= error;
  }

  /** Its frames say all of it. */
  get isOfFrames(): boolean {
    return (
      this.eventsFrom === Number.POSITIVE_INFINITY &&
      this.items.every(({ frame, events }) => frame !== null || events.length === 0)
    );
  }

  /** Of its frames, in milliseconds after the first. */
  get timesMs(): readonly number[] {
    return this.#times;
  }

  /** Its frames as they came. */
  text(): string {
    let text = '';
    for (const { frame } of this.items) if (frame !== null) text += frame.raw;
    return text;
  }
}
