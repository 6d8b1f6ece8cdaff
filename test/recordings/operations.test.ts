// Recorded embeddings, rerankings, completions, pictures and transcripts, replayed through the whole gateway over HTTP.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { LogRow } from '../../src/core/log-row.ts';
import {
  asArray,
  asNumber,
  asObject,
  asObjects,
  type Json,
  type JsonObject,
  parseJson,
} from '../../src/lib/json.ts';
import { ADMIN_KEY, type GatewayUnderTest, startGateway } from '../journeys/gateway-under-test.ts';
import { recordingsFolder } from './find-recordings.ts';
import {
  fixture,
  type OperationRecording,
  operationRecordings,
  replyRecordings,
  vectorsIn,
} from './operation-recordings.ts';
import {
  type ScriptedUpstream,
  type SeenRequest,
  startScriptedUpstream,
} from './scripted-upstream.ts';

const folder = recordingsFolder();
if (folder === null) console.log('skipped: operations (no recordings at ../shared/recordings)');
const recorded = folder === null ? [] : operationRecordings(folder);
const replies = folder === null ? [] : replyRecordings(folder);
const all = [...recorded, ...replies];

interface Replayed {
  readonly recording: OperationRecording;
  readonly status: number;
  readonly text: string;
  readonly body: JsonObject;
  readonly seen: readonly SeenRequest[];
  readonly row: LogRow | undefined;
}

let upstream: ScriptedUpstream;
let gateway: GatewayUnderTest;
const replayed: Replayed[] = [];

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  const names = new Set([...all.map(({ provider }) => provider), 'groq']);
  const entries = [...names].map(
    (name) => `  ${name}: { base_url: "${upstream.lane(name).url}", api_key: "k-${name}" }`,
  );
  gateway = await startGateway(`providers:\n${entries.join('\n')}\nretries: 0\n`);
  for (const recording of all) {
    const lane = upstream.lane(recording.provider);
    lane.play(recording.response);
    const model = `${recording.provider}/${recording.ask.model}`;
    const reply = await gateway.post(recording.path, { ...recording.ask, model });
    const text = await reply.text();
    const row = (await gateway.rows()).at(-1);
    const body = asObject(parseJson(text)) ?? {};
    replayed.push({ recording, status: reply.status, text, body, seen: lane.take(), row });
  }
}, 120_000);
afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
});

const answered = () => replayed.filter(({ recording }) => recording.response.status === 200);
const whole = () => answered().filter(({ recording }) => !recording.response.chunked);
const of = (path: string, list = whole()) =>
  list.filter(({ recording }) => recording.path === path);
const label = ({ recording }: Replayed) => `${recording.file} ${recording.id}`;
const recordedBody = ({ recording }: Replayed) =>
  asObject(parseJson(recording.response.body)) ?? {};

