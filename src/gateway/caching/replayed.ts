// A stream that is all here, on its way to its caller: in one text, or piece by piece in its time.

import type { ChatDialect } from '../../core/dialect.ts';
import type { GatewayError } from '../../core/errors.ts';
import type { StreamAnswer } from '../attempt.ts';
import { clientClosed } from '../client-closed.ts';
import type { Outlet } from '../outlet.ts';
import type { Recording } from '../recording.ts';
import type { DecodedFrame } from '../upstream-stream.ts';

export function replayed(held: StreamAnswer['held'], outlet: Outlet): string {
  let text = '';
  for (const decoded of held) text += written(decoded, outlet);
  return text + outlet.end();
}

function written({ frame, events }: DecodedFrame, outlet: Outlet): string {
  if (outlet.relays) return frame === null ? '' : outlet.frame(frame);
  let text = '';
  for (const event of events) text += outlet.event(event);
  return text;
}

export interface Pacing {
  readonly held: StreamAnswer['held'];
  /** When each leaves, in milliseconds after the first. */
  readonly due: readonly number[];
  readonly outlet: Outlet;
  readonly dialect: ChatDialect;
  readonly recording: Recording;
}

/** Piece by piece, each in its time. Who takes them slower gets them as they are taken. */
export class PacedReplay {
  readonly #pacing: Pacing;
  #begunAt: number | null = null;
  #at = 0;
  #over = false;
  /** How it ended, for who reads on. */
  #last: string | null = null;
  #wake: (() => void) | null = null;

  constructor(pacing: Pacing) {
    this.#pacing = pacing;
  }

  /** The next text as soon as it is due; null when all is said. Never throws. */
  async next(): Promise<string | null> {
    const { held, due, outlet, recording } = this.#pacing;
    this.#begunAt ??= performance.now();
    let text = '';
    while (!this.#over && this.#at < held.length) {
      const waitMs = this.#begunAt + (due[this.#at] ?? 0) - performance.now();
      if (waitMs > 0) {
        if (text !== '') return text;
        await this.#sleep(waitMs);
        continue;
      }
      const decoded = held[this.#at];
      this.#at += 1;
      if (decoded === undefined) continue;
      for (const event of decoded.events) recording.observe(event);
      text += written(decoded, outlet);
    }
    if (!this.#over) {
      this.#over = true;
      text += outlet.end();
      recording.finish('ok', 200, null);
    } else if (this.#last !== null) {
      text += this.#last;
      this.#last = null;
    }
    return text === '' ? null : text;
  }

  /** The exchange is stopped; true: it ended here. Who reads on gets the reason. */
  stop(reason: GatewayError): boolean {
    if (reason.code === 'client_closed') this.hangUp();
    else if (!this.#over) this.#fail(reason);
    return true;
  }

  hangUp(): void {
    if (this.#over) return;
    const error = clientClosed();
    this.#pacing.recording.finish('aborted', error.status, error);
    this.#end();
  }

  #fail(error: GatewayError): void {
    const { outlet, dialect, recording } = this.#pacing;
    const told = recording.metadata(error);
    this.#last = outlet.fail(error) ?? dialect.encodeErrorFrame(error, told);
    recording.finish('error', error.status, error);
    this.#end();
  }

  #end(): void {
    this.#over = true;
    this.#wake?.();
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      const self = this;
      function done() {
        clearTimeout(timer);
        self.#wake = null;
        resolve();
      }
      this.#wake = done;
    });
  }
}
