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

export class JoinedRescue implements Successor {
  readonly #flight: Flight;
  readonly #followed: { readonly answered: StreamAnswer; readonly tape: Tape };
  readonly #abort: Abort<GatewayError>;
  readonly #own: () => Successor | null;

  /** @param own who goes on where the leader's own deadline ended it */
  constructor(
    flight: Flight,
    followed: { readonly answered: StreamAnswer; readonly tape: Tape },
    abort: Abort<GatewayError>,
    own: () => Successor | null,
  ) {
    this.#flight = flight;
    this.#followed = followed;
    this.#abort = abort;
    this.#own = own;
  }

  /** What is on the tape cannot be taken back: the leader's caller has it. */
  possible(): boolean {
    return false;
  }

  mayGoOn(delivered: Delivered, broken: GatewayError): boolean {
    if (broken === TAKEN_OVER) return true;
    return isLeadersOwn(broken) && this.#own()?.mayGoOn(delivered, cut(broken)) === true;
  }

  async goOn(delivered: Delivered, broken: GatewayError): Promise<Answered> {
    const { answered, tape } = this.#followed;
    if (broken !== TAKEN_OVER) {
      const own = this.#own();
      if (own === null) throw broken;
      return own.goOn(delivered, cut(broken));
    }
    const advance = () => this.#flight.advance();
    const stream = new TapeReader(tape, advance, this.#abort, 'events');
    return { ...answered, plain: false, verbatim: false, continued: null, held: [], stream };
  }
}

function cut(broken: GatewayError): GatewayError {
  return new GatewayError(
    'upstream_stream_truncated',
    `The request whose answer this one shared was ended: ${broken.message}`,
  );
}
