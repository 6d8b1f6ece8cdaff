// Every recorded call of every wire the gateway speaks to providers: what was asked, and the bytes that were answered.
import { basename, join } from 'node:path';
import type { DialectId } from '../../../src/core/dialect.ts';
import {
  asArray,
  asObject,
  asObjects,
  asString,
  isObject,
  type Json,
  type JsonObject,
  parseJson,
} from '../../../src/lib/json.ts';
import { filesUnder } from '../find-recordings.ts';
import { fixtureRecordings } from '../fixture-recordings.ts';
import { httpRecordings, isStream, type Recording } from '../http-recordings.ts';
import { framesOf } from '../recorded-answers.ts';
import { awsEvents, awsMessages, wrappedEvent } from './aws-messages.ts';

/** Where a wire was recorded: at its maker's own address, or hosted elsewhere in other paths, bodies or framing. */
export type Host = 'maker' | 'azure' | 'bedrock-invoke' | 'vertex-anthropic';

export interface RecordedReply {
  readonly stream: boolean;
  readonly contentType: string;
  readonly bytes: Buffer;
  /** The stream's events, or the whole answer as the only one. */
  readonly events: readonly JsonObject[];
}

export interface Recorded {
  readonly id: string;
  readonly file: string;
  readonly wire: DialectId;
  readonly host: Host;
  readonly model: string;
  readonly request: JsonObject | null;
  readonly reply: RecordedReply;
}

const JSON_TYPE = 'application/json';
const SSE_TYPE = 'text/event-stream';
const AWS_TYPE = 'application/vnd.amazon.eventstream';

/** In the order of the files; only calls that were answered. */
export function recordedCalls(folder: string): Recorded[] {
  const two = [...httpRecordings(folder), ...fixtureRecordings(folder)];
  return [
    ...two
      .filter(({ response }) => response.status === 200)
      .map(fromTwoWires)
      .filter(({ wire, reply }) => isAnswer(wire, reply)),
    ...['pydantic-ai', 'openllmetry'].flatMap((source) => fromHttp(folder, source)),
    ...fromCases(folder),
    ...fromFixtures(folder),
  ];
}

function fromTwoWires({ id, file, wire, request, response }: Recording): Recorded {
  const { body, chunked } = response;
  const model = asString(request?.model) ?? 'recorded-model';
  const host: Host = basename(file).startsWith('azure.') ? 'azure' : 'maker';
  return { id, file, wire, host, model, request, reply: textReply(body, chunked) };
}

/** The status of an answer that was asked for in the background, before it was there. Null: it is whole. */
export function unfinishedStatus(wire: DialectId, { events }: RecordedReply): string | null {
  const status = wire === 'openai-responses' ? asString(events[0]?.status) : undefined;
  return status === 'queued' || status === 'in_progress' ? status : null;
}

function textReply(body: string, stream: boolean): RecordedReply {
  const events = stream
    ? framesOf(body).flatMap(({ data }): JsonObject[] => (isObject(data) ? [data] : []))
    : [asObject(parseJson(body)) ?? {}];
  return { stream, contentType: stream ? SSE_TYPE : JSON_TYPE, bytes: Buffer.from(body), events };
}

// ---- HTTP interactions

const HTTP_FILES: readonly (readonly [suffix: string, wire: DialectId])[] = [
  ['.responses.jsonl', 'openai-responses'],
  ['.generateContent.jsonl', 'gemini'],
  ['.converse.jsonl', 'bedrock-converse'],
  ['.cohere.chat.jsonl', 'cohere'],
  ['.invoke_model.jsonl', 'anthropic-messages'],
];
/** The paths of these wires; the files hold calls of others too. */
const PATHS: { readonly [W in DialectId]?: RegExp } = {
  'openai-responses': /\/responses$/,
  gemini: /:(?:streamG|g)enerateContent$/,
  'bedrock-converse': /\/converse(?:-stream)?$/,
  cohere: /\/v2\/chat$/,
  'anthropic-messages': /\/invoke(?:-with-response-stream)?$/,
};

