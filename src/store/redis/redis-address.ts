// checkRedisAddress: whether a text can be the address of a Redis at all.
import { GatewayError } from '../../core/errors.ts';

const PROTOCOLS: ReadonlySet<string> = new Set(['redis:', 'rediss:', 'valkey:', 'valkeys:']);

/** Throws `storage_unavailable`. @param purpose for whom; @param without what is so where it is unset */
export function checkRedisAddress(url: string, purpose: string, without: string): void {
  const protocol = URL.canParse(url) ? new URL(url).protocol : '';
  if (PROTOCOLS.has(protocol)) return;
  throw new GatewayError(
    'storage_unavailable',
    `REDIS_URL names no server that ${purpose} can be shared by. Give it as redis://:password@host:6379 (rediss:// with TLS), or unset it to keep ${without}.`,
  );
}
