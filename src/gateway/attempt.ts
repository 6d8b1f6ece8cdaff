// attempt: one chat call to one candidate, up to the point where its answer has really begun.

import type { Delivered } from '../core/delivered.ts';
import type { DialectId, Disguise, UpstreamDialect } from '../core/dialect.ts';
import { GatewayError } from '../core/errors.ts';
import { type ChatEvent, isContent } from '../core/event.ts';
import type { Candidate } from '../core/plan.ts';
import type { ModelRule } from '../core/provider.ts';
import { findRule } from '../dialects/find-rule.ts';
import { UPSTREAM_DIALECTS } from '../dialects/index.ts';
import { asArray, type JsonObject } from '../lib/json.ts';
import { framingOf, headersTo, hosted, pathOf, wireOf } from '../upstream/wire.ts';
import { type AttemptRecording, isCutOff } from './attempt-recording.ts';
import { type Continued, continueCall } from './continue-call.ts';
import { type AttemptOptions, dispatch, readObject } from './dispatch.ts';
import { encodeFor, targetOf } from './encode-for.ts';
import type { Inbound } from './inbound.ts';
import type { Snapshot } from './snapshot.ts';
import type { Target } from './targets.ts';
import { needyTools, ToolCallCheck } from './tool-call-check.ts';
import { undisguised } from './undisguise.ts';
import {
  type AnswerStream,
  type DecodedFrame,
  type RunningAttempt,
  UpstreamStream,
} from './upstream-stream.ts';
import { withoutPut } from './without-quotes.ts';
import { withoutRefusedState } from './without-state.ts';

interface AnsweredBase {
  readonly dialect: UpstreamDialect;
  /** True where it is in the caller's words as it is: the same wire, nothing to turn back. */
  readonly verbatim: boolean;
  /** True where what came is the answer as its wire has it: nothing to turn back, nothing to join. */
  readonly plain: boolean;
  readonly headers: Headers;
  /** How it was asked to go on with an answer that another began; null where it begins. */
  readonly continued: Continued | null;
}

export interface WholeAnswer extends AnsweredBase {
  readonly kind: 'reply';
  readonly text: string;
  readonly body: JsonObject;
  readonly events: readonly ChatEvent[];
}

export interface StreamAnswer extends AnsweredBase {
  readonly kind: 'stream';
  readonly held: readonly DecodedFrame[];
  readonly stream: AnswerStream;
}

/** What a committed attempt gives: a whole reply, or a stream whose first content is already here. */
export type Answered = WholeAnswer | StreamAnswer;

/** What of the gateway's settings shapes a request. */
export type AttemptSettings = Pick<Snapshot, 'media' | 'promptCaching'>;

/** Frames without content are held this far, then the stream counts as begun. */
const MAX_HELD_FRAMES = 64;
const MAX_HELD_CHARS = 256 * 1024;

/** One call to one target. */
export interface Asking {
  readonly inbound: Inbound;
  readonly target: Target;
  readonly record: AttemptRecording;
  readonly settings: AttemptSettings;
  readonly options: AttemptOptions;
  /** What the caller has of the answer already, which the target is to go on with. Null: it begins. */
  readonly delivered: Delivered | null;
  /** It is asked to go on in words, whatever native way its wire has. */
  readonly inWords?: boolean;
}

