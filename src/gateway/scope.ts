// The one AbortSignal of an exchange: the caller hangs up, the total time is over, or the gateway stops.
import { GatewayError } from '../core/errors.ts';

export class ExchangeScope {
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal;
  readonly #onHangUp = () =>
    this.#abort(
      new GatewayError(
        'client_closed',
        'The caller closed the connection before the answer was complete.',
      ),
    );
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(caller: AbortSignal) {
    this.#caller = caller;
    if (caller.aborted) this.#onHangUp();
    else caller.addEventListener('abort', this.#onHangUp, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Starts the total deadline, in milliseconds from now. */
  limit(totalMs: number): void {
    this.#timer = setTimeout(() => {
      this.#abort(
        new GatewayError(
          'total_timeout',
          `The request was not done within its total time of ${totalMs} ms.`,
        ),
      );
    }, totalMs);
  }

  /** The gateway stops and can wait no longer. */
  stop(): void {
    this.#abort(
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

  #abort(reason: GatewayError): void {
    this.#controller.abort(reason);
  }
}
