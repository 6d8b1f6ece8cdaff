// The header that makes attempts fail, for admins: a fallback is rehearsed while every provider is well.
import { GatewayError } from '../core/errors.ts';
import { type InjectedFaults, readInjectedFaults } from '../core/injected-fault.ts';
import type { KeyRecord } from '../core/key.ts';
import type { Gateway } from '../gateway/gateway.ts';

const HEADER = 'x-switchyard-fault';

/** Nearly no request does: only where one does is anything waited for. */
export function requestsFaults(headers: Headers): boolean {
  return headers.has(HEADER);
}

/** What the request wants to fail, once the audit trail says who wanted it. Rejects with `forbidden`, or `invalid_request` naming the place. */
export async function requestedFaults(
  headers: Headers,
  key: KeyRecord,
  { audit }: Pick<Gateway, 'audit'>,
): Promise<InjectedFaults> {
  const fault = headers.get(HEADER) ?? '';
  // Whoever may call a model may not make it look broken in the log.
  if (key.role !== 'admin')
    throw new GatewayError(
      'forbidden',
      `${HEADER} makes attempts fail and needs an admin key; the key sent is an inference key. Leave the header out.`,
      { param: HEADER },
    );
  // What could be read holds the grammar's own words and nothing else.
  const faults = readInjectedFaults(fault, HEADER);
  const by = { via: 'api', id: key.id, name: key.name } as const;
  await audit.hourly({
    by,
    action: 'fault.inject',
    target: key.id,
    before: null,
    after: { fault },
  });
  return faults;
}
