// What an injected fault does to one attempt: before its request, to the head of the reply, and to a reply that comes whole.
import type { Decoder } from '../core/dialect.ts';
import { GatewayError } from '../core/errors.ts';
import type { InjectedFault } from '../core/injected-fault.ts';
import type { FrameReader } from '../lib/frame-reader.ts';
import { untilAborted } from '../lib/until-aborted.ts';
import { type ByteReader, FaultyReader } from './faulty-reader.ts';

/** Fails as this fault does without the provider: nothing is sent and nothing spent. Returns where it is a fault of replies. */
export function failUnsent(
  fault: InjectedFault,
  decodeError: (status: number, headers: Headers, body: undefined, text: string) => GatewayError,
): void {
  switch (fault.kind) {
    case 'status': {
      const { status, retryAfterS } = fault;
      const headers = new Headers(retryAfterS === null ? {} : { 'retry-after': `${retryAfterS}` });
      const { code, details } = decodeError(status, headers, undefined, '');
      throw new GatewayError(
        code,
        `${INJECTED} status ${status}, the provider not asked.`,
        details,
      );
    }
    case 'refused':
      throw new GatewayError(
        'upstream_unreachable',
        `${INJECTED} connection refused, the provider not asked.`,
        { upstreamCode: 'refused' },
      );
    case 'timeout':
      throw new GatewayError(
        'upstream_connect_timeout',
        `${INJECTED} no connection in time, the provider not asked.`,
      );
    default:
      return;
  }
}

/** Holds back a reply whose head is here, as long as the fault says or until the attempt is given up. */
export async function holdBack(fault: InjectedFault, signal: AbortSignal): Promise<void> {
  if (fault.kind === 'ttft') await pause(fault.ms, signal);
}

/** Breaks a reply that is not a stream of events: of these there is all or nothing, however much of it should have come. */
export async function breakWhole(
  fault: InjectedFault,
  response: Response,
  signal: AbortSignal,
): Promise<void> {
  switch (fault.kind) {
    case 'stall':
      return pause(null, signal);
    case 'slow':
      return pause(fault.ms, signal);
    case 'cut':
      response.body?.cancel().catch(() => undefined);
      throw new GatewayError('upstream_unreachable', `${INJECTED} the reply broke off.`);
    case 'error':
      response.body?.cancel().catch(() => undefined);
      throw new GatewayError('upstream_error', `${INJECTED} an error in place of the reply.`);
    default:
      return;
  }
}

/** A stream's bytes as this fault lets them through. */
export function faultyReader(
  reader: ByteReader,
  fault: InjectedFault,
  wire: { readonly frames: FrameReader; readonly decoder: Decoder; readonly isText: boolean },
  signal: AbortSignal,
): ByteReader {
  switch (fault.kind) {
    case 'slow':
      return new FaultyReader(reader, wire, signal, { everyMs: fault.ms });
    case 'stall':
      return new FaultyReader(reader, wire, signal, { after: fault.after, error: null });
    case 'cut': {
      const what = `${INJECTED} the stream broke off.`;
      const error = new GatewayError('upstream_stream_truncated', what);
      return new FaultyReader(reader, wire, signal, { after: fault.after, error });
    }
    case 'error': {
      const error = new GatewayError('upstream_error', `${INJECTED} an error inside the stream.`);
      return new FaultyReader(reader, wire, signal, { after: fault.after, error });
    }
    default:
      return reader;
  }
}

/** What messages begin with, so that nobody looks for the fault at the provider. */
const INJECTED = 'Injected fault:';

/** @param ms null: for ever */
function pause(ms: number | null, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = ms === null ? undefined : setTimeout(resolve, ms);
  return untilAborted(signal, promise).finally(() => clearTimeout(timer));
}
