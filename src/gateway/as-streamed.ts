// A request for a whole answer, asked of the providers as one for a stream, so that its answer's first token can be waited
// for, raced and watched; its caller gets it whole all the same.
import { type Inbound, restated } from './inbound.ts';

/** The same request, streamed. One that a stream could not answer, or that is streamed already, is given back as it is. */
export function asStreamed(inbound: Inbound): Inbound {
  if (inbound.stream) return inbound;
  const asked = inbound.dialect.askStreamed(inbound.text, inbound.body);
  return asked === null ? inbound : { ...restated(inbound, asked), stream: true };
}
