// Recorded traffic through the whole gateway over HTTP, caller and provider on the same wire: the provider gets the request the
// caller wrote, the caller the answer the provider gave, whatever way the bytes are cut; every departure is written down here.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LogRow, LogUsage } from '../../src/core/log-row.ts';
import {
  asArray,
  asNumber,
  asObject,
  asObjects,
  asString,
  isObject,
  type Json,
  type JsonObject,
  parseJson,
} from '../../src/lib/json.ts';
import { ADMIN_KEY } from '../journeys/gateway-under-test.ts';
import { type Difference, differences, shown } from './differences.ts';
import { Figures } from './figures.ts';
import { filesUnder, recordingsFolder } from './find-recordings.ts';
import { isStream, keyOf, type Recording, type Wire } from './http-recordings.ts';
import { type Frame, framesOf, type RecordedUsage, readAnswer } from './recorded-answers.ts';
import {
  askAnthropic,
  askOpenai,
  type ClientOutcome,
  callerHeaders,
  modelOf,
  pastGateway,
  type ReplayGround,
  recordedModel,
  recordingsHere,
  requestOf,
  simpleRequest,
  startReplay,
  throughGateway,
} from './replay-ground.ts';
import type { ScriptedResponse, SeenRequest } from './scripted-upstream.ts';

/** What came of one recording: sent as plain HTTP, then by the official client through the gateway and past it. */
interface Replay {
  readonly recording: Recording;
  readonly seen: readonly SeenRequest[];
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly through: ClientOutcome;
  readonly seenThrough: readonly SeenRequest[];
  readonly direct: ClientOutcome;
  readonly seenDirect: readonly SeenRequest[];
}

const recordings = recordingsHere();
const suite = recordings.length === 0 ? describe.skip : describe;
const TIME_MS = 120_000;
const figures = new Figures();

// ---- the departures, each with its reason

/** A class of requests that do not arrive as they were sent. */
interface RequestDeparture {
  readonly reason: string;
  applies(recording: Recording, request: JsonObject): boolean;
  rewrite(request: JsonObject): JsonObject;
}

/** In this order: a field may be cut by one and its remains be rewritten by another. */
const REQUEST_DEPARTURES: readonly RequestDeparture[] = [
  {
    reason:
      '`models` and `provider` are the gateway’s own: the candidates were chosen by them, the provider does not see them',
    applies: (_, { models, provider }) => models !== undefined || provider !== undefined,
    rewrite: ({ models: _, provider: _p, ...rest }) => rest,
  },
  {
    reason: '`metadata` is the gateway’s own: it is logged with the request and goes no further',
    applies: ({ wire }, { metadata }) => wire === 'openai-chat' && metadata !== undefined,
    rewrite: ({ metadata: _, ...rest }) => rest,
  },
  {
    reason:
      'no `stream_options` for a provider whose schema is closed and has none; its usage comes unasked',
    applies: ({ provider }, { stream }) => provider === 'mistral' && stream === true,
    rewrite: ({ stream_options: _, ...rest }) => rest,
  },
  {
    reason:
      'our `reasoning` in the default words of a provider nothing is declared of: `reasoning_effort`',
    applies: ({ provider }, { reasoning }) =>
      provider === 'snowflake' && asObject(reasoning)?.effort !== undefined,
    rewrite: ({ reasoning, ...rest }) => ({
      ...rest,
      reasoning_effort: asObject(reasoning)?.effort,
    }),
  },
  {
    reason: 'an effort the model is listed not to have is moved to the nearest it has, and named',
    applies: ({ wire, request }, { output_config }) =>
      wire === 'anthropic-messages' &&
      request?.model === 'claude-opus-4-6' &&
      asObject(output_config)?.effort === 'xhigh',
    rewrite: (request) => ({
      ...request,
      output_config: { ...asObject(request.output_config), effort: 'high' },
    }),
  },
];

/** A class of streams that do not reach the caller as they came. */
interface StreamDeparture {
  readonly reason: string;
  /** False: the official client shows its caller the same all the same. */
  readonly shows?: false;
  applies(frames: readonly Frame[], recording: Recording): boolean;
  rewrite(frames: readonly Frame[]): readonly Frame[];
}

