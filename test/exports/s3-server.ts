// A server that speaks as much of S3 as exports need, and checks each signature as AWS describes it:
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { LogRow } from '../../src/core/log-row.ts';
import {
  type Answer,
  type FaultyServer,
  type Received,
  startFaultyServer,
} from './faulty-server.ts';

export const S3_KEY = 'AKIDEXAMPLE';
export const S3_SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
export const S3_REGION = 'eu-central-1';

export interface S3Server extends FaultyServer {
  /** By bucket and key: `/bucket/dt=…`. */
  readonly objects: Map<string, Buffer>;
  /** How often something was put under each name. */
  readonly puts: Map<string, number>;
  /** Names that were written with other rows than before: what was there is lost. */
  readonly changed: string[];
  refused: number;
}

export async function startS3Server(bucket: string): Promise<S3Server> {
  const objects = new Map<string, Buffer>();
  const puts = new Map<string, number>();
  const changed: string[] = [];
  const server = await startFaultyServer((received) => {
    const problem = signatureProblem(received);
    if (problem !== null) {
      s3.refused += 1;
      return refusal(403, problem);
    }
    const path = decodeURIComponent(received.target.split('?')[0] ?? '');
    if (!path.startsWith(`/${bucket}/`)) return refusal(404, 'NoSuchBucket');
    if (received.method !== 'PUT') return refusal(405, 'MethodNotAllowed');
    const before = objects.get(path);
    if (before !== undefined && textOf(path, before) !== textOf(path, received.body))
      changed.push(path);
    objects.set(path, received.body);
    puts.set(path, (puts.get(path) ?? 0) + 1);
    return { status: 200, headers: { etag: '"x"' } };
  });
  const s3: S3Server = { ...server, objects, puts, changed, refused: 0 };
  return s3;
}

/** How often each row stands in all objects together. */
export function rowsIn(objects: ReadonlyMap<string, Buffer>): Map<string, number> {
  const rows = new Map<string, number>();
  for (const [path, body] of objects) {
    if (!path.includes('/dt=')) continue;
    for (const line of textOf(path, body).trimEnd().split('\n')) {
      const { id, at } = JSON.parse(line) as LogRow;
      if (!path.includes(`/dt=${at.slice(0, 10)}/hh=${at.slice(11, 13)}/`))
        throw new Error(`${id} of ${at} is in ${path}`);
      rows.set(id, (rows.get(id) ?? 0) + 1);
    }
  }
  return rows;
}

function textOf(path: string, body: Buffer): string {
  if (path.endsWith('.gz')) return gunzipSync(body).toString();
  return path.endsWith('.zst') ? zstdDecompressSync(body).toString() : body.toString();
}

function refusal(status: number, code: string): Answer {
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`;
  return { status, headers: { 'content-type': 'application/xml' }, body };
}

/** Null: it is as AWS wants it. */
function signatureProblem({ method, target, headers, body }: Received): string | null {
  const form =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/;
  const [, key, day = '', region, names = '', signature = ''] =
    form.exec(headers.authorization ?? '') ?? [];
  if (key !== S3_KEY) return 'InvalidAccessKeyId';
  if (region !== S3_REGION) return 'AuthorizationHeaderMalformed';
  const hash = headers['x-amz-content-sha256'] ?? '';
  if (hash !== createHash('sha256').update(body).digest('hex')) return 'XAmzContentSHA256Mismatch';
  const time = headers['x-amz-date'] ?? '';
  const sentAt = Date.parse(
    time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'),
  );
  if (!time.startsWith(day) || !(Math.abs(Date.now() - sentAt) < 15 * 60_000))
    return 'RequestTimeTooSkewed';
  const signed = names.split(';');
  const must = ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))];
  if (must.some((name) => !signed.includes(name))) return 'AccessDenied';
  const [path = '', query = ''] = target.split('?');
  const canonical = [
    method,
    path
      .split('/')
      .map((part) => encoded(decodeURIComponent(part)))
      .join('/'),
    query,
    ...signed.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/\s+/g, ' ')}`),
    '',
    names,
    hash,
  ].join('\n');
  const scope = `${day}/${region}/s3/aws4_request`;
  const sha = createHash('sha256').update(canonical).digest('hex');
  const text = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha}`;
  const mac = (secret: string | Buffer, words: string) =>
    createHmac('sha256', secret).update(words).digest();
  const signing = mac(mac(mac(mac(`AWS4${S3_SECRET}`, day), S3_REGION), 's3'), 'aws4_request');
  const expected = mac(signing, text);
  return timingSafeEqual(expected, Buffer.from(signature, 'hex')) ? null : 'SignatureDoesNotMatch';
}

/** RFC 3986: letters, digits and -._~ as they are. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
