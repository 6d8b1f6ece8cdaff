// readLogMetrics: how the log keeps up, read when somebody asks for the metrics.
import type { Ledger } from '../ledger/open-ledger.ts';
import type { MetricRegistry } from '../lib/metric-registry.ts';

const MS = 1000;

export function readLogMetrics(registry: MetricRegistry, ledger: Pick<Ledger, 'stats'>): void {
  const gauge = (name: string, help: string) => registry.gauge({ name, help, labels: [] });
  const queue = gauge('switchyard_log_queue_rows', 'Log rows in memory, on their way to disk.');
  const spooled = gauge(
    'switchyard_log_spool_rows',
    'Log rows of this process that are on disk and not in the database yet.',
  );
  const bytes = gauge(
    'switchyard_log_spool_bytes',
    'Log rows on disk that are not in the database yet, those of dead processes included.',
  );
  const lag = gauge('switchyard_log_lag_seconds', 'How long the oldest such row has been waiting.');
  const up = gauge('switchyard_log_database_up', '1 while the database takes log rows, else 0.');
  const rows = registry.counter({
    name: 'switchyard_log_rows_total',
    help: 'Log rows: written, dropped for want of room, refused by the database, too late for its retention.',
    labels: ['result'],
  });
  registry.onRead(() => {
    const { stats } = ledger;
    queue.of().value = stats.queued;
    spooled.of().value = stats.spooledRows;
    bytes.of().value = stats.spooledBytes;
    lag.of().value = stats.lagMs / MS;
    up.of().value = stats.database === 'ok' ? 1 : 0;
    for (const result of ['written', 'dropped', 'refused', 'late'] as const)
      rows.of(result).value = stats[result];
  });
}
