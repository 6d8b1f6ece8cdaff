// serveOperation: the one handler behind every endpoint beside chat: admit, read, plan, complete, reply.
import type { BodyCapture } from '../bodies/body-capture.ts';
import type { ReplyContext } from '../core/dialect.ts';
import { GatewayError, invalid } from '../core/errors.ts';
import type { Operation } from '../core/operation.ts';
import type { GatewayOptions } from '../core/options.ts';
import type { Plan } from '../core/plan.ts';
import { DIALECTS } from '../dialects/index.ts';
import { forwardReply } from '../dialects/openai-chat/reply-metadata.ts';
import type { OperationAnswer } from '../gateway/attempt-operation.ts';
import { attemptsOf } from '../gateway/attempts-of.ts';
import { ByteFlow } from '../gateway/byte-flow.ts';
import { complete } from '../gateway/complete.ts';
import { completionsAsChat } from '../gateway/completions-as-chat.ts';
import { Delivery } from '../gateway/delivery.ts';
import { settleUsage } from '../gateway/estimate.ts';
import { expectedOfOperation } from '../gateway/expected-usage.ts';
import { fallbackPolicy } from '../gateway/fallback-policy.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { hold } from '../gateway/hold.ts';
import { operationEvents } from '../gateway/operation-events.ts';
import {
  type OperationInbound,
  type Received,
  readOperation,
} from '../gateway/operation-inbound.ts';
import { operationWork } from '../gateway/operation-work.ts';
import { callersSnapshot } from '../gateway/own-keys.ts';
import { limitByRouter, planFor } from '../gateway/plan-for.ts';
import type { Recording } from '../gateway/recording.ts';
import { operationFacts } from '../gateway/request-facts.ts';
import type { Room } from '../gateway/room.ts';
import type { Snapshot } from '../gateway/snapshot.ts';
import type { Abort } from '../lib/abort.ts';
import { asObject } from '../lib/json.ts';
import { appendMember } from '../lib/json-splice.ts';
import { defaultModel } from '../operations/index.ts';
import { captured } from './captured-flow.ts';
import { requestedFaults, requestsFaults } from './fault-header.ts';
import { rateHeaders } from './rate-headers.ts';
import { readBody, readBytes } from './read-body.ts';
import { bytesReply, jsonReply, replyHeaders, streamReply, watched } from './respond.ts';
import { type Admitted, noteRefused, noteUnavailable, serveExchange } from './serve-exchange.ts';

/** Errors go out in OpenAI's form, as everything else here does. */
const DIALECT = DIALECTS['openai-chat'];

export function serveOperation(
  operation: Operation,
  request: Request,
  gateway: Gateway,
): Promise<Response> {
  const endpoint = { dialect: DIALECT, name: operation.id };
  return serveExchange(endpoint, request, gateway, (admitted, recording) =>
    answer(operation, request, admitted, gateway, recording),
  );
}

async function answer(
  operation: Operation,
  request: Request,
  { key, scope, bodies, room, over }: Admitted,
  gateway: Gateway,
  recording: Recording,
): Promise<Response> {
  const snapshot = callersSnapshot(gateway, key, request.headers);
  const received = await receive(operation, request, snapshot);
  if (received.kind === 'json') bodies?.request(received.text);
  else bodies?.requestBytes('multipart/form-data', received.bytes.byteLength);
  const configured = [...snapshot.providers.values()].map(({ provider }) => provider);
  const usualModel = defaultModel(operation.id, configured);
  const inbound = noteRefused(recording, DIALECT, request.headers, (seen) =>
    readOperation(operation, received, request.headers, usualModel, seen),
  );
  const { options, call, model, user } = inbound;
  const { stream } = call;
  const metadata = options.metadata ?? null;
  recording.asks(call.body);
  recording.request({ stream, user, requestedModel: model, metadata });
  bodies?.of(user);
  const faults = requestsFaults(request.headers)
    ? await requestedFaults(request.headers, key, gateway)
    : null;
  scope.limit(options.fallback?.total_timeout ?? snapshot.timeouts.totalMs);
  const facts = operationFacts(inbound, recording.start.id);
  const planned = planFor(inbound, facts, key, snapshot, gateway.live);
  recording.plan(planned);
  bodies?.routed(planned.settings?.logBodies);
  limitByRouter(scope, options, planned);
  noteChatOptions(options, recording);
  noteChatSettings(planned, recording);
  noteUnavailable({ options, body: call.body }, planned, recording);
  const expects = expectedOfOperation(inbound, facts);
  const { limits: settings } = snapshot;
  const held = hold({ key, user, plan: planned, expects, settings, room }, gateway);
  const allowed = held instanceof Promise ? await held : held;
  if (allowed !== planned) recording.plan(allowed);
  // Nothing is cached for a conversation here: calls without a user spread over a pool's keys by what they ask.
  const sticky = { user, opening: () => JSON.stringify(call.fields) };
  const attempts = attemptsOf(allowed, sticky, gateway, recording, scope, faults);
  const begins = stream || operation.gives === 'bytes';
  const policy = fallbackPolicy(options, planned.settings?.fallback, begins, snapshot);
  const answered = await complete(operationWork(inbound, policy, snapshot), attempts);
  return reply(answered, { inbound, recording, bodies, room }, scope.abort, over);
}