const STREAM_DEPARTURES: readonly StreamDeparture[] = [
  {
    reason: 'a usage-only chunk the caller did not ask for: its figures join the last chunk',
    applies: (frames, { wire, request }) =>
      wire === 'openai-chat' &&
      asObject(request?.stream_options)?.include_usage !== true &&
      request !== null &&
      frames.some(isUsageOnly),
    rewrite: (frames) => {
      const usage = frames.filter(isUsageOnly).map(({ data }) => asObject(data)?.usage ?? null)[0];
      const kept = frames.filter((frame) => !isUsageOnly(frame));
      return withLastChunk(kept, (chunk) => ({ ...chunk, usage: usage ?? null }));
    },
  },
  {
    reason:
      'a stream that ends properly without a finish reason: clients wait for one, so it gets one',
    applies: (frames, { wire }) =>
      wire === 'openai-chat' && isDone(frames.at(-1)) && !frames.some(isFinish),
    rewrite: (frames) => {
      const at = frames.findLastIndex(({ data }) => asObjects(asObject(data)?.choices).length > 0);
      const { id, object, created, model } = asObject(frames[at]?.data) ?? {};
      const closing = {
        event: null,
        data: { id, object, created, model, choices: [CLOSING_CHOICE] },
      };
      // A usage chunk that was asked for stays last.
      return frames.toSpliced(at + 1, 0, closing as Frame);
    },
  },
  {
    reason:
      'an error beside the end of a whole answer: clients throw on it, and the answer is whole',
    applies: (frames) =>
      frames.slice(frames.findIndex(isFinish)).some((frame) => errorOf(frame) !== undefined) &&
      frames.some(isFinish),
    rewrite: (frames) =>
      frames.map((frame) => {
        if (errorOf(frame) === undefined) return frame;
        const { error: _, ...rest } = asObject(frame.data) ?? {};
        return { ...frame, data: rest as Json };
      }),
  },
  {
    reason: 'a stream that ends after its finish reason without [DONE]: clients wait for it',
    shows: false,
    applies: (frames, { wire }) =>
      wire === 'openai-chat' && frames.some(isFinish) && !isDone(frames.at(-1)),
    rewrite: (frames) => [...frames, { event: null, data: '[DONE]' }],
  },
  {
    reason:
      'an error in place of the rest: told in the words the gateway has for errors, its message kept',
    shows: false,
    applies: (frames) => errorOf(frames.at(-1)) !== undefined,
    rewrite: (frames) => {
      const { message, code, param } = errorOf(frames.at(-1)) ?? {};
      const error = { message, type: 'invalid_request_error', param: param ?? null, code };
      return [...frames.slice(0, -1), { event: null, data: { error } as Json }];
    },
  },
];

const CLOSING_CHOICE: JsonObject = { index: 0, delta: {}, finish_reason: 'stop' };

function isUsageOnly({ data }: Frame): boolean {
  const chunk = asObject(data);
  return isObject(chunk?.usage) && asArray(chunk?.choices).length === 0 && !chunk?.moderation;
}

function isFinish({ data }: Frame): boolean {
  return asObjects(asObject(data)?.choices).some((choice) => Boolean(choice.finish_reason));
}

function isDone(frame: Frame | undefined): boolean {
  return frame?.data === '[DONE]';
}

function errorOf(frame: Frame | undefined): JsonObject | undefined {
  return asObject(asObject(frame?.data)?.error);
}

function withLastChunk(
  frames: readonly Frame[],
  change: (chunk: JsonObject) => JsonObject,
): readonly Frame[] {
  const at = frames.findLastIndex(({ data }) => isObject(data));
  return frames.map((frame, index) =>
    index === at ? { ...frame, data: change(asObject(frame.data) ?? {}) as Json } : frame,
  );
}

/** Why a reply of status 200 does not reach the caller as one. */
const NOT_A_REPLY =
  'an error where a completion should be: told as the error it is, with its status';
/** Why an error's message is not the provider's, word for word. */
const REDACTED = 'an address in a provider’s message is redacted';
const EXTENDED = 'a router’s own message is extended by the one of the host behind it';

/** A name that does not exist and begins like one that is served on another wire alone: the gateway asks for it there. */
const MISNAMED = 'ee221f438132638d';

