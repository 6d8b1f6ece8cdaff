// operationWork: what a call of an endpoint beside chat asks of each target, and what becomes of answers nobody wants.
import { attemptOperation, type OperationAnswer } from './attempt-operation.ts';
import { settleFailed } from './estimate.ts';
import type { FallbackPolicy } from './fallback-policy.ts';
import type { OperationInbound } from './operation-inbound.ts';
import type { Snapshot } from './snapshot.ts';
import type { Work } from './try-target.ts';

export function operationWork(
  inbound: OperationInbound,
  policy: FallbackPolicy,
  snapshot: Snapshot,
): Work<OperationAnswer> {
  return {
    limits: policy.limits,
    hedgeMs: policy.hedgeMs,
    retries: snapshot.retries,
    attempt(target, record, options) {
      record.callersLimits = policy.callersLimits;
      return attemptOperation(inbound, target, record, snapshot, options);
    },
    discard(answer) {
      if (answer.kind === 'events') answer.stream.stream.cancel();
      else if (answer.kind === 'chat' && answer.answered.kind === 'stream')
        answer.answered.stream.cancel();
      else if (answer.kind === 'bytes') {
        answer.bytes.running.release();
        answer.bytes.reader.cancel().catch(() => undefined);
      }
    },
    settle: (record, error) => settleFailed(inbound, record, error),
  };
}
