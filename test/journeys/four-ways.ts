// Both official SDKs in front of the gateway, a provider of each wire behind it: one question put four ways, and all that it caused.
import { expect } from 'bun:test';
import type Anthropic from '@anthropic-ai/sdk';
import type OpenAI from 'openai';
import type { RecordedRequest, Sim } from '../../sim/start-sim.ts';
import type { ReplyMetadata } from '../../src/core/exchange.ts';
import type { LogRow } from '../../src/core/log-row.ts';
import { asObject, type JsonObject, parseJson } from '../../src/lib/json.ts';
import { type GatewayUnderTest, startGateway, startTwoWires } from './gateway-under-test.ts';

/** `alpha` speaks OpenAI's wire, `beta` Anthropic's. */
export type Wire = 'alpha' | 'beta';

export interface Way {
  readonly wire: Wire;
  readonly stream: boolean;
  readonly name: string;
}

/** Both wires, streamed and not; with the two callers that makes all eight. */
export const WAYS: readonly Way[] = (['alpha', 'beta'] as const).flatMap((wire) =>
  [false, true].map((stream) => ({
    wire,
    stream,
    name: `${wire === 'alpha' ? "OpenAI's wire" : "Anthropic's wire"}, ${stream ? 'streamed' : 'whole'}`,
  })),
);

/** One request a provider got. */
export interface Got {
  readonly wire: Wire;
  readonly path: string;
  readonly headers: RecordedRequest['headers'];
  readonly text: string;
  readonly body: JsonObject;
}

/** What a piece of work caused, all of it. */
export interface Caused<Result> {
  readonly result: Result;
  readonly got: readonly Got[];
  readonly rows: readonly LogRow[];
}

export interface World {
  readonly gateway: GatewayUnderTest;
  readonly sims: { readonly [W in Wire]: Sim };
  readonly openai: OpenAI;
  readonly anthropic: Anthropic;
  /** Does the work; tells every request the providers got meanwhile and every row that was written. */
  watch<Result>(work: () => Promise<Result>): Promise<Caused<Result>>;
  stop(): Promise<void>;
}

/** What a world has beside its two wires: lines of YAML for the `providers` and `models` of its configuration. */
export interface More {
  /** @param url of the simulated provider behind each wire. */
  providers?(url: { readonly [W in Wire]: string }): readonly string[];
  readonly models?: readonly string[];
}

export async function openWorld(more: More = {}): Promise<World> {
  const wires = startTwoWires();
  const providers = more.providers?.({ alpha: wires.alpha.url, beta: wires.beta.url }) ?? [];
  const models = more.models ?? [];
  const yaml = wires.yaml.replace(
    'providers:\n',
    ['providers:', ...providers.map((line) => `  ${line}`), ''].join('\n'),
  );
  const gateway = await startGateway(yaml + models.map((line) => `  - ${line}\n`).join(''));
  const sims = { alpha: wires.alpha, beta: wires.beta };
  return {
    gateway,
    sims,
    openai: gateway.openai(),
    anthropic: gateway.anthropic(),
    async watch(work) {
      const before = {
        alpha: sims.alpha.received,
        beta: sims.beta.received,
        rows: (await gateway.rows()).length,
      };
      const result = await work();
      const rows = (await gateway.rows()).slice(before.rows);
      const got = (['alpha', 'beta'] as const)
        .flatMap((wire) =>
          sims[wire].requests.slice(before[wire]).map((request) => ({ wire, request })),
        )
        .sort((a, b) => a.request.at - b.request.at)
        .map(({ wire, request }) => ({
          wire,
          path: request.path,
          headers: request.headers,
          text: request.body,
          body: asObject(parseJson(request.body)) ?? {},
        }));
      return { result, got, rows };
    },
    async stop() {
      await gateway.stop();
      await wires.stop();
    },
  };
}

/**
 * The one request and the one good row that a call should cause, at the wire it should have gone to. Whatever the call is
 * about, the row and the reply's metadata tell the same story.
 */
