// What is counted of attempts, and how few lines it takes whatever callers write.
import { describe, expect, test } from 'bun:test';
import { exampleCandidate } from '../../test/contracts/example-candidate.ts';
import { readExposition, sampleValue } from '../../test/journeys/read-exposition.ts';
import { GatewayError } from '../core/errors.ts';
import { MetricRegistry } from '../lib/metric-registry.ts';
import { OtlpFigures } from '../telemetry/otlp-figures.ts';
import type { TargetReport } from '../upstream/health/report.ts';
import { Load } from '../upstream/load.ts';
import { AttemptRecording } from './attempt-recording.ts';
import { GatewayMetrics } from './metrics.ts';
import { readMetrics } from './read-metrics.ts';

function metricsUnderTest(reports: readonly TargetReport[] = []) {
  const registry = new MetricRegistry();
  const metrics = new GatewayMetrics(registry);
  const figures = new OtlpFigures();
  readMetrics(registry, {
    health: { report: () => reports },
    load: new Load(),
    ledger: {
      stats: {
        queued: 3,
        spooledRows: 40,
        spooledBytes: 50_000,
        lagMs: 1500,
        written: 20,
        dropped: 1,
        isDropping: false,
        refused: 2,
        late: 4,
        skippedSegments: 5,
        database: 'down',
        lastError: 'It is away.',
      },
    },
    providers: () => ['p'],
    labels: metrics.labels,
    telemetry: { figures },
  });
  return {
    figures,
    attempt(model: string): AttemptRecording {
      const attempt = new AttemptRecording(
        1,
        { ...exampleCandidate(), id: `p/${model}`, model },
        null,
      );
      metrics.began(attempt);
      return attempt;
    },
    metrics,
    read: () => readExposition(registry.text()),
  };
}

const SPREAD = { p50: null, p5: null, p95: null, p99: null, samples: 0 };

function report(
  model: string,
  about: Partial<TargetReport> & { readonly state: 'ready' | 'open' },
) {
  const { state, ...more } = about;
  return {
    target: { provider: 'p', model, key: 'key-1', region: null },
    standing: { state, forMs: 0, admissible: true, errorRate: null, degraded: false },
    requests: 0,
    errors: 0,
    errorsByCode: {},
    ttftMs: SPREAD,
    ttftMsByPromptSize: [],
    tokensPerSecond: SPREAD,
    inFlight: 0,
    consecutiveFailures: 0,
    lastError: null,
    ...more,
  };
}

const TTFT = 'switchyard_time_to_first_token_seconds_count';
const LABELS = { provider: 'p', model: 'm' };

describe('GatewayMetrics', () => {
  test('a first token is that of a stream, whatever became of it, and of no rehearsal', () => {
    const { attempt, metrics, read } = metricsUnderTest();
    const error = new GatewayError('upstream_stream_truncated', 'It broke off.');
    const end = (about: Partial<AttemptRecording>, begins: boolean, failure = error) => {
      const one = Object.assign(attempt('m'), about);
      if (begins) one.begun();
      metrics.ended(one, failure);
      return sampleValue(read(), TTFT, LABELS);
    };
    expect(end({}, true)).toBe(0);
    expect(end({ streamed: true }, false)).toBe(0);
    expect(end({ streamed: true, injected: true }, true)).toBe(0);
    expect(end({ streamed: true }, true)).toBe(1);
    const outcome = 'upstream_stream_truncated';
    expect(sampleValue(read(), 'switchyard_attempts_total', { ...LABELS, outcome })).toBe(4);
  });

  test('the wait for a place at a provider is none of its first token', () => {
    const { attempt, metrics, read } = metricsUnderTest();
    const one = Object.assign(attempt('m'), { streamed: true, ttftMs: 1200, waitedMs: 1000 });
    metrics.ended(one, null);
    const sum = sampleValue(read(), 'switchyard_time_to_first_token_seconds_sum', LABELS);
    expect(sum).toBeCloseTo(0.2, 10);
  });

  test('thousands of names are few lines, and nothing is lost of their sums', () => {
    const { attempt, metrics, read } = metricsUnderTest();
    for (let at = 0; at < 3000; at++) metrics.ended(attempt(`invented-${at}`), null);
    const samples = read().get('switchyard_attempts_total')?.samples ?? [];
    expect(samples.length).toBeLessThanOrEqual(501);
    expect(samples.reduce((sum, { value }) => sum + value, 0)).toBe(3000);
    const other = { provider: 'p', model: 'other', outcome: 'ok' };
    expect(sampleValue(read(), 'switchyard_attempts_total', other)).toBe(
      3000 - (samples.length - 1),
    );
  });
});

describe('readMetrics', () => {
  test('tells each target it knows by name, and the others together', () => {
    const { attempt, read } = metricsUnderTest([
      report('known', { state: 'open', requests: 4, errors: 3, inFlight: 2 }),
      report('silent', { state: 'ready' }),
      report('strange-1', { state: 'ready', requests: 3, errors: 0, inFlight: 1 }),
      report('strange-2', { state: 'open', requests: 1, errors: 1, inFlight: 1 }),
    ]);
    attempt('known');
    attempt('silent');
    const told = (name: string, model: string, more: { readonly [name: string]: string } = {}) =>
      sampleValue(read(), `switchyard_target_${name}`, {
        provider: 'p',
        model,
        key: 'key-1',
        region: '',
        ...more,
      });
    const states = (model: string) =>
      ['ready', 'cooling', 'open', 'probing'].map((state) => told('state', model, { state }));
    expect(states('known')).toEqual([0, 0, 1, 0]);
    expect(states('silent')).toEqual([1, 0, 0, 0]);
    expect(states('other')).toEqual([1, 0, 1, 0]);
    expect(states('strange-1')).toEqual([null, null, null, null]);
    // Of one that nobody asked lately nothing is known.
    const ratios = ['known', 'silent', 'other'].map((model) => told('error_ratio', model));
    expect(ratios).toEqual([0.75, null, 0.25]);
    expect(['known', 'silent', 'other'].map((model) => told('in_flight', model))).toEqual([
      2, 0, 2,
    ]);
  });

  test('tells how the log keeps up', () => {
    const { read } = metricsUnderTest();
    expect(sampleValue(read(), 'switchyard_log_queue_rows')).toBe(3);
    const rows = (result: string) => sampleValue(read(), 'switchyard_log_rows_total', { result });
    const results = ['written', 'dropped', 'refused', 'late'];
    expect(results.map(rows)).toEqual([20, 1, 2, 4]);
    const figures = ['spool_rows', 'spool_bytes', 'lag_seconds', 'database_up'];
    expect(figures.map((name) => sampleValue(read(), `switchyard_log_${name}`))).toEqual([
      40, 50_000, 1.5, 0,
    ]);
  });

  test('tell how the export to OpenTelemetry does, from memory the other thread writes', () => {
    const { figures, read } = metricsUnderTest();
    expect(sampleValue(read(), 'switchyard_otlp_lag_seconds')).toBe(0);
    new OtlpFigures(figures.shared).add('spansExported', 7);
    figures.set('oldestAt', Date.now() - 60_000);
    const exported = sampleValue(read(), 'switchyard_otlp_spans_total', { result: 'exported' });
    expect(exported).toBe(7);
    expect(sampleValue(read(), 'switchyard_otlp_lag_seconds')).toBeGreaterThanOrEqual(60);
    figures.set('skippedSegments', 2);
    expect(sampleValue(read(), 'switchyard_otlp_skipped_segments_total')).toBe(7);
  });
});
