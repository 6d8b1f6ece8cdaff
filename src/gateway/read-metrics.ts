// readMetrics: the figures that stand elsewhere, read when somebody asks for the metrics.
import type { HealthState } from '../core/health.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import type { MetricRegistry } from '../lib/metric-registry.ts';
import type { Health } from '../upstream/health/health.ts';
import type { Load } from '../upstream/load.ts';
import type { ModelLabels } from './model-labels.ts';

export interface MetricSources {
  readonly health: Pick<Health, 'report'>;
  readonly load: Pick<Load, 'of'>;
  readonly ledger: Pick<Ledger, 'stats'>;
  readonly providers: () => Iterable<string>;
  readonly labels: ModelLabels;
}

const STATES: readonly HealthState[] = ['ready', 'cooling', 'open', 'probing'];
const TARGET = ['provider', 'model', 'key', 'region'];

export function readMetrics(registry: MetricRegistry, sources: MetricSources): void {
  readTargets(registry, sources);
  readProviders(registry, sources);
  readLedger(registry, sources);
}

/** What health knows. Targets without a label of their own are told as one. */
function readTargets(
  registry: MetricRegistry,
  { health, labels }: Pick<MetricSources, 'health' | 'labels'>,
): void {
  const state = registry.gauge({
    name: 'switchyard_target_state',
    help: '1 for the state a target is in, 0 for the others.',
    labels: [...TARGET, 'state'],
  });
  const errorRatio = registry.gauge({
    name: 'switchyard_target_error_ratio',
    help: 'Failed calls of those that lately said something of the target.',
    labels: TARGET,
  });
  const inFlight = registry.gauge({
    name: 'switchyard_target_in_flight',
    help: 'Calls to the target that are under way.',
    labels: TARGET,
  });
  registry.onRead(() => {
    const counts = new Map<string, { requests: number; errors: number; names: string[] }>();
    for (const gauge of [state, errorRatio, inFlight]) gauge.clear();
    for (const { target, standing, requests, errors, inFlight: now } of health.report()) {
      const { provider, key, region } = target;
      const names = [provider, labels.of(provider, target.model), key ?? '', region ?? ''];
      for (const one of STATES) state.of(...names, one).value ||= one === standing.state ? 1 : 0;
      inFlight.of(...names).value += now;
      const id = names.join('\n');
      const before = counts.get(id) ?? { requests: 0, errors: 0 };
      counts.set(id, {
        requests: before.requests + requests,
        errors: before.errors + errors,
        names,
      });
    }
    for (const { requests, errors, names } of counts.values())
      if (requests > 0) errorRatio.of(...names).value = errors / requests;
  });
}

function readProviders(
  registry: MetricRegistry,
  { load, providers }: Pick<MetricSources, 'load' | 'providers'>,
): void {
  const requests = registry.gauge({
    name: 'switchyard_provider_requests',
    help: 'Requests under way at a provider, and those that wait for a place there.',
    labels: ['provider', 'state'],
  });
  registry.onRead(() => {
    requests.clear();
    for (const id of providers()) {
      const lane = load.of(id);
      requests.of(id, 'running').value = lane.running;
      requests.of(id, 'waiting').value = lane.waiting;
    }
  });
}

function readLedger(registry: MetricRegistry, { ledger }: Pick<MetricSources, 'ledger'>): void {
  const queue = registry.gauge({
    name: 'switchyard_log_queue_rows',
    help: 'Log rows on their way to the database.',
    labels: [],
  });
  const rows = registry.counter({
    name: 'switchyard_log_rows_total',
    help: 'Log rows that were written, and those that were dropped.',
    labels: ['result'],
  });
  registry.onRead(() => {
    const { queued, written, dropped } = ledger.stats;
    queue.of().value = queued;
    rows.of('written').value = written;
    rows.of('dropped').value = dropped;
  });
}
