// attempt: one request to one candidate, up to the point where its answer has really begun.
import type { ChatDialect, EncodedCall, Target } from '../core/dialect.ts';
import { GatewayError } from '../core/errors.ts';
import { type ChatEvent, isContent } from '../core/event.ts';
import type { Candidate, ProviderKey } from '../core/plan.ts';
import { DIALECTS } from '../dialects/index.ts';
import type { Abort } from '../lib/abort.ts';
import { asObject, type JsonObject, parseJson } from '../lib/json.ts';
import { type AttemptLimits, AttemptWatch } from '../upstream/limits.ts';
import { canConnect } from '../upstream/probe.ts';
import { readErrorText, readPieces } from '../upstream/read-text.ts';
import { redacted } from '../upstream/redact.ts';
import { networkError, send } from '../upstream/send.ts';
import type { Inbound } from './inbound.ts';
import type { Recording } from './recording.ts';
import { ToolCallCheck } from './tool-call-check.ts';
import { type DecodedFrame, type RunningAttempt, UpstreamStream } from './upstream-stream.ts';

/** What a committed attempt gives: a whole reply, or a stream whose first content is already here. */
export type Answered =
  | {
      readonly kind: 'reply';
      readonly dialect: ChatDialect;
      readonly text: string;
      readonly body: JsonObject;
      readonly events: readonly ChatEvent[];
      readonly headers: Headers;
    }
  | {
      readonly kind: 'stream';
      readonly dialect: ChatDialect;
      readonly held: readonly DecodedFrame[];
      readonly stream: UpstreamStream;
      readonly headers: Headers;
    };

export interface AttemptOptions {
  readonly limits: AttemptLimits;
  readonly abort: Abort<GatewayError>;
}

/** Frames without content are held this far, then the stream counts as begun. */
const MAX_HELD_FRAMES = 64;
const MAX_HELD_CHARS = 256 * 1024;

/** Sends the call to one candidate. Throws the GatewayError that says why it did not answer. */
export async function attempt(
  inbound: Inbound,
  candidate: Candidate,
  key: ProviderKey | null,
  recording: Recording,
  options: AttemptOptions,
): Promise<Answered> {
  const { provider } = candidate.configured;
  const dialect = DIALECTS[provider.dialect];
  const encoded = encode(inbound, dialect, candidate, recording);
  const controller = new AbortController();
  const abort = (reason: GatewayError) => controller.abort(reason);
  options.abort.add(abort);
  const watch = new AttemptWatch(options.limits, abort, (withinMs) =>
    canConnect(provider.baseUrl, withinMs),
  );
  const release = () => {
    watch.done();
    options.abort.remove(abort);
  };
  try {
    const response = await send({
      candidate,
      key,
      path: dialect.path,
      body: encoded.body,
      stream: inbound.stream,
      forwarded: dialect === inbound.dialect ? inbound.forwarded : null,
      signal: controller.signal,
    });
    watch.headers();
    const current = recording.current;
    if (current) current.status = response.status;
    if (!response.ok) throw await refusal(dialect, response, controller.signal);
    if (inbound.stream && !isJson(response)) {
      const redact = (error: GatewayError) => redacted(error, provider, key);
      return await commit(dialect, response, {
        watch,
        signal: controller.signal,
        release,
        redact,
      });
    }
    // A whole reply begins when its head comes; from there on only silence counts.
    if (!inbound.stream) watch.firstToken();
    const read = options.limits.idleMs === null ? null : () => watch.event();
    const answered = await readReply(dialect, response, recording, controller.signal, read);
    if (dialect !== inbound.dialect) refuseBrokenCalls(answered);
    release();
    return answered;
  } catch (thrown) {
    release();
    controller.abort();
    throw thrown instanceof GatewayError ? redacted(thrown, provider, key) : thrown;
  }
}

