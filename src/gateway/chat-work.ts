// chatWork: what a chat request asks of each target, and what becomes of answers nobody wants.
import type { Delivered } from '../core/delivered.ts';
import { asStreamed, formFor } from './as-streamed.ts';
import { type Answered, attempt } from './attempt.ts';
import { collectStream } from './collect-stream.ts';
import type { AttemptOptions } from './dispatch.ts';
import { estimateFailedUsage } from './estimate.ts';
import type { FallbackPolicy } from './fallback-policy.ts';
import type { Inbound } from './inbound.ts';
import type { Snapshot } from './snapshot.ts';
import type { TargetLine } from './targets.ts';
import type { Work } from './try-target.ts';

/** @param delivered what the caller has of the answer, which the targets are to go on with; null: nothing. */
export function chatWork(
  inbound: Inbound,
  policy: FallbackPolicy,
  snapshot: Snapshot,
  line: TargetLine,
  delivered: Delivered | null,
): Work<Answered> {
  const asked = policy.collects ? asStreamed(inbound) : inbound;
  const hasFloor = policy.limits.minTokensPerS !== null;
  const work: Work<Answered> = {
    limits: policy.limits,
    hedgeMs: policy.hedgeMs,
    retries: snapshot.retries,
    // What it is asked was added here; the caller's own request has been taken by whoever began.
    refusable: delivered !== null,
    attempt(target, record, options) {
      record.callersLimits = policy.callersLimits;
      const form = formFor(target.candidate, asked, inbound);
      return attempt({
        inbound: form,
        target,
        record,
        settings: snapshot,
        options: hasFloor && !line.hasMore() ? withoutFloor(options) : options,
        delivered,
      });
    },
    discard(answer) {
      if (answer.kind === 'stream') answer.stream.cancel();
    },
    settle: (record, error) => estimateFailedUsage(inbound, record, error),
  };
  if (!policy.collects) return work;
  return {
    ...work,
    whole: (answer, record) =>
      answer.kind === 'stream'
        ? collectStream(
            answer,
            inbound.dialect,
            (event) => record.observe(event),
            () => inbound.call().tools,
          )
        : Promise.resolve(answer),
  };
}

/** A slow answer is better than none. */
function withoutFloor(options: AttemptOptions): AttemptOptions {
  return { ...options, limits: { ...options.limits, minTokensPerS: null } };
}
