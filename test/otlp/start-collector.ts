// A collector on a port of this machine, which reads what comes with OpenTelemetry's own message types and not with our idea of them.
//
// otlp.binpb: the descriptors of opentelemetry-proto 1.45.2 as its Python package has them (Apache-2.0), with the JSON names protoc gives.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  create,
  createFileRegistry,
  type DescMessage,
  fromBinary,
  toBinary,
  toJson,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { asArray, asObject, asObjects, type JsonObject } from '../../src/lib/json.ts';

type Signal = 'traces' | 'metrics';

export interface CollectedSpan {
  readonly name: string;
  readonly kind: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty: it has none. */
  readonly parentSpanId: string;
  readonly startNano: bigint;
  readonly endNano: bigint;
  readonly status: string;
  readonly flags: number;
  readonly attributes: JsonObject;
  readonly resource: JsonObject;
  readonly scope: string;
}

export interface CollectedPoint {
  readonly metric: string;
  readonly unit: string;
  readonly attributes: JsonObject;
  /** As OTLP's JSON form has it. */
  readonly point: JsonObject;
  /** Of the sum or histogram it is a point of. */
  readonly temporality: string;
  readonly monotonic: boolean;
}

export interface Arrival {
  readonly signal: Signal;
  readonly headers: Headers;
  /** What it weighed on the wire. */
  readonly bytes: number;
  readonly spans: readonly CollectedSpan[];
  readonly points: readonly CollectedPoint[];
}

export interface Collector {
  readonly url: string;
  /** Everything that was taken, in the order it came. */
  readonly arrivals: readonly Arrival[];
  readonly spans: readonly CollectedSpan[];
  /** Of the last export of metrics. */
  readonly points: readonly CollectedPoint[];
  /** What was tried, taken or not. */
  readonly tries: number;
  /** From now on it answers so; null: as it should. */
  answer(with_: (() => Response) | null): void;
  stop(): Promise<void>;
}

const registry = createFileRegistry(
  fromBinary(FileDescriptorSetSchema, readFileSync(join(import.meta.dir, 'otlp.binpb'))),
);
const SERVICES: { readonly [S in Signal]: string } = {
  traces: 'opentelemetry.proto.collector.trace.v1.ExportTraceService',
  metrics: 'opentelemetry.proto.collector.metrics.v1.ExportMetricsService',
};

/** @param port one that was used before; 0: any */
export function startCollector(port = 0): Collector {
  const arrivals: Arrival[] = [];
  let answer: (() => Response) | null = null;
  let tries = 0;
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port,
    async fetch(request) {
      const signal = signalOf(new URL(request.url).pathname);
      if (signal === null || request.method !== 'POST') return new Response(null, { status: 404 });
      const sent = await request.bytes();
      tries += 1;
      if (answer !== null) return answer();
      arrivals.push(read(signal, request.headers, sent));
      return partialSuccess(signal, {});
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    arrivals,
    get spans() {
      return arrivals.flatMap(({ spans }) => spans);
    },
    get points() {
      return arrivals.findLast(({ signal }) => signal === 'metrics')?.points ?? [];
    },
    get tries() {
      return tries;
    },
    answer(with_) {
      answer = with_;
    },
    stop: () => server.stop(true),
  };
}

/** The collector's reply, in its own message type. */
export function partialSuccess(
  signal: Signal,
  members: { readonly [name: string]: unknown },
): Response {
  const schema = messageOf(`${SERVICES[signal]}Response`);
  const reply = create(schema, members as never);
  return new Response(toBinary(schema, reply), {
    headers: { 'content-type': 'application/x-protobuf' },
  });
}

function signalOf(path: string): Signal | null {
  return path === '/v1/traces' ? 'traces' : path === '/v1/metrics' ? 'metrics' : null;
}

function messageOf(name: string): DescMessage {
  const message = registry.getMessage(name);
  if (message === undefined) throw new Error(`no message ${name}`);
  return message;
}

function read(signal: Signal, headers: Headers, sent: Uint8Array): Arrival {
  const zipped = headers.get('content-encoding') === 'gzip';
  const bytes = zipped ? Bun.gunzipSync(sent as Uint8Array<ArrayBuffer>) : sent;
  const schema = messageOf(`${SERVICES[signal]}Request`);
  const message = fromBinary(schema, bytes);
  if (message.$unknown !== undefined) throw new Error('fields nobody knows');
  const request = asObject(toJson(schema, message, { registry })) ?? {};
  return {
    signal,
    headers,
    bytes: sent.length,
    spans: signal === 'traces' ? spansIn(request) : [],
    points: signal === 'metrics' ? pointsIn(request) : [],
  };
}

function spansIn(request: JsonObject): CollectedSpan[] {
  return asObjects(request.resourceSpans).flatMap((resource) =>
    asObjects(resource.scopeSpans).flatMap((scope) =>
      asObjects(scope.spans).map((span) => ({
        name: String(span.name),
        kind: String(span.kind),
        traceId: hex(span.traceId),
        spanId: hex(span.spanId),
        parentSpanId: hex(span.parentSpanId ?? ''),
        startNano: BigInt(String(span.startTimeUnixNano)),
        endNano: BigInt(String(span.endTimeUnixNano)),
        status: String(asObject(span.status)?.code ?? 'STATUS_CODE_UNSET'),
        flags: Number(span.flags),
        attributes: attributesOf(span.attributes),
        resource: attributesOf(asObject(resource.resource)?.attributes),
        scope: String(asObject(scope.scope)?.name),
      })),
    ),
  );
}

function pointsIn(request: JsonObject): CollectedPoint[] {
  return asObjects(request.resourceMetrics)
    .flatMap((resource) => asObjects(resource.scopeMetrics))
    .flatMap((scope) => asObjects(scope.metrics))
    .flatMap((metric) => {
      const data = asObject(metric.histogram) ?? asObject(metric.sum) ?? {};
      return asObjects(data.dataPoints).map((point) => ({
        metric: String(metric.name),
        unit: String(metric.unit),
        attributes: attributesOf(point.attributes),
        point,
        temporality: String(data.aggregationTemporality),
        monotonic: data.isMonotonic === true,
      }));
    });
}

/** Bytes are base64 in protobuf's JSON. */
function hex(base64: unknown): string {
  return Buffer.from(String(base64), 'base64').toString('hex');
}

function attributesOf(list: JsonObject[string] | undefined): JsonObject {
  return Object.fromEntries(
    asObjects(list).map(({ key, value }) => [String(key), plain(asObject(value) ?? {})]),
  );
}

function plain(value: JsonObject): string | number | boolean | string[] {
  if (value.stringValue !== undefined) return String(value.stringValue);
  if (value.boolValue !== undefined) return value.boolValue === true;
  if (value.arrayValue !== undefined)
    return asArray(asObject(value.arrayValue)?.values).map((one) =>
      String(plain(asObject(one) ?? {})),
    );
  return Number(value.intValue ?? value.doubleValue);
}