describe.skipIf(folder === null)('recorded operations', () => {
  test('there are some of every kind', () => {
    const kinds = Object.groupBy(recorded, ({ path, provider }) => `${provider} ${path}`);
    expect(Object.keys(kinds).length).toBeGreaterThanOrEqual(15);
    expect(recorded.length).toBeGreaterThanOrEqual(100);
  });

  test('the provider gets what the recorded client sent it', () => {
    for (const one of replayed) {
      const { sent, provider, file } = one.recording;
      if (sent === null) continue;
      const [request] = one.seen;
      expect([label(one), one.seen.length]).toEqual([label(one), 1]);
      const path = decodeURIComponent(request?.path.slice(provider.length + 1) ?? '');
      expect([label(one), path]).toEqual([label(one), sent.path]);
      const body = comparable(asObject(parseJson(request?.body ?? '')) ?? {}, file);
      expect([label(one), body]).toEqual([label(one), comparable(sent.body, file)]);
      const streamed = sent.body.stream === true ? { stream_options: { include_usage: true } } : {};
      if (sent.body.stream === true) expect(parseJson(request?.body ?? '')).toMatchObject(streamed);
    }
  });

  test('a reply of the endpoint’s own form passes, but for our metadata at its end', () => {
    for (const one of whole()) {
      if (
        !['openai', 'vllm', 'together', 'mistral', 'azure-by-hand'].includes(one.recording.provider)
      )
        continue;
      const { metadata, ...rest } = one.body;
      if (
        one.recording.path === '/v1/embeddings' &&
        typeof vectorsIn(rest)[0] !== typeof vectorsIn(recordedBody(one))[0]
      )
        continue;
      expect([label(one), rest]).toEqual([label(one), recordedBody(one)]);
      const start = one.recording.response.body.trimEnd().slice(0, -1).trimEnd();
      expect([label(one), one.text.startsWith(start)]).toEqual([label(one), true]);
      expect(asObject(metadata)?.generation_id).toBe(one.row?.id ?? '');
    }
  });

  test('vectors are the recorded ones, in the form that was asked for', () => {
    expect(of('/v1/embeddings').length).toBeGreaterThanOrEqual(40);
    for (const one of of('/v1/embeddings')) {
      const base64 = one.recording.ask.encoding_format === 'base64';
      const given = asObjects(one.body.data).map(({ embedding }) => embedding ?? null);
      expect([label(one), given.map((vector) => typeof vector)]).toEqual([
        label(one),
        given.map(() => (base64 ? 'string' : 'object')),
      ]);
      const was = vectorsIn(recordedBody(one));
      expect([label(one), given.map(floats)]).toEqual([label(one), was.map(floats)]);
      expect(asObjects(one.body.data).map(({ index }) => index)).toEqual(
        given.map((_, index) => index),
      );
    }
  });

  test('usage is the recorded figure, estimated and marked where there is none', () => {
    for (const one of of('/v1/embeddings')) {
      const told = tokensTold(one);
      expect([label(one), one.row?.usage_estimated]).toEqual([label(one), told === null]);
      if (told !== null) expect([label(one), one.row?.usage.input]).toEqual([label(one), told]);
      else expect(one.row?.usage.input).toBeGreaterThan(0);
      expect(one.row?.usage.output).toBe(0);
    }
    for (const one of of('/v1/completions')) {
      const usage = asObject(recordedBody(one).usage);
      if (usage === undefined) continue;
      expect([one.row?.usage.input, one.row?.usage.output]).toEqual([
        usage.prompt_tokens as number,
        usage.completion_tokens as number,
      ]);
    }
    for (const one of of('/v1/images/generations'))
      expect(one.row?.usage.images).toBe(asArray(recordedBody(one).data).length);
  });

  test('rankings are the recorded ones under one name, search units and tokens counted', () => {
    expect(of('/v1/rerank').length).toBeGreaterThanOrEqual(5);
    for (const one of of('/v1/rerank')) {
      const was = recordedBody(one);
      const list = asObjects(was.results ?? was.data);
      expect(
        asObjects(one.body.results).map(({ index, relevance_score }) => [index, relevance_score]),
      ).toEqual(list.map(({ index, relevance_score }) => [index, relevance_score]));
      expect(typeof one.body.id).toBe('string');
      const units = asNumber(asObject(asObject(was.meta)?.billed_units)?.search_units) ?? null;
      const tokens = asNumber(asObject(was.usage)?.total_tokens) ?? null;
      expect([one.row?.usage.searches, one.row?.usage.input]).toEqual([units, tokens]);
    }
  });

  test('streams pass frame by frame to their end, metered', () => {
    const streams = replayed.filter(({ recording }) => recording.response.chunked);
    expect(streams.length).toBeGreaterThanOrEqual(2);
    for (const one of streams) {
      expect([label(one), framesText(one.text)]).toEqual([
        label(one),
        framesText(one.recording.response.body),
      ]);
      expect(one.text.trimEnd().endsWith('data: [DONE]')).toBe(true);
      expect([label(one), one.row?.outcome, one.row?.stream]).toEqual([label(one), 'ok', true]);
      expect(one.row?.usage.output).toBeGreaterThan(0);
    }
  });

  test('refusals keep their meaning and the provider’s message', () => {
    const refused = replayed.filter(({ recording }) => recording.response.status >= 400);
    expect(refused.length).toBeGreaterThanOrEqual(5);
    for (const one of refused) {
      const was = one.recording.response.status;
      // A wrong provider key is the operator's fault.
      expect([label(one), one.status]).toEqual([label(one), was === 401 ? 502 : was]);
      expect([label(one), one.row?.attempts[0]?.status_code]).toEqual([label(one), was]);
      const { message } = asObject(one.body.error) ?? {};
      expect(String(message).length).toBeGreaterThan(20);
    }
  });
});

