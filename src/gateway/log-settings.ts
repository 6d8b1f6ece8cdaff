// Where the log is kept and how much may wait for it, out of configuration and environment.
import { logPlace } from '../ledger/log-place.ts';
import type { GatewayOptions } from './gateway.ts';

/** Where the log is kept and how much may wait for it: as at the start, a changed configuration does not move it. */
export function logSettings({ dataDir, sources }: GatewayOptions) {
  const { spool, retention, usage_retention: usageRetention } = sources.config.log ?? {};
  const spoolMaxBytes = spool?.max_bytes;
  return {
    dataDir,
    place: logPlace(sources.environment.DATABASE_URL, dataDir),
    ...(spoolMaxBytes === undefined ? {} : { spoolMaxBytes }),
    retention: {
      ...(retention === undefined ? {} : { retentionMs: retention }),
      ...(usageRetention === undefined ? {} : { usageRetentionMs: usageRetention }),
    },
  };
}
