// Pictures, speech and transcripts through the gateway with the official SDK: bytes stay bytes, streams stay streams.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { toFile } from 'openai';
import { PIXEL_PNG } from '../../../sim/operations/image.ts';
import { silence } from '../../../sim/operations/speak.ts';
import { readForm } from '../../../src/lib/multipart.ts';
import { ADMIN_KEY } from '../gateway-under-test.ts';
import { until } from '../until.ts';
import { type Ground, known, metadataOf, only, openGround } from './operation-ground.ts';

let ground: Ground;

beforeAll(async () => {
  ground = await openGround('server: { max_body: "20KB", max_upload: "100KB" }');
});
afterAll(() => ground.stop());

describe('images', () => {
  test('pass, counted by the picture where that is how they are sold', async () => {
    const ask = { model: 'one/by-picture', prompt: 'a grey pixel', n: 3, size: '256x256' } as const;
    const caused = await ground.watch(() => ground.openai.images.generate(ask));
    const { body, row } = only(caused, 'one', '/v1/images/generations');
    expect(body).toEqual({ ...ask, model: 'by-picture' });
    expect(caused.result.data?.map(({ b64_json }) => b64_json)).toEqual([
      PIXEL_PNG,
      PIXEL_PNG,
      PIXEL_PNG,
    ]);
    expect(known(row)).toEqual({ input: 3, output: 300, images: 3 });
    expect([row.endpoint, row.cost_usd]).toEqual(['images.generations', 0.12]);
    metadataOf(caused.result, row);
  });

  test('and by the token where that is', async () => {
    const caused = await ground.watch(() =>
      ground.openai.images.generate({ model: 'one/echo', prompt: 'four' }),
    );
    const { row } = only(caused, 'one', '/v1/images/generations');
    expect([known(row), row.cost_usd]).toEqual([{ input: 1, output: 100, images: 1 }, 0.000201]);
  });

  test('streamed, with the metadata in the last event', async () => {
    const caused = await ground.watch(async () => {
      const events = [];
      const ask = {
        model: 'one/by-picture',
        prompt: 'x',
        stream: true,
        partial_images: 2,
      } as const;
      for await (const event of await ground.openai.images.generate(ask)) events.push(event);
      return events;
    });
    const { row } = only(caused, 'one', '/v1/images/generations');
    expect(caused.result.map(({ type }) => type)).toEqual([
      'image_generation.partial_image',
      'image_generation.partial_image',
      'image_generation.completed',
    ]);
    expect([row.stream, row.cost_usd, known(row).images]).toEqual([true, 0.04, 1]);
    metadataOf(caused.result.at(-1), row);
  });

  test('edits are a form: the picture arrives byte for byte, the next provider gets it too', async () => {
    const picture = Buffer.from(PIXEL_PNG, 'base64');
    const caused = await ground.watch(async () =>
      ground.openai.images.edit({
        model: 'one/echo+status=503',
        prompt: 'greyer',
        image: await toFile(picture, 'pixel.png', { type: 'image/png' }),
        // @ts-expect-error ours
        models: ['two/echo'],
        metadata: { tier: 'gold' },
      }),
    );
    expect(caused.rows.map(({ model, metadata }) => [model, metadata])).toEqual([
      ['two/echo', { tier: 'gold' }],
    ]);
    const request = caused.requests.two[0];
    const form = readForm(
      request?.bytes ?? Buffer.alloc(0),
      request?.headers['content-type'] ?? '',
    );
    expect(form.parts.map(({ name }) => name).sort()).toEqual(['image', 'model', 'prompt']);
    const part = form.parts.find(({ name }) => name === 'image');
    expect(Buffer.from(form.bytes.subarray(part?.contentStart, part?.contentEnd))).toEqual(picture);
  });
});

