// Reasoning that a provider refuses because another made it: a caller that moves between hosts of this wire sends it along,
// and nothing in it says whose it is.
import type { Reduced } from '../../core/dialect.ts';
import type { GatewayError } from '../../core/errors.ts';
import { asArray, asObject, asString, type JsonObject } from '../../lib/json.ts';

/** The request without its encrypted reasoning. */
export function withoutState(body: JsonObject): Reduced | null {
  const losses: string[] = [];
  const input = asArray(body.input).filter((entry, at) => {
    const item = asObject(entry);
    if (item?.type !== 'reasoning' || !asString(item.encrypted_content)) return true;
    losses.push(
      `input[${at}]: reasoning dropped; the provider takes only what it encrypted itself`,
    );
    return false;
  });
  return losses.length === 0 ? null : { body: { ...body, input }, losses };
}

/** Recorded of the wire's own maker: `invalid_encrypted_content`; others have only the words. */
export function refusesState({ code, message, details }: GatewayError): boolean {
  if (details.upstreamCode === 'invalid_encrypted_content') return true;
  return code === 'upstream_invalid_request' && /encrypted[ _]content/i.test(message);
}
