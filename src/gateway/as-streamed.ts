// A request for a whole answer, asked of the providers as one for a stream, so that its answer's first token can be waited
// for, raced and watched; its caller gets it whole all the same.
import type { Candidate } from '../core/plan.ts';
import { findRule } from '../dialects/find-rule.ts';
import { type Inbound, restated } from './inbound.ts';

/** The same request, streamed. One that a stream could not answer, or that is streamed already, is given back as it is. */
export function asStreamed(inbound: Inbound): Inbound {
  if (inbound.stream) return inbound;
  const asked = inbound.dialect.askStreamed(inbound.text, inbound.body);
  return asked === null ? inbound : { ...restated(inbound, asked), stream: true };
}

/** Of a request's two forms the one for a candidate: some models take tools only in calls that are not streamed. */
export function formFor(candidate: Candidate, streamed: Inbound, whole: Inbound): Inbound {
  if (streamed === whole) return whole;
  const rule = findRule(candidate.model, candidate.configured.provider.quirks.modelRules ?? []);
  return rule?.tools === 'whole' && whole.call().tools.length > 0 ? whole : streamed;
}