suite('recorded traffic through the gateway, same wire', () => {
  let ground: ReplayGround;
  let replays: readonly Replay[] = [];

  beforeAll(async () => {
    ground = await startReplay(recordings);
    replays = await ground.replay(async (recording, lane): Promise<Replay> => {
      const { wire, provider } = recording;
      const chat = wire === 'openai-chat';
      const body = { ...requestOf(recording), model: modelOf(recording) };
      const headers = callerHeaders(recording);
      const path = chat ? '/v1/chat/completions' : '/v1/messages';
      const reply = await ground.gateway.post(path, body, headers);
      const text = await reply.text();
      const seen = lane.take();
      const ask = chat ? askOpenai : askAnthropic;
      const through = await ask(throughGateway(ground.gateway), body, headers);
      const seenThrough = lane.take();
      const direct = await ask(pastGateway(lane, provider), body, headers);
      const seenDirect = lane.take();
      const { status, headers: replyHeaders } = reply;
      return {
        recording,
        seen,
        status,
        headers: replyHeaders,
        text,
        through,
        seenThrough,
        direct,
        seenDirect,
      };
    });
  }, TIME_MS);

  afterAll(async () => {
    console.log(figures.report());
    await ground.stop();
  });

  test('every provider gets the request its caller wrote, once, with its own key', () => {
    const wrong: string[] = [];
    for (const replay of replays) {
      const { recording, seen } = replay;
      if (recording.id === MISNAMED) continue;
      const place = `${recording.file} ${recording.id}`;
      const [request] = seen;
      if (request === undefined || seen.length > 1) {
        wrong.push(`${place}: the provider was asked ${seen.length} times (${replay.status})`);
        continue;
      }
      wrong.push(...addressProblems(recording, request).map((problem) => `${place}: ${problem}`));
      const { body, reasons } = expectedRequest(recording);
      for (const reason of reasons) figures.excuse(reason);
      const found = differences(body, parseJson(request.body));
      wrong.push(...found.map((difference) => `${place}: ${shown(difference)}`));
      const exact = found.length === 0 && reasons.length === 0;
      figures.count(recording.file, verdict('requests', found.length === 0, exact));
    }
    expect(wrong).toEqual([]);
    for (const { reason } of REQUEST_DEPARTURES)
      expect({ reason, used: figures.excused(reason) > 0 }).toEqual({ reason, used: true });
  });

  test('what is not done as asked is named as a loss, and nothing else is', () => {
    for (const { recording, text } of replays) {
      const { model, output_config, provider } = requestOf(recording);
      const isLowered = asObject(output_config)?.effort === 'xhigh' && model === 'claude-opus-4-6';
      const losses = [
        ...(asObject(provider)?.only
          ? ['provider.only: this gateway has no such option, so it has no effect']
          : []),
        ...(isLowered ? ['output_config.effort: the model has no xhigh; sent as high'] : []),
      ];
      const { id } = recording;
      const metadata = metadataOf(recording, text);
      expect({ id, losses: metadata?.losses }).toEqual({ id, losses });
    }
  });

  test('every caller gets the answer its provider gave, with our metadata', () => {
    const wrong: string[] = [];
    for (const { recording, status, text } of replays) {
      if (recording.response.status !== 200) continue;
      const { found, reasons } = recording.response.chunked
        ? streamDepartures(recording, status, text)
        : replyDepartures(recording, status, text);
      for (const reason of reasons) figures.excuse(reason);
      const place = `${recording.file} ${recording.id}`;
      wrong.push(...found.map((difference) => `${place}: ${shown(difference)}`));
      const kind = recording.response.chunked ? 'streams' : 'replies';
      const exact = found.length === 0 && reasons.length === 0;
      figures.count(recording.file, verdict(kind, found.length === 0, exact));
    }
    expect(wrong).toEqual([]);
    for (const { reason } of STREAM_DEPARTURES)
      expect({ reason, used: figures.excused(reason) > 0 }).toEqual({ reason, used: true });
    expect(figures.excused(NOT_A_REPLY)).toBe(1);
  });

  test('every recorded error keeps its message and has its status', () => {
    const errors = replays.filter(({ recording }) => recording.response.status !== 200);
    for (const { recording, status, text } of errors) {
      const recorded = asObject(asObject(parseJson(recording.response.body))?.error) ?? {};
      const body = asObject(parseJson(text)) ?? {};
      const error = asObject(body.error) ?? {};
      // None of these statuses is one the gateway gives another: 400 and 404 are the caller's, 429 is passed on.
      expect({ id: recording.id, status }).toEqual({
        id: recording.id,
        status: recording.response.status,
      });
      const kept = sameMessage(asString(recorded.message) ?? '', asString(error.message) ?? '');
      expect({ id: recording.id, message: error.message, kept: kept !== null }).toEqual({
        id: recording.id,
        message: error.message,
        kept: true,
      });
      if (kept !== null && kept !== '') figures.excuse(kept);
      figures.count(recording.file, verdict('errors', true, kept === ''));
      const attempts = asObjects(asObject(body.metadata)?.attempts);
      expect({
        id: recording.id,
        attempts: attempts.map(({ success, status_code }) => [success, status_code]),
      }).toEqual({ id: recording.id, attempts: [[false, recording.response.status]] });
    }
    expect(errors.length).toBe(16);
  });

  test('errors quoted from elsewhere keep their message and have their status', async () => {
    for (const cited of citedErrors()) {
      const { provider, wire, response, expected } = cited;
      const lane = ground.upstream.lane(provider);
      lane.play(response);
      const chat = wire === 'openai-chat';
      const reply = await ground.gateway.post(
        chat ? '/v1/chat/completions' : '/v1/messages',
        simpleRequest(wire, `${provider}/some-model`, cited.stream),
      );
      const body = asObject(await reply.json()) ?? {};
      const error = asObject(body.error) ?? {};
      const recorded = asObject(asObject(cited.body)?.error) ?? asObject(cited.body) ?? {};
      // After several attempts the message names them all, and then what the last one said.
      const told = (asString(error.message) ?? '').replace(
        /^All candidates failed: .*? Last: /,
        '',
      );
      const message = asString(recorded.message) ?? told;
      expect({
        status: reply.status,
        code: error.code,
        retryAfter: reply.headers.get('retry-after'),
        kept: sameMessage(message, told) !== null,
        // Only what a provider may get over by itself is asked again, once.
        asked: lane.take().length,
      }).toEqual({ ...expected, kept: true });
    }
  });

  test('the official clients see the same through the gateway as past it', () => {
    const wrong: string[] = [];
    for (const replay of replays) {
      const { recording, through, direct, seenThrough, seenDirect } = replay;
      if (recording.id === MISNAMED) continue;
      const place = `${recording.file} ${recording.id}`;
      const excused = clientDeparture(recording);
      const found = [
        ...askedDifferences(recording, seenThrough, seenDirect),
        ...(excused === null ? clientDifferences(recording, through, direct) : []),
      ];
      wrong.push(...found.map((difference) => `${place}: ${shown(difference)}`));
      figures.count(recording.file, verdict('clients', found.length === 0, excused === null));
    }
    expect(wrong).toEqual([]);
  });

  test('clients that choked on a recorded stream get a whole answer through the gateway', () => {
    const mended = replays.filter(
      ({ direct, through }) => direct.error !== null && through.error === null,
    );
    expect(
      mended.map(({ recording, direct, through }) => [
        recording.file,
        direct.error?.message,
        asObjects(through.value?.choices).map((choice) => choice.finish_reason),
      ]),
    ).toEqual([
      [
        'pydantic-ai/openrouter.chat.completions.jsonl',
        'Token limit reached',
        [expect.stringMatching(/^(stop|length)$/)],
      ],
      ...Array.from({ length: 2 }, () => [
        'pydantic-ai/snowflake.chat.completions.jsonl',
        'missing finish_reason for choice 0',
        ['stop'],
      ]),
    ]);
    const worse = replays.filter(
      ({ direct, through }) => direct.error === null && through.error !== null,
    );
    expect(worse.map(({ recording }) => recording.id)).toEqual(
      replays
        .filter(({ recording }) => isErrorInside200(recording))
        .map(({ recording }) => recording.id),
    );
  });

  test(
    'what a row costs is what its tokens cost at the catalogue’s rates',
    async () => {
      const listed = listedRates();
      let compared = 0;
      const wrong: string[] = [];
      for (const { recording, headers } of replays) {
        const row = await ground.gateway.gateway.ledger.get(headers.get('x-generation-id') ?? '');
        const rates = listed.get(modelOf(recording));
        if (row?.outcome !== 'ok' || row.usage_estimated || rates === undefined) continue;
        // Listed rates are those of the ordinary tier; in the recordings only gpt-5 was asked at another, which costs twice (its maker's price list).
        const tier = /"service_tier": ?"(priority|flex|scale)"/.exec(recording.response.body)?.[1];
        const listedCost = rates === null ? null : costOf(readAnswer(recording).usage, rates);
        const share = tier === undefined ? 1 : tier === 'priority' ? 2 : null;
        const expected = listedCost === null || share === null ? null : listedCost * share;
        const off = Math.abs((expected ?? -1) - (row.cost_usd ?? -1));
        // Costs are whole billionths of a dollar, rounded once.
        if (off > 0.501e-9) wrong.push(`${modelOf(recording)}: ${expected} → ${row.cost_usd}`);
        compared += 1;
      }
      console.log(`costs compared with the catalogue's rates: ${compared}`);
      expect(wrong).toEqual([]);
      expect(compared).toBeGreaterThan(400);
    },
    TIME_MS,
  );

  test(
    'every request has one row, whose tokens sum to what the provider counted',
    async () => {
      await ground.gateway.gateway.ledger.flush();
      const wrong: string[] = [];
      for (const replay of replays) {
        const { recording } = replay;
        const row = await ground.gateway.gateway.ledger.get(
          replay.headers.get('x-generation-id') ?? '',
        );
        const place = `${recording.file} ${recording.id}`;
        if (row === null) {
          wrong.push(`${place}: has no row`);
          continue;
        }
        wrong.push(...rowProblems(replay, row).map((problem) => `${place}: ${problem}`));
        figures.count(recording.file, `rows ${row.usage_estimated ? 'estimated' : rowKind(row)}`);
      }
      expect(wrong).toEqual([]);
      expect(await countRows(ground)).toBe(2 * replays.length + CITED.length);
    },
    TIME_MS,
  );
});

