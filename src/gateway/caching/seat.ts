// takeSeat: how a request comes by its answer: one that is kept, one that is being made for another, or one that is made now.
import type { CachedAnswer } from '../../core/cached-answer.ts';
import type { Inbound } from '../inbound.ts';
import type { Recording } from '../recording.ts';
import type { ExchangeScope } from '../scope.ts';
import type { Answers } from './answers.ts';
import type { CacheUse } from './cache-use.ts';
import type { Flight } from './flight.ts';

export type Seat =
  | { readonly kind: 'kept'; readonly kept: CachedAnswer }
  | { readonly kind: 'join'; readonly flight: Flight }
  /** The flight is what others may join; null: it is not shared. */
  | { readonly kind: 'ask'; readonly flight: Flight | null };

interface Traveller {
  readonly inbound: Pick<Inbound, 'stream'>;
  readonly recording: Recording;
  readonly scope: Pick<ExchangeScope, 'abort'>;
}

/** At once where nothing has to be waited for. */
export function takeSeat(
  cache: CacheUse,
  { inbound: { stream }, recording, scope }: Traveller,
  { flights }: Pick<Answers, 'flights'>,
): Seat | Promise<Seat> {
  const { coalesces } = cache.policy;
  const under = coalesces ? flights.under(cache.key, stream) : null;
  if (under !== null) return { kind: 'join', flight: under };
  const found = cache.find();
  if (found !== null && !(found instanceof Promise)) return { kind: 'kept', kept: found };
  // Before anything is waited for: those who come meanwhile wait for the same.
  const flight = coalesces ? flights.lead(cache.key, stream, recording) : null;
  if (flight !== null) scope.abort.add((reason) => flight.stopped(reason));
  if (found === null) return { kind: 'ask', flight };
  return found.then((kept): Seat => {
    if (kept === null) return { kind: 'ask', flight };
    flight?.begun({ kind: 'kept', kept });
    return { kind: 'kept', kept };
  });
}
