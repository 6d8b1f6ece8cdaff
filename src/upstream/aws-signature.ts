// AWS Signature Version 4: the headers that prove a request was made by the holder of a key pair.
import { AwsV4Signer } from 'aws4fetch';
import type { AwsCredentials } from '../core/plan.ts';
import type { SignedRequest } from './authorize.ts';

/** Signing keys hold for one day; yesterday's are of no use to anybody. */
let day = '';
let signingKeys = new Map<string, ArrayBuffer>();

/**
 * The headers to add. Only the host, the time and the session's token are signed besides method, path and body: everything
 * else may be changed by a proxy in between. Characters that are percent-encoded in the path (the `:` of a model's version,
 * the `/` of an ARN) are encoded once more in what is signed, as every service but S3 wants it; the library does so.
 * @param at now, in Unix milliseconds
 */
export async function awsSignature(
  credentials: AwsCredentials,
  service: string,
  request: SignedRequest,
  at: number = Date.now(),
): Promise<{ readonly [name: string]: string }> {
  const datetime = new Date(at).toISOString().replaceAll(/[:-]|\.\d{3}/g, '');
  if (datetime.slice(0, 8) !== day) {
    day = datetime.slice(0, 8);
    signingKeys = new Map();
  }
  const { accessKeyId, secretAccessKey, sessionToken, region } = credentials;
  const signer = new AwsV4Signer({
    method: request.method,
    url: request.url,
    body: request.body as string | Uint8Array<ArrayBuffer>,
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    service,
    region,
    cache: signingKeys,
    datetime,
  });
  const signed = await signer.sign();
  return Object.fromEntries(signed.headers.entries());
}
