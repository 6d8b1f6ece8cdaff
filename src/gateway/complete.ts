// complete: the straight line of every call. Try the plan's candidates in order until one answers; read this first.
import { ERRORS, GatewayError, toGatewayError } from '../core/errors.ts';
import type { GatewayOptions } from '../core/options.ts';
import type { Candidate, Plan, ProviderKey } from '../core/plan.ts';
import type { Abort } from '../lib/abort.ts';
import { backoffMs, pause } from '../upstream/backoff.ts';
import { keysFor } from '../upstream/keys.ts';
import { FailureScope, otherKeyMayHelp } from '../upstream/scope.ts';
import type { AttemptOptions } from './dispatch.ts';
import type { Recording } from './recording.ts';
import type { Snapshot } from './snapshot.ts';

/** What is asked of the candidates, and how. `T` is what an answer is. */
export interface Work<T> {
  readonly limits: AttemptOptions['limits'];
  /** The end user, and what stays the same while a conversation grows: keys of a pool stick to them. */
  readonly user: string | null;
  readonly opening: () => string;
  /** Asks one candidate. Throws the GatewayError that says why it did not answer. */
  attempt(candidate: Candidate, key: ProviderKey | null, options: AttemptOptions): Promise<T>;
}

/**
 * The first answer any candidate gives. Throws the last candidate's error, naming all that were tried.
 * @param abort comes when the caller hangs up, the total time is over or the gateway stops.
 */
export async function complete<T>(
  work: Work<T>,
  plan: Plan,
  snapshot: Snapshot,
  recording: Recording,
  abort: Abort<GatewayError>,
): Promise<T> {
  const scope = new FailureScope();
  const failures: GatewayError[] = [];
  const options: AttemptOptions = { limits: work.limits, abort };
  const targets: { readonly candidate: Candidate; readonly key: ProviderKey | null }[] = [];
  for (const candidate of plan.candidates)
    for (const key of keysFor(candidate.configured.keys, work.user, work.opening))
      targets.push({ candidate, key });
  let skipCandidate: Candidate | null = null;
  for (const [index, { candidate, key }] of targets.entries()) {
    if (candidate === skipCandidate || !scope.allows(candidate, key)) continue;
    const isLast = () =>
      !targets
        .slice(index + 1)
        .some((later) => later.candidate !== candidate && scope.allows(later.candidate, later.key));
    const result = await tryTarget(
      { work, candidate, key, recording, options },
      scope,
      snapshot.retries,
      isLast,
    );
    if (result.answer) return result.answer.value;
    failures.push(result.error);
    if (result.error.next === 'stop') break;
    if (!otherKeyMayHelp(result.error)) skipCandidate = candidate;
  }
  throw combined(failures, recording);
}

interface Try<T> {
  readonly work: Work<T>;
  readonly candidate: Candidate;
  readonly key: ProviderKey | null;
  readonly recording: Recording;
  readonly options: AttemptOptions;
}

type Tried<T> =
  | { readonly answer: { readonly value: T } }
  | { readonly answer: null; readonly error: GatewayError };

/** One target, asked again after a passing fault only where nothing else is left to try. */
async function tryTarget<T>(
  target: Try<T>,
  scope: FailureScope,
  retries: number,
  isLast: () => boolean,
): Promise<Tried<T>> {
  const { work, candidate, key, recording, options } = target;
  for (let tries = 1; ; tries++) {
    recording.begin(candidate, key);
    try {
      return { answer: { value: await work.attempt(candidate, key, options) } };
    } catch (thrown) {
      const error = options.abort.reason ?? toGatewayError(thrown);
      recording.failed(error);
      scope.add(error, candidate, key);
      if (error.next !== 'retry' || tries > retries || !isLast()) return { answer: null, error };
      const waitMs = backoffMs(tries, error.details.retryAfterS, Math.random());
      if (waitMs === null) return { answer: null, error };
      try {
        await pause(waitMs, options.abort);
      } catch (reason) {
        return { answer: null, error: toGatewayError(reason) };
      }
    }
  }
}

/** The deadlines of each attempt: the gateway's own are for streams, for a whole reply takes as long as the answer is; the caller's for both. */
export function attemptLimits(
  { fallback }: Pick<GatewayOptions, 'fallback'>,
  stream: boolean,
  { connectMs, firstTokenMs, idleMs }: Snapshot['timeouts'],
): AttemptOptions['limits'] {
  return {
    connectMs,
    firstTokenMs: fallback?.ttft_timeout ?? (stream ? firstTokenMs : null),
    idleMs: fallback?.idle_timeout ?? (stream ? idleMs : null),
  };
}

/** One error for the caller out of all that happened: the last one's code, and a message that names each candidate. */
function combined(failures: readonly GatewayError[], recording: Recording): GatewayError {
  const last = failures.at(-1);
  if (!last) return new GatewayError('internal', 'No candidate could be tried.');
  const attempts = recording.metadata().attempts;
  if (ERRORS[last.code].fault === 'caller' || attempts.length < 2) return last;
  const tried = attempts.map((attempt) => `${attempt.model} (${attempt.error})`).join(', ');
  const waits = failures
    .map((error) => error.details.retryAfterS)
    .filter((seconds) => seconds !== undefined);
  return new GatewayError(last.code, `All candidates failed: ${tried}. Last: ${last.message}`, {
    ...last.details,
    retryAfterS: waits.length === 0 ? undefined : Math.min(...waits),
  });
}
