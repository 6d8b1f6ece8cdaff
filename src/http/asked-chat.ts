// AskedChat: a chat request that is read, planned and dressed: what is left is to find or make its answer.
import type { BodyCapture } from '../bodies/body-capture.ts';
import type { InjectedFaults } from '../core/injected-fault.ts';
import type { KeyRecord } from '../core/key.ts';
import type { Plan } from '../core/plan.ts';
import type { CacheUse } from '../gateway/caching/cache-use.ts';
import type { Expects } from '../gateway/expected-usage.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { Inbound } from '../gateway/inbound.ts';
import { recalledKeeperOf } from '../gateway/keep-response.ts';
import type { Recording } from '../gateway/recording.ts';
import type { Room } from '../gateway/room.ts';
import type { ExchangeScope } from '../gateway/scope.ts';
import type { Snapshot } from '../gateway/snapshot.ts';
import type { Replying } from './chat-reply.ts';

export interface AskedChat {
  /** As it is sent on. */
  readonly inbound: Inbound;
  /** As its caller wrote it: what a router put to it is not theirs to see. */
  readonly written: Inbound;
  readonly plan: Plan;
  readonly expects: Expects;
  readonly key: KeyRecord;
  readonly snapshot: Snapshot;
  readonly gateway: Gateway;
  readonly recording: Recording;
  readonly scope: ExchangeScope;
  readonly room: Room;
  readonly bodies: BodyCapture | null;
  /** What of it an operator wants to fail. */
  readonly faults: InjectedFaults | null;
  /** Null: the cache has nothing to do with it. */
  readonly cache: CacheUse | null;
  /** The exchange is over. */
  readonly over: () => void;
}

/** How a recalled answer goes to its caller. */
export function recalledReplying(asked: AskedChat): Replying {
  const { inbound, written, recording, gateway, key, bodies, room, scope, over } = asked;
  const keeper = recalledKeeperOf(written, recording, gateway.responses, key.id);
  const to = { inbound, asked: written.body, recording, bodies, room, abort: scope.abort, over };
  const keep = keeper?.keep;
  const keepText = keeper?.keepText;
  return { ...to, keep, keepText, rescue: null, tape: null, flight: null };
}
