// readExportMetrics: how exports keep up, read when somebody asks for the metrics.
import type { ExportStatus } from '../exports/export-status.ts';
import type { MetricRegistry } from '../lib/metric-registry.ts';

const MS = 1000;

export function readExportMetrics(
  registry: MetricRegistry,
  exports: { statuses(): readonly ExportStatus[] },
  now: () => number,
): void {
  const labels = ['export', 'type'];
  const rows = registry.counter({
    name: 'switchyard_export_rows_total',
    help: 'Rows an export delivered, those the other side will never take (rejected), and those that were gone from the log before they were sent (lost).',
    labels: [...labels, 'result'],
  });
  const failures = registry.counter({
    name: 'switchyard_export_failures_total',
    help: 'Deliveries that failed and are tried again.',
    labels,
  });
  const lag = registry.gauge({
    name: 'switchyard_export_lag_seconds',
    help: 'Since the oldest request ended that waits for this export, in the spool or to be filled in from the log; 0 when none does.',
    labels,
  });
  const stuck = registry.gauge({
    name: 'switchyard_export_stuck_seconds',
    help: 'Since when nothing goes out, or the log cannot be read; 0 while it does.',
    labels,
  });
  const letters = registry.gauge({
    name: 'switchyard_export_dead_letters',
    help: 'Rows that the other side would not take, kept by their ids.',
    labels,
  });
  registry.onRead(() => {
    for (const gauge of [lag, stuck, letters]) gauge.clear();
    for (const status of exports.statuses()) {
      const { name, type, oldestAt, troubleSince } = status;
      rows.of(name, type, 'delivered').value = status.delivered;
      rows.of(name, type, 'rejected').value = status.rejected;
      rows.of(name, type, 'lost').value = status.lost;
      failures.of(name, type).value = status.failures;
      lag.of(name, type).value = sinceS(oldestAt, now());
      stuck.of(name, type).value = sinceS(troubleSince, now());
      letters.of(name, type).value = status.deadLetters;
    }
  });
}

function sinceS(at: number | null, now: number): number {
  return at === null ? 0 : Math.max(0, (now - at) / MS);
}
