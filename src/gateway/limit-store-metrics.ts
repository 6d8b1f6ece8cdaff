// Metrics of where limits are counted: whether it can be reached, and what was done without it.
import type { MetricRegistry } from '../lib/metric-registry.ts';
import type { MeterStore } from '../limits/meters/meter.ts';
import { RedisMeters } from '../limits/meters/redis/redis-meters.ts';

export function watchLimitStore(store: MeterStore, metrics: MetricRegistry): void {
  const well = metrics.gauge({
    name: 'switchyard_limit_store_up',
    help: 'Whether the store of limits does what it should; 0: what is wrong stands in `/readyz`.',
    labels: [],
  });
  const unwritten = metrics.gauge({
    name: 'switchyard_limit_store_unwritten',
    help: 'Limits of which something was used that Redis has not been told yet; it is told when it is back.',
    labels: [],
  });
  const alone = metrics.counter({
    name: 'switchyard_limit_decisions_alone_total',
    help: 'Requests of limited callers that were decided, or refused, without Redis, which could not be reached.',
    labels: [],
  });
  const figures = () => (store instanceof RedisMeters ? store.figures : null);
  metrics.onRead(() => {
    const now = figures();
    well.of().value = store.trouble === null ? 1 : 0;
    unwritten.of().value = now?.unwritten ?? 0;
    alone.of().value = now?.alone ?? 0;
  });
}