describe('speech', () => {
  test('the sound arrives byte for byte, counted in characters', async () => {
    const input = 'Grüße 👋'.repeat(100);
    const caused = await ground.watch(async () => {
      const reply = await ground.openai.audio.speech.create({
        model: 'one/by-character',
        input,
        voice: 'alloy',
      });
      return { headers: reply.headers, bytes: Buffer.from(await reply.arrayBuffer()) };
    });
    const { body, row } = only(caused, 'one', '/v1/audio/speech');
    expect(body).toEqual({ model: 'by-character', input, voice: 'alloy' });
    expect(caused.result.bytes.equals(silence(input.length))).toBe(true);
    const { headers } = caused.result;
    expect(headers.get('content-type')).toBe('audio/wav');
    expect([headers.get('x-generation-id'), headers.get('x-actual-model')]).toEqual([
      row.id,
      'one/by-character',
    ]);
    expect([known(row), row.cost_usd]).toEqual([{ characters: 700 }, 0.0105]);
    expect(row.ttft_ms).toBeGreaterThan(0);
  });

  test('as events, with usage and metadata in the last', async () => {
    const caused = await ground.watch(async () => {
      const reply = await ground.openai.audio.speech.create({
        model: 'one/echo',
        input: 'hello',
        voice: 'alloy',
        stream_format: 'sse',
      });
      return (await reply.text())
        .trim()
        .split('\n\n')
        .map((frame) => JSON.parse(frame.slice('data: '.length)));
    });
    const { row } = only(caused, 'one', '/v1/audio/speech');
    expect(caused.result.map(({ type }) => type)).toEqual([
      'speech.audio.delta',
      'speech.audio.done',
    ]);
    expect([known(row), row.cost_usd]).toEqual([{ input: 2, output: 5, characters: 5 }, 0.000012]);
    metadataOf(caused.result.at(-1), row);
  });

  test('a failure, JSON or an empty body in its place falls over before the first byte', async () => {
    for (const fault of ['status=503', 'error-in-200', 'empty', 'content-type=text/html']) {
      const caused = await ground.watch(() =>
        ground.gateway.post('/v1/audio/speech', {
          model: `one/echo+${fault}`,
          input: 'x',
          models: ['two/echo'],
        }),
      );
      const bytes = Buffer.from(await caused.result.arrayBuffer());
      expect([fault, bytes.subarray(0, 4).toString()]).toEqual([fault, 'RIFF']);
      expect(caused.result.headers.get('x-actual-model')).toBe('two/echo');
    }
  });

  test('silence before the first byte falls over, silence after it breaks off', async () => {
    const ask = { input: 'x'.repeat(900), models: ['two/echo'] };
    const late = await ground.watch(() =>
      ground.gateway
        .post('/v1/audio/speech', {
          ...ask,
          model: 'one/echo+stall-headers',
          fallback: { ttft_timeout: '300ms' },
        })
        .then((reply) => reply.arrayBuffer()),
    );
    expect(late.rows[0]?.attempts.map(({ error }) => error)).toEqual([
      'upstream_first_token_timeout',
      null,
    ]);
    const silent = await ground.watch(() =>
      ground.gateway
        .post('/v1/audio/speech', {
          ...ask,
          model: 'one/echo+stall=1',
          fallback: { idle_timeout: '50ms' },
        })
        .then((reply) => reply.arrayBuffer())
        .catch(() => 'broken'),
    );
    expect(silent.result).toBe('broken');
    expect(silent.rows.map(({ error }) => error?.code)).toEqual(['upstream_idle_timeout']);
    expect(silent.requests.two).toHaveLength(0);
  });

  test('bytes that break off break the caller’s connection, and the row says why', async () => {
    const caused = await ground.watch(async () => {
      const reply = await ground.gateway.post('/v1/audio/speech', {
        model: 'one/echo+cut=1',
        input: 'x'.repeat(900),
      });
      expect(reply.status).toBe(200);
      return reply.arrayBuffer().then(
        () => 'all',
        () => 'broken',
      );
    });
    expect(caused.result).toBe('broken');
    expect(caused.rows.map(({ outcome, error }) => [outcome, error?.code])).toEqual([
      ['error', 'upstream_stream_truncated'],
    ]);
  });

  test('a caller who hangs up stops the provider, and the row says so', async () => {
    const abort = new AbortController();
    const caused = await ground.watch(async () => {
      const reply = await fetch(`${ground.gateway.url}/v1/audio/speech`, {
        method: 'POST',
        headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'one/echo+stall=1', input: 'x'.repeat(900) }),
        signal: abort.signal,
      });
      await reply.body?.getReader().read();
      abort.abort();
      await until(() => ground.sims.one.requests[0]?.clientAborted === true);
      await until(async () => (await ground.gateway.rows()).at(-1)?.outcome === 'aborted');
    });
    expect(caused.rows.map(({ status, error }) => [status, error?.code])).toEqual([
      [499, 'client_closed'],
    ]);
  });
});