/** What was compared, plain where it is exact. */
function verdict(what: string, right: boolean, exact: boolean): string {
  if (!right) return `${what} WRONG`;
  return exact ? what : `${what} excepted`;
}

// ---- requests

/** What the provider has to get: the caller's own body, the model's own name, usage asked for on streams. */
function expectedRequest(recording: Recording): {
  readonly body: JsonObject;
  readonly reasons: readonly string[];
} {
  let body: JsonObject = {
    ...requestOf(recording),
    model: recordedModel(recording),
  };
  if (recording.wire === 'openai-chat' && body.stream === true)
    body = { ...body, stream_options: { ...asObject(body.stream_options), include_usage: true } };
  const reasons: string[] = [];
  for (const departure of REQUEST_DEPARTURES) {
    if (!departure.applies(recording, body)) continue;
    reasons.push(departure.reason);
    body = departure.rewrite(body);
  }
  return { body, reasons };
}

function addressProblems(recording: Recording, request: SeenRequest): string[] {
  const { wire, provider } = recording;
  const chat = wire === 'openai-chat';
  const problems: string[] = [];
  const path = `/${provider}/${chat ? 'chat/completions' : 'messages'}`;
  if (request.method !== 'POST' || request.path !== path) problems.push(`asked at ${request.path}`);
  const sent = chat ? request.headers.authorization : request.headers['x-api-key'];
  if (sent !== (chat ? `Bearer ${keyOf(provider)}` : keyOf(provider)))
    problems.push('came without its key');
  if (JSON.stringify(request).includes(ADMIN_KEY)) problems.push("carried the caller's own key");
  if (!chat) {
    const version = recording.requestHeaders['anthropic-version'] ?? '2023-06-01';
    if (request.headers['anthropic-version'] !== version)
      problems.push('came with another anthropic-version');
    if (request.headers['anthropic-beta'] !== recording.requestHeaders['anthropic-beta'])
      problems.push('came with another anthropic-beta');
  }
  return problems;
}

