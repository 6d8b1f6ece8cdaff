// ByteFlow: an answer that is bytes (sound, subtitles) on its way to the caller, as it comes and never kept.

import { GatewayError } from '../core/errors.ts';
import { networkError } from '../upstream/send.ts';
import { clientClosed } from './client-closed.ts';
import { breakWhole } from './injected-faults.ts';
import type { Recording } from './recording.ts';
import type { RunningAttempt } from './upstream-stream.ts';

interface Reader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

/** An answer whose first bytes are here. */
export interface BegunBytes {
  readonly first: Uint8Array;
  readonly reader: Reader;
  readonly running: RunningAttempt;
  readonly contentType: string;
}

/** Waits for the first bytes: until then a failure is nobody's to see. Throws `upstream_invalid_response` where none come. */
export async function beginBytes(response: Response, running: RunningAttempt): Promise<BegunBytes> {
  const contentType = response.headers.get('content-type') ?? 'application/octet-stream';
  try {
    if (running.fault) await breakWhole(running.fault, response, running.signal);
    const reader = response.body?.getReader() as Reader | undefined;
    for (;;) {
      const piece = await reader?.read();
      if (piece === undefined || piece.done)
        throw new GatewayError(
          'upstream_invalid_response',
          'The provider answered with an empty body.',
        );
      if (piece.value === undefined || piece.value.byteLength === 0) continue;
      running.watch.firstToken();
      running.watch.rests();
      if (reader === undefined) continue;
      return { first: piece.value, reader, running, contentType };
    }
  } catch (thrown) {
    throw networkError(thrown, running.signal);
  }
}

export class ByteFlow {
  readonly #bytes: BegunBytes;
  readonly #recording: Recording;
  #first: Uint8Array | null;
  #over = false;
  #reading = false;
  /** Why it broke off, for who reads on. */
  #broken: GatewayError | null = null;

  constructor(bytes: BegunBytes, recording: Recording) {
    this.#bytes = bytes;
    this.#recording = recording;
    this.#first = bytes.first;
  }

  /** The next bytes; null after the last. Throws where they break off: the caller's connection must not end as if all were there. */
  async next(): Promise<Uint8Array | null> {
    if (this.#broken !== null) throw this.#broken;
    if (this.#over) return null;
    const first = this.#first;
    this.#first = null;
    if (first !== null) return first;
    const { reader, running } = this.#bytes;
    this.#reading = true;
    running.watch.asks();
    try {
      const { done, value } = await reader.read();
      running.watch.event();
      if (!done) return value ?? new Uint8Array();
    } catch (thrown) {
      throw this.#fail(networkError(thrown, running.signal));
    } finally {
      this.#reading = false;
      running.watch.rests();
    }
    this.#end();
    this.#recording.current?.completed();
    this.#recording.finish('ok', 200, null);
    return null;
  }

  /** The exchange is stopped. While a read is under way that read tells of it; true: nobody reads, and it ended here. */
  stop(reason: GatewayError): boolean {
    if (reason.code === 'client_closed') this.hangUp();
    else if (!this.#over && !this.#reading) {
      this.#bytes.reader.cancel().catch(() => undefined);
      this.#fail(reason);
    }
    return this.#over;
  }

  /** The caller hung up: the provider's connection closes at once and the row says so. */
  hangUp(): void {
    if (this.#over) return;
    this.#end();
    this.#bytes.reader.cancel().catch(() => undefined);
    const error = clientClosed();
    this.#recording.finish('aborted', error.status, error);
  }

  #fail(error: GatewayError): GatewayError {
    this.#end();
    const told =
      error.code === 'upstream_unreachable'
        ? new GatewayError(
            'upstream_stream_truncated',
            'The provider closed the connection in the middle of its answer.',
          )
        : error;
    this.#broken = told;
    this.#recording.finish(told.code === 'client_closed' ? 'aborted' : 'error', told.status, told);
    return told;
  }

  #end(): void {
    this.#over = true;
    this.#bytes.running.release();
  }
}
