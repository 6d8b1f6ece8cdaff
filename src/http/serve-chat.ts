// serveChat: the one handler behind every chat endpoint, whatever its dialect: admit, read, plan, complete, reply.
import type { BodyCapture } from '../bodies/body-capture.ts';
import type { Delivered } from '../core/delivered.ts';
import type { ChatDialect, ReplyContext } from '../core/dialect.ts';
import type { GatewayError } from '../core/errors.ts';
import type { ChatEvent } from '../core/event.ts';
import { roughTokens } from '../dialects/count-tokens.ts';
import type { Answered } from '../gateway/attempt.ts';
import { attemptsOf } from '../gateway/attempts-of.ts';
import { chatWork } from '../gateway/chat-work.ts';
import { complete } from '../gateway/complete.ts';
import { Delivery } from '../gateway/delivery.ts';
import { dressedFor } from '../gateway/dressing-of.ts';
import { estimateMissingUsage } from '../gateway/estimate.ts';
import { expectedOfChat } from '../gateway/expected-usage.ts';
import { fallbackPolicy } from '../gateway/fallback-policy.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { hold } from '../gateway/hold.ts';
import { type Inbound, readInbound } from '../gateway/inbound.ts';
import { asAsked, keeperOf, notSentAsAsked } from '../gateway/keep-response.ts';
import { OutputVerdict } from '../gateway/output-verdict.ts';
import { callersSnapshot } from '../gateway/own-keys.ts';
import { limitByRouter, planFor } from '../gateway/plan-for.ts';
import type { Recording } from '../gateway/recording.ts';
import { requestFacts } from '../gateway/request-facts.ts';
import { Rescue } from '../gateway/rescue.ts';
import type { Room } from '../gateway/room.ts';
import { asRouted, withPast } from '../gateway/with-past.ts';
import type { Abort } from '../lib/abort.ts';
import { asObject, type JsonObject } from '../lib/json.ts';
import { captured } from './captured-flow.ts';
import { requestedFaults, requestsFaults } from './fault-header.ts';
import { rateHeaders } from './rate-headers.ts';
import { readBody } from './read-body.ts';
import { jsonReply, replyHeaders, streamReply, watched } from './respond.ts';
import {
  type Admitted,
  type Endpoint,
  noteRefused,
  noteUnavailable,
  serveExchange,
} from './serve-exchange.ts';

export function serveChat(
  endpoint: Endpoint,
  request: Request,
  gateway: Gateway,
): Promise<Response> {
  return serveExchange(endpoint, request, gateway, (admitted, recording) =>
    answer(endpoint.dialect, request, admitted, gateway, recording),
  );
}

