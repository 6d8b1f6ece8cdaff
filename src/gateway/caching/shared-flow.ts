// SharedFlow: a stream's way to the caller who asked first, which others may follow on its tape. Whoever has read everything
// and wants more drives it on; what comes then waits for the first caller, who neither slows the others nor is slowed by them.
import type { GatewayError } from '../../core/errors.ts';
import type { Delivery } from '../delivery.ts';

export class SharedFlow {
  readonly #delivery: Delivery;
  /** The first caller hung up; true: the answer goes on for others. */
  readonly #goesOn: () => boolean;
  /** What the first caller has not taken. */
  #waiting: string[] = [];
  /** A step that is under way. */
  #step: Promise<unknown> | null = null;
  #ended = false;
  #left = false;

  constructor(delivery: Delivery, goesOn: () => boolean) {
    this.#delivery = delivery;
    this.#goesOn = goesOn;
  }

  /** For the first caller. Never throws. */
  async next(): Promise<string | null> {
    for (;;) {
      const text = this.#taken();
      if (text !== null) return text;
      if (this.#ended) return null;
      if (this.#step !== null) {
        await this.#step;
        continue;
      }
      const step = this.#delivery.next();
      this.#step = step;
      const piece = await step;
      this.#step = null;
      this.#ended = piece === null;
      return piece;
    }
  }

  /** For those who follow: settles when there may be more on the tape, or it has ended. Never rejects. */
  advance(): Promise<unknown> {
    if (this.#step !== null) return this.#step;
    const step = this.#delivery.next().then((piece) => {
      this.#step = null;
      if (piece === null) this.#ended = true;
      else if (!this.#left) this.#waiting.push(piece);
    });
    this.#step = step;
    return step;
  }

  stop(reason: GatewayError): boolean {
    if (reason.code !== 'client_closed') return this.#delivery.stop(reason);
    this.hangUp();
    return true;
  }

  hangUp(): void {
    this.#left = true;
    this.#waiting = [];
    if (!this.#goesOn()) this.end();
  }

  /** Nobody is left who wants it. */
  end(): void {
    this.#delivery.hangUp();
  }

  #taken(): string | null {
    if (this.#waiting.length === 0) return null;
    const text = this.#waiting.join('');
    this.#waiting = [];
    return text;
  }
}
