// Tape: what was shown of a streamed answer so far, for those who get the same answer: now beside the first, or later.
import type { GatewayError } from '../../core/errors.ts';
import type { DecodedFrame } from '../upstream-stream.ts';

export class Tape {
  readonly items: DecodedFrame[] = [];
  /** From this item on they are events alone, for another went on with the answer; Infinity: none did. */
  eventsFrom = Number.POSITIVE_INFINITY;
  /** How it ended; null: it has not. */
  failure: GatewayError | null = null;
  isWhole = false;
  chars = 0;
  readonly #times: number[] = [];
  readonly #now: () => number;
  #begunAt = 0;

  /** @param now milliseconds of any clock that does not go back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Something the first caller is shown. */
  shown(item: DecodedFrame): void {
    const at = this.#now();
    if (this.items.length === 0) this.#begunAt = at;
    this.items.push(item);
    if (item.frame === null) return;
    this.#times.push(Math.round(at - this.#begunAt));
    this.chars += item.frame.raw.length;
  }

  /** What follows is made by another, and joined to what was shown. */
  takenOver(): void {
    if (this.items.length < this.eventsFrom) this.eventsFrom = this.items.length;
  }

  finished(): void {
    this.isWhole = true;
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