function encode(
  inbound: Inbound,
  dialect: ChatDialect,
  candidate: Candidate,
  recording: Recording,
): EncodedCall {
  const target = targetOf(candidate);
  const encoded =
    dialect === inbound.dialect
      ? dialect.forwardCall(inbound.text, inbound.body, target)
      : dialect.encodeCall(inbound.call(), target);
  if (encoded.losses.length > 0 && inbound.options.strict === true) {
    throw new GatewayError(
      'unsupported_feature',
      `"strict" is set and ${candidate.id} cannot carry: ${encoded.losses.join('; ')}`,
    );
  }
  for (const loss of encoded.losses) recording.lose(loss);
  return encoded;
}

/** What an encoder may know of a candidate. */
export function targetOf(candidate: Candidate): Target {
  const { provider } = candidate.configured;
  return {
    provider: provider.id,
    model: candidate.model,
    quirks: provider.quirks,
    maxOutput: candidate.facts?.maxOutput ?? null,
    context: candidate.facts?.context ?? null,
    reasoning: candidate.facts?.abilities.reasoning ?? null,
    efforts: candidate.facts?.thinking?.efforts ?? null,
    temperature: candidate.facts?.abilities.temperature ?? null,
  };
}

async function refusal(
  dialect: ChatDialect,
  response: Response,
  signal: AbortSignal,
): Promise<GatewayError> {
  let text: string;
  try {
    text = await readErrorText(response);
  } catch (thrown) {
    return networkError(thrown, signal);
  }
  return dialect.decodeError(response.status, response.headers, asObject(parseJson(text)), text);
}

function isJson(response: Response): boolean {
  const type = response.headers.get('content-type') ?? '';
  return type.includes('json') || type.includes('text/html');
}

async function readReply(
  dialect: ChatDialect,
  response: Response,
  recording: Recording,
  signal: AbortSignal,
  onPiece: (() => void) | null,
): Promise<Answered> {
  let text: string;
  try {
    text = await (onPiece ? readPieces(response, onPiece) : response.text());
  } catch (thrown) {
    throw networkError(thrown, signal);
  }
  const body = asObject(parseJson(text));
  if (!body) {
    const type = response.headers.get('content-type') ?? 'no content type';
    throw new GatewayError(
      'upstream_invalid_response',
      `The provider answered ${response.status} with a body that is not a JSON object (${text.length} characters, ${type}).`,
    );
  }
  const events = dialect.decodeReply(body);
  for (const event of events) recording.observe(event);
  return { kind: 'reply', dialect, text, body, events, headers: response.headers };
}

function refuseBrokenCalls(answered: Answered): void {
  if (answered.kind !== 'reply') return;
  const calls = new ToolCallCheck();
  for (const event of answered.events) {
    const broken = calls.observe(event);
    if (broken) throw broken;
  }
}

/** Reads until the first content. What comes before it is held, so that a failure until then is nobody's to see. */
async function commit(
  dialect: ChatDialect,
  response: Response,
  running: RunningAttempt,
): Promise<Answered> {
  if (!response.body)
    throw new GatewayError(
      'upstream_invalid_response',
      'The provider answered a streamed call with an empty body.',
    );
  const stream = new UpstreamStream(response.body, dialect.decoder(), running);
  const held: DecodedFrame[] = [];
  let chars = 0;
  for (;;) {
    const frames = await stream.read();
    if (frames === null)
      throw new GatewayError(
        'upstream_stream_truncated',
        'The provider ended its stream before answering.',
      );
    let begun = false;
    for (const decoded of frames) {
      held.push(decoded);
      chars += decoded.frame?.raw.length ?? 0;
      for (const event of decoded.events) {
        if (event.type === 'error' && !begun) throw event.error;
        begun ||= isContent(event);
      }
    }
    if (begun || held.length > MAX_HELD_FRAMES || chars > MAX_HELD_CHARS) {
      running.watch.firstToken();
      return { kind: 'stream', dialect, held, stream, headers: response.headers };
    }
  }
}
