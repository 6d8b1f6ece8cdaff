// A gateway whose providers all say what they were recorded to say, and the clients that ask it.
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { asString, type Json, type JsonObject } from '../../src/lib/json.ts';
import { ADMIN_KEY, type GatewayUnderTest, startGateway } from '../journeys/gateway-under-test.ts';
import { recordingsFolder } from './find-recordings.ts';
import { fixtureRecordings } from './fixture-recordings.ts';
import {
  configurationFor,
  httpRecordings,
  keyOf,
  type Recording,
  type Wire,
} from './http-recordings.ts';
import { type Lane, type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts';

export interface ReplayGround {
  readonly recordings: readonly Recording[];
  readonly gateway: GatewayUnderTest;
  readonly upstream: ScriptedUpstream;
  /** Does the work for every recording: one after the other of each provider, the providers side by side. */
  replay<T>(work: (recording: Recording, lane: Lane) => Promise<T>): Promise<T[]>;
  stop(): Promise<void>;
}

/** The recordings, or none where there are none beside this repository. */
export function recordingsHere(): readonly Recording[] {
  const folder = recordingsFolder();
  if (folder !== null) return [...httpRecordings(folder), ...fixtureRecordings(folder)];
  console.log('skipped: replay over HTTP (no recordings at ../shared/recordings)');
  return [];
}

/** @param more of the configuration, as YAML */
export async function startReplay(
  recordings: readonly Recording[],
  more = '',
): Promise<ReplayGround> {
  const upstream = await startScriptedUpstream();
  const gateway = await startGateway(configurationFor(recordings, upstream) + more);
  const byProvider = Map.groupBy(recordings, ({ provider }) => provider);
  return {
    recordings,
    gateway,
    upstream,
    async replay(work) {
      const results = new Map<Recording, Awaited<ReturnType<typeof work>>>();
      await Promise.all(
        [...byProvider].map(async ([provider, mine]) => {
          const lane = upstream.lane(provider);
          for (const recording of mine) {
            lane.play(recording.response);
            results.set(recording, await work(recording, lane));
          }
        }),
      );
      return recordings.map((recording) => results.get(recording) as never);
    },
    async stop() {
      await gateway.stop();
      await upstream.stop();
    },
  };
}

/** The name a caller of the gateway writes for the recorded model. */
export function modelOf(recording: Recording): string {
  return `${recording.provider}/${recordedModel(recording)}`;
}

/** The provider's own name for the model: the one asked for, else the one that says it answered. */
export function recordedModel({ request, response }: Recording): string {
  return asString(request?.model) ?? /"model":\s*"([^"]+)"/.exec(response.body)?.[1] ?? 'unnamed';
}

/** The recorded request; a simple one that fits the answer where it was not kept. */
export function requestOf(recording: Recording): JsonObject {
  const { request, wire, response } = recording;
  return request ?? simpleRequest(wire, recordedModel(recording), response.chunked);
}

/** The least a caller can ask of this wire; usage is asked for where it has to be. */
export function simpleRequest(wire: Wire, model: string, stream: boolean): JsonObject {
  const messages = [{ role: 'user', content: 'Hello' }];
  if (wire === 'anthropic-messages') return { model, max_tokens: 4096, messages, stream };
  return { model, messages, stream, ...(stream ? INCLUDE_USAGE : {}) };
}

const INCLUDE_USAGE = { stream_options: { include_usage: true } };

/** The headers a caller of this wire sent that are meant for its provider. */
export function callerHeaders({ requestHeaders }: Recording): { [name: string]: string } {
  const kept = Object.entries(requestHeaders).filter(([name]) =>
    name.toLowerCase().startsWith('anthropic-'),
  );
  return Object.fromEntries(kept);
}

// ---- official clients

/** Where a client is pointed: at the gateway, or past it at the provider. */
export interface Destination {
  readonly openaiUrl: string;
  readonly anthropicUrl: string;
  readonly key: string;
}

export function throughGateway({ url }: GatewayUnderTest): Destination {
  return { openaiUrl: `${url}/v1`, anthropicUrl: url, key: ADMIN_KEY };
}

export function pastGateway(lane: Lane, provider: string): Destination {
  return { openaiUrl: lane.url, anthropicUrl: lane.url, key: keyOf(provider) };
}

/** What a client made of an answer: its value, or the error it threw. */
export interface ClientOutcome {
  /** Of a stream: each piece as the client gave it. */
  readonly pieces: readonly Json[];
  /** The whole answer, accumulated by the client where it was streamed; null where it threw. */
  readonly value: JsonObject | null;
  readonly requestId: string | null;
  readonly error: ClientError | null;
}

interface ClientError {
  readonly name: string;
  readonly status: number | null;
  readonly message: string;
}

/** A client that sends `body` as it stands and accumulates what comes. It never throws. */
export async function askOpenai(to: Destination, body: JsonObject): Promise<ClientOutcome> {
  const client = new OpenAI({ baseURL: to.openaiUrl, apiKey: to.key, maxRetries: 0 });
  const pieces: Json[] = [];
  return caught(pieces, async () => {
    // The client completes the messages it is given where they stand.
    const own = structuredClone(body) as never;
    if (body.stream !== true) return client.chat.completions.create(own);
    const stream = client.chat.completions.stream(own);
    for await (const chunk of stream) pieces.push(plain(chunk));
    return stream.finalChatCompletion();
  });
}

/** A client that sends `body` as it stands and accumulates what comes. It never throws. */
export async function askAnthropic(
  to: Destination,
  body: JsonObject,
  headers: { readonly [name: string]: string } = {},
): Promise<ClientOutcome> {
  const client = new Anthropic({ baseURL: to.anthropicUrl, apiKey: to.key, maxRetries: 0 });
  const pieces: Json[] = [];
  return caught(pieces, async () => {
    const { stream: _, ...rest } = structuredClone(body) as JsonObject;
    if (body.stream !== true) return client.messages.create(body as never, { headers });
    const stream = client.messages.stream(rest as never, { headers });
    for await (const event of stream) pieces.push(plain(event));
    return stream.finalMessage();
  });
}

export async function caught(pieces: Json[], ask: () => Promise<unknown>): Promise<ClientOutcome> {
  try {
    const value = await ask();
    const requestId = (value as { readonly _request_id?: string })._request_id ?? null;
    return { pieces, value: plain(value) as JsonObject, requestId, error: null };
  } catch (thrown) {
    const { name, message, status } = thrown as Error & { readonly status?: number };
    const error = { name: thrown?.constructor.name ?? name, status: status ?? null, message };
    return { pieces, value: null, requestId: null, error };
  }
}

/** What the client shows, as JSON: without its own methods and undefined members. */
export function plain(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}