async function answer(
  dialect: ChatDialect,
  request: Request,
  { key, scope, bodies, room, over }: Admitted,
  gateway: Gateway,
  recording: Recording,
): Promise<Response> {
  const snapshot = callersSnapshot(gateway, key, request.headers);
  const text = await readBody(request, snapshot.maxBodyBytes);
  bodies?.request(text);
  const read = noteRefused(recording, dialect, request.headers, (seen) =>
    readInbound(dialect, text, request.headers, 'answer', seen),
  );
  const { model, stream, user, options } = read;
  const metadata = options.metadata ?? null;
  recording.request({ stream, user, requestedModel: model, metadata });
  bodies?.of(user);
  const faults = requestsFaults(request.headers)
    ? await requestedFaults(request.headers, key, gateway)
    : null;
  scope.limit(options.fallback?.total_timeout ?? snapshot.timeouts.totalMs);
  const past = { tenant: key.id, maxBytes: snapshot.maxBodyBytes, abort: scope.abort };
  const whole = withPast(read, past, gateway, recording);
  // Each wait costs a turn of the event loop's queue: only what is looked up is waited for.
  const remembered = whole instanceof Promise ? await whole : whole;
  const routed = asRouted(remembered, snapshot);
  const asked = routed instanceof Promise ? await routed : routed;
  const facts = requestFacts(asked, recording.start.id);
  const planned = planFor(remembered, facts, key, snapshot, gateway.live);
  recording.plan(planned);
  bodies?.routed(planned.settings?.logBodies);
  limitByRouter(scope, options, planned);
  const inbound = dressedFor(remembered, planned);
  recording.asks(inbound.body);
  const output = dialect.outputOf(inbound.body);
  if (output.type !== 'text') recording.judge(new OutputVerdict(output));
  noteUnavailable(inbound, planned, recording);
  const sent = inbound === remembered ? facts : requestFacts(inbound, recording.start.id);
  const expects = expectedOfChat(inbound, sent);
  const { limits: settings } = snapshot;
  const held = hold({ key, user, plan: planned, expects, settings, room }, gateway);
  const allowed = held instanceof Promise ? await held : held;
  if (allowed !== planned) recording.plan(allowed);
  // A router's prompt is the same for all: a conversation is known by what the caller wrote.
  const sticky = { user, opening: () => dialect.openingOf(remembered.body) };
  const attempts = attemptsOf(allowed, sticky, gateway, recording, scope, faults);
  const policy = fallbackPolicy(options, planned.settings?.fallback, stream, snapshot);
  const work = (delivered: Delivered | null) =>
    chatWork(inbound, policy, snapshot, attempts.line, delivered);
  const answered = await complete(work(null), attempts);
  // What the router put in is not the caller's: neither to be read again nor to be gone on from with another.
  const keep = keeperOf(remembered, answered, recording, gateway.responses, key.id);
  const context = replyContext(inbound, remembered.body, recording);
  if (keep) context.keep = keep;
  const resumes = policy.resume && dialect.isOneText(inbound.body) && attempts.line.hasMore();
  const rescue = resumes ? new Rescue(attempts, work) : null;
  return reply(answered, { inbound, recording, context, rescue, bodies, room }, scope.abort, over);
}

interface Replying {
  readonly inbound: Inbound;
  readonly recording: Recording;
  readonly context: ReplyContext;
  /** Who may go on with a stream that breaks off. */
  readonly rescue: Rescue | null;
  readonly bodies: BodyCapture | null;
  readonly room: Room;
}

function reply(
  answered: Answered,
  { inbound, recording, context, rescue, bodies, room }: Replying,
  abort: Abort<GatewayError>,
  over: () => void,
): Response {
  const rates = rateHeaders(inbound.dialect.id, room);
  const headers = replyHeaders(recording, answered.headers, rates);
  const settle = () => {
    if (recording.current !== null) estimateMissingUsage(inbound, recording.current);
  };
  if (answered.kind === 'stream') {
    const delivery = new Delivery(answered, inbound, recording, context, settle, rescue);
    const flow = captured(watched(delivery, abort, over), bodies, 'text/event-stream');
    return streamReply(flow, headers, over);
  }
  for (const event of answered.events) recording.observe(event);
  settle();
  const text = replyText(answered, inbound, recording, context);
  // The row says 200 only of a reply there is.
  const whole = inbound.stream ? streamedWhole(text, headers) : jsonReply(text, headers);
  recording.finish('ok', 200, null);
  bodies?.reply(inbound.stream ? 'text/event-stream' : 'application/json', text);
  over();
  return whole;
}

/** The reply's text: the provider's own with our metadata, or translated; as a stream where one was asked for and none came. */
function replyText(
  answered: Extract<Answered, { kind: 'reply' }>,
  inbound: Inbound,
  recording: Recording,
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

function streamedWhole(text: string, headers: { [name: string]: string }): Response {
  headers['content-type'] = 'text/event-stream; charset=utf-8';
  headers['cache-control'] = 'no-cache';
  return new Response(text, { headers });
}

/** @param asked the caller's own body: what the router put to it is not the caller's to see */
function replyContext(
  inbound: Inbound,
  asked: JsonObject,
  recording: Recording,
): ReplyContext & { keep?: ReplyContext['keep'] } {
  return {
    id: inbound.dialect.idPrefix + recording.start.id,
    model: recording.current?.candidate.id ?? inbound.model,
    created: Math.floor(recording.start.at / 1000),
    excludeReasoning: inbound.options.reasoning?.exclude === true,
    includeUsage: asObject(asked.stream_options)?.include_usage === true,
    request: asked,
    ...notSentAsAsked(inbound, asked),
    inputEstimate: () => roughTokens(inbound.call()),
    lose: (what) => recording.lose(what),
  };
}