function fromHttp(folder: string, source: string): Recorded[] {
  return HTTP_FILES.flatMap(([suffix, wire]) =>
    filesUnder(join(folder, source), suffix).flatMap(({ name, text }) =>
      text
        .split('\n')
        .filter((line) => line.trim() !== '')
        .flatMap((line) => interaction(`${source}/${name}`, wire, parseJson(line)) ?? []),
    ),
  );
}

function interaction(file: string, wire: DialectId, line: Json | undefined): Recorded | null {
  const { id, request, response } = asObject(line) ?? {};
  const { status, body, body_b64 } = asObject(response) ?? {};
  const asked = asObject(request) ?? {};
  const path = new URL(asString(asked.url) ?? '', 'http://nowhere').pathname;
  if (status !== 200 || asked.method !== 'POST' || !PATHS[wire]?.test(path)) return null;
  const text = asString(body) ?? '';
  const binary = asString(body_b64);
  const isInvoke = wire === 'anthropic-messages';
  const reply =
    binary === undefined
      ? textReply(text, isStream(text))
      : awsReply(Buffer.from(binary, 'base64'), isInvoke);
  if (!isAnswer(wire, reply)) return null;
  const own = asObject(parseJson(asString(asked.body) ?? '')) ?? null;
  const model = asString(own?.model) ?? modelInPath(path) ?? 'recorded-model';
  const host: Host = isInvoke
    ? 'bedrock-invoke'
    : basename(file).startsWith('azure.')
      ? 'azure'
      : 'maker';
  return { id: String(id), file, wire, host, model, request: own, reply };
}

function modelInPath(path: string): string | undefined {
  const found = /\/models?\/([^/:]+(?::\d+)?)/.exec(decodeURIComponent(path))?.[1];
  return found;
}

function awsReply(bytes: Buffer, wrapped: boolean): RecordedReply {
  const events = awsEvents(bytes, wrapped);
  return { stream: true, contentType: AWS_TYPE, bytes, events };
}

// ---- captured cases

const CASE_WIRES: { readonly [format: string]: readonly [wire: DialectId, host: Host] } = {
  responses: ['openai-responses', 'maker'],
  google: ['gemini', 'maker'],
  bedrock: ['bedrock-converse', 'maker'],
  'bedrock-anthropic': ['anthropic-messages', 'bedrock-invoke'],
  'vertex-anthropic': ['anthropic-messages', 'vertex-anthropic'],
};

function fromCases(folder: string): Recorded[] {
  return filesUnder(join(folder, 'lingua'), '.json').flatMap(({ name, text }) => {
    const file = asObject(parseJson(text)) ?? {};
    const found: Recorded[] = [];
    const add = (
      id: string,
      format: string,
      request: Json | undefined,
      answer: Json | undefined,
    ) => {
      const [wire, host] = CASE_WIRES[format] ?? [];
      const reply = wire && host ? made(wire, host, answer) : null;
      if (!wire || !host || reply === null || !isAnswer(wire, reply)) return;
      const asked = asObject(request) ?? null;
      const model = asString(asked?.model) ?? asString(asked?.modelId) ?? 'recorded-model';
      const own = `${name.replace('.json', '')} ${id}`;
      found.push({ id: own, file: 'lingua', wire, host, model, request: asked, reply });
    };
    for (const [format, given] of Object.entries(asObject(file.providers) ?? {}))
      for (const turn of ['', 'followup_'])
        for (const answer of ['response', 'response_streaming']) {
          const part = asObject(given) ?? {};
          add(`${format} ${turn}${answer}`, format, part[`${turn}request`], part[turn + answer]);
        }
    for (const [transform, given] of Object.entries(asObject(file.transforms) ?? {}))
      for (const answer of ['captured_target_response', 'captured_target_stream']) {
        const part = asObject(given) ?? {};
        const format = transform.split('_to_')[1] ?? '';
        add(`${transform} ${answer}`, format, part.expected_request, part[answer]);
      }
    return found;
  });
}

