// What a refusal of S3 means for a batch. Its codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
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

/** @param text the answer's XML @param now Unix milliseconds */
export function s3Trouble(response: Response, text: string, now: number): Delivery {
  const code = /<Code>([A-Za-z0-9.]{1,60})<\/Code>/.exec(text)?.[1] ?? null;
  const plain = deliveryOf(response, now);
  const why = `it answered ${response.status}${code === null ? '' : ` ${code}`}`;
  if (plain.kind === 'later') return { ...plain, why };
  if (code !== null && LATER.has(code)) return { kind: 'later', why, afterMs: null };
  const region = response.headers.get('x-amz-bucket-region');
  const elsewhere = region === null ? '' : `; the bucket is in ${region.slice(0, 40)}`;
  // Rows do not spoil each other here: it is the place.
  return { kind: 'refused', why: why + elsewhere };
}
