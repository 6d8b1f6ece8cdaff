// FaultyReader: a provider's stream with a fault put into it: the bytes as they came, piece of content by piece of content,
// and then no more, or each too late. It stands where the network does, so that all behind it meets the fault as a real one.
import type { Decoder } from '../core/dialect.ts';
import type { GatewayError } from '../core/errors.ts';
import type { FrameReader } from '../lib/frame-reader.ts';
import { untilAborted } from '../lib/until-aborted.ts';

/** What is used of a body's reader. */
export interface ByteReader {
  read(): Promise<BytePiece>;
  cancel(): Promise<void>;
}

interface BytePiece {
  readonly done: boolean;
  readonly value?: Uint8Array | undefined;
}

/** The end after so many pieces of content (silence where there is no error), or a wait before each. */
export type StreamFault =
  | { readonly after: number; readonly error: GatewayError | null }
  | { readonly everyMs: number };

/** The wire, for telling where content stands in the bytes. */
export interface TappedWire {
  readonly frames: FrameReader;
  readonly decoder: Decoder;
  /** Frames end with a line. */
  readonly isText: boolean;
}

/** Bytes that end with a frame, and how many pieces of content are in them. */
interface Unit {
  readonly bytes: Uint8Array;
  readonly contents: number;
}

const LF = 10;
const CR = 13;

export class FaultyReader implements ByteReader {
  readonly #reader: ByteReader;
  readonly #wire: TappedWire;
  readonly #signal: AbortSignal;
  readonly #fault: StreamFault;
  readonly #sleep: (ms: number) => Promise<void>;
  readonly #cancelled = Promise.withResolvers<void>();
  #units: Unit[] = [];
  #contents = 0;
  /** The bytes are no frames of this wire: whoever reads them will say so. */
  #unreadable = false;

  /** @param signal ends what is waited for here, as it would end a read */
  constructor(
    reader: ByteReader,
    wire: TappedWire,
    signal: AbortSignal,
    fault: StreamFault,
    sleep: (ms: number) => Promise<void> = Bun.sleep,
  ) {
    this.#reader = reader;
    this.#wire = wire;
    this.#signal = signal;
    this.#fault = fault;
    this.#sleep = sleep;
  }

  async read(): Promise<BytePiece> {
    const fault = this.#fault;
    if ('after' in fault && this.#contents >= fault.after) return this.#strike(fault.error);
    while (this.#units.length === 0) {
      const { done, value } = await this.#reader.read();
      if (done) return { done };
      if (value !== undefined) this.#units = this.#split(value);
    }
    const unit = this.#units.shift();
    if (unit === undefined) return { done: false };
    if ('everyMs' in fault && unit.contents > 0) await this.#wait(this.#sleep(fault.everyMs));
    this.#contents += unit.contents;
    return { done: false, value: unit.bytes };
  }

  /** As with a body's own reader, a read that waits ends too. */
  cancel(): Promise<void> {
    this.#units = [];
    this.#cancelled.resolve();
    return this.#reader.cancel();
  }

  async #strike(error: GatewayError | null): Promise<BytePiece> {
    if (error === null) {
      await this.#wait(this.#cancelled.promise);
      return { done: true };
    }
    this.#reader.cancel().catch(() => undefined);
    throw error;
  }

  #wait(work: Promise<void>): Promise<void> {
    return untilAborted(this.#signal, Promise.race([work, this.#cancelled.promise]));
  }

  #split(bytes: Uint8Array): Unit[] {
    const { isText } = this.#wire;
    const units: Unit[] = [];
    let start = 0;
    for (let at = 0; at < bytes.length; ) {
      const end = isText ? lineEnd(bytes, at) : at + 1;
      const contents = this.#contentsIn(bytes.subarray(at, end));
      at = end;
      if (contents === null && end < bytes.length) continue;
      units.push({ bytes: bytes.subarray(start, end), contents: contents ?? 0 });
      start = end;
    }
    return units;
  }

  /** Null where no frame ends in these bytes. */
  #contentsIn(bytes: Uint8Array): number | null {
    if (this.#unreadable) return null;
    try {
      const frames = this.#wire.frames.push(bytes);
      if (frames.length === 0) return null;
      const events = frames.flatMap((frame) => this.#wire.decoder.push(frame));
      return events.filter((event) => event.type === 'block-delta').length;
    } catch {
      this.#unreadable = true;
      return null;
    }
  }
}

/** Just past the line that begins at `from`, or the end of the bytes. */
function lineEnd(bytes: Uint8Array, from: number): number {
  for (let at = from; at < bytes.length; at++) {
    if (bytes[at] === LF || bytes[at] === CR) return at + 1;
  }
  return bytes.length;
}
