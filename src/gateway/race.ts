// race: the next target is asked beside one that is slow to begin, and the first that begins answers.
import { GatewayError } from '../core/errors.ts';
import { Abort } from '../lib/abort.ts';
import type { AttemptRecording } from './attempt-recording.ts';
import type { Target } from './targets.ts';
import {
  type Attempts,
  endsAll,
  failed,
  type Tried,
  tryTarget,
  type Winner,
  type Work,
} from './try-target.ts';

interface Runner<T> {
  readonly target: Target;
  readonly abort: Abort<GatewayError>;
  record: AttemptRecording | null;
  /** True once it has failed for good. */
  failed: boolean;
  /** Never rejects. */
  readonly done: Promise<Settled<T>>;
}

interface Settled<T> {
  readonly runner: Runner<T>;
  readonly tried: Tried<T>;
}

/**
 * The first to begin; null where nobody did. A failure starts the next at once; silence for `hedgeMs` does so too, and the
 * silent one runs on. Losers are aborted, and may be asked again should the winner break off.
 */
export async function race<T>(
  work: Work<T>,
  attempts: Attempts,
  failures: GatewayError[],
  hedgeMs: number,
): Promise<Winner<T> | null> {
  const running = new Set<Runner<T>>();
  const { line } = attempts;
  const start = () => {
    const target = line.next();
    if (target !== null) running.add(run(work, attempts, target));
  };
  start();
  /** The request itself was refused: nobody else is asked, but who is at it may answer yet. */
  let refused = false;
  while (running.size > 0) {
    const settled: Settled<T> | null = await firstOf(
      running,
      !refused && line.hasMore() ? hedgeMs : null,
    );
    if (settled === null) {
      start();
      continue;
    }
    const tried: Tried<T> = settled.tried;
    running.delete(settled.runner);
    if (tried.winner) {
      stop(running, work, attempts);
      return tried.winner;
    }
    failures.push(tried.error);
    refused ||= endsAll(work, attempts, tried.error);
    if (!refused) start();
  }
  return null;
}

function run<T>(work: Work<T>, attempts: Attempts, target: Target): Runner<T> {
  // One of them is stopped alone; all of them with the exchange.
  const abort = new Abort<GatewayError>();
  attempts.abort.add((reason) => abort.trigger(reason));
  const { promise, resolve } = Promise.withResolvers<Settled<T>>();
  const runner: Runner<T> = { target, abort, record: null, failed: false, done: promise };
  const options = { ...attempts.by, limits: work.limits, abort };
  void tryTarget({ work, attempts, target }, options, (record) => {
    runner.record = record;
  }).then((tried) => {
    runner.failed = tried.winner === null;
    resolve({ runner, tried });
  });
  return runner;
}

/** Null: nobody did within this time. */
async function firstOf<T>(
  running: ReadonlySet<Runner<T>>,
  withinMs: number | null,
): Promise<Settled<T> | null> {
  const done = [...running].map((runner) => runner.done);
  if (withinMs === null) return Promise.race(done);
  const { promise, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(() => resolve(null), withinMs);
  try {
    return await Promise.race([promise, ...done]);
  } finally {
    clearTimeout(timer);
  }
}

function stop<T>(losers: ReadonlySet<Runner<T>>, work: Work<T>, attempts: Attempts): void {
  // Each is put back before the others: the last one asked first, so that they stand in line as they did.
  for (const { target, record, abort, failed: isOut, done } of [...losers].reverse()) {
    // It failed in the very same moment, and would again.
    if (isOut) continue;
    const lost = new GatewayError('race_lost', 'Another candidate began to answer first.');
    if (record !== null) failed({ work, attempts, target }, record, lost);
    abort.trigger(lost);
    attempts.line.putBack(target);
    // It may have begun in the very same moment.
    void done.then(({ tried }) => {
      if (tried.winner) work.discard(tried.winner.value);
    });
  }
}