// ---- answers

interface Departures {
  readonly found: readonly Difference[];
  readonly reasons: readonly string[];
}

function replyDepartures(recording: Recording, status: number, text: string): Departures {
  const recorded = asObject(parseJson(recording.response.body));
  const reply = asObject(parseJson(text));
  const { metadata, ...rest } = reply ?? {};
  if (isErrorInside200(recording)) {
    const { message, code, param, status: inner } = asObject(recorded?.error) ?? {};
    const error = asObject(rest.error) ?? {};
    const kept = sameMessage(asString(message) ?? '', asString(error.message) ?? '') !== null;
    const found = differences(
      { status: inner ?? null, kept: true, code, param },
      { status, kept, code: error.code, param: error.param },
    );
    return { found, reasons: [NOT_A_REPLY] };
  }
  // A provider's own `metadata` stays beside ours.
  const { metadata: theirs, ...answer } = recorded ?? {};
  const own = Object.entries(asObject(theirs) ?? {}).map(([name, value]) => [
    name,
    [value, asObject(metadata)?.[name]],
  ]);
  const lost = own.filter(([, pair]) => {
    const [before, after] = pair as [Json, Json];
    return differences(before, after).length > 0;
  });
  const found = [
    ...differences(200, status, 'status'),
    ...differences(answer, rest),
    ...differences([], lost as Json, 'metadata'),
    ...differences(modelOf(recording), asObject(metadata)?.actual_model, 'metadata.actual_model'),
  ];
  return { found, reasons: [] };
}

