// The request body as text, never more of it than the limit.
import { GatewayError } from '../core/errors.ts';

/** Keeps nothing between whole texts. */
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Throws `request_too_large` as soon as that is known (by the declared length, or while reading), `client_closed` where
 * the caller is gone before the end, and `invalid_json` where the bytes are no UTF-8: read leniently, they would reach a
 * provider as something else than was sent.
 */
export async function readBody(request: Request, maxBytes: number): Promise<string> {
  const bytes = await readBytes(request, { maxBytes, setting: 'server.max_body' });
  try {
    return UTF8.decode(bytes);
  } catch (cause) {
    throw new GatewayError('invalid_json', 'The request body is not valid UTF-8 text.', { cause });
  }
}

export interface BodyLimit {
  readonly maxBytes: number;
  /** What the operator can raise. */
  readonly setting: string;
}

/** The body as it is. Throws `request_too_large` and `client_closed`. */
export async function readBytes(request: Request, limit: BodyLimit): Promise<Uint8Array> {
  const encoding = request.headers.get('content-encoding');
  if (encoding !== null && encoding !== 'identity') {
    throw new GatewayError(
      'invalid_request',
      `The request body is compressed (content-encoding: ${encoding.slice(0, 40)}): send it as it is.`,
      { param: 'content-encoding' },
    );
  }
  const declared = request.headers.get('content-length');
  if (declared !== null && Number(declared) > limit.maxBytes) throw tooLarge(limit);
  try {
    return await (declared === null ? readPieces(request, limit) : request.bytes());
  } catch (thrown) {
    if (thrown instanceof GatewayError) throw thrown;
    throw new GatewayError(
      'client_closed',
      'The caller closed the connection before the request was complete.',
      {
        cause: thrown,
      },
    );
  }
}

async function readPieces({ body }: Request, limit: BodyLimit): Promise<Uint8Array> {
  if (!body) return new Uint8Array();
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.byteLength;
    if (bytes > limit.maxBytes) throw tooLarge(limit);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function tooLarge({ maxBytes, setting }: BodyLimit): GatewayError {
  const megabytes = Math.round((maxBytes / 1024 ** 2) * 10) / 10;
  return new GatewayError(
    'request_too_large',
    `The request body is larger than this gateway's limit of ${megabytes} MB. Send less, or raise ${setting} in the configuration.`,
  );
}