export function only(
  caused: Caused<Told<unknown>>,
  wire: Wire,
): { readonly sent: JsonObject; readonly row: LogRow; readonly request: Got } {
  expect(caused.got.map((request) => `${request.wire} ${request.path}`)).toEqual([
    wire === 'alpha' ? 'alpha /v1/chat/completions' : 'beta /v1/messages',
  ]);
  expect(caused.rows.map((row) => [row.outcome, row.status, row.provider])).toEqual([
    ['ok', 200, wire],
  ]);
  const [request] = caused.got;
  const [row] = caused.rows;
  if (!request || !row) throw new Error('counted above');
  const { metadata } = caused.result;
  expect({
    generation_id: row.generation_id,
    actual_model: row.model,
    provider: row.provider,
    cost_usd: row.cost_usd,
    losses: row.losses,
    reasoning: row.reasoning,
  }).toEqual({
    generation_id: metadata.generation_id,
    actual_model: metadata.actual_model,
    provider: metadata.provider,
    cost_usd: metadata.cost_usd,
    losses: [...metadata.losses],
    reasoning: metadata.reasoning,
  });
  return { sent: request.body, row, request };
}

/** A reply as the SDK made it, with what the gateway adds to it. */
export interface Told<Reply> {
  readonly reply: Reply;
  readonly metadata: ReplyMetadata;
  /** The stream's events as the SDK handed them out; none of a whole reply. */
  readonly events: readonly JsonObject[];
}

/** A body with more fields than its type knows: ours, or those only a provider knows. */
export type Extended<Body> = Body & { readonly [field: string]: unknown };
export type ChatBody = Omit<OpenAI.Chat.ChatCompletionCreateParamsNonStreaming, 'stream'>;
export type MessageBody = Omit<Anthropic.MessageCreateParamsNonStreaming, 'stream'>;

/** Asks with OpenAI's SDK. A stream is put together by the SDK's own helper. */
export async function askOpenAi(
  client: OpenAI,
  body: ChatBody,
  stream: boolean,
): Promise<Told<OpenAI.Chat.ChatCompletion>> {
  if (!stream) {
    const reply = await client.chat.completions.create(body);
    return { reply, metadata: metadataIn(reply), events: [] };
  }
  const events: JsonObject[] = [];
  const run = client.chat.completions.stream({
    ...body,
    stream_options: { include_usage: true },
  });
  run.on('chunk', (chunk) => events.push(chunk as unknown as JsonObject));
  const reply = await run.finalChatCompletion();
  return { reply, metadata: metadataIn(events.at(-1)), events };
}

/** Asks with Anthropic's SDK. A stream is put together by the SDK's own helper. */
export async function askAnthropic(
  client: Anthropic,
  body: MessageBody,
  stream: boolean,
): Promise<Told<Anthropic.Message>> {
  if (!stream) {
    const reply = await client.messages.create(body);
    return { reply, metadata: metadataIn(reply), events: [] };
  }
  const events: JsonObject[] = [];
  const run = client.messages.stream(body);
  run.on('streamEvent', (event) => events.push(structuredClone(event) as unknown as JsonObject));
  const reply = await run.finalMessage();
  expect(events.at(-1)?.type).toBe('message_stop');
  return { reply, metadata: metadataIn(events.at(-2)), events };
}

/** The metadata a reply, or the last frame before a stream's end, carries. */
export function metadataIn(carrier: unknown): ReplyMetadata {
  const metadata = asObject(asObject(carrier)?.metadata);
  if (!metadata) throw new Error('no metadata where it should be');
  return metadata as unknown as ReplyMetadata;
}

/** What a provider's wire has to say in a body for its reply to be streamed, usage included. */
export function streamed(way: Way): JsonObject {
  if (!way.stream) return {};
  return way.wire === 'alpha'
    ? { stream: true, stream_options: { include_usage: true } }
    : { stream: true };
}
