// causeOf: the kind and place of a failure for the log, without its message: that may quote the request.
import type { GatewayError } from '../core/errors.ts';

export function causeOf({ cause }: GatewayError): string {
  if (!(cause instanceof Error)) return typeof cause;
  const frames = (cause.stack ?? '').split('\n').slice(1, 6);
  return [cause.name, ...frames.map((line) => line.trim())].join(' | ');
}
