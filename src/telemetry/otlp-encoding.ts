// Our spans and metrics in the form OpenTelemetry's own serialiser takes, and from there as OTLP protobuf.
import {
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import type { Attributes, Span } from './spans.ts';

type ReadableSpan = Parameters<typeof ProtobufTraceSerializer.serializeRequest>[0][number];
type ResourceMetrics = Parameters<typeof ProtobufMetricsSerializer.serializeRequest>[0];
type MetricData = ResourceMetrics['scopeMetrics'][number]['metrics'][number];
type Resource = ReadableSpan['resource'];

export interface Scope {
  readonly name: string;
  readonly version: string;
}

/** One metric as it stands: each point with what it is of. */
export interface MetricState {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly points: readonly (
    | { readonly attributes: Attributes; readonly sum: number }
    | { readonly attributes: Attributes; readonly histogram: HistogramState }
  )[];
}

export interface HistogramState {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly sum: number;
  readonly count: number;
  readonly min: number;
  readonly max: number;
}

// The numbers of the API's enumerations, so that only the serialiser is loaded.
const SERVER = 1;
const CLIENT = 2;
const UNSET = 0;
const ERROR = 2;
const SAMPLED = 1;
const CUMULATIVE = 1;
const HISTOGRAM = 0;
const SUM = 3;
const DOUBLE = 1;

const MS_PER_S = 1000;
const NANO_PER_MS = 1e6;
const NO_BYTES = new Uint8Array();

export class OtlpEncoding {
  readonly #resource: Resource;
  readonly #scope: Scope;

  constructor(resource: { readonly [name: string]: string }, scope: Scope) {
    const attributes = { ...resource };
    this.#resource = {
      attributes,
      merge: () => this.#resource,
      getRawAttributes: () => Object.entries(attributes),
    };
    this.#scope = scope;
  }

  spans(spans: readonly Span[]): Uint8Array {
    const readable = spans.map((span) => this.#readable(span));
    return ProtobufTraceSerializer.serializeRequest(readable) ?? NO_BYTES;
  }

  /** @param startMs since when the figures add up, Unix milliseconds */
  metrics(metrics: readonly MetricState[], startMs: number, nowMs: number): Uint8Array {
    const times = { startTime: timeOf(startMs), endTime: timeOf(nowMs) };
    const all = metrics.map((metric) => metricData(metric, times));
    const scopeMetrics = [{ scope: this.#scope, metrics: all }];
    const request: ResourceMetrics = { resource: this.#resource, scopeMetrics };
    return ProtobufMetricsSerializer.serializeRequest(request) ?? NO_BYTES;
  }

  #readable(span: Span): ReadableSpan {
    const context = { traceId: span.traceId, spanId: span.spanId, traceFlags: SAMPLED };
    const { parentSpanId, parentRemote, traceId } = span;
    const startTime = timeOf(span.startMs);
    return {
      name: span.name,
      kind: span.kind === 'server' ? SERVER : CLIENT,
      spanContext: () => context,
      ...(parentSpanId === null
        ? {}
        : {
            parentSpanContext: {
              traceId,
              spanId: parentSpanId,
              traceFlags: SAMPLED,
              isRemote: parentRemote,
            },
          }),
      startTime,
      endTime: timeOf(span.endMs),
      duration: timeOf(span.endMs - span.startMs),
      status: { code: span.failed ? ERROR : UNSET },
      attributes: span.attributes,
      links: [],
      events: [],
      ended: true,
      resource: this.#resource,
      instrumentationScope: this.#scope,
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    };
  }
}

function metricData(
  { name, unit, description, points }: MetricState,
  times: { readonly startTime: [number, number]; readonly endTime: [number, number] },
): MetricData {
  const common = {
    descriptor: { name, unit, description, valueType: DOUBLE },
    aggregationTemporality: CUMULATIVE,
  } as const;
  const sums = points.flatMap((point) =>
    'sum' in point ? [{ ...times, attributes: point.attributes, value: point.sum }] : [],
  );
  if (sums.length > 0)
    return { ...common, dataPointType: SUM, isMonotonic: true, dataPoints: sums };
  const dataPoints = points.flatMap((point) =>
    'histogram' in point
      ? [{ ...times, attributes: point.attributes, value: histogramValue(point.histogram) }]
      : [],
  );
  return { ...common, dataPointType: HISTOGRAM, dataPoints };
}

function histogramValue({ bounds, counts, ...figures }: HistogramState) {
  return { ...figures, buckets: { boundaries: [...bounds], counts: [...counts] } };
}

/** Whole seconds and the nanoseconds beyond. */
function timeOf(ms: number): [number, number] {
  const seconds = Math.floor(ms / MS_PER_S);
  return [seconds, Math.round((ms - seconds * MS_PER_S) * NANO_PER_MS)];
}
