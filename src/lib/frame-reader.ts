// FrameReader: the bytes of a streamed body, in any pieces → whole frames.
import { type SseFrame, SseParser } from './sse.ts';

export interface FrameReader {
  /** The frames that are whole now. Throws a RangeError where one is too long, a SyntaxError where the bytes are no frames. */
  push(bytes: Uint8Array): SseFrame[];
  /** What remains when the body has ended. */
  end(): SseFrame[];
}

/** Server-sent events in UTF-8. */
export class SseReader implements FrameReader {
  readonly #text = new TextDecoder();
  readonly #parser = new SseParser();

  push(bytes: Uint8Array): SseFrame[] {
    return this.#parser.push(this.#text.decode(bytes, { stream: true }));
  }

  end(): SseFrame[] {
    return [...this.#parser.push(this.#text.decode()), ...this.#parser.end()];
  }
}