// ---- vendors' fixtures

const VENDORS: readonly (readonly [folder: string, wire: DialectId, host: Host])[] = [
  ['amazon-bedrock/src/__fixtures__', 'bedrock-converse', 'maker'],
  ['azure/src', 'openai-responses', 'azure'],
  ['cohere/src/__fixtures__', 'cohere', 'maker'],
  ['google/src/__fixtures__', 'gemini', 'maker'],
  ['open-responses', 'openai-responses', 'maker'],
  ['openai/src/responses', 'openai-responses', 'maker'],
  ['xai/src/responses', 'openai-responses', 'maker'],
];

function fromFixtures(folder: string): Recorded[] {
  return VENDORS.flatMap(([vendor, wire, host]) =>
    ['.json', '.chunks.txt'].flatMap((suffix) =>
      filesUnder(join(folder, 'vercel-ai/packages', vendor), suffix).flatMap(({ name, text }) => {
        const answers = suffix === '.json' ? [parseJson(text)] : answersIn(linesOf(text));
        const file = `vercel-ai/${vendor.split('/')[0]}`;
        const model = 'recorded-model';
        return answers.flatMap((answer, index) => {
          const reply = made(wire, host, answer);
          if (reply === null || !isAnswer(wire, reply)) return [];
          const id = `${basename(name)} ${index}`;
          return [{ id, file, wire, host, model, request: null, reply }];
        });
      }),
    ),
  );
}

function linesOf(text: string): Json[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => parseJson(line) ?? null);
}

/** A file of events may hold several answers, one after the other. */
function answersIn(events: readonly Json[]): Json[][] {
  const answers: Json[][] = [];
  for (const event of events) {
    const begins = asObject(event)?.type === 'response.created';
    if (begins || answers.length === 0) answers.push([]);
    answers.at(-1)?.push(event);
  }
  return answers;
}

// ---- answers kept as JSON, made into the bytes they were

function made(wire: DialectId, host: Host, answer: Json | undefined): RecordedReply | null {
  if (!Array.isArray(answer)) {
    const whole = asObject(answer);
    return whole === undefined ? null : textReply(JSON.stringify(whole, null, 2), false);
  }
  const events = asObjects(asArray(answer));
  if (events.length === 0 || events[0]?.type === 'message') return null;
  if (host === 'bedrock-invoke') return awsReply(awsMessages(events.map(wrappedEvent)), true);
  if (wire === 'bedrock-converse') {
    const messages = events.map((event) => {
      const [type = '', payload = {}] = Object.entries(event)[0] ?? [];
      return { type, payload: asObject(payload) ?? {} };
    });
    return awsReply(awsMessages(messages), false);
  }
  const named = wire !== 'gemini';
  const frames = events.map((event) => {
    const data = `data: ${JSON.stringify(event)}\n\n`;
    return named ? `event: ${asString(event.type) ?? ''}\n${data}` : data;
  });
  return textReply(frames.join(''), true);
}

/** True for what its wire would take for an answer, or the stream of one. */
function isAnswer(wire: DialectId, { stream, events }: RecordedReply): boolean {
  const first = events[0] ?? {};
  switch (wire) {
    case 'openai-chat':
      return events.some(({ choices }) => Array.isArray(choices));
    case 'anthropic-messages':
      return stream ? first.type === 'message_start' : first.type === 'message';
    case 'openai-responses':
      return stream
        ? first.type === 'response.created'
        : first.object === 'response' && first.error == null && Array.isArray(first.output);
    case 'gemini':
      return events.some(({ candidates, promptFeedback }) => candidates ?? promptFeedback);
    case 'bedrock-converse':
      return stream
        ? first.messageStart !== undefined
        : asObject(first.output)?.message !== undefined;
    case 'cohere':
      return stream ? first.type === 'message-start' : asObject(first.message) !== undefined;
  }
}