/** Sends the call to one target. Throws the GatewayError that says why it did not answer. */
export async function attempt(asking: Asking): Promise<Answered> {
  const { inbound, record } = asking;
  const { candidate } = asking.target;
  const { provider } = candidate.configured;
  const rule = findRule(candidate.model, provider.quirks.modelRules ?? []);
  const wire = wireOf(candidate, inbound.dialect.id, rule, () => thinksWithTools(inbound, rule));
  const on = (id: DialectId) => attemptOn(UPSTREAM_DIALECTS[id], asking);
  try {
    return await on(wire);
  } catch (thrown) {
    const restored = record.restored !== null;
    const cut = withoutRefusedState(inbound, UPSTREAM_DIALECTS[wire], thrown, restored);
    if (cut !== null) {
      record.reworded();
      for (const loss of cut.losses) record.lose(loss);
      return attemptOn(UPSTREAM_DIALECTS[wire], { ...asking, inbound: cut.inbound });
    }
    if (isRefusal(thrown) && wasNative(asking, UPSTREAM_DIALECTS[wire])) {
      record.reworded();
      return attempt({ ...asking, inWords: true });
    }
    const retold = await inbound.continuation?.mayRetry(thrown);
    const next = retold ? wire : otherWire(wire, thrown, inbound, candidate, rule);
    if (next === null) throw thrown;
    record.reworded();
    try {
      return await on(next);
    } catch (again) {
      // Refused on both wires, it is the caller's own words that are answered.
      throw next === wire || next === provider.dialect ? again : thrown;
    }
  }
}

/** Whether it was asked to go on with the beginning of its answer, and not in words. */
function wasNative(asking: Asking, dialect: UpstreamDialect): boolean {
  const { inbound, delivered, inWords, target } = asking;
  if (delivered === null || inWords) return false;
  const continued = continueCall(inbound.call(), delivered, targetOf(target.candidate), dialect);
  return continued?.style === 'prefill';
}

/** A model may refuse to be given the beginning of its answer, and yet go on with it when it is asked to. */
function isRefusal(thrown: unknown): boolean {
  return thrown instanceof GatewayError && thrown.code === 'upstream_invalid_request';
}

/** The wire on which the same call may yet be answered; null where there is none. */
function otherWire(
  wire: DialectId,
  thrown: unknown,
  inbound: Inbound,
  { configured: { provider } }: Candidate,
  rule: ModelRule | null,
): DialectId | null {
  if (!(thrown instanceof GatewayError) || rule?.dialect !== undefined) return null;
  const { toolsDialect } = rule ?? {};
  // Some models refuse tools on one wire while they think. Whether this refusal is that one, the other wire will tell.
  if (thrown.code === 'upstream_invalid_request' && toolsDialect !== undefined)
    return toolsDialect !== wire && thinksWithTools(inbound, rule) ? toolsDialect : null;
  // A server that has only the usual endpoint of its kind: the call is translated for it.
  return wire !== provider.dialect && hasNoSuchPath(thrown) ? provider.dialect : null;
}

/** True where the wire hangs on it: whether the call offers tools and lets the model think. */
function thinksWithTools(inbound: Inbound, rule: ModelRule | null): boolean {
  const { body } = inbound;
  // Every wire callers speak names its tools so; `functions` is the oldest form of the first.
  if (asArray(body.tools).length === 0 && asArray(body.functions).length === 0) return false;
  const { effort, budget, mode } = inbound.call().reasoning ?? {};
  if (effort === 'none') return false;
  const asked =
    effort !== undefined || budget !== undefined || mode === 'enabled' || mode === 'adaptive';
  return rule?.thinksUnasked === true || (asked && mode !== 'disabled');
}

function hasNoSuchPath({ details }: GatewayError): boolean {
  if (details.upstreamCode !== undefined) return false;
  return details.upstreamStatus === 404 || details.upstreamStatus === 405;
}