function streamDepartures(recording: Recording, status: number, text: string): Departures {
  let expected: readonly Frame[] = framesOf(recording.response.body);
  const reasons: string[] = [];
  for (const departure of STREAM_DEPARTURES) {
    if (!departure.applies(expected, recording)) continue;
    reasons.push(departure.reason);
    expected = departure.rewrite(expected);
  }
  const frames = framesOf(text);
  const carrier = carrierOf(frames);
  const bare = frames.map((frame, index) => {
    if (index !== carrier) return frame;
    const { metadata: _, ...rest } = asObject(frame.data) ?? {};
    return { ...frame, data: rest as Json };
  });
  const { metadata } = asObject(frames[carrier]?.data) ?? {};
  const failed = errorOf(expected.at(-1)) !== undefined;
  const found = [
    ...differences(200, status, 'status'),
    ...differences(asJson(expected), asJson(bare), 'frames'),
    ...differences(
      // Of an answer that ended in an error: who delivered what there is of it.
      failed && !delivers(recording) ? null : modelOf(recording),
      asObject(metadata)?.actual_model,
      'metadata.actual_model',
    ),
  ];
  return { found, reasons };
}

/** The frame that has to carry our metadata: the last before the wire's own end. */
function carrierOf(frames: readonly Frame[]): number {
  const types = frames.map(({ data }) => asString(asObject(data)?.type));
  const delta = types.lastIndexOf('message_delta');
  if (delta !== -1) return delta;
  const stop = types.lastIndexOf('message_stop');
  if (stop !== -1) return stop;
  return frames.findLastIndex(({ data }) => isObject(data));
}

function asJson(frames: readonly Frame[]): Json {
  return frames.map(({ event, data }) => ({ event, data })) as Json;
}

function metadataOf({ response }: Recording, text: string): JsonObject | undefined {
  if (!response.chunked || text.startsWith('{'))
    return asObject(asObject(parseJson(text))?.metadata);
  const frames = framesOf(text);
  return asObject(asObject(frames[carrierOf(frames)]?.data)?.metadata);
}

function isErrorInside200({ response }: Recording): boolean {
  const body = asObject(parseJson(response.body));
  return response.status === 200 && isObject(body?.error) && body?.choices === undefined;
}

/** '' where the message is the same, a reason where it is as good as, null where it is another. */
function sameMessage(recorded: string, ours: string): string | null {
  if (recorded === ours) return '';
  const pieces = ours.split('[redacted]').map((piece) => RegExp.escape(piece));
  if (pieces.length > 1 && new RegExp(`^${pieces.join('\\S+')}$`).test(recorded)) return REDACTED;
  return ours.startsWith(`${recorded}: `) ? EXTENDED : null;
}

// ---- errors quoted from elsewhere

interface CitedError {
  readonly provider: string;
  readonly wire: Wire;
  readonly response: ScriptedResponse;
  readonly stream: boolean;
  readonly body: Json | undefined;
  readonly expected: {
    readonly status: number;
    readonly code: string;
    readonly retryAfter: string | null;
    readonly asked: number;
  };
}

const OVERLOADED = { status: 529, code: 'upstream_overloaded', retryAfter: null, asked: 2 };
const LIMITED = { status: 429, code: 'upstream_rate_limited', retryAfter: null, asked: 1 };
/** In the order of the file. An empty account is the operator's affair, whatever status its provider gives it. */
const CITED: readonly CitedError['expected'][] = [
  OVERLOADED,
  OVERLOADED,
  OVERLOADED,
  { ...LIMITED, retryAfter: '16' },
  LIMITED,
  { ...LIMITED, retryAfter: '1' },
  { status: 502, code: 'upstream_payment_required', retryAfter: null, asked: 1 },
  { ...LIMITED, retryAfter: '2' },
  LIMITED,
  { status: 503, code: 'upstream_overloaded', retryAfter: null, asked: 2 },
  LIMITED,
  LIMITED,
];
/** Those of other wires are what their makers' servers of this wire say too. */
const CITED_PROVIDERS: { readonly [name: string]: string } = {
  'anthropic-openai-compat': 'another-gateway',
  bedrock: 'bedrock-by-hand',
  gemini: 'gemini-by-hand',
  vertex: 'gemini-by-hand',
};

