// readMetrics: the figures that stand elsewhere, read when somebody asks for the metrics.
import { version } from '../../package.json';
import type { HealthState } from '../core/health.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import type { MetricRegistry } from '../lib/metric-registry.ts';
import type { Health } from '../upstream/health/health.ts';
import type { Load } from '../upstream/load.ts';
import type { ModelLabels } from './model-labels.ts';
import { readLogMetrics } from './read-log-metrics.ts';
import type { Telemetry } from './telemetry.ts';

export interface MetricSources {
  readonly health: Pick<Health, 'report'>;
  readonly load: Pick<Load, 'of'>;
  readonly ledger: Pick<Ledger, 'stats'>;
  readonly providers: () => Iterable<string>;
  readonly labels: ModelLabels;
  readonly telemetry: Pick<Telemetry, 'figures'>;
}

const STATES: readonly HealthState[] = ['ready', 'cooling', 'open', 'probing'];
const TARGET = ['provider', 'model', 'key', 'region'];

export function readMetrics(registry: MetricRegistry, sources: MetricSources): void {
  readTargets(registry, sources);
  readProviders(registry, sources);
  readLogMetrics(registry, sources.ledger);
  readOtlp(registry, sources);
  registry
    .gauge({
      name: 'switchyard_build_info',
      help: '1, with the version that runs.',
      labels: ['version'],
    })
    .of(version).value = 1;
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

function readOtlp(
  registry: MetricRegistry,
  { telemetry, ledger }: Pick<MetricSources, 'telemetry' | 'ledger'>,
): void {
  const spans = registry.counter({
    name: 'switchyard_otlp_spans_total',
    help: 'Spans the OpenTelemetry collector took, and those it would not have.',
    labels: ['result'],
  });
  const metrics = registry.counter({
    name: 'switchyard_otlp_metric_exports_total',
    help: 'Exports of metrics to the OpenTelemetry collector.',
    labels: ['result'],
  });
  const skipped = registry.counter({
    name: 'switchyard_otlp_skipped_segments_total',
    help: 'Files of the spool that were gone before they were exported, because the collector was away for too long.',
    labels: [],
  });
  const lag = registry.gauge({
    name: 'switchyard_otlp_lag_seconds',
    help: 'Since the oldest request ended that is being exported; 0 when there is none.',
    labels: [],
  });
  registry.onRead(() => {
    const { figures } = telemetry;
    spans.of('exported').value = figures.get('spansExported');
    spans.of('failed').value = figures.get('spansFailed');
    metrics.of('exported').value = figures.get('metricExports');
    metrics.of('failed').value = figures.get('metricFailures');
    skipped.of().value = figures.get('skippedSegments') + ledger.stats.skippedSegments;
    const oldestAt = figures.get('oldestAt');
    lag.of().value = oldestAt === 0 ? 0 : Math.max(0, (Date.now() - oldestAt) / 1000);
  });
}
