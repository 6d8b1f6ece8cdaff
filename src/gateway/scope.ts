// What may end an exchange before it is done: the caller hangs up, the total time is over, or the gateway stops.

import { GatewayError } from '../core/errors.ts';
import { Abort } from '../lib/abort.ts';
import { clientClosed } from './client-closed.ts';

export class ExchangeScope {
  readonly abort = new Abort<GatewayError>();
  readonly #caller: AbortSignal;
  readonly #onHangUp = () => this.abort.trigger(clientClosed());
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(caller: AbortSignal) {
    this.#caller = caller;
    if (caller.aborted) this.#onHangUp();
    else caller.addEventListener('abort', this.#onHangUp);
  }

  /** Starts the total deadline, in milliseconds from now; in place of one that runs. */
  limit(totalMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.abort.trigger(
        new GatewayError(
          'total_timeout',
          `The request was not done within its total time of ${totalMs} ms.`,
        ),
      );
    }, totalMs);
  }

  /** The gateway stops and can wait no longer. */
  stop(): void {
    this.abort.trigger(
      new GatewayError(
        'shutting_down',
        'The gateway was stopped before the answer was complete. Send the request again.',
      ),
    );
  }

  /** The exchange is over. */
  end(): void {
    clearTimeout(this.#timer);
    this.#caller.removeEventListener('abort', this.#onHangUp);
  }
}
