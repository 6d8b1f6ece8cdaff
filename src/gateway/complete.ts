// complete: the straight line of a chat call. Try the plan's candidates in order until one answers; read this first.
import { ERRORS, GatewayError, toGatewayError } from '../core/errors.ts';
import type { Candidate, Plan, ProviderKey } from '../core/plan.ts';
import type { Abort } from '../lib/abort.ts';
import { backoffMs, pause } from '../upstream/backoff.ts';
import { keysFor } from '../upstream/keys.ts';
import { FailureScope, otherKeyMayHelp } from '../upstream/scope.ts';
import { type Answered, attempt } from './attempt.ts';
import { type Inbound, openingOf } from './inbound.ts';
import type { Recording } from './recording.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * The first answer any candidate gives. Throws the last candidate's error, naming all that were tried.
 * @param abort comes when the caller hangs up, the total time is over or the gateway stops.
 */
export async function complete(
  inbound: Inbound,
  plan: Plan,
  snapshot: Snapshot,
  recording: Recording,
  abort: Abort<GatewayError>,
): Promise<Answered> {
  const scope = new FailureScope();
  const failures: GatewayError[] = [];
  const limits = attemptLimits(inbound, snapshot);
  const targets = plan.candidates.flatMap((candidate) =>
    keysFor(candidate.configured.keys, inbound.user, () => openingOf(inbound.body)).map((key) => ({
      candidate,
      key,
    })),
  );
  let skipCandidate: Candidate | null = null;
  for (const [index, { candidate, key }] of targets.entries()) {
    if (candidate === skipCandidate || !scope.allows(candidate, key)) continue;
    const isLast = () =>
      !targets
        .slice(index + 1)
        .some((later) => later.candidate !== candidate && scope.allows(later.candidate, later.key));
    const result = await tryTarget(
      { inbound, candidate, key, recording, options: { limits, abort } },
      scope,
      snapshot.retries,
      isLast,
    );
    if (!(result instanceof GatewayError)) return result;
    failures.push(result);
    if (result.next === 'stop') break;
    if (!otherKeyMayHelp(result)) skipCandidate = candidate;
  }
  throw combined(failures, recording);
}

interface Try {
  readonly inbound: Inbound;
  readonly candidate: Candidate;
  readonly key: ProviderKey | null;
  readonly recording: Recording;
  readonly options: {
    readonly limits: Parameters<typeof attempt>[4]['limits'];
    readonly abort: Abort<GatewayError>;
  };
}

/** One target, asked again after a passing fault only where nothing else is left to try. */
async function tryTarget(
  target: Try,
  scope: FailureScope,
  retries: number,
  isLast: () => boolean,
): Promise<Answered | GatewayError> {
  const { inbound, candidate, key, recording, options } = target;
  for (let tries = 1; ; tries++) {
    recording.begin(candidate, key);
    try {
      return await attempt(inbound, candidate, key, recording, options);
    } catch (thrown) {
      const error = options.abort.reason ?? toGatewayError(thrown);
      recording.failed(error);
      scope.add(error, candidate, key);
      if (error.next !== 'retry' || tries > retries || !isLast()) return error;
      const waitMs = backoffMs(tries, error.details.retryAfterS, Math.random());
      if (waitMs === null) return error;
      try {
        await pause(waitMs, options.abort);
      } catch (reason) {
        return toGatewayError(reason);
      }
    }
  }
}

function attemptLimits(
  inbound: Inbound,
  snapshot: Snapshot,
): Parameters<typeof attempt>[4]['limits'] {
  const { connectMs, firstTokenMs, idleMs } = snapshot.timeouts;
  const { fallback } = inbound.options;
  // A whole reply takes as long as the answer is: the gateway's own limits are for streams, the caller's for both.
  return {
    connectMs,
    firstTokenMs: fallback?.ttft_timeout ?? (inbound.stream ? firstTokenMs : null),
    idleMs: fallback?.idle_timeout ?? (inbound.stream ? idleMs : null),
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
