// One HTTP request to one provider: URL, authentication, headers; network faults become GatewayErrors.
import { GatewayError } from '../core/errors.ts';
import type { Candidate, ProviderKey } from '../core/plan.ts';
import type { Provider } from '../core/provider.ts';
import type { TraceHeaders } from '../core/trace-context.ts';
import { forgetGoogleToken } from '../google/access-token.ts';
import { untilAborted } from '../lib/until-aborted.ts';
import { authorize } from './authorize.ts';

/** A body other than JSON text, such as a form with a file in it. */
export interface TypedBody {
  readonly bytes: Uint8Array;
  readonly contentType: string;
}

export interface UpstreamRequest {
  readonly candidate: Candidate;
  readonly key: ProviderKey | null;
  readonly method?: 'POST' | 'GET' | 'DELETE';
  /** Follows the provider's base URL. */
  readonly path: string;
  /** JSON text, or bytes with their type; null: none. */
  readonly body: string | TypedBody | null;
  readonly stream: boolean;
  /** Caller headers the dialect lets through. */
  readonly forwarded: { readonly [name: string]: string } | null;
  /** Whose trace it is part of. No signature covers it, so that proxies may write their own. */
  readonly trace?: TraceHeaders | null;
  readonly signal: AbortSignal;
}

type HeaderRecord = { [name: string]: string };

/** The provider's reply, whatever its status. Throws `upstream_unreachable`, `upstream_auth`, or the signal's own reason. */
export async function send(request: UpstreamRequest): Promise<Response> {
  const { provider } = request.candidate.configured;
  const url = provider.baseUrl + request.path;
  const method = request.method ?? 'POST';
  const headers = headersFor(provider, request);
  const body = typeof request.body === 'string' ? request.body : (request.body?.bytes ?? '');
  const proof = authorize(provider, request.key, { method, url, headers, body });
  Object.assign(headers, proof instanceof Promise ? await awaited(proof, request.signal) : proof);
  try {
    const response = await fetch(url, {
      method,
      headers,
      ...(request.body === null ? {} : { body }),
      signal: request.signal,
      // A redirect could carry the provider's key to another host.
      redirect: 'manual',
      // Bun's own five-minute limit; ours are in AttemptWatch.
      timeout: false,
    } as RequestInit);
    // A token may be taken back before its time: the next request fetches another.
    if (response.status === 401 && request.key?.google) forgetGoogleToken(request.key.google);
    return response;
  } catch (thrown) {
    throw networkError(thrown, request.signal);
  }
}

/** A proof that has to be fetched or made; its waiting is under the request's own deadlines. */
async function awaited<T>(proof: Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await untilAborted(signal, proof);
  } catch (thrown) {
    throw signal.aborted ? networkError(thrown, signal) : thrown;
  }
}

function headersFor(provider: Provider, request: UpstreamRequest): HeaderRecord {
  const headers: HeaderRecord = {
    'content-type':
      typeof request.body === 'object' && request.body !== null
        ? request.body.contentType
        : 'application/json',
    ...provider.headers,
  };
  if (request.stream) {
    headers.accept =
      provider.auth.kind === 'aws' ? 'application/vnd.amazon.eventstream' : 'text/event-stream';
    // A compressed stream waits in the compressor: events must leave as they are made.
    headers['accept-encoding'] = 'identity';
  }
  if (request.forwarded) Object.assign(headers, request.forwarded);
  if (request.trace) Object.assign(headers, request.trace);
  return headers;
}

/** A whole body. Throws what `send` throws where it breaks off. */
export async function readText(response: Response, signal: AbortSignal): Promise<string> {
  try {
    return await response.text();
  } catch (thrown) {
    throw networkError(thrown, signal);
  }
}

const REFUSED: ReadonlySet<string> = new Set([
  'ConnectionRefused',
  'ECONNREFUSED',
  'FailedToOpenSocket',
  'ENOTFOUND',
  'EAI_AGAIN',
  'DNSException',
]);

/** What a failed fetch or a failed read means. The signal's reason wins: we aborted it ourselves and know why. */
export function networkError(thrown: unknown, signal: AbortSignal): GatewayError {
  if (signal.aborted && signal.reason instanceof GatewayError) return signal.reason;
  if (thrown instanceof GatewayError) return thrown;
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  const what = REFUSED.has(code)
    ? 'refused the connection or could not be found'
    : 'closed the connection before answering';
  return new GatewayError(
    'upstream_unreachable',
    `The provider ${what}${code === '' ? '' : ` (${code})`}.`,
    {
      upstreamCode: REFUSED.has(code) ? 'refused' : undefined,
      cause: thrown,
    },
  );
}
