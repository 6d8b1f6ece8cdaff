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

export function s3Delivery(answer: HttpAnswer | NoAnswer): Delivery {
  const plain = deliveryOf(answer);
  if (answer.status === null || plain.kind === 'taken') return plain;
  const { status, text, headers } = answer;
  const code = /<Code>([A-Za-z0-9.]{1,60})<\/Code>/.exec(text)?.[1] ?? null;
  const why = `it answered ${status}${code === null ? '' : ` ${code}`}`;
  if (plain.kind === 'later') return { ...plain, why };
  if (code !== null && LATER.has(code)) return { kind: 'later', why, afterMs: null };
  const region = headers.get('x-amz-bucket-region');
  const elsewhere = region === null ? '' : `; the bucket is in ${region.slice(0, 40)}`;
  // Rows do not spoil each other here: it is the place.
  return { kind: 'refused', why: why + elsewhere };
}
