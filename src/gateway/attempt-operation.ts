// attemptOperation: one call of an endpoint beside chat to one candidate, up to the point where its answer has begun.
import { GatewayError } from '../core/errors.ts';
import type {
  OperationReply,
  OperationRequest,
  OperationTarget,
  OperationWire,
  OperationWireId,
  WireReply,
} from '../core/operation.ts';
import { laterUsage } from '../core/usage.ts';
import { findRule } from '../dialects/find-rule.ts';
import { DIALECTS, UPSTREAM_DIALECTS } from '../dialects/index.ts';
import { decodeInnerError } from '../dialects/openai-chat/decode-error.ts';
import { isFault } from '../dialects/openai-chat/fault.ts';
import { Abort } from '../lib/abort.ts';
import { servedBy } from '../operations/index.ts';
import { hosted, hostedPath } from '../upstream/wire.ts';
import { type Answered, type AttemptSettings, attempt, commit } from './attempt.ts';
import type { AttemptRecording } from './attempt-recording.ts';
import { type BegunBytes, beginBytes } from './byte-flow.ts';
import { asChat } from './completions-as-chat.ts';
import { type AttemptOptions, dispatch, readObject } from './dispatch.ts';
import { noteLosses, refuseLosses, targetOf } from './encode-for.ts';
import { finishReason, operationEvents } from './operation-events.ts';
import type { OperationInbound } from './operation-inbound.ts';
import type { Target } from './targets.ts';
import { type RunningAttempt, UpstreamStream } from './upstream-stream.ts';

export type OperationAnswer =
  | { readonly kind: 'object'; readonly reply: OperationReply; readonly headers: Headers }
  | { readonly kind: 'bytes'; readonly bytes: BegunBytes; readonly headers: Headers }
  | {
      readonly kind: 'events';
      readonly stream: Extract<Answered, { kind: 'stream' }>;
      readonly headers: Headers;
    }
  /** Made of a chat answer. */
  | { readonly kind: 'chat'; readonly answered: Answered; readonly headers: Headers };

/** So many requests of one call are under way at once, where the provider takes one input a request. */
const PARALLEL = 8;

/** Sends the call to one candidate. Throws the GatewayError that says why it did not answer. */
export async function attemptOperation(
  inbound: OperationInbound,
  target: Target,
  record: AttemptRecording,
  settings: AttemptSettings,
  options: AttemptOptions,
): Promise<OperationAnswer> {
  const { candidate } = target;
  const { call, operation } = inbound;
  const served = servedBy(candidate.configured.provider, operation.id);
  const wireId: OperationWireId | null =
    findRule(candidate.model, served?.models ?? [])?.wire ?? served?.wire ?? null;
  if (wireId === 'chat') {
    const { chat, losses } = asChat(inbound);
    refuseLosses(losses, inbound.options, candidate);
    const answered = await attempt({
      inbound: chat,
      target,
      record,
      settings,
      options,
      delivered: null,
    });
    for (const loss of losses) record.lose(loss);
    return { kind: 'chat', answered, headers: answered.headers };
  }
  const wire = wireId === null ? undefined : operation.wires[wireId];
  if (served === null || wire === undefined)
    throw new GatewayError(
      'unsupported_feature',
      `${candidate.configured.provider.name} does not serve ${operation.path} through this gateway.`,
    );
  const wireTarget = { ...targetOf(candidate), served };
  const { requests, losses } = wire.encode(call, wireTarget);
  noteLosses(losses, inbound.options, candidate, record);
  const sending: Sending = { inbound, target, wireTarget, record, options };
  const [only] = requests;
  if (only !== undefined && requests.length === 1) return sendOne(only, wire, sending);
  return together(await sendAll(requests, sending), wire, sending);
}

interface Sending {
  readonly inbound: OperationInbound;
  readonly target: Target;
  readonly wireTarget: OperationTarget;
  readonly record: AttemptRecording;
  readonly options: AttemptOptions;
}

