// The request body as text, never more of it than the limit.
import { GatewayError } from '../core/errors.ts';

/** Throws `request_too_large` as soon as that is known: by the declared length, or while reading. */
export async function readBody(request: Request, maxBytes: number): Promise<string> {
  const declared = request.headers.get('content-length');
  if (declared !== null) {
    if (Number(declared) > maxBytes) throw tooLarge(maxBytes);
    return request.text();
  }
  if (!request.body) return '';
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const piece of request.body) {
    bytes += piece.byteLength;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}

function tooLarge(maxBytes: number): GatewayError {
  const megabytes = Math.round((maxBytes / 1024 ** 2) * 10) / 10;
  return new GatewayError(
    'request_too_large',
    `The request body is larger than this gateway's limit of ${megabytes} MB. Send less, or raise server.max_body in the configuration.`,
  );
}
