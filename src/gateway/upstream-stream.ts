// A provider's streamed reply: bytes → frames → events, with the frames kept so that they can pass through unchanged.
import type { Decoder, Disguise, Framing, UpstreamDialect } from '../core/dialect.ts';
import { GatewayError } from '../core/errors.ts';
import type { ChatEvent } from '../core/event.ts';
import type { InjectedFault } from '../core/injected-fault.ts';
import { WrappedEventReader } from '../dialects/bedrock-converse/wrapped-events.ts';
import { AwsEventStreamReader } from '../lib/aws-event-stream.ts';
import { type FrameReader, SseReader } from '../lib/frame-reader.ts';
import type { SseFrame } from '../lib/sse.ts';
import type { AttemptWatch } from '../upstream/limits.ts';
import { networkError } from '../upstream/send.ts';
import { faultyReader } from './injected-faults.ts';
import { Undisguise } from './undisguise.ts';

/** A frame with what it says. The frame is null for events made when the stream ended. */
export interface DecodedFrame {
  readonly frame: SseFrame | null;
  readonly events: readonly ChatEvent[];
}

/** A stream's frames, wherever they come from. */
export interface AnswerStream {
  /** The next frames (perhaps none); null after the end. Faults come as an `error` event. */
  read(): Promise<readonly DecodedFrame[] | null>;
  /** Nothing more is wanted: it is whole. */
  drain(): void;
  /** Gives up. */
  cancel(): void;
  /** An error of its without what it must not tell. */
  readonly redact: (error: GatewayError) => GatewayError;
}

/** What this file uses of a body's reader: the platform's types disagree about the rest. */
interface Reader {
  read(): Promise<Piece>;
  cancel(): Promise<void>;
}

interface Piece {
  readonly done: boolean;
  readonly value?: Uint8Array | undefined;
}

/** How long a finished stream may take to close its body, so that its connection can be used again. */
const DRAIN_MS = 1000;

/** What a stream shares with the attempt it belongs to. */
export interface RunningAttempt {
  readonly watch: AttemptWatch;
  readonly signal: AbortSignal;
  /** Stops the watch and lets go of the caller's signal. */
  readonly release: () => void;
  /** An error of the provider's without what it must not tell. */
  readonly redact: (error: GatewayError) => GatewayError;
  /** What an operator wants to fail of it. */
  readonly fault?: InjectedFault | null;
}

/** How a stream is read: cut into frames, decoded, and turned back into what the caller asked for. */
export interface StreamReading {
  readonly dialect: UpstreamDialect;
  readonly framing: Framing;
  readonly disguise: Disguise | undefined;
}

const FRAME_READERS: { readonly [F in Framing]: () => FrameReader } = {
  sse: () => new SseReader(),
  'aws-event-stream': () => new AwsEventStreamReader(),
  'aws-wrapped-events': () => new WrappedEventReader(),
};

export class UpstreamStream implements AnswerStream {
  readonly #reader: Reader;
  readonly #decoder: Decoder;
  readonly #frames: FrameReader;
  readonly #undo: Undisguise | null;
  readonly #watch: AttemptWatch;
  readonly #signal: AbortSignal;
  readonly #release: () => void;
  /** The provider's error without what it must not tell. */
  readonly redact: (error: GatewayError) => GatewayError;
  #ended = false;

  constructor(body: ReadableStream<Uint8Array>, reading: StreamReading, attempt: RunningAttempt) {
    const reader = body.getReader() as Reader;
    this.#reader = attempt.fault ? withFault(reader, attempt.fault, reading, attempt) : reader;
    this.#decoder = reading.dialect.decoder();
    this.#frames = FRAME_READERS[reading.framing]();
    this.#undo = reading.disguise === undefined ? null : new Undisguise(reading.disguise);
    this.#watch = attempt.watch;
    this.#signal = attempt.signal;
    this.#release = attempt.release;
    this.redact = attempt.redact;
  }

  /** The frames of the next piece that came (perhaps none); null after the end. Network faults come as an `error` event. */
  read(): Promise<readonly DecodedFrame[] | null> {
    if (this.#ended) return Promise.resolve(null);
    this.#watch.asks();
    // For every piece of every stream: a callback costs less than an async function does.
    return this.#reader.read().then(this.#onPiece, this.#onBreak);
  }

  readonly #onPiece = ({ value, done }: Piece): readonly DecodedFrame[] => {
    this.#watch.rests();
    let frames: SseFrame[];
    try {
      if (done) {
        this.#end();
        frames = this.#frames.end();
      } else {
        frames = value === undefined ? [] : this.#frames.push(value);
      }
    } catch (thrown) {
      return this.#onBreak(thrown);
    }
    const decoded: DecodedFrame[] = [];
    for (const frame of frames)
      decoded.push({ frame, events: this.#undone(this.#decoder.push(frame)) });
    if (this.#ended) decoded.push({ frame: null, events: this.#undone(this.#decoder.end()) });
    return decoded;
  };

  readonly #onBreak = (thrown: unknown): readonly DecodedFrame[] => {
    this.#end();
    const closing = this.#undone(this.#decoder.end());
    // After its finish reason an answer is whole, however its connection ends.
    if (closing.some((event) => event.type === 'finish')) return [{ frame: null, events: closing }];
    return [{ frame: null, events: [{ type: 'error', error: cutError(thrown, this.#signal) }] }];
  };

  #undone(events: readonly ChatEvent[]): readonly ChatEvent[] {
    const undo = this.#undo;
    return undo === null ? events : events.flatMap((event) => undo.push(event));
  }

  /** Nothing more is wanted: reads the rest in the background so that the connection can be used again. */
  drain(): void {
    if (this.#ended) return;
    this.#end();
    void this.#drain();
  }

  /** Gives up: the provider's connection is closed at once. */
  cancel(): void {
    this.#end();
    this.#reader.cancel().catch(() => undefined);
  }

  #end(): void {
    this.#ended = true;
    this.#release();
  }

  async #drain(): Promise<void> {
    const timer = setTimeout(() => this.#reader.cancel().catch(() => undefined), DRAIN_MS);
    try {
      while (!(await this.#reader.read()).done);
    } catch {
      // The answer was complete: how its connection ends is of no interest.
    } finally {
      clearTimeout(timer);
    }
  }
}

function withFault(
  reader: Reader,
  fault: InjectedFault,
  { dialect, framing }: StreamReading,
  { signal }: RunningAttempt,
): Reader {
  const frames = FRAME_READERS[framing]();
  const wire = { frames, decoder: dialect.decoder(), isText: framing === 'sse' };
  return faultyReader(reader, fault, wire, signal);
}

/** A body that broke off. Our own abort says why itself; anything else is a cut stream. */
function cutError(thrown: unknown, signal: AbortSignal): GatewayError {
  const error =
    thrown instanceof RangeError || thrown instanceof SyntaxError
      ? null
      : networkError(thrown, signal);
  if (error && error.code !== 'upstream_unreachable') return error;
  const what = error
    ? 'The provider closed the connection in the middle of its answer.'
    : 'The provider sent a stream event that is too long or damaged.';
  return new GatewayError(error ? 'upstream_stream_truncated' : 'upstream_invalid_response', what, {
    cause: thrown,
  });
}
