// The header that makes attempts fail, for admins: a fallback is rehearsed while every provider is well.
import { GatewayError } from '../core/errors.ts';
import { type InjectedFaults, readInjectedFaults } from '../core/injected-fault.ts';
import type { KeyRecord } from '../core/key.ts';

const HEADER = 'x-switchyard-fault';

/** What the request wants to fail; null where it says nothing of it, as nearly all. Throws `forbidden`, or `invalid_request` naming the place. */
export function requestedFaults(headers: Headers, key: KeyRecord): InjectedFaults | null {
  const text = headers.get(HEADER);
  if (text === null) return null;
  // Whoever may call a model may not make it look broken in the log.
  if (key.role !== 'admin')
    throw new GatewayError(
      'forbidden',
      `${HEADER} makes attempts fail and needs an admin key; the key sent is an inference key. Leave the header out.`,
      { param: HEADER },
    );
  return readInjectedFaults(text, HEADER);
}
