// dispatch: one HTTP request to one candidate under an attempt's deadlines, whatever kind of call it carries.
import { GatewayError } from '../core/errors.ts';
import { faultOf, type InjectedFaults } from '../core/injected-fault.ts';
import type { Candidate, ProviderKey } from '../core/plan.ts';
import type { Abort } from '../lib/abort.ts';
import { asObject, type JsonObject, parseJson } from '../lib/json.ts';
import { type AttemptLimits, AttemptWatch } from '../upstream/limits.ts';
import type { Load } from '../upstream/load.ts';
import { canConnect } from '../upstream/probe.ts';
import { readErrorText, readPieces } from '../upstream/read-text.ts';
import { redacted } from '../upstream/redact.ts';
import { networkError, send, type UpstreamRequest } from '../upstream/send.ts';
import type { AttemptRecording } from './attempt-recording.ts';
import { blameOwnKey } from './blame-own-key.ts';
import { breakWhole, failUnsent, holdBack } from './injected-faults.ts';
import type { RunningAttempt } from './upstream-stream.ts';

export interface AttemptOptions {
  readonly limits: AttemptLimits;
  readonly abort: Abort<GatewayError>;
  /** What all requests together have under way. */
  readonly load: Load;
  /** What an operator wants to fail. */
  readonly faults?: InjectedFaults;
}

export type Outgoing = Omit<UpstreamRequest, 'candidate' | 'key' | 'signal' | 'trace'>;

/** Reads a provider's error reply on the wire it came by. */
export type ErrorDecoder = (
  status: number,
  headers: Headers,
  body: JsonObject | undefined,
  text: string,
) => GatewayError;

/**
 * Sends, and hands a reply of status 2xx to `read`, which takes over: it calls `running.release` when the reply is over.
 * Throws the GatewayError that says why there is none, without what it must not tell.
 */
export async function dispatch<T>(
  target: { readonly candidate: Candidate; readonly key: ProviderKey | null },
  outgoing: Outgoing,
  record: AttemptRecording,
  options: AttemptOptions,
  decodeError: ErrorDecoder,
  read: (response: Response, running: RunningAttempt) => Promise<T>,
): Promise<T> {
  const { candidate, key } = target;
  const { provider } = candidate.configured;
  const { limits } = options;
  const fault = options.faults === undefined ? null : faultOf(options.faults, record.number);
  if (fault !== null) {
    record.injected = true;
    failUnsent(fault, decodeError);
  }
  const lane = options.load.of(provider.id);
  const queued = lane.enter(provider, key, limits.firstTokenMs, options.abort);
  // Most have their place at once, and need not wait a turn of the event loop for it.
  const waitedMs = queued === null ? 0 : await queued;
  record.waitedMs = Math.max(record.waitedMs, waitedMs);
  const controller = new AbortController();
  const { signal } = controller;
  // Its connection closes at once, and its place is free whether or not somebody is reading.
  const abort = (reason: GatewayError) => {
    controller.abort(reason);
    release();
  };
  const watch = new AttemptWatch(
    limits,
    abort,
    (withinMs) => canConnect(provider.baseUrl, withinMs),
    waitedMs,
    () => record.outputChars,
  );
  let over = false;
  const release = () => {
    if (over) return;
    over = true;
    watch.done();
    options.abort.remove(abort);
    lane.leave(key);
  };
  options.abort.add(abort);
  const redact = (error: GatewayError) =>
    blameOwnKey(redacted(error, provider, key), provider, key);
  record.sent = true;
  try {
    const response = await send({ candidate, key, signal, trace: record.trace, ...outgoing });
    watch.headers();
    record.status = response.status;
    if (!response.ok) throw await refusal(response, decodeError, signal);
    if (fault !== null) await holdBack(fault, signal);
    return await read(response, { watch, signal, release, redact, fault });
  } catch (thrown) {
    release();
    controller.abort();
    throw thrown instanceof GatewayError ? redact(thrown) : thrown;
  }
}

async function refusal(
  response: Response,
  decodeError: ErrorDecoder,
  signal: AbortSignal,
): Promise<GatewayError> {
  let text: string;
  try {
    text = await readErrorText(response);
  } catch (thrown) {
    return networkError(thrown, signal);
  }
  return decodeError(response.status, response.headers, asObject(parseJson(text)), text);
}

/** A whole reply's text and object. Its deadline is silence from here on. Throws `upstream_invalid_response` where it is no JSON object. */
export async function readObject(
  response: Response,
  { watch, signal, fault }: RunningAttempt,
  { idleMs }: AttemptLimits,
): Promise<{ readonly text: string; readonly body: JsonObject }> {
  let text: string;
  try {
    if (fault) await breakWhole(fault, response, signal);
    text = await (idleMs === null ? response.text() : readPieces(response, () => watch.event()));
  } catch (thrown) {
    throw networkError(thrown, signal);
  }
  const body = asObject(parseJson(text));
  if (body) return { text, body };
  const type = response.headers.get('content-type') ?? 'no content type';
  throw new GatewayError(
    'upstream_invalid_response',
    `The provider answered ${response.status} with a body that is not a JSON object (${text.length} characters, ${type}).`,
  );
}
