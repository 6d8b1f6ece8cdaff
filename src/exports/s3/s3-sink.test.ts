// Objects in a bucket: names and signatures, as a server checks them that knows nothing of how they were made.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import {
  rowsIn,
  S3_KEY,
  S3_REGION,
  S3_SECRET,
  type S3Server,
  startS3Server,
} from '../../../test/exports/s3-server.ts';
import { type S3Settings, s3 as schema } from '../../config/export-s3-schema.ts';
import type { LogRow } from '../../core/log-row.ts';
import { s3Place } from './s3-place.ts';
import { s3Sink } from './s3-sink.ts';

let server: S3Server;
beforeEach(async () => {
  server = await startS3Server('lake');
});
afterEach(() => server.stop());

const settings = (more: object = {}): S3Settings =>
  schema.parse({
    ...{ type: 's3', bucket: 'lake', endpoint: server.url, region: S3_REGION },
    ...{ access_key_id: S3_KEY, secret_access_key: S3_SECRET },
    ...more,
  });
const tools = { fetch, now: Date.now, name: 'lake', environment: {} };
const signal = () => AbortSignal.timeout(5000);
const row = (at: string, id = Bun.randomUUIDv7()) => ({ id, at, user: 'ada' }) as unknown as LogRow;

describe('a batch', () => {
  for (const compression of ['gzip', 'zstd', 'none'] as const)
    test(`is an object an hour, and overwrites itself: ${compression}`, async () => {
      const rows = [
        row('2026-11-23T14:59:59.999Z'),
        row('2026-11-23T15:00:00.000Z'),
        row('2026-11-22T15:00:00.000Z'),
        row('2026-11-23T15:10:00.000Z'),
      ];
      const sink = s3Sink(settings({ compression, prefix: '/raw/' }), tools);
      for (let time = 0; time < 2; time += 1)
        expect(await sink.send(rows, signal())).toEqual({ kind: 'taken', rejected: [] });
      expect([...server.puts.values()]).toEqual([2, 2, 2]);
      expect(server.changed).toEqual([]);
      const names = [...server.objects.keys()].map((name) => name.replace(/[^/]+$/, ''));
      expect(names.sort()).toEqual([
        '/lake/raw/dt=2026-11-22/hh=15/',
        '/lake/raw/dt=2026-11-23/hh=14/',
        '/lake/raw/dt=2026-11-23/hh=15/',
      ]);
      expect([...rowsIn(server.objects)].sort()).toEqual(
        rows.map(({ id }) => [id, 1] as [string, number]).sort(),
      );
    });

  test('has a name of its own', async () => {
    const sink = s3Sink(settings(), tools);
    await sink.send([row('2026-11-23T14:00:00.000Z')], signal());
    await sink.send([row('2026-11-23T14:00:00.000Z')], signal());
    expect(server.objects.size).toBe(2);
  });
});

describe('a signature', () => {
  for (const prefix of ['plain', "it's (raw)/a+b", 'ä ö/100%/x=y&z', 'a*b!c~d'])
    test(`is good for ${prefix}`, async () => {
      const sink = s3Sink(settings({ prefix, session_token: 'a/token+with=signs' }), tools);
      expect(await sink.test?.(signal())).toEqual({ kind: 'taken', rejected: [] });
      expect([...server.objects.keys()]).toEqual([`/lake/${prefix}/switchyard-test`]);
    });

  test('by another secret is a refusal, with what the server calls it', async () => {
    const sink = s3Sink(settings({ secret_access_key: 'another' }), tools);
    expect(await sink.send([row('2026-11-23T14:00:00.000Z')], signal())).toEqual({
      kind: 'refused',
      why: 'it answered 403 SignatureDoesNotMatch',
    });
    const early = { ...tools, now: () => Date.now() - 3_600_000 };
    // The clock may be set right.
    expect(await s3Sink(settings(), early).test?.(signal())).toMatchObject({
      kind: 'later',
      why: 'it answered 403 RequestTimeTooSkewed',
    });
    expect(server.objects.size).toBe(0);
  });
});

test('a page of another is no receipt', async () => {
  const page = () => Promise.resolve(new Response('<html>Welcome</html>'));
  const sink = s3Sink(settings(), {
    ...tools,
    fetch: Object.assign(page, { preconnect: fetch.preconnect }),
  });
  for (const answer of [
    await sink.test?.(signal()),
    await sink.send([row('2026-11-23T14:00:00.000Z')], signal()),
  ])
    expect(JSON.stringify(answer)).toMatch(/"later".*no ETag/);
});

describe('where', () => {
  test('a bucket is', () => {
    const at = (more: object) => s3Place({ ...settings(), ...more } as S3Settings, {})?.url;
    expect(at({ endpoint: undefined })).toBe('https://lake.s3.eu-central-1.amazonaws.com');
    expect(at({ endpoint: undefined, bucket: 'my.lake' })).toBe(
      'https://s3.eu-central-1.amazonaws.com/my.lake',
    );
    expect(at({ endpoint: 'https://minio:9000/s3/' })).toBe('https://minio:9000/s3/lake');
    expect(at({ endpoint: 'https://r2.example', path_style: false })).toBe(
      'https://lake.r2.example',
    );
  });

  test('credentials come from, and that there are none', () => {
    const { access_key_id: _, secret_access_key: __, region: ___, ...bare } = settings();
    const environment = {
      AWS_ACCESS_KEY_ID: 'a',
      AWS_SECRET_ACCESS_KEY: 'b',
      AWS_SESSION_TOKEN: 'c',
    };
    expect(s3Place(bare, environment)).toMatchObject({
      ...{ accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c', region: 'us-east-1' },
    });
    // A token belongs to its key pair.
    expect(s3Place(settings(), environment)).toMatchObject({ sessionToken: null });
    expect(() => s3Sink(bare, tools)).toThrow('AWS_ACCESS_KEY_ID');
  });
});
