// Metrics of where answers are kept: how full it is, what went and why, and whether what is behind memory can be used.
import type { AnswerStore } from '../../cache/answer-store.ts';
import type { MetricRegistry } from '../../lib/metric-registry.ts';

export function watchAnswerStore(store: AnswerStore, metrics: MetricRegistry): void {
  const entries = metrics.gauge({
    name: 'switchyard_cache_entries',
    help: 'Answers this gateway has in memory to give again.',
    labels: [],
  });
  const bytes = metrics.gauge({
    name: 'switchyard_cache_bytes',
    help: 'About what they take up in memory, as `cache.max_bytes` counts it.',
    labels: [],
  });
  const removed = metrics.counter({
    name: 'switchyard_cache_evictions_total',
    help: 'Answers that memory let go of, by why: `room` for others, or `expired`, too old.',
    labels: ['reason'],
  });
  const up = metrics.gauge({
    name: 'switchyard_cache_store_up',
    help: 'Whether the file or the Redis behind memory is in use; 0: answers are in memory only, for now. `none`: there is nothing behind it.',
    labels: ['store'],
  });
  const failures = metrics.counter({
    name: 'switchyard_cache_store_errors_total',
    help: 'Times that the file or the Redis behind memory could not be read or written. No request fails by it.',
    labels: ['store'],
  });
  metrics.onRead(() => {
    const figures = store.figures();
    const behind = figures.behind === 'nothing' ? 'none' : figures.behind;
    entries.of().value = figures.entries;
    bytes.of().value = figures.bytes;
    removed.of('room').value = figures.evicted;
    removed.of('expired').value = figures.expired;
    up.of(behind).value = figures.trouble === null ? 1 : 0;
    failures.of(behind).value = figures.failures;
  });
}