describe.skipIf(folder === null)('recorded replies of other forms', () => {
  const post = async (
    provider: string,
    path: string,
    body: string,
    type: string,
    ask: JsonObject = {},
  ) => {
    upstream
      .lane(provider)
      .play({ status: 200, headers: { 'content-type': type }, body, chunked: false });
    const form = new FormData();
    form.set('model', `${provider}/recorded`);
    for (const [name, value] of Object.entries(ask)) form.set(name, String(value));
    form.set('file', new Blob(['sound']), 'a.wav');
    const reply = await fetch(gateway.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}` },
      body: form,
    });
    const text = await reply.text();
    return { text, row: (await gateway.rows()).at(-1), status: reply.status };
  };

  test('transcripts of three vendors: seconds and tokens as each tells them', async () => {
    const read = (file: string) => fixture(folder ?? '', file) ?? '{}';
    const openai = read('openai/src/transcription/__fixtures__/openai-transcription.json');
    const whisper = await post('openai', '/v1/audio/transcriptions', openai, 'application/json');
    const { metadata: _, ...rest } = JSON.parse(whisper.text);
    expect(rest).toEqual(JSON.parse(openai));
    expect(whisper.row?.usage.seconds).toBe(37);
    const mistral = read('mistral/src/__fixtures__/mistral-transcription.json');
    const voxtral = await post('mistral', '/v1/audio/transcriptions', mistral, 'application/json');
    const { input, output, seconds } = voxtral.row?.usage ?? {};
    expect([input, output, seconds]).toEqual([13, 151, 36]);
    const groq = JSON.parse(read('groq/src/__fixtures__/groq-transcription-text.json'));
    const text = await post(
      'groq',
      '/v1/audio/transcriptions',
      groq.body,
      groq.headers['content-type'],
      { response_format: 'text' },
    );
    expect([text.status, text.text]).toEqual([200, groq.body]);
  });

  test('an edited picture passes', async () => {
    const edit =
      fixture(folder ?? '', 'openai/src/image/__fixtures__/openai-image-edit.json') ?? '{}';
    const reply = await post('openai', '/v1/images/edits', edit, 'application/json', {
      prompt: 'x',
    });
    expect([reply.status, reply.row?.usage.images]).toEqual([200, 1]);
  });

  test('a recorded completion stream ends with its usage and our metadata', async () => {
    const chunks =
      fixture(
        folder ?? '',
        'openai/src/completion/__fixtures__/openai-completion-text.chunks.txt',
      ) ?? '';
    const lines = chunks
      .trim()
      .split('\n')
      .map((line) => `data: ${line}\n\n`);
    const body = `${lines.join('')}data: [DONE]\n\n`;
    upstream
      .lane('openai')
      .play({ status: 200, headers: { 'content-type': 'text/event-stream' }, body, chunked: true });
    const ask = {
      model: 'openai/x',
      prompt: 'x',
      stream: true,
      stream_options: { include_usage: true },
    };
    const text = await (await gateway.post('/v1/completions', ask)).text();
    expect(text.startsWith(lines.slice(0, -1).join(''))).toBe(true);
    const last = JSON.parse(text.split('\n\n').at(-3)?.slice('data: '.length) ?? '{}');
    expect([last.usage.total_tokens, typeof last.metadata.generation_id]).toEqual([30, 'string']);
    const row = (await gateway.rows()).at(-1);
    expect([row?.usage.input, row?.usage.output, row?.finish_reason]).toEqual([14, 16, 'length']);
  });
});

/** Without what the gateway says in other words than the recorded client, each documented where it is done. */
function comparable(body: JsonObject, file: string): JsonObject {
  const skipped = new Set(['stream_options']);
  // Figures are asked for without a format: "float" is refused there, and base64 is made here.
  if (file.includes('voyage')) skipped.add('encoding_format');
  if (file.includes('cohere') || file.includes('bedrock')) skipped.add('embedding_types');
  const kept = Object.entries(body).filter(([name, value]) => !skipped.has(name) && value != null);
  return Object.fromEntries(kept.map(([name, value]) => [name, withoutNulls(value ?? null)]));
}

function withoutNulls(value: Json): Json {
  const object = asObject(value);
  if (object === undefined) return value;
  const kept = Object.entries(object).filter((member) => member[1] != null);
  return Object.fromEntries(kept) as JsonObject as Json;
}

/** 32-bit floats, whichever way they are written. */
function floats(vector: Json): readonly number[] {
  if (typeof vector !== 'string') return [...Float32Array.from(asArray(vector).map(Number))];
  const bytes = Buffer.from(vector, 'base64');
  return Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(at * 4));
}

/** The tokens a recorded reply tells, wherever it tells them; null where it does not. */
function tokensTold(one: Replayed): number | null {
  const body = recordedBody(one);
  const usage = asObject(body.usage);
  const statistics = asObjects(body.predictions).map(
    ({ embeddings }) => asObject(asObject(embeddings)?.statistics)?.token_count,
  );
  const header = one.recording.response.headers['x-amzn-bedrock-input-token-count'];
  if (header !== undefined) return Number(header);
  if (statistics.length > 0)
    return statistics.reduce<number>((sum, count) => sum + Number(count), 0);
  return (
    asNumber(usage?.prompt_tokens) ??
    asNumber(usage?.total_tokens) ??
    asNumber(asObject(body.usageMetadata)?.promptTokenCount) ??
    asNumber(asObject(asObject(body.meta)?.billed_units)?.input_tokens) ??
    null
  );
}

/** What the frames of a completion stream say, without our metadata. */
function framesText(body: string): string {
  return body
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .flatMap((line) => asObjects(asObject(parseJson(line.slice(6)))?.choices))
    .map(({ text, finish_reason }) => `${text}${finish_reason ?? ''}`)
    .join('');
}
