// Delivery: a committed stream on its way to the caller, in the caller's dialect, written down as it passes.
import type { ChatDialect, Encoder, Relay, ReplyContext } from '../core/dialect.ts';
import { GatewayError, toGatewayError } from '../core/errors.ts';
import type { Answered } from './attempt.ts';
import type { Inbound } from './inbound.ts';
import type { Recording } from './recording.ts';
import { needyTools, ToolCallCheck } from './tool-call-check.ts';
import type { DecodedFrame, UpstreamStream } from './upstream-stream.ts';

type StreamAnswer = Extract<Answered, { kind: 'stream' }>;

export class Delivery {
  readonly #dialect: ChatDialect;
  readonly #recording: Recording;
  readonly #stream: UpstreamStream;
  /** Where each frame goes: on as it is, or through the caller's encoder. */
  readonly #relay: Relay | null;
  readonly #encoder: Encoder | null;
  readonly #settle: () => void;
  readonly #calls: ToolCallCheck;
  #held: readonly DecodedFrame[] | null;
  #over = false;
  #reading = false;
  /** How it ended, for who reads on. */
  #last: string | null = null;
  #failure: GatewayError | null = null;

  /** @param settle called once, before the exchange is written down: estimates what nobody reported. */
  constructor(
    answer: StreamAnswer,
    inbound: Pick<Inbound, 'dialect'> & Partial<Pick<Inbound, 'call'>>,
    recording: Recording,
    context: ReplyContext,
    settle: () => void,
  ) {
    this.#dialect = inbound.dialect;
    this.#recording = recording;
    this.#stream = answer.stream;
    this.#held = answer.held;
    this.#settle = settle;
    this.#calls = new ToolCallCheck(
      answer.verbatim || !inbound.call ? undefined : needyTools(inbound.call().tools),
    );
    const metadata = () => recording.metadata(this.#failure);
    this.#relay = answer.verbatim ? inbound.dialect.relay(context, metadata) : null;
    this.#encoder = answer.verbatim ? null : inbound.dialect.encoder(context, metadata);
  }

  /** The next text to send, as soon as there is any; null when the stream is over. Never throws. */
  async next(): Promise<string | null> {
    while (!this.#over) {
      let text: string;
      try {
        this.#reading = this.#held === null;
        const frames = this.#held ?? (await this.#stream.read());
        this.#reading = false;
        this.#held = null;
        // Hung up while it was read: what came then is nobody's.
        if (this.#over) break;
        text = frames === null ? this.#truncated() : this.#pass(frames);
      } catch (thrown) {
        this.#reading = false;
        text = this.#fail(toGatewayError(thrown));
      }
      if (text !== '') return text;
    }
    const last = this.#last;
    this.#last = null;
    return last;
  }

  /**
   * The exchange is stopped. While a read is under way that read tells of it; true: nobody reads, and it ended here. Who
   * reads on later gets the reason.
   */
  stop(reason: GatewayError): boolean {
    if (reason.code === 'client_closed') this.hangUp();
    else if (!this.#over && !this.#reading) this.#last = this.#fail(reason);
    return this.#over;
  }

  /** The caller hung up: the provider's connection closes at once and the row says so. */
  hangUp(): void {
    if (this.#over) return;
    this.#over = true;
    this.#stream.cancel();
    this.#settle();
    const error = new GatewayError(
      'client_closed',
      'The caller closed the connection before the answer was complete.',
    );
    this.#recording.finish('aborted', error.status, error);
  }

  #pass(frames: readonly DecodedFrame[]): string {
    const relay = this.#relay;
    const encoder = this.#encoder;
    let text = '';
    for (const { frame, events } of frames) {
      let finished = false;
      for (const event of events) {
        if (event.type === 'error') return text + this.#fail(this.#stream.redact(event.error));
        this.#recording.observe(event);
        if (event.type === 'finish') {
          finished = true;
          this.#settle();
        }
        if (!encoder) continue;
        const broken = this.#calls.observe(event);
        if (broken) return text + this.#fail(broken);
        text += encoder.push(event);
      }
      if (relay && frame) text += relay.push(frame);
      if (finished) return text + this.#complete(relay);
    }
    return text;
  }

  #complete(relay: Relay | null): string {
    const text = relay ? relay.end() : '';
    this.#over = true;
    this.#stream.drain();
    this.#recording.finish('ok', 200, null);
    return text;
  }

  #truncated(): string {
    return this.#fail(
      new GatewayError(
        'upstream_stream_truncated',
        'The provider ended its answer without finishing it.',
      ),
    );
  }

  /** After the first content an error can only be told inside the stream: loudly, and never with a normal end. */
  #fail(error: GatewayError): string {
    this.#over = true;
    this.#stream.cancel();
    this.#settle();
    this.#failure = error;
    const outcome = error.code === 'client_closed' ? 'aborted' : 'error';
    this.#recording.finish(outcome, error.status, error);
    const outlet = this.#relay ?? this.#encoder;
    return (
      outlet?.fail?.(error) ??
      this.#dialect.encodeErrorFrame(error, this.#recording.metadata(error))
    );
  }
}
