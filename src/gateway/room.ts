// Room: what is held of its caller's limits for one request, given back once, whatever becomes of the request.
import type { Exchange } from '../core/exchange.ts';
import { totalInput, totalOutput } from '../core/usage.ts';
import type { CallerMeters } from '../limits/meters/caller-meters.ts';
import type { MeterReading, Reservation, Taken } from '../limits/meters/meter.ts';

type Told = Pick<Exchange, 'attempts' | 'costNano' | 'usage' | 'outcome'>;

const NOTHING: Taken = { nano: 0, tokens: 0 };
/** What was held is taken for it. */
const UNKNOWN: Taken = { nano: null, tokens: null };

export class Room {
  /** Of the caller's rates, for the reply's headers. Empty: they are not limited. */
  readings: readonly MeterReading[] = [];
  /** By which clock they are. */
  readonly now: () => number;
  #reservation: Reservation | null = null;
  #over = false;

  constructor(now: () => number) {
    this.now = now;
  }

  take(reservation: Reservation, { rates }: Pick<CallerMeters, 'rates'>): void {
    if (rates) this.readings = reservation.readings;
    // What was held before was for an answer that did not come.
    this.#reservation?.settle(NOTHING);
    if (this.#over) reservation.settle(NOTHING);
    else this.#reservation = reservation;
  }

  /** The exchange is over, and this is its story. */
  settle(exchange: Told): void {
    this.#settle(this.#reservation === null ? NOTHING : takenBy(exchange));
  }

  /** The exchange is over, should nobody have told its story. */
  end(): void {
    this.#settle(UNKNOWN);
  }

  #settle(taken: Taken): void {
    this.#over = true;
    const reservation = this.#reservation;
    this.#reservation = null;
    reservation?.settle(taken);
  }
}

/**
 * What the row says is what is charged, also of an answer that was cut. Where it does not know the cost (something was used
 * that has no price, or was not counted), what was held is charged: nobody gets it for nothing. Nobody asked, or nothing
 * came of it that anybody bills: nothing is charged.
 */
function takenBy({ attempts, costNano, usage, outcome }: Told): Taken {
  if (attempts.length === 0) return NOTHING;
  const input = totalInput(usage);
  const output = totalOutput(usage);
  const counted = input !== null || output !== null;
  return {
    nano: costNano,
    tokens: counted ? (input ?? 0) + (output ?? 0) : outcome === 'ok' ? null : 0,
  };
}
