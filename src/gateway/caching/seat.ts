// takeSeat: how a request comes by its answer: one that is kept, one that is being made for another, or one that is made now.
import type { CachedAnswer } from '../../core/cached-answer.ts';
import type { Plan } from '../../core/plan.ts';
import { once } from '../../lib/once.ts';
import type { Inbound } from '../inbound.ts';
import type { Recording } from '../recording.ts';
import type { ExchangeScope } from '../scope.ts';
import type { Answers } from './answers.ts';
import { askerOf, deadlinesOf } from './asker-of.ts';
import type { CacheUse } from './cache-use.ts';
import type { Flight } from './flight.ts';

export type Seat =
  /** `similarity`: of the prompt it was made for; null: that is the same. */
  | { readonly kind: 'kept'; readonly kept: CachedAnswer; readonly similarity: number | null }
  | { readonly kind: 'join'; readonly flight: Flight }
  /** The flight is what others may join; null: it is not shared. */
  | { readonly kind: 'ask'; readonly flight: Flight | null };

interface Traveller {
  readonly inbound: Pick<Inbound, 'stream' | 'options' | 'user'>;
  readonly plan: Plan;
  readonly recording: Recording;
  readonly scope: Pick<ExchangeScope, 'abort'>;
}

/**
 * At once where nothing has to be waited for.
 * @param suits whether this request may join that one
 */
export function takeSeat(
  cache: CacheUse,
  { inbound, plan, recording, scope }: Traveller,
  { flights }: Pick<Answers, 'flights'>,
  suits: (flight: Flight) => boolean,
): Seat | Promise<Seat> {
  const { coalesces, onlyKept } = cache.policy;
  const { stream } = inbound;
  const deadlines = deadlinesOf(inbound, plan);
  const waitsAlike = (flight: Flight) => flight.deadlines === deadlines && suits(flight);
  const under = coalesces ? flights.under(cache.key, stream, waitsAlike) : null;
  if (under !== null) return { kind: 'join', flight: under };
  const found = cache.find();
  if (found !== null && !(found instanceof Promise))
    return { kind: 'kept', kept: found, similarity: null };
  // Before anything is waited for: those who come meanwhile wait for the same.
  const by = { deadlines, asker: once(() => askerOf(inbound, plan)) };
  const flight = coalesces && !onlyKept ? flights.lead(cache.key, stream, recording, by) : null;
  if (flight !== null) scope.abort.add((reason) => flight.stopped(reason));
  if (found === null && cache.semantic() === null) return { kind: 'ask', flight };
  return lookedUp(cache, found, recording).then((looked): Seat => {
    if (looked === null) return { kind: 'ask', flight };
    flight?.begun({ kind: 'kept', ...looked });
    return { kind: 'kept', ...looked };
  });
}

/** What takes its time: an answer that is kept elsewhere, else one to a prompt that means the same. */
async function lookedUp(
  cache: CacheUse,
  found: ReturnType<CacheUse['find']>,
  recording: Recording,
): Promise<Pick<Extract<Seat, { kind: 'kept' }>, 'kept' | 'similarity'> | null> {
  const kept = await found;
  if (kept !== null) return { kept, similarity: null };
  return cache.recall(recording);
}
