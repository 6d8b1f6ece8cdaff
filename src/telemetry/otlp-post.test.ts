// What becomes of a batch, whatever the collector says.
import { describe, expect, test } from 'bun:test';
import { type PostOptions, postOtlp, type ReadReply } from './otlp-post.ts';

const TARGET = {
  url: 'http://collector/v1/traces',
  headers: { 'api-key': 'k' },
  timeoutMs: 1000,
  gzip: true,
};
const NOW = Date.parse('2026-11-23T00:00:00Z');
const silent: ReadReply = () => ({ rejected: 0, note: null });

/** The collector's answers in turn, and how long was waited between them. */
function scene(answers: readonly (() => Response)[], stopAfter = Number.POSITIVE_INFINITY) {
  const waits: number[] = [];
  const sent: RequestInit[] = [];
  const retries: string[] = [];
  const options: PostOptions = {
    fetch: async (_, init) => {
      sent.push(init);
      const answer = answers[sent.length - 1];
      if (answer === undefined) throw new Error('one too many');
      return answer();
    },
    sleep: async (ms) => void waits.push(ms),
    stopped: () => waits.length >= stopAfter,
    chance: () => 0,
    now: () => NOW,
    onRetry: (why) => retries.push(why),
  };
  return { options, waits, sent, retries };
}

const status =
  (code: number, headers: { [name: string]: string } = {}) =>
  () =>
    new Response(null, { status: code, headers });
const refused = () => {
  throw Object.assign(new Error('http://user:password@collector'), { code: 'ECONNREFUSED' });
};
const post = (body: Uint8Array, options: PostOptions, tries: number | null = null, read = silent) =>
  postOtlp(TARGET, body, read, options, tries);
const BODY = new Uint8Array([1, 2, 3]);

describe('a batch', () => {
  test('is taken at once', async () => {
    const { options, waits, sent } = scene([status(200)]);
    expect(await post(BODY, options)).toEqual({ kind: 'taken', rejected: 0, note: null });
    expect(waits).toEqual([]);
    expect(sent[0]).toMatchObject({
      method: 'POST',
      redirect: 'manual',
      headers: { 'api-key': 'k', 'content-type': 'application/x-protobuf' },
    });
    expect(sent[0]?.headers).not.toHaveProperty('content-encoding');
  });

  test('of some size is compressed', async () => {
    const { options, sent } = scene([status(200)]);
    const large = new Uint8Array(5000);
    await post(large, options);
    expect(sent[0]?.headers).toHaveProperty('content-encoding', 'gzip');
    expect(Bun.gunzipSync(sent[0]?.body as Uint8Array<ArrayBuffer>)).toEqual(large);
  });

  test('is sent again, ever more rarely, while the collector cannot take it', async () => {
    const down = [status(503), refused, status(429), status(502), status(504), refused, refused];
    const { options, waits, retries } = scene([...down, status(200)]);
    expect(await post(BODY, options)).toMatchObject({ kind: 'taken' });
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    expect(retries.slice(0, 2)).toEqual([
      'it answered 503',
      'it could not be reached (ECONNREFUSED)',
    ]);
    expect(retries.join()).not.toContain('password');
  });

  test('waits as long as the collector says, within reason', async () => {
    const date = new Date(NOW + 7000).toUTCString();
    const { options, waits } = scene([
      status(429, { 'retry-after': '3' }),
      status(503, { 'retry-after': date }),
      status(503, { 'retry-after': '86400' }),
      status(503, { 'retry-after': 'soon' }),
      status(200),
    ]);
    await post(BODY, options);
    expect(waits).toEqual([3000, 7000, 300_000, 8000]);
  });

  test.each([400, 401, 413, 500, 307])('is given up when the answer is %i', async (code) => {
    const { options, waits } = scene([status(code)]);
    expect(await post(BODY, options)).toEqual({ kind: 'refused', why: `it answered ${code}` });
    expect(waits).toEqual([]);
  });

  test('stays unsent when its tries are used up, or the gateway ends', async () => {
    const once = scene([status(503)]);
    expect(await post(BODY, once.options, 1)).toEqual({ kind: 'unsent', why: 'it answered 503' });
    const ending = scene([status(503), status(503)], 2);
    expect(await post(BODY, ending.options)).toMatchObject({ kind: 'unsent' });
    expect(ending.sent).toHaveLength(2);
  });

  test('that is taken in part says so; a reply that cannot be read says nothing', async () => {
    const reply = (type: string) => () => new Response('x', { headers: { 'content-type': type } });
    const some: ReadReply = () => ({ rejected: 2, note: 'too old' });
    const partial = scene([reply('application/x-protobuf')]);
    expect(await post(BODY, partial.options, null, some)).toEqual({
      kind: 'taken',
      rejected: 2,
      note: 'too old',
    });
    const json = scene([reply('application/json')]);
    expect(await post(BODY, json.options, null, some)).toMatchObject({ rejected: 0 });
    const broken = scene([reply('application/x-protobuf')]);
    const throwing: ReadReply = () => {
      throw new RangeError('not protobuf');
    };
    expect(await post(BODY, broken.options, null, throwing)).toMatchObject({ rejected: 0 });
  });
});
