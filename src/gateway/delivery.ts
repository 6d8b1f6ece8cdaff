// Delivery: a committed stream on its way to the caller, in the caller's dialect, written down as it passes. Where it breaks
// off, another target goes on with it, and the caller sees one answer.

import { Delivered } from '../core/delivered.ts';
import type { ChatDialect, ReplyContext } from '../core/dialect.ts';
import { type GatewayError, toGatewayError } from '../core/errors.ts';
import type { Answered, StreamAnswer } from './attempt.ts';
import type { Tape } from './caching/tape.ts';
import { clientClosed } from './client-closed.ts';
import type { Inbound } from './inbound.ts';
import { Leg } from './leg.ts';
import { Outlet } from './outlet.ts';
import type { Recording } from './recording.ts';
import type { Successor } from './rescue.ts';
import type { DecodedFrame } from './upstream-stream.ts';

export class Delivery {
  readonly #inbound: Pick<Inbound, 'dialect'> & Partial<Pick<Inbound, 'call'>>;
  readonly #recording: Recording;
  readonly #outlet: Outlet;
  readonly #settle: () => void;
  /** Who may go on with the answer; null where nobody can. */
  #rescue: Successor | null;
  readonly #delivered: Delivered | null;
  readonly #tape: Tape | null;
  #leg: Leg;
  #over = false;
  #reading = false;
  /** Why the current stream broke off. */
  #broken: GatewayError | null = null;
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
    rescue: Successor | null = null,
    tape: Tape | null = null,
  ) {
    this.#inbound = inbound;
    this.#recording = recording;
    this.#settle = settle;
    this.#rescue = rescue;
    this.#tape = tape;
    this.#delivered = rescue === null ? null : new Delivered();
    const metadata = () => recording.metadata(this.#failure);
    this.#outlet = new Outlet(answer.verbatim, inbound.dialect, context, metadata);
    this.#leg = this.#legOf(answer);
  }

  /** The next text to send, as soon as there is any; null when the stream is over. Never throws. */
  async next(): Promise<string | null> {
    while (!this.#over) {
      let text: string;
      this.#reading = true;
      try {
        text = this.#broken === null ? this.#pass(await this.#read()) : await this.#mend();
      } catch (thrown) {
        text = this.#over ? '' : this.#fail(toGatewayError(thrown));
      }
      this.#reading = false;
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
    this.#leg.cancel();
    this.#settle();
    const error = clientClosed();
    this.#tape?.failed(error);
    this.#recording.finish('aborted', error.status, error);
  }

  /** For every piece of every stream: no more promises than there must be. */
  #read(): Promise<readonly DecodedFrame[] | null> | readonly DecodedFrame[] {
    const leg = this.#leg;
    const first = leg.take();
    return first ?? leg.read();
  }

  #pass(frames: readonly DecodedFrame[] | null): string {
    // Hung up while it was read: what came then is nobody's.
    if (this.#over) return '';
    const leg = this.#leg;
    const text = leg.pass(frames);
    if (leg.finished) return text + this.#complete();
    if (leg.broken !== null) this.#breakOff(leg.broken);
    return text;
  }

  /** What was sent stays sent: the caller is told, or another goes on. */
  #breakOff(error: GatewayError): void {
    this.#leg.cancel();
    this.#broken = error;
  }

  /** Another target goes on where this one broke off. The text is that of the error where none does. */
  async #mend(): Promise<string> {
    const broken = this.#broken;
    if (broken === null) return '';
    const rescue = this.#rescue;
    const delivered = this.#delivered;
    if (rescue === null || delivered === null || !rescue.mayGoOn(delivered, broken))
      return this.#fail(broken);
    const answer = await rescue.goOn(delivered, broken);
    if (this.#over) {
      if (answer.kind === 'stream') answer.stream.cancel();
      return '';
    }
    this.#broken = null;
    this.#outlet.takeOver(delivered);
    this.#tape?.takenOver();
    this.#leg = this.#legOf(answer);
    return '';
  }

  #legOf(answer: Answered): Leg {
    const { call } = this.#inbound;
    const delivered = this.#delivered;
    return new Leg(answer, {
      outlet: this.#outlet,
      recording: this.#recording,
      record: this.#recording.current,
      call: call ?? null,
      delivered,
      mayBeRescued: () => delivered !== null && this.#rescue?.possible(delivered) === true,
      settle: this.#settle,
      tape: this.#tape,
    });
  }

  #complete(): string {
    const text = this.#outlet.end();
    this.#over = true;
    this.#tape?.finished();
    this.#leg.drain();
    this.#recording.finish('ok', 200, null);
    return text;
  }

  /** After the first content an error can only be told inside the stream: loudly, and never with a normal end. */
  #fail(error: GatewayError): string {
    this.#over = true;
    this.#leg.cancel();
    this.#settle();
    this.#failure = error;
    this.#tape?.failed(error);
    const outcome = error.code === 'client_closed' ? 'aborted' : 'error';
    this.#recording.finish(outcome, error.status, error);
    return this.#outlet.fail(error) ?? this.#frameOf(error);
  }

  #frameOf(error: GatewayError): string {
    const dialect: ChatDialect = this.#inbound.dialect;
    return dialect.encodeErrorFrame(error, this.#recording.metadata(error));
  }
}
