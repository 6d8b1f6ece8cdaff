// clientClosed: why an exchange ends whose caller is gone.
import { GatewayError } from '../core/errors.ts';

export function clientClosed(): GatewayError {
  return new GatewayError(
    'client_closed',
    'The caller closed the connection before the answer was complete.',
  );
}
