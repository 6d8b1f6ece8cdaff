// One HTTP request to one provider: URL, authentication, headers; network faults become GatewayErrors.
import { GatewayError } from '../core/errors.ts';
import type { Candidate, ProviderKey } from '../core/plan.ts';
import type { Provider } from '../core/provider.ts';

export interface UpstreamRequest {
  readonly candidate: Candidate;
  readonly key: ProviderKey | null;
  /** Follows the provider's base URL. */
  readonly path: string;
  readonly body: string;
  readonly stream: boolean;
  /** Caller headers the dialect lets through. */
  readonly forwarded: { readonly [name: string]: string } | null;
  readonly signal: AbortSignal;
}

/** The provider's reply, whatever its status. Throws `upstream_unreachable`, or the signal's own reason. */
export async function send(request: UpstreamRequest): Promise<Response> {
  const { provider } = request.candidate.configured;
  try {
    return await fetch(provider.baseUrl + request.path, {
      method: 'POST',
      headers: headersFor(provider, request),
      body: request.body,
      signal: request.signal,
      // A redirect could carry the provider's key to another host.
      redirect: 'manual',
      // Bun's own five-minute limit; ours are in AttemptWatch.
      timeout: false,
    } as RequestInit);
  } catch (thrown) {
    throw networkError(thrown, request.signal);
  }
}

function headersFor(provider: Provider, request: UpstreamRequest): { [name: string]: string } {
  const headers: { [name: string]: string } = {
    'content-type': 'application/json',
    ...provider.headers,
  };
  if (request.stream) {
    headers.accept = 'text/event-stream';
    // A compressed stream waits in the compressor: events must leave as they are made.
    headers['accept-encoding'] = 'identity';
  }
  if (request.forwarded) Object.assign(headers, request.forwarded);
  const { auth } = provider;
  if (request.key && auth.kind === 'bearer') headers.authorization = `Bearer ${request.key.secret}`;
  if (request.key && auth.kind === 'header') headers[auth.name] = request.key.secret;
  return headers;
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
