// A reply put together from the frames of a stream, as an object of its own.
import { GatewayError } from '../core/errors.ts';
import { isDeeperThan, type Json, type JsonObject } from '../lib/json.ts';

/** Printing what is nested much deeper overflows the stack, which also takes seconds. */
const MAX_NESTING = 1000;

/** Shares nothing with what it was made of. Throws `upstream_invalid_response` where it is nested too deep to be anybody's. */
export function wholeReply(reply: JsonObject): JsonObject {
  refuseDeep(reply);
  // Printed and parsed: several times faster than a structured clone.
  return JSON.parse(JSON.stringify(reply)) as JsonObject;
}

/** Throws `upstream_invalid_response` for what must not be printed. */
export function refuseDeep(value: Json | JsonObject | undefined): void {
  if (isDeeperThan(MAX_NESTING, value))
    throw new GatewayError(
      'upstream_invalid_response',
      `The provider streamed arrays and objects more than ${MAX_NESTING} deep inside each other.`,
    );
}
