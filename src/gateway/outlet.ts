// Outlet: a stream's way out to its caller: frames on as they are, events through the caller's encoder; the second takes over
// from the first where another model goes on with an answer.
import type { Delivered } from '../core/delivered.ts';
import type { ChatDialect, Encoder, MetadataSource, Relay, ReplyContext } from '../core/dialect.ts';
import type { GatewayError } from '../core/errors.ts';
import type { ChatEvent } from '../core/event.ts';
import type { SseFrame } from '../lib/sse.ts';

export class Outlet {
  #relay: Relay | null;
  #encoder: Encoder | null;

  /** @param verbatim whether the frames are in the caller's words as they are. */
  constructor(
    verbatim: boolean,
    dialect: ChatDialect,
    context: ReplyContext,
    metadata: MetadataSource,
  ) {
    this.#relay = verbatim ? dialect.relay(context, metadata) : null;
    this.#encoder = verbatim ? null : dialect.encoder(context, metadata);
  }

  /** Whether frames pass as they are. */
  get relays(): boolean {
    return this.#relay !== null;
  }

  frame(frame: SseFrame): string {
    return this.#relay?.push(frame) ?? '';
  }

  event(event: ChatEvent): string {
    return this.#encoder?.push(event) ?? '';
  }

  /** From here on there are only events, which go on from what was delivered. */
  takeOver(delivered: Delivered): void {
    if (this.#relay === null) return;
    this.#encoder = this.#relay.continued(delivered.events());
    this.#relay = null;
  }

  /** What remains to be said after a finished answer's last frame. */
  end(): string {
    return this.#relay?.end() ?? '';
  }

  /** The error where its frames belong into the order of those before; null where any will do. */
  fail(error: GatewayError): string | null {
    const outlet = this.#relay ?? this.#encoder;
    return outlet?.fail?.(error) ?? null;
  }
}