async function attemptOn(dialect: UpstreamDialect, asking: Asking): Promise<Answered> {
  const { inbound: request, target, record, options } = asking;
  const { candidate, key } = target;
  const asked = { wire: dialect.id, provider: candidate.configured.provider.id, key };
  const inbound = (await request.continuation?.requestFor(request, asked)) ?? request;
  const encoding = inbound === request ? asking : { ...asking, inbound };
  const { encoded, continued } = await encodeFor(encoding, dialect);
  const forwarded = dialect === inbound.dialect ? inbound.forwarded : null;
  const plain = encoded.disguise === undefined && continued === null;
  const verbatim = dialect === inbound.dialect && plain;
  const outgoing = {
    path: pathOf(candidate, dialect, targetOf(candidate), inbound.stream),
    body: hosted(encoded.body, candidate, forwarded),
    stream: inbound.stream,
    forwarded: headersTo(candidate, forwarded),
  };
  const read = async (response: Response, running: RunningAttempt): Promise<Answered> => {
    if (inbound.stream && !isJson(response)) {
      const stream = openStream(dialect, response, running, candidate, encoded.disguise);
      const answered = await commit(
        { dialect, verbatim, plain },
        response,
        stream,
        running,
        record,
      );
      record.streamed = true;
      return { ...answered, continued };
    }
    // A whole reply begins when its head comes; from there on only silence counts.
    if (!inbound.stream) running.watch.firstToken();
    const { text, body } = await readObject(response, running, options.limits);
    const events = undisguised(dialect.decodeReply(body), encoded.disguise);
    for (const event of events) record.observe(event);
    if (dialect !== inbound.dialect) refuseBrokenCalls(events, needyTools(inbound.call().tools));
    running.release();
    const { headers } = response;
    return { kind: 'reply', dialect, verbatim, plain, text, body, events, headers, continued };
  };
  const { errors } = candidate.configured.provider.hosting ?? {};
  const { decodeError } = errors === undefined ? dialect : UPSTREAM_DIALECTS[errors];
  const put = inbound.routed?.texts ?? [];
  if (put.length === 0) return dispatch(target, outgoing, record, options, decodeError, read);
  const told = (error: GatewayError) => withoutPut(error, put);
  const reading = (response: Response, running: RunningAttempt) =>
    read(response, { ...running, redact: (error) => told(running.redact(error)) });
  try {
    return await dispatch(target, outgoing, record, options, decodeError, reading);
  } catch (thrown) {
    throw thrown instanceof GatewayError ? told(thrown) : thrown;
  }
}

function isJson(response: Response): boolean {
  const type = response.headers.get('content-type') ?? '';
  return type.includes('json') || type.includes('text/html');
}

function refuseBrokenCalls(events: readonly ChatEvent[], needy: ReadonlySet<string>): void {
  const calls = new ToolCallCheck(needy);
  for (const event of events) {
    const broken = calls.observe(event);
    if (broken) throw broken;
  }
}

function openStream(
  dialect: UpstreamDialect,
  response: Response,
  running: RunningAttempt,
  candidate: Candidate,
  disguise: Disguise | undefined,
): UpstreamStream {
  if (!response.body)
    throw new GatewayError(
      'upstream_invalid_response',
      'The provider answered a streamed call with an empty body.',
    );
  const framing = framingOf(candidate, dialect);
  return new UpstreamStream(response.body, { dialect, framing, disguise }, running);
}

function noteUsage(events: readonly ChatEvent[], record: AttemptRecording | null): void {
  for (const event of events) if (event.type === 'usage') record?.observe(event);
}

/** Reads until the first content. What comes before it is held, so that a failure until then is nobody's to see. */
export async function commit(
  wire: { readonly dialect: UpstreamDialect; readonly verbatim: boolean; readonly plain: boolean },
  response: Response,
  stream: UpstreamStream,
  running: RunningAttempt,
  record: AttemptRecording | null = null,
): Promise<StreamAnswer> {
  const held: DecodedFrame[] = [];
  const fail = (error: GatewayError): GatewayError => {
    // What it told of its usage before it was cut off is all there will be; one that failed by itself bills nothing.
    if (isCutOff(error.code)) for (const { events } of held) noteUsage(events, record);
    return error;
  };
  let chars = 0;
  for (;;) {
    const frames = await stream.read();
    if (frames === null)
      throw fail(
        new GatewayError(
          'upstream_stream_truncated',
          'The provider ended its stream before answering.',
        ),
      );
    let begun = false;
    for (const decoded of frames) {
      held.push(decoded);
      chars += decoded.frame?.raw.length ?? 0;
      for (const event of decoded.events) {
        if (event.type === 'error' && !begun) throw fail(event.error);
        begun ||= isContent(event);
      }
    }
    if (begun || held.length > MAX_HELD_FRAMES || chars > MAX_HELD_CHARS) {
      running.watch.firstToken();
      const { headers } = response;
      return { kind: 'stream', ...wire, held, stream, headers, continued: null };
    }
  }
}
