// tryTarget: one target is asked, and asked again where that may help. What `complete` and `race` do with it is theirs.
import { type GatewayError, toGatewayError } from '../core/errors.ts';
import type { Abort } from '../lib/abort.ts';
import { backoffMs, pause } from '../upstream/backoff.ts';
import type { AttemptRecording } from './attempt-recording.ts';
import type { AttemptOptions } from './dispatch.ts';
import type { Recording } from './recording.ts';
import type { Target, TargetLine } from './targets.ts';

/** What is asked of the targets, and how. `T` is what an answer is. */
export interface Work<T> {
  readonly limits: AttemptOptions['limits'];
  /** After so many milliseconds without an answer the next target is asked beside the first. Null: only when that has failed. */
  readonly hedgeMs: number | null;
  /** More tries of the last candidate after a passing fault. */
  readonly retries: number;
  /** Asks one target, up to where its answer has begun. Throws the GatewayError that says why it did not. */
  attempt(target: Target, record: AttemptRecording, options: AttemptOptions): Promise<T>;
  /** True where a refusal of the request is not the caller's own words', and others may take it. */
  readonly refusable?: boolean;
  /** What remains to be done before an answer that has begun is one. Throws as `attempt` does. Absent: nothing. */
  whole?(answer: T, record: AttemptRecording): Promise<T>;
  /** An answer that has begun and that nobody wants any more. */
  discard(answer: T): void;
  /** Estimates what a failed attempt used, where that can be told. */
  settle(record: AttemptRecording, error: GatewayError): void;
}

/** One request's targets and what became of them. */
export interface Attempts {
  readonly line: TargetLine;
  readonly recording: Recording;
  /** Comes when the caller hangs up, the total time is over or the gateway stops. */
  readonly abort: Abort<GatewayError>;
  /** By which door requests leave, and what is made to fail there. */
  readonly by: Pick<AttemptOptions, 'load' | 'faults'>;
}

export interface Try<T> {
  readonly work: Work<T>;
  readonly attempts: Attempts;
  readonly target: Target;
}

/** Who answered, and what. */
export interface Winner<T> {
  readonly target: Target;
  readonly record: AttemptRecording;
  readonly value: T;
}

export type Tried<T> =
  | { readonly winner: Winner<T> }
  | { readonly winner: null; readonly error: GatewayError };

/**
 * One target, asked again after a passing fault only where nothing else is left to try. Never rejects.
 * @param begins told of each attempt as it begins.
 */
export async function tryTarget<T>(
  asked: Try<T>,
  options: AttemptOptions,
  begins?: (record: AttemptRecording) => void,
): Promise<Tried<T>> {
  const { work, attempts, target } = asked;
  for (let tries = 1; ; tries++) {
    const record = attempts.recording.begin(target.candidate, target.key);
    begins?.(record);
    try {
      return { winner: { target, record, value: await work.attempt(target, record, options) } };
    } catch (thrown) {
      const error = failed(asked, record, options.abort.reason ?? thrown);
      const again = error.next === 'retry' && tries <= work.retries;
      if (!again || attempts.line.hasMore(target.candidate)) return { winner: null, error };
      const waitMs = backoffMs(tries, error.details.retryAfterS, Math.random());
      if (waitMs === null) return { winner: null, error };
      try {
        await pause(waitMs, options.abort);
      } catch (reason) {
        return { winner: null, error: toGatewayError(reason) };
      }
    }
  }
}

/** Whether nobody else is to be asked after this. */
export function endsAll<T>(
  { refusable }: Work<T>,
  { abort }: Attempts,
  error: GatewayError,
): boolean {
  return error.next === 'stop' && (refusable !== true || abort.reason !== null);
}

/** Writes down that an attempt failed, once, and rules out whoever would fail for the same reason. */
export function failed<T>(
  { work, attempts, target }: Try<T>,
  record: AttemptRecording,
  thrown: unknown,
): GatewayError {
  const error = toGatewayError(thrown);
  if (record.failure !== null) return record.failure;
  work.settle(record, error);
  attempts.recording.failed(record, error);
  if (error.code !== 'race_lost') attempts.line.failed(target, error);
  return error;
}
