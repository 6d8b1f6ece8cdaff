// complete: the straight line of every call. Ask the plan's targets in order until one answers; read this first.
import { ERRORS, GatewayError } from '../core/errors.ts';
import type { AttemptOptions } from './dispatch.ts';
import { race } from './race.ts';
import type { Recording } from './recording.ts';
import { type Attempts, endsAll, failed, tryTarget, type Winner, type Work } from './try-target.ts';

/** The first answer any target gives. Throws the last one's error, naming all that were tried. */
export async function complete<T>(work: Work<T>, attempts: Attempts): Promise<T> {
  const failures: GatewayError[] = [];
  for (;;) {
    const winner = await (work.hedgeMs === null
      ? oneByOne(work, attempts, failures)
      : race(work, attempts, failures, work.hedgeMs));
    if (winner === null) throw combined(failures, attempts.recording);
    const { target, record, value } = winner;
    attempts.recording.adopt(record);
    if (work.whole === undefined) return value;
    try {
      return await work.whole(value, record);
    } catch (thrown) {
      const error = failed({ work, attempts, target }, record, attempts.abort.reason ?? thrown);
      failures.push(error);
      if (endsAll(work, attempts, error)) throw combined(failures, attempts.recording);
    }
  }
}

/** One target after the other; null where none is left, or none could answer this. */
async function oneByOne<T>(
  work: Work<T>,
  attempts: Attempts,
  failures: GatewayError[],
): Promise<Winner<T> | null> {
  const { line, abort, by } = attempts;
  const { limits } = work;
  const { load, faults } = by;
  const options: AttemptOptions =
    faults === undefined ? { load, limits, abort } : { load, faults, limits, abort };
  for (let target = line.next(); target !== null; target = line.next()) {
    const tried = await tryTarget({ work, attempts, target }, options);
    if (tried.winner) return tried.winner;
    failures.push(tried.error);
    if (endsAll(work, attempts, tried.error)) return null;
  }
  return null;
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
