// JoinedRescue: what becomes of somebody else's stream where it changes hands or breaks off, for one who follows it.
import type { Delivered } from '../../core/delivered.ts';
import { GatewayError } from '../../core/errors.ts';
import type { Abort } from '../../lib/abort.ts';
import type { Answered, StreamAnswer } from '../attempt.ts';
import type { Successor } from '../rescue.ts';
import type { Flight } from './flight.ts';
import { isLeadersOwn } from './leaders-own.ts';
import type { Tape } from './tape.ts';
import { TAKEN_OVER, TapeReader } from './tape-reader.ts';

export interface Follower {
  readonly abort: Abort<GatewayError>;
  /** It fails where the one that leads does. */
  readonly alike: boolean;
  /** Whether it would ask whoever answers now. */
  readonly welcome: () => boolean;
  /** Its own way on, at its own cost. */
  readonly own: Successor;
  /** Told that another answers now. */
  readonly tookOver: () => void;
}

export class JoinedRescue implements Successor {
  readonly #flight: Flight;
  readonly #followed: { readonly answered: StreamAnswer; readonly tape: Tape };
  readonly #follower: Follower;

  constructor(
    flight: Flight,
    followed: { readonly answered: StreamAnswer; readonly tape: Tape },
    follower: Follower,
  ) {
    this.#flight = flight;
    this.#followed = followed;
    this.#follower = follower;
  }

  /** What is on the tape cannot be taken back: the leader's caller has it. */
  possible(): boolean {
    return false;
  }

  mayGoOn(delivered: Delivered, broken: GatewayError): boolean {
    const { alike, welcome, own } = this.#follower;
    if (broken === TAKEN_OVER && welcome()) return true;
    // What stopped the leader and all it could ask stops whoever asks alike.
    if (broken !== TAKEN_OVER && alike && !isLeadersOwn(broken)) return false;
    return own.mayGoOn(delivered, cut(broken));
  }

  async goOn(delivered: Delivered, broken: GatewayError): Promise<Answered> {
    const { abort, welcome, own, tookOver } = this.#follower;
    if (broken !== TAKEN_OVER || !welcome()) return own.goOn(delivered, cut(broken));
    tookOver();
    const { answered, tape } = this.#followed;
    const stream = new TapeReader(tape, () => this.#flight.advance(), abort, 'events');
    return { ...answered, plain: false, verbatim: false, continued: null, held: [], stream };
  }
}

function cut(broken: GatewayError): GatewayError {
  return new GatewayError(
    'upstream_stream_truncated',
    `The request whose answer this one shared was ended: ${broken.message}`,
  );
}