/** Fields that ask something of a chat model. */
const CHAT_OPTIONS = [
  'reasoning',
  'web_search',
  'web_search_options',
  'audio',
  'prompt_caching',
] as const satisfies readonly (keyof GatewayOptions)[];

/** They have no effect here: named, or refused under `strict`. */
function noteChatOptions(options: GatewayOptions, recording: Recording): void {
  const asked = CHAT_OPTIONS.filter((name) => options[name] != null);
  if (asked.length > 0 && options.strict === true)
    throw new GatewayError(
      'unsupported_feature',
      `"strict" is set and this cannot be honoured here: ${asked.join(', ')}`,
    );
  for (const name of asked) recording.lose(`${name}: only chat models can be asked for it`);
}

/** What a router puts to chat requests has no place here: named, as long as it asks for something. */
function noteChatSettings({ settings }: Plan, recording: Recording): void {
  for (const name of ['templates', 'generation', 'webSearch', 'webSearchOptions'] as const)
    if (settings?.[name] !== undefined)
      recording.lose(`router ${SETTING_WORDS[name]}: only chat requests can have it`);
}

/** As the router's resource has them. */
const SETTING_WORDS = {
  templates: 'message_templates',
  generation: 'text_generation_config',
  webSearch: 'web_search',
  webSearchOptions: 'web_search_options',
} as const;

async function receive(
  operation: Operation,
  request: Request,
  { maxBodyBytes, maxUploadBytes }: Snapshot,
): Promise<Received> {
  const contentType = request.headers.get('content-type') ?? '';
  const isForm = contentType.toLowerCase().startsWith('multipart/form-data');
  if (isForm && operation.takes !== 'json') {
    const limit = { maxBytes: maxUploadBytes, setting: 'server.max_upload' };
    return { kind: 'form', bytes: await readBytes(request, limit), contentType };
  }
  const isOther = contentType !== '' && !contentType.includes('json');
  if (operation.takes === 'either' && isOther)
    throw invalid('content-type', `must be multipart/form-data at ${operation.path}`);
  if (isForm) throw invalid('content-type', `must be application/json at ${operation.path}`);
  return { kind: 'json', text: await readBody(request, maxBodyBytes) };
}

interface Replying {
  readonly inbound: OperationInbound;
  readonly recording: Recording;
  readonly bodies: BodyCapture | null;
  readonly room: Room;
}

function reply(
  answered: OperationAnswer,
  { inbound, recording, bodies, room }: Replying,
  abort: Abort<GatewayError>,
  over: () => void,
): Response {
  const rates = rateHeaders(DIALECT.id, room);
  const headers = replyHeaders(recording, answered.headers, rates);
  const context = replyContext(inbound, recording);
  const settle = () => {
    if (recording.current !== null) settleUsage(inbound, recording.current);
  };
  if (answered.kind === 'bytes') {
    recording.begun();
    const { contentType } = answered.bytes;
    const flow = watched(new ByteFlow(answered.bytes, recording), abort, over);
    return bytesReply(captured(flow, bodies, contentType), contentType, headers, over);
  }
  const streamed = streamOf(answered, context, recording, settle);
  if (streamed !== null) {
    const flow = captured(watched(streamed, abort, over), bodies, 'text/event-stream');
    return streamReply(flow, headers, over);
  }
  settle();
  const text = wholeText(answered, inbound, context, recording);
  // The row says 200 only of a reply there is.
  const whole = jsonReply(text, headers);
  recording.finish('ok', 200, null);
  bodies?.reply('application/json', text);
  over();
  return whole;
}

/** The stream an answer is; null where it is whole. */
function streamOf(
  answered: OperationAnswer,
  context: ReplyContext,
  recording: Recording,
  settle: () => void,
): Delivery | null {
  if (answered.kind === 'events') {
    const { stream } = answered;
    return new Delivery(stream, { dialect: operationEvents }, recording, context, settle);
  }
  if (answered.kind !== 'chat' || answered.answered.kind !== 'stream') return null;
  const caller = { dialect: completionsAsChat };
  return new Delivery(answered.answered, caller, recording, context, settle);
}

function wholeText(
  answered: OperationAnswer,
  { operation }: OperationInbound,
  context: ReplyContext,
  recording: Recording,
): string {
  if (answered.kind === 'object') {
    const { text, body } = answered.reply;
    // Some rerankers' replies have no id; everybody else's callers look for one.
    const needsId = operation.id === 'rerank' && body.id === undefined;
    const whole = needsId ? appendMember(text, 'id', JSON.stringify(recording.start.id)) : text;
    return forwardReply(whole, body, recording.metadata());
  }
  if (answered.kind !== 'chat' || answered.answered.kind !== 'reply')
    throw new GatewayError('internal', 'A stream cannot be written as a whole reply.');
  const { events } = answered.answered;
  const metadata = () => recording.metadata();
  return JSON.stringify(completionsAsChat.encodeReply(events, context, metadata));
}

function replyContext({ call, model }: OperationInbound, recording: Recording): ReplyContext {
  return {
    id: completionsAsChat.idPrefix + recording.start.id,
    model: recording.current?.candidate.id ?? model,
    created: Math.floor(recording.start.at / 1000),
    excludeReasoning: false,
    includeUsage: asObject(call.fields.stream_options)?.include_usage === true,
    request: call.body,
    inputEstimate: () => 0,
    lose: (what) => recording.lose(what),
  };
}
