// What an answer of S3 means for a batch. Its codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
import type { HttpAnswer, NoAnswer } from '../../lib/http-call.ts';
import type { Delivery } from '../export-sink.ts';
import { deliveryOf } from '../http-delivery.ts';

/** With a status that says otherwise, and yet it may work the next time. */
const LATER: ReadonlySet<string> = new Set([
  'RequestTimeout',
  'RequestTimeTooSkewed',
  'IncompleteBody',
  'BadDigest',
  'XAmzContentSHA256Mismatch',
  'OperationAborted',
  'SlowDown',
  'ExpiredToken',
]);

/** PutObject answers the ETag of what is kept; a proxy's page, or another server's, is no receipt. */
const NOT_S3: Delivery = {
  kind: 'later',
  why: 'an answer that is not of S3: it has no ETag. Check endpoint',
  afterMs: null,
};

export function s3Delivery(answer: HttpAnswer | NoAnswer): Delivery {
  const plain = deliveryOf(answer);
  if (answer.status === null) return plain;
  const { status, text, headers } = answer;
  if (plain.kind === 'taken') return headers.has('etag') ? plain : NOT_S3;
  const code = /<Code>([A-Za-z0-9.]{1,60})<\/Code>/.exec(text)?.[1] ?? null;
  const why = `it answered ${status}${code === null ? '' : ` ${code}`}`;
  if (plain.kind === 'later') return { ...plain, why };
  if (code !== null && LATER.has(code)) return { kind: 'later', why, afterMs: null };
  const region = headers.get('x-amz-bucket-region');
  const elsewhere = region === null ? '' : `; the bucket is in ${region.slice(0, 40)}`;
  // Rows do not spoil each other here: it is the place.
  return { kind: 'refused', why: why + elsewhere };
}