describe('transcriptions', () => {
  // Every byte there is, line ends and things that look like boundaries among them.
  const sound = Buffer.concat([
    Buffer.from(Array.from({ length: 256 }, (_, value) => value)),
    Buffer.from('\r\n--not-the-boundary\r\n\r\n'),
  ]);
  const file = () => toFile(sound, 'meeting "1".wav', { type: 'audio/wav' });

  test('the file arrives byte for byte, under the provider’s name for the model and without our fields', async () => {
    const caused = await ground.watch(async () =>
      ground.openai.audio.transcriptions.create({
        file: await file(),
        model: 'one/echo',
        language: 'en',
        timestamp_granularities: ['word'],
        // @ts-expect-error ours
        models: ['two/echo', 'claude/echo'],
        fallback: { total_timeout: '20s' },
        user: 'ann',
      }),
    );
    const { request, row } = only(caused, 'one', '/v1/audio/transcriptions');
    const form = readForm(request.bytes ?? Buffer.alloc(0), request.headers['content-type'] ?? '');
    const fields = form.parts.map((part) => {
      const content = Buffer.from(form.bytes.subarray(part.contentStart, part.contentEnd));
      return [part.name, part.filename === null ? content.toString() : content.equals(sound)];
    });
    expect(fields).toEqual([
      ['file', true],
      ['model', 'echo'],
      ['language', 'en'],
      ['timestamp_granularities[]', 'word'],
      ['user', 'ann'],
    ]);
    expect(known(row)).toEqual({ input: 5, audio_in: 120, output: 10 });
    expect([row.endpoint, row.user, row.cost_usd]).toEqual([
      'audio.transcriptions',
      'ann',
      0.000385,
    ]);
    metadataOf(caused.result, row);
  });

  test('verbose_json is counted by the minute where that is how it is sold', async () => {
    const caused = await ground.watch(async () =>
      ground.openai.audio.transcriptions.create({
        file: await file(),
        model: 'one/by-minute',
        response_format: 'verbose_json',
      }),
    );
    const { row } = only(caused, 'one', '/v1/audio/transcriptions');
    expect([known(row), row.cost_usd]).toEqual([{ seconds: 12 }, 0.0012]);
    expect(caused.result.segments?.[0]?.end).toBe(12);
  });

  for (const [format, type, start] of [
    ['text', 'text/plain', 'A simulated transcript'],
    ['srt', 'text/plain', '1\n00:00:00,000 --> '],
    ['vtt', 'text/vtt', 'WEBVTT\n'],
  ] as const)
    test(`${format} passes as it is, without metadata`, async () => {
      const form = new FormData();
      form.set('model', 'one/echo');
      form.set('response_format', format);
      form.set('file', new Blob([sound]), 'a.wav');
      const caused = await ground.watch(async () => {
        const reply = await fetch(`${ground.gateway.url}/audio/transcriptions`, {
          method: 'POST',
          headers: { authorization: `Bearer ${ADMIN_KEY}` },
          body: form,
        });
        return { type: reply.headers.get('content-type'), text: await reply.text() };
      });
      only(caused, 'one', '/v1/audio/transcriptions');
      expect(caused.result.type).toContain(type);
      expect(caused.result.text.startsWith(start)).toBe(true);
      expect(caused.result.text).not.toContain('generation_id');
    });

  test('streamed: events as they come, usage and metadata in the last', async () => {
    const caused = await ground.watch(async () => {
      const ask = { file: await file(), model: 'one/echo+say=one%20two', stream: true } as const;
      const events = [];
      for await (const event of await ground.openai.audio.transcriptions.create(ask))
        events.push(event);
      return events;
    });
    const { row } = only(caused, 'one', '/v1/audio/transcriptions');
    expect(caused.result.map(({ type }) => type)).toEqual([
      'transcript.text.delta',
      'transcript.text.delta',
      'transcript.text.done',
    ]);
    expect([row.stream, known(row)]).toEqual([true, { input: 5, audio_in: 120, output: 2 }]);
    metadataOf(caused.result.at(-1), row);
  });

  test('translations go the same way', async () => {
    const caused = await ground.watch(async () =>
      ground.openai.audio.translations.create({ file: await file(), model: 'one/echo' }),
    );
    const { row } = only(caused, 'one', '/v1/audio/translations');
    expect(row.endpoint).toBe('audio.translations');
  });

  test('no file is a 400 that says so; a broken form too', async () => {
    const form = new FormData();
    form.set('model', 'one/echo');
    const post = (body: FormData | string, headers = {}) =>
      fetch(`${ground.gateway.url}/v1/audio/transcriptions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${ADMIN_KEY}`, ...headers },
        body,
      });
    const caused = await ground.watch(() => post(form));
    expect(caused.result.status).toBe(400);
    expect(await caused.result.json()).toMatchObject({ error: { param: 'file' } });
    expect(caused.requests.one).toHaveLength(0);
    const other = await post('model=x', { 'content-type': 'application/x-www-form-urlencoded' });
    expect(await other.text()).toContain('content-type must be multipart/form-data');
    const broken = await post('--x\r\nnothing', {
      'content-type': 'multipart/form-data; boundary=x',
    });
    expect([broken.status, await broken.text()]).toEqual([
      400,
      expect.stringContaining('cannot be read'),
    ]);
  });

  test('a file over the limit is a 413 that says how to raise it; one under it passes, though larger than a body may be', async () => {
    const send = (bytes: number) => {
      const form = new FormData();
      form.set('model', 'one/echo');
      form.set('file', new Blob([new Uint8Array(bytes)]), 'a.wav');
      return fetch(`${ground.gateway.url}/v1/audio/transcriptions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${ADMIN_KEY}` },
        body: form,
      });
    };
    const large = await ground.watch(() => send(200_000));
    expect(large.result.status).toBe(413);
    expect(await large.result.text()).toContain('server.max_upload');
    expect(large.requests.one).toHaveLength(0);
    expect(large.rows.map(({ error }) => error?.code)).toEqual(['request_too_large']);
    const fitting = await ground.watch(() => send(90_000));
    expect(fitting.result.status).toBe(200);
  });
});
