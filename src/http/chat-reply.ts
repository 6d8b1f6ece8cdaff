// A chat answer as its caller gets it: whole or streamed, the provider's own words with our metadata, or translated.
import type { BodyCapture } from '../bodies/body-capture.ts';
import type { ReplyContext } from '../core/dialect.ts';
import type { GatewayError } from '../core/errors.ts';
import type { ChatEvent } from '../core/event.ts';
import { roughTokens } from '../dialects/count-tokens.ts';
import type { Answered } from '../gateway/attempt.ts';
import type { Flight } from '../gateway/caching/flight.ts';
import { SharedFlow } from '../gateway/caching/shared-flow.ts';
import type { Tape } from '../gateway/caching/tape.ts';
import { Delivery } from '../gateway/delivery.ts';
import { estimateMissingUsage } from '../gateway/estimate.ts';
import type { Inbound } from '../gateway/inbound.ts';
import { asAsked, notSentAsAsked } from '../gateway/keep-response.ts';
import type { Recording } from '../gateway/recording.ts';
import type { Successor } from '../gateway/rescue.ts';
import type { Room } from '../gateway/room.ts';
import type { Abort } from '../lib/abort.ts';
import { asObject, type JsonObject } from '../lib/json.ts';
import { captured } from './captured-flow.ts';
import { rateHeaders } from './rate-headers.ts';
import { jsonReply, replyHeaders, streamReply, watched } from './respond.ts';

export interface Replying {
  readonly inbound: Inbound;
  /** The caller's own body: what the router put to it is not the caller's to see. */
  readonly asked: JsonObject;
  readonly recording: Recording;
  readonly keep: ReplyContext['keep'];
  /** As `keep`, of a reply that is written already. */
  readonly keepText?: ((response: string) => void) | undefined;
  /** Who may go on with a stream that breaks off. */
  readonly rescue: Successor | null;
  /** What the caller is shown of a stream is written down here; null: it is nobody else's. */
  readonly tape: Tape | null;
  /** Others may follow the answer; null: nobody. */
  readonly flight: Flight | null;
  readonly bodies: BodyCapture | null;
  readonly room: Room;
  readonly abort: Abort<GatewayError>;
  readonly over: () => void;
}

export function chatReply(answered: Answered, replying: Replying): Response {
  const { inbound, recording, rescue, tape, flight, bodies, room, abort, over } = replying;
  const context = replyContext(replying);
  const rates = rateHeaders(inbound.dialect.id, room);
  const headers = replyHeaders(recording, answered.headers, rates);
  const settle = () => {
    if (recording.current !== null) estimateMissingUsage(inbound, recording.current);
  };
  if (answered.kind === 'stream') {
    const delivery = new Delivery(answered, inbound, recording, context, settle, rescue, tape);
    const shared = flight === null ? delivery : sharedBy(flight, delivery);
    const flow = captured(watched(shared, abort, over), bodies, 'text/event-stream');
    return streamReply(flow, headers, over);
  }
  for (const event of answered.events) recording.observe(event);
  settle();
  const text = replyText(answered, inbound, recording, context);
  return finished(text, headers, replying);
}

function sharedBy(flight: Flight, delivery: Delivery): SharedFlow {
  const flow = new SharedFlow(delivery, () => flight.leaderLeft());
  flight.flows(flow);
  return flow;
}

/** A reply that is all here. */
export function finished(
  text: string | Buffer<ArrayBuffer>,
  headers: { [name: string]: string },
  { inbound, recording, bodies, over }: Replying,
): Response {
  // The row says 200 only of a reply there is.
  const whole = inbound.stream ? streamedWhole(text, headers) : jsonReply(text, headers);
  recording.finish('ok', 200, null);
  bodies?.reply(inbound.stream ? 'text/event-stream' : 'application/json', text.toString());
  over();
  return whole;
}

/** The reply's text: the provider's own with our metadata, or translated; as a stream where one was asked for and none came. */
export function replyText(
  answered: Extract<Answered, { kind: 'reply' }>,
  inbound: Inbound,
  recording: Pick<Recording, 'metadata'>,
  context: ReplyContext,
): string {
  const { dialect } = inbound;
  if (inbound.stream) {
    const encoder = dialect.encoder(context, () => recording.metadata());
    let text = '';
    for (const event of answered.events) text += encoder.push(event);
    return text;
  }
  const hides = context.excludeReasoning && answered.events.some(isReasoning);
  if (answered.verbatim && !hides) {
    const { text, body } = asAsked(answered, inbound, context);
    context.keep?.(body);
    return dialect.forwardReply(text, body, recording.metadata());
  }
  const events = answered.events;
  return JSON.stringify(dialect.encodeReply(events, context, () => recording.metadata()));
}

function isReasoning(event: ChatEvent): boolean {
  return (
    event.type === 'block-start' &&
    (event.block.kind === 'reasoning' || event.block.kind === 'redacted-reasoning')
  );
}

function streamedWhole(
  text: string | Buffer<ArrayBuffer>,
  headers: { [name: string]: string },
): Response {
  headers['content-type'] = 'text/event-stream; charset=utf-8';
  headers['cache-control'] = 'no-cache';
  headers['x-accel-buffering'] = 'no';
  return new Response(text, { headers });
}

export function replyContext({ inbound, asked, recording, keep }: Replying): ReplyContext {
  return {
    id: inbound.dialect.idPrefix + recording.start.id,
    model: recording.answering?.id ?? inbound.model,
    created: Math.floor(recording.start.at / 1000),
    excludeReasoning: inbound.options.reasoning?.exclude === true,
    includeUsage: asObject(asked.stream_options)?.include_usage === true,
    request: asked,
    ...(keep === undefined ? {} : { keep }),
    ...notSentAsAsked(inbound, asked),
    inputEstimate: () => roughTokens(inbound.call()),
    lose: (what) => recording.lose(what),
  };
}
