// Rows as objects of S3, or of what speaks as S3 does: NDJSON by the hour in which requests arrived. An object's name comes of the rows
// in it: a batch that is sent again overwrites itself.
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { AwsV4Signer } from 'aws4fetch';
import type { S3Settings } from '../../config/export-s3-schema.ts';
import { GatewayError } from '../../core/errors.ts';
import type { LogRow } from '../../core/log-row.ts';
import { httpCall } from '../../lib/http-call.ts';
import { batchName } from '../batch-name.ts';
import type { Delivery, ExportSink } from '../export-sink.ts';
import type { SinkTools } from '../sinks.ts';
import { s3Delivery } from './s3-delivery.ts';
import { type S3Place, s3Place } from './s3-place.ts';

const MAX_ROWS = 50_000;
const MAX_BYTES = 5 * 1024 * 1024;
const MAX_AGE_MS = 60_000;
const DEFAULT_TIMEOUT_MS = 60_000;
/** Of the answer: what is wrong, as XML. */
const MAX_ANSWER_BYTES = 64 * 1024;
/** `2026-11-23T14` of a row's time. */
const HOUR_CHARS = 13;
const DATE_CHARS = 10;

const COMPRESSIONS = {
  gzip: { ending: '.ndjson.gz', pack: (text: string) => gzipSync(text) },
  zstd: { ending: '.ndjson.zst', pack: (text: string) => zstdCompressSync(text) },
  none: { ending: '.ndjson', pack: (text: string) => Buffer.from(text) },
} as const;

type Tools = Pick<SinkTools, 'fetch' | 'now' | 'name' | 'environment'>;

/** Throws `invalid_request` where there are no credentials. */
export function s3Sink(settings: S3Settings, tools: Tools): ExportSink {
  const place = s3Place(settings, tools.environment);
  if (place === null)
    throw new GatewayError(
      'invalid_request',
      `exports.${tools.name} has no credentials: set access_key_id and secret_access_key, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment.`,
    );
  const { timeout: timeoutMs = DEFAULT_TIMEOUT_MS } = settings;
  const { ending, pack } = COMPRESSIONS[settings.compression ?? 'gzip'];
  const prefix = settings.prefix?.replace(/^\/+|\/+$/g, '') ?? '';
  const path = (name: string) => (prefix === '' ? name : `${prefix}/${name}`);
  const put = (name: string, body: Uint8Array, signal: AbortSignal) =>
    putObject(place, path(name), body, { tools: { ...tools, timeoutMs }, signal });
  return {
    kind: 's3',
    maxRows: MAX_ROWS,
    maxBytes: MAX_BYTES,
    maxAgeMs: MAX_AGE_MS,
    timeoutMs,
    // Writing is all it needs to be allowed, and all that tells.
    test: (signal) => put('switchyard-test', Buffer.from('Switchyard can write here.\n'), signal),
    async send(rows, signal) {
      const batch = batchName(rows);
      for (const [hour, some] of byHour(rows)) {
        const text = some.map((row) => `${JSON.stringify(row)}\n`).join('');
        const folder = `dt=${hour.slice(0, DATE_CHARS)}/hh=${hour.slice(DATE_CHARS + 1)}`;
        const answer = await put(`${folder}/${batch}${ending}`, pack(text), signal);
        // What is there already overwrites itself the next time.
        if (answer.kind !== 'taken') return answer;
      }
      return { kind: 'taken', rejected: [] };
    },
  };
}

function byHour(rows: readonly LogRow[]): Map<string, LogRow[]> {
  const hours = new Map<string, LogRow[]>();
  for (const row of rows) {
    const hour = row.at.slice(0, HOUR_CHARS);
    const some = hours.get(hour);
    if (some === undefined) hours.set(hour, [row]);
    else some.push(row);
  }
  return hours;
}

interface PutOptions {
  readonly tools: Tools & { readonly timeoutMs: number };
  readonly signal: AbortSignal;
}

async function putObject(
  place: S3Place,
  name: string,
  body: Uint8Array,
  { tools, signal }: PutOptions,
): Promise<Delivery> {
  const { fetch } = tools;
  const now = tools.now();
  const { region, accessKeyId, secretAccessKey, sessionToken } = place;
  const url = `${place.url}/${name.split('/').map(encodeURIComponent).join('/')}`;
  const signed = await new AwsV4Signer({
    ...{ method: 'PUT', url, service: 's3', region, accessKeyId, secretAccessKey },
    ...(sessionToken === null ? {} : { sessionToken }),
    body: body as Uint8Array<ArrayBuffer>,
    headers: {
      'content-type': 'application/octet-stream',
      // The service checks what arrived against it.
      'x-amz-content-sha256': new Bun.CryptoHasher('sha256').update(body).digest('hex'),
    },
    datetime: new Date(now).toISOString().replaceAll(/[:-]|\.\d{3}/g, ''),
  }).sign();
  const answer = await httpCall({
    ...{ fetch, url: signed.url.href, method: 'PUT', headers: signed.headers, signal, now },
    body: body as Uint8Array<ArrayBuffer>,
    ...{ timeoutMs: tools.timeoutMs, maxBytes: MAX_ANSWER_BYTES, isByStatus: true },
  });
  return s3Delivery(answer);
}
