// Limits: the store that counts what callers take, as the configuration and the environment name it, and who asks it.
import type { ConfigFile } from '../config/schema.ts';
import { GatewayError } from '../core/errors.ts';
import type { Limits } from '../core/limits.ts';
import type { Log } from '../lib/log.ts';
import type { MetricRegistry } from '../lib/metric-registry.ts';
import { Limiter } from '../limits/limiter.ts';
import { MemoryMeters } from '../limits/meters/memory-meters.ts';
import type { MeterStore } from '../limits/meters/meter.ts';
import { openRedisMeters } from '../limits/meters/redis/redis-meters.ts';
import { openSqliteMeters } from '../limits/meters/sqlite-meters.ts';
import type { LimitSettings } from './limit-settings.ts';
import { watchLimitStore } from './limit-store-metrics.ts';

export interface LimitsOptions {
  readonly dataDir: string;
  /** As at the start: a changed configuration does not move the store. */
  readonly config: ConfigFile['limits'];
  readonly environment: { readonly [name: string]: string | undefined };
  /** As they are now. */
  readonly settings: () => LimitSettings;
  /** What the operator set for one user. */
  readonly userLimits: (user: string) => Limits | null;
  readonly metrics: MetricRegistry;
  readonly log: Log;
  readonly now: () => number;
}

/** Throws `storage_unavailable` with the remedy. */
export function openLimits(options: LimitsOptions): Limiter {
  const { settings, userLimits, metrics, now } = options;
  const refusals = metrics.counter({
    name: 'switchyard_limit_refusals_total',
    help: 'Requests that were not let in for a limit of their caller, by limit (budget, requests, tokens, concurrent) and by whose it is (key, user).',
    labels: ['limit', 'of'],
  });
  const holds = metrics.gauge({
    name: 'switchyard_limit_holds',
    help: 'Requests under way that hold room in the limits of their callers; 0 when nothing is under way.',
    labels: [],
  });
  const store = openStore(options);
  watchLimitStore(store, metrics);
  const limiter = new Limiter({
    store,
    everyUser: () => settings().users,
    userLimits,
    now,
    refused: ({ kind, of }) => {
      refusals.of(kind, of.what).value += 1;
    },
  });
  metrics.onRead(() => {
    holds.of().value = limiter.held;
  });
  return limiter;
}

function openStore({
  dataDir,
  config,
  environment,
  settings,
  log,
  now,
}: LimitsOptions): MeterStore {
  const { REDIS_URL: url = '' } = environment;
  const kind = config?.store ?? (url === '' ? 'sqlite' : 'redis');
  const onFailure = () => settings().onStoreFailure;
  switch (kind) {
    case 'memory':
      return new MemoryMeters({ now });
    case 'sqlite':
      return openSqliteMeters({ dataDir, onFailure, log, now });
    case 'redis':
      if (url === '')
        throw new GatewayError(
          'storage_unavailable',
          'limits.store is redis, and REDIS_URL is not set. Set it to the address (redis://host:6379), or name another store.',
        );
      // What becomes of callers while it is away is as at the start.
      return openRedisMeters({ url, log, onStoreFailure: onFailure() });
  }
}