function sendOne(
  request: OperationRequest,
  wire: OperationWire,
  sending: Sending,
): Promise<OperationAnswer> {
  const { operation, call } = sending.inbound;
  return send(request, sending, async (response, running) => {
    const type = response.headers.get('content-type') ?? '';
    const { headers } = response;
    if (type.includes('event-stream')) {
      const stream = await openEvents(response, running);
      return { kind: 'events', stream, headers };
    }
    if (operation.gives !== 'object' && !type.includes('json') && !type.includes('html')) {
      const bytes = await beginBytes(response, running);
      sending.record.begun();
      meter(sending, operation.usageOf(call.fields));
      return { kind: 'bytes', bytes, headers };
    }
    const reply = await readReply(response, running, sending.options);
    if (operation.gives === 'bytes')
      throw new GatewayError(
        'upstream_invalid_response',
        'The provider answered with JSON where bytes were asked for.',
      );
    return together([reply], wire, sending);
  });
}

/** All of them, a few at a time. The first that fails stops the others. */
async function sendAll(
  requests: readonly OperationRequest[],
  sending: Sending,
): Promise<readonly WireReply[]> {
  const abort = new Abort<GatewayError>();
  const pass = (reason: GatewayError) => abort.trigger(reason);
  sending.options.abort.add(pass);
  const each = { ...sending, options: { ...sending.options, abort } };
  const replies: WireReply[] = [];
  let next = 0;
  const work = async () => {
    for (let at = next++; at < requests.length; at = next++) {
      const request = requests[at];
      if (request === undefined) return;
      replies[at] = await send(request, each, (response, running) =>
        readReply(response, running, each.options),
      );
    }
  };
  try {
    const places = sending.target.candidate.configured.limits?.concurrent ?? PARALLEL;
    await Promise.all(Array.from({ length: Math.min(PARALLEL, places, requests.length) }, work));
    return replies;
  } catch (thrown) {
    next = requests.length;
    abort.trigger(new GatewayError('internal', 'Another part of the same call failed.'));
    throw thrown;
  } finally {
    sending.options.abort.remove(pass);
  }
}

function send<T>(
  request: OperationRequest,
  { inbound, target, wireTarget, record, options }: Sending,
  read: (response: Response, running: RunningAttempt) => Promise<T>,
): Promise<T> {
  const { candidate } = target;
  const { stream } = inbound.call;
  const { body } = request;
  const isUsual = wireTarget.served.path === undefined;
  const outgoing = {
    path: isUsual ? hostedPath(candidate, request.path, stream) : request.path,
    body: typeof body === 'string' && isUsual ? hosted(body, candidate) : body,
    stream,
    forwarded: null,
  };
  const { dialect } = candidate.configured.provider;
  const { decodeError } = UPSTREAM_DIALECTS[dialect] ?? DIALECTS['openai-chat'];
  return dispatch(target, outgoing, record, options, decodeError, read);
}

async function readReply(
  response: Response,
  running: RunningAttempt,
  { limits }: AttemptOptions,
): Promise<WireReply> {
  // A whole reply begins when its head comes; from there on only silence counts.
  running.watch.firstToken();
  const { text, body } = await readObject(response, running, limits);
  if (isFault(body)) throw decodeInnerError(body);
  running.release();
  return { text, body, headers: response.headers };
}

/** One reply out of all that came. */
function together(
  replies: readonly WireReply[],
  wire: OperationWire,
  sending: Sending,
): OperationAnswer {
  const { call } = sending.inbound;
  const reply = wire.decode(replies, call, sending.wireTarget);
  meter(sending, reply.usage);
  const { record } = sending;
  record.completed();
  if (reply.finish !== undefined) record.finishReason = finishReason(reply.finish);
  return { kind: 'object', reply, headers: replies[0]?.headers ?? new Headers() };
}

/** The provider's figures over what the request alone says. */
function meter({ inbound, record }: Sending, usage: OperationReply['usage']): void {
  record.usage = laterUsage(inbound.operation.usageOf(inbound.call.fields), usage);
}

async function openEvents(
  response: Response,
  running: RunningAttempt,
): Promise<Extract<Answered, { kind: 'stream' }>> {
  if (!response.body)
    throw new GatewayError(
      'upstream_invalid_response',
      'The provider answered a streamed call with an empty body.',
    );
  const reading = { dialect: operationEvents, framing: 'sse' as const, disguise: undefined };
  const stream = new UpstreamStream(response.body, reading, running);
  const answered = await commit(
    { dialect: operationEvents, verbatim: true, plain: true },
    response,
    stream,
    running,
  );
  if (answered.kind === 'stream') return answered;
  throw new GatewayError('internal', 'A stream became a whole reply.');
}