function citedErrors(): CitedError[] {
  const folder = recordingsFolder();
  if (folder === null) return [];
  const lines = filesUnder(join(folder, 'errors'), '.jsonl').flatMap(({ text }) =>
    text.split('\n').filter((line) => line !== ''),
  );
  expect(lines.length).toBe(CITED.length);
  return lines.map((line, at) => {
    const cited = asObject(parseJson(line)) ?? {};
    const provider = asString(cited.provider) ?? '';
    // An error object without its body was thrown out of a stream.
    const text = isObject(cited.body)
      ? `data: ${JSON.stringify({ error: cited.body })}\n\n`
      : (asString(cited.body) ?? '');
    const body = parseJson(text.slice(Math.max(0, text.search(/[[{]/))));
    return {
      provider: CITED_PROVIDERS[provider] ?? provider,
      wire: provider === 'anthropic' ? 'anthropic-messages' : 'openai-chat',
      response: {
        status: asNumber(cited.status) ?? 0,
        headers: { ...(cited.headers as { readonly [name: string]: string }) },
        body: text,
        chunked: isStream(text),
      },
      stream: cited.stream === true,
      body: Array.isArray(body) ? body[0] : body,
      expected: CITED[at] ?? OVERLOADED,
    };
  });
}

// ---- official clients

/** Why a client may see something else through the gateway; null where it must see the same. */
function clientDeparture(recording: Recording): string | null {
  if (isErrorInside200(recording)) return NOT_A_REPLY;
  if (recording.response.status !== 200 || !recording.response.chunked) return null;
  const frames = framesOf(recording.response.body);
  const departure = STREAM_DEPARTURES.find(({ applies }) => applies(frames, recording));
  return departure?.shows === false ? null : (departure?.reason ?? null);
}

/** The client wrote the same to the gateway as to the provider, so the provider has to get the same. */
function askedDifferences(
  recording: Recording,
  through: readonly SeenRequest[],
  direct: readonly SeenRequest[],
): Difference[] {
  if (through.length !== 1 || direct.length !== 1)
    return differences([1, 1], [direct.length, through.length], 'requests');
  const sent = asObject(parseJson(direct[0]?.body ?? '')) ?? {};
  const got = asObject(parseJson(through[0]?.body ?? '')) ?? {};
  // What the gateway changes of a request is settled above; here the client's own doing counts.
  const { body } = expectedRequest({
    ...recording,
    request: { ...sent, model: recordedModel(recording) },
  });
  return differences(body, got, 'request');
}

function clientDifferences(
  { response }: Recording,
  through: ClientOutcome,
  direct: ClientOutcome,
): Difference[] {
  if (response.status !== 200) {
    return differences(
      { name: direct.error?.name ?? null, status: direct.error?.status ?? null },
      { name: through.error?.name ?? null, status: through.error?.status ?? null },
      'error',
    );
  }
  return [
    ...differences(direct.error as JsonObject | null, through.error as JsonObject | null, 'error'),
    ...differences(withoutOurs(direct.value), withoutOurs(through.value), 'value'),
    ...differences(direct.pieces.map(withoutOurs), through.pieces.map(withoutOurs), 'pieces'),
    // Where the provider gave none, the SDK sees the generation id.
    ...(direct.requestId === null
      ? []
      : differences(direct.requestId, through.requestId, 'requestId')),
  ];
}

function withoutOurs(value: Json): Json {
  if (!isObject(value)) return value;
  const { metadata: _, ...rest } = value;
  return rest as Json;
}

// ---- log rows

function rowProblems({ recording, status, text }: Replay, row: LogRow): string[] {
  const metadata = metadataOf(recording, text) ?? {};
  const ok = status === 200 && !text.includes('"code":"tool_use_failed"');
  const found = [
    ...differences(modelOf(recording), row.requested_model, 'requested_model'),
    ...differences(ok || delivers(recording) ? modelOf(recording) : null, row.model, 'model'),
    ...differences(ok ? 'ok' : 'error', row.outcome, 'outcome'),
    ...differences(requestOf(recording).stream === true, row.stream, 'stream'),
    ...differences(metadata.cost_usd ?? null, row.cost_usd, 'cost_usd'),
  ];
  if (ok) found.push(...usageProblems(readAnswer(recording).usage, row));
  return found.map(shown);
}

/** Whether any of the answer came, also where it ended in an error. */
function delivers(recording: Recording): boolean {
  if (recording.response.status !== 200) return false;
  const { text, reasoning, tools } = readAnswer(recording);
  return text !== '' || reasoning !== '' || tools.length > 0;
}

/** The kinds are disjoint, and sum to the totals the provider told. */
function usageProblems(recorded: RecordedUsage, { usage, usage_estimated }: LogRow): Difference[] {
  const unknown = recorded.input === null || recorded.output === null;
  // An answer that was made of nothing and came to nothing is one whose provider did not count.
  if (unknown || (recorded.input === 0 && recorded.output === 0))
    return differences(true, usage_estimated, 'usage_estimated');
  const sums = {
    input: sum(usage, 'input', 'cache_read', 'cache_write_5m', 'cache_write_1h', 'audio_in'),
    output: sum(usage, 'output', 'reasoning', 'audio_out'),
  };
  return [
    ...differences(false, usage_estimated, 'usage_estimated'),
    ...differences({ input: recorded.input, output: recorded.output }, sums, 'usage'),
    ...differences(recorded.cacheRead, usage.cache_read, 'usage.cache_read'),
    ...differences(
      countedTwice(recorded) ? 0 : (recorded.cacheWrite ?? 0),
      sum(usage, 'cache_write_5m', 'cache_write_1h'),
      'usage.cache_write',
    ),
    ...differences(recorded.searches, usage.searches, 'usage.searches'),
  ];
}

/** A prefix that is written and read in one call stands in both counts; in the log it is read. */
function countedTwice({ input, cacheRead, cacheWrite }: RecordedUsage): boolean {
  return (cacheRead ?? 0) + (cacheWrite ?? 0) > (input ?? 0);
}

function sum(usage: LogUsage, ...kinds: readonly (keyof LogUsage)[]): number {
  return kinds.reduce((total, kind) => total + (usage[kind] ?? 0), 0);
}

function rowKind(row: LogRow): string {
  if (row.outcome !== 'ok') return 'failed';
  return row.cost_usd === null ? 'unpriced' : 'priced';
}

/** `provider/model` → its rates as the generated file writes them; null: listed without a price. */
function listedRates(): ReadonlyMap<string, JsonObject | null> {
  const path = fileURLToPath(new URL('../../src/catalog/catalog.generated.json', import.meta.url));
  const { providers } = JSON.parse(readFileSync(path, 'utf8')) as {
    readonly providers: { readonly [provider: string]: readonly (readonly Json[])[] };
  };
  const found = new Map<string, JsonObject | null>();
  for (const [provider, rows] of Object.entries(providers))
    for (const row of rows) found.set(`${provider}/${String(row[0])}`, asObject(row[7]) ?? null);
  return found;
}

/** Dollars for tokens by the million and searches by the thousand; null where something used has no rate. */
function costOf(usage: RecordedUsage, price: JsonObject): number | null {
  const input = usage.input ?? 0;
  const rates =
    asObjects(price.tiers).findLast(({ above }) => input > (asNumber(above) ?? 0)) ?? price;
  const writes = countedTwice(usage) ? 0 : (usage.cacheWrite ?? 0);
  const { cacheRead, cacheWrite1h, audioIn, audioOut, reasoning } = usage;
  const thought = Math.min(reasoning ?? 0, usage.output ?? 0);
  const bill: readonly (readonly [count: number, rate: Json | undefined])[] = [
    [input - (cacheRead ?? 0) - writes - (audioIn ?? 0), rates.input],
    [cacheRead ?? 0, rates.cacheRead],
    [writes - (cacheWrite1h ?? 0), rates.cacheWrite5m],
    [cacheWrite1h ?? 0, rates.cacheWrite1h],
    [audioIn ?? 0, rates.audioIn],
    [(usage.output ?? 0) - thought - (audioOut ?? 0), rates.output],
    [thought, rates.reasoning ?? rates.output],
    [audioOut ?? 0, rates.audioOut],
    [1000 * (usage.searches ?? 0), rates.search],
  ];
  if (rates.request !== undefined) return null;
  let total = 0;
  for (const [count, rate] of bill) {
    if (count === 0) continue;
    if (asNumber(rate) === undefined) return null;
    total += (count * Number(rate)) / 1e6;
  }
  return total;
}

async function countRows({ gateway }: ReplayGround): Promise<number> {
  let count = 0;
  let cursor = '';
  do {
    const reply = await fetch(`${gateway.url}/router/v1/logs?limit=1000${cursor}`, {
      headers: { authorization: `Bearer ${ADMIN_KEY}` },
    });
    const page = asObject(await reply.json()) ?? {};
    count += asArray(page.logs).length;
    cursor = page.next_cursor ? `&cursor=${asString(page.next_cursor)}` : '';
  } while (cursor !== '');
  return count;
}
