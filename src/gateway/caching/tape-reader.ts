// TapeReader: a stream that somebody else's request is getting, from its beginning: what is on the tape, then what comes.
import { GatewayError } from '../../core/errors.ts';
import type { Abort } from '../../lib/abort.ts';
import type { AnswerStream, DecodedFrame } from '../upstream-stream.ts';
import type { Tape } from './tape.ts';

/** Tells a delivery of frames that from here on there are events: its own way of changing over is that one breaks off. */
export const TAKEN_OVER = new GatewayError(
  'upstream_stream_truncated',
  'Another model went on with the answer.',
);

/** Frames that are read in one go. */
const MAX_AT_ONCE = 128;

export class TapeReader implements AnswerStream {
  readonly #tape: Tape;
  readonly #advance: () => Promise<unknown>;
  readonly #abort: Abort<GatewayError>;
  /** Reads what came after another had taken over. */
  readonly #after: boolean;
  /** How frames look to this caller. */
  readonly #shown: (frame: DecodedFrame) => DecodedFrame;
  #at: number;
  #behind = false;

  /**
   * @param advance settles when there may be more on the tape
   * @param shown how a frame looks to this caller
   */
  constructor(
    tape: Tape,
    advance: () => Promise<unknown>,
    abort: Abort<GatewayError>,
    part: 'frames' | 'events' = 'frames',
    shown: (frame: DecodedFrame) => DecodedFrame = (frame) => frame,
  ) {
    this.#shown = shown;
    this.#tape = tape;
    this.#advance = advance;
    this.#abort = abort;
    this.#after = part === 'events';
    this.#at = this.#after ? tape.eventsFrom : 0;
  }

  /** Rejects with the reason where its own caller is gone or out of time. */
  async read(): Promise<readonly DecodedFrame[] | null> {
    const tape = this.#tape;
    for (;;) {
      const { items } = tape;
      const end = this.#after ? items.length : Math.min(items.length, tape.eventsFrom);
      if (this.#at < end) {
        // Who comes late has much to catch up with, and others wait for their turn.
        if (this.#behind) await new Promise((turn) => setImmediate(turn));
        const upTo = Math.min(end, this.#at + MAX_AT_ONCE);
        const frames = items.slice(this.#at, upTo).map(this.#shown);
        this.#at = upTo;
        this.#behind = upTo < end;
        return frames;
      }
      if (!this.#after && this.#at >= tape.eventsFrom) return broken(TAKEN_OVER);
      if (tape.failure !== null) return broken(tape.failure);
      if (tape.isWhole) return null;
      await this.#abort.until(this.#advance());
    }
  }

  drain(): void {}

  cancel(): void {}

  /** Whoever asked saw to it that it tells nothing. */
  readonly redact = (error: GatewayError) => error;
}

function broken(error: GatewayError): readonly DecodedFrame[] {
  return [{ frame: null, events: [{ type: 'error', error }] }];
}
