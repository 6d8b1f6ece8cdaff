// Traces from end to end: what the caller says, what providers are told and what a collector gets are one tree.
import { afterAll, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { attemptSpanId, requestSpanId, traceIdOf } from '../../src/core/trace-context.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { type CollectedSpan, type Collector, startCollector } from '../otlp/start-collector.ts';
import { CALLERS, call, openaiCaller } from './callers.ts';
import {
  ADMIN_KEY,
  type GatewayUnderTest,
  startGateway,
  startTwoWires,
} from './gateway-under-test.ts';
import { onBothEngines, onFiles } from './log-engines.ts';
import { ANSWER } from './samples.ts';
import { until } from './until.ts';

const wires = startTwoWires();
const { alpha, beta } = wires;
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const CALLER = { traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: 'congo=t61rcWkgMzE,rojo=1' };
/** Spans are on their way for a second at most; the rest is for a machine that has much to do. */
const WITHIN_MS = 15_000;
setDefaultTimeout(30_000);

interface Scene {
  readonly gateway: GatewayUnderTest;
  readonly collector: Collector;
  /** The spans of so many requests, once all are there. */
  spansOf(requests: number): Promise<readonly CollectedSpan[]>;
}

async function withExport(
  work: (scene: Scene) => Promise<void>,
  { otlp = '', environment = {} }: { otlp?: string; environment?: Record<string, string> } = {},
): Promise<void> {
  const collector = startCollector();
  const yaml = `${wires.yaml}\ntelemetry:\n  otlp: { endpoint: "${collector.url}", interval: 500ms${otlp} }\n`;
  const gateway = await startGateway(yaml, environment);
  const spansOf = async (requests: number) => {
    const servers = () => collector.spans.filter(({ kind }) => kind === 'SPAN_KIND_SERVER');
    await until(() => servers().length >= requests, WITHIN_MS);
    expect(servers()).toHaveLength(requests);
    return collector.spans;
  };
  try {
    await work({ gateway, collector, spansOf });
  } finally {
    await gateway.stop();
    await collector.stop();
  }
}

const chat = (gateway: GatewayUnderTest, model: string, more: JsonObject = {}, headers = {}) =>
  gateway.post('/v1/chat/completions', openaiCaller.body(model, more), headers);

async function withoutExport(work: (gateway: GatewayUnderTest) => Promise<void>): Promise<void> {
  const gateway = await startGateway(wires.yaml);
  try {
    await work(gateway);
  } finally {
    await gateway.stop();
  }
}

const traceHeaders = (
  request: { readonly headers: { readonly [name: string]: unknown } } | undefined,
) => {
  const { traceparent, tracestate, baggage } = request?.headers ?? {};
  return { traceparent, tracestate, baggage };
};
const NONE = { traceparent: undefined, tracestate: undefined, baggage: undefined };

afterAll(() => wires.stop());

await onBothEngines((engine) => {
  beforeEach(() => {
    alpha.clear();
    beta.clear();
  });

  onFiles(engine).describe('what providers are told', () => {
    test('is what the caller said, on every wire and endpoint, where no span of ours is exported', async () => {
      await withoutExport(async (gateway) => {
        const headers = { ...CALLER, baggage: 'user=erika' };
        const told = async (path: string, body: JsonObject) => {
          const response = await gateway.post(path, body, headers);
          expect([path, response.status]).toEqual([path, 200]);
          await response.text();
          return [...alpha.requests, ...beta.requests];
        };
        for (const model of ['alpha/echo', 'beta/echo'])
          for (const caller of CALLERS)
            for (const stream of [false, true]) {
              alpha.clear();
              beta.clear();
              const request = await told(caller.path, caller.body(model, { stream }));
              expect(request).toHaveLength(1);
              expect(traceHeaders(request[0])).toEqual({
                ...CALLER,
                baggage: undefined,
              });
            }
        alpha.clear();
        await told('/v1/embeddings', { model: 'alpha/echo', input: 'a' });
        const [embedding] = alpha.requests;
        expect(traceHeaders(embedding)).toEqual({ ...CALLER, baggage: undefined });
      });
    });

    test('is nothing where the caller names no trace, or a wrong one', async () => {
      await withoutExport(async (gateway) => {
        const wrong = { traceparent: `00-${TRACE.toUpperCase()}-${SPAN}-01`, tracestate: 'a=1' };
        for (const headers of [{}, { tracestate: 'a=1' }, { baggage: 'a=1' }, wrong]) {
          expect((await chat(gateway, 'alpha/echo', {}, headers)).status).toBe(200);
          expect(traceHeaders(alpha.requests.at(-1))).toEqual(NONE);
        }
        expect(alpha.requests).toHaveLength(4);
      });
    });

    test('is outside of what a signature covers, so that a proxy may add its own', async () => {
      const gateway = await startGateway(`
providers:
  bedrock:
    base_url: "${alpha.url}"
    aws: { access_key_id: AKIDEXAMPLE, secret_access_key: "s", region: eu-west-1 }
`);
      try {
        await (await chat(gateway, 'bedrock/echo', {}, CALLER)).text();
        const [sent] = alpha.requests;
        expect(traceHeaders(sent).traceparent).toBe(CALLER.traceparent);
        expect(String(sent?.headers.authorization)).toContain('SignedHeaders=host;x-amz-date, ');
      } finally {
        await gateway.stop();
      }
    });

    test('is the caller’s own span where tokens are counted: that has no attempt', async () => {
      await withoutExport(async (gateway) => {
        const body = { model: 'beta/echo', messages: [{ role: 'user', content: 'Hello' }] };
        const response = await gateway.post('/v1/messages/count_tokens', body, CALLER);
        expect(response.status).toBe(200);
        await response.text();
        expect(beta.requests.map(traceHeaders)).toEqual([{ ...CALLER, baggage: undefined }]);
      });
    });

    test('keeps the caller’s word that nobody records it', async () => {
      await withoutExport(async (gateway) => {
        const traceparent = `00-${TRACE}-${SPAN}-00`;
        expect((await chat(gateway, 'alpha/echo', {}, { traceparent })).status).toBe(200);
        expect(traceHeaders(alpha.requests[0]).traceparent).toBe(traceparent);
      });
    });

    test('is the generation’s own trace where spans are exported and the caller names none', async () => {
      await withExport(async ({ gateway, spansOf }) => {
        expect((await chat(gateway, 'alpha/echo')).status).toBe(200);
        const [row] = await gateway.rows();
        const id = row?.id ?? '';
        expect(traceHeaders(alpha.requests[0])).toEqual({
          traceparent: `00-${traceIdOf(id)}-${attemptSpanId(id, 1)}-01`,
          tracestate: undefined,
          baggage: undefined,
        });
        const [server, client] = await spansOf(1);
        expect([server?.traceId, server?.spanId, server?.parentSpanId]).toEqual([
          traceIdOf(id),
          requestSpanId(id),
          '',
        ]);
        expect([client?.traceId, client?.parentSpanId]).toEqual([traceIdOf(id), requestSpanId(id)]);
      });
    });
  });

  describe('what a collector gets', () => {
    test('is one tree: the caller’s span, the request, the attempt the provider was told of', async () => {
      await withExport(async ({ gateway, collector, spansOf }) => {
        const body = { stream: true, user: 'erika-mustermann' };
        const response = await chat(gateway, 'alpha/echo', body, CALLER);
        await response.text();
        const spans = await spansOf(1);
        const [row] = await gateway.rows();
        const attempt = row?.attempts[0];
        const id = row?.id ?? '';
        expect(spans).toHaveLength(2);
        const [server, client] = spans;
        expect(server).toMatchObject({
          name: 'chat alpha/echo',
          kind: 'SPAN_KIND_SERVER',
          traceId: TRACE,
          parentSpanId: SPAN,
          spanId: requestSpanId(id),
          status: 'STATUS_CODE_UNSET',
          scope: 'switchyard',
          // Sampled, and the parent is known to be another's.
          flags: 0x301,
          attributes: {
            'gen_ai.operation.name': 'chat',
            'gen_ai.provider.name': 'alpha',
            'gen_ai.request.model': 'alpha/echo',
            'gen_ai.response.model': 'echo',
            'gen_ai.request.stream': true,
            'gen_ai.response.finish_reasons': ['stop'],
            'gen_ai.usage.input_tokens': row?.usage.input,
            'gen_ai.usage.output_tokens': row?.usage.output,
            'http.response.status_code': 200,
            'switchyard.generation_id': id,
            'switchyard.outcome': 'ok',
            'switchyard.fallback': false,
            'switchyard.cost_usd': row?.cost_usd,
          },
        });
        expect(server?.resource['service.name']).toBe('switchyard');
        expect(client).toMatchObject({
          name: 'chat echo',
          kind: 'SPAN_KIND_CLIENT',
          traceId: TRACE,
          parentSpanId: requestSpanId(id),
          flags: 0x101,
          attributes: {
            'gen_ai.request.model': 'echo',
            'gen_ai.response.time_to_first_chunk': (attempt?.time_to_first_token_ms ?? 0) / 1000,
            'switchyard.attempt': 1,
            'switchyard.cost_usd': attempt?.cost_usd,
          },
        });
        const { hostname, port } = new URL(alpha.url);
        const where = [client?.attributes['server.address'], client?.attributes['server.port']];
        expect(where).toEqual([hostname, Number(port)]);
        // What the provider was told is where its own spans go.
        expect(traceHeaders(alpha.requests[0]).traceparent).toBe(
          `00-${TRACE}-${client?.spanId}-01`,
        );
        const at = BigInt(Date.parse(row?.at ?? '')) * 1_000_000n;
        expect(server?.startNano).toBe(at);
        const took = Number((server?.endNano ?? 0n) - at) / 1e6;
        expect(took).toBeCloseTo(row?.total_ms ?? 0, 2);
        expect((client?.startNano ?? 0n) >= at).toBe(true);
        expect((client?.endNano ?? 0n) <= (server?.endNano ?? 0n) + 1_000_000n).toBe(true);
        await until(() => collector.points.length > 0, WITHIN_MS);
        const told = [...collector.spans, ...collector.points];
        const all = JSON.stringify(told, (_, value) =>
          typeof value === 'bigint' ? `${value}` : value,
        );
        expect(all).toContain('switchyard.key_id');
        for (const secret of ['erika', 'Say something', ANSWER, 'alpha-secret', ADMIN_KEY])
          expect(all).not.toContain(secret);
      });
    });

    test('names each attempt of a fallback, with its own fault', async () => {
      await withExport(async ({ gateway, spansOf }) => {
        const more = { models: ['beta/echo'] };
        expect((await chat(gateway, 'alpha/echo+status=503', more)).status).toBe(200);
        const [server, ...clients] = await spansOf(1);
        expect(server?.attributes).toMatchObject({
          'gen_ai.provider.name': 'beta',
          'gen_ai.response.model': 'echo',
          'switchyard.fallback': true,
          'switchyard.outcome': 'ok',
        });
        expect(server?.attributes['error.type']).toBeUndefined();
        const [row] = await gateway.rows();
        expect(clients.map(({ spanId }) => spanId)).toEqual(
          (row?.attempts ?? []).map((_, at) => attemptSpanId(row?.id ?? '', at + 1)),
        );
        expect(
          clients
            .map(({ name, status, attributes }) => [
              name,
              status,
              attributes['error.type'] ?? null,
              attributes['http.response.status_code'],
            ])
            .filter(([name]) => name !== 'chat echo+status=503'),
        ).toEqual([['chat echo', 'STATUS_CODE_UNSET', null, 200]]);
        const failed = clients.filter(({ name }) => name === 'chat echo+status=503');
        expect(failed.length).toBeGreaterThan(0);
        for (const { status, attributes } of failed) {
          expect(status).toBe('STATUS_CODE_ERROR');
          expect(attributes).toMatchObject({
            'error.type': 'upstream_overloaded',
            'http.response.status_code': 503,
          });
        }
        for (const span of clients) expect(span.parentSpanId).toBe(server?.spanId ?? '');
      });
    });

    test('says of a stream that broke off and of one nobody waited for what became of them', async () => {
      await withExport(async ({ gateway, spansOf }) => {
        const off = { stream: true, fallback: { enabled: false } };
        const cut = await call(gateway, openaiCaller, 'alpha/echo+tokens=20+cut=5', {
          stream: true,
          retries: 0,
        });
        expect(cut.error).not.toBeNull();
        const hangUp = new AbortController();
        const gone = fetch(`${gateway.url}/v1/chat/completions`, {
          method: 'POST',
          headers: { authorization: `Bearer ${ADMIN_KEY}` },
          body: JSON.stringify(openaiCaller.body('beta/echo+ttft=20000', off)),
          signal: hangUp.signal,
        }).catch(() => null);
        await until(() => beta.received === 1);
        hangUp.abort();
        await gone;
        const spans = await spansOf(2);
        const broken = spans.filter(({ traceId }) => traceId === spans[0]?.traceId);
        expect(broken[0]?.attributes).toMatchObject({
          'error.type': 'upstream_stream_truncated',
          'switchyard.outcome': 'error',
        });
        expect(broken[1]).toMatchObject({
          status: 'STATUS_CODE_ERROR',
          attributes: { 'error.type': 'upstream_stream_truncated' },
        });
        const aborted = spans.filter(({ traceId }) => traceId !== spans[0]?.traceId);
        expect(aborted.map(({ status }) => status)).toEqual([
          'STATUS_CODE_UNSET',
          'STATUS_CODE_UNSET',
        ]);
        expect(aborted[0]?.attributes).toMatchObject({
          'error.type': 'client_closed',
          'http.response.status_code': 499,
          'switchyard.outcome': 'aborted',
        });
      });
    });

    test('leaves out what the caller does not record, and measures it all the same', async () => {
      await withExport(async ({ gateway, collector, spansOf }) => {
        const traceparent = `00-${TRACE}-${SPAN}-00`;
        expect((await chat(gateway, 'alpha/echo', {}, { traceparent })).status).toBe(200);
        expect((await chat(gateway, 'alpha/echo')).status).toBe(200);
        const spans = await spansOf(1);
        expect(spans.filter(({ traceId }) => traceId === TRACE)).toEqual([]);
        const requests = () =>
          collector.points.filter(({ metric }) => metric === 'gen_ai.server.request.duration');
        await until(() => Number(requests()[0]?.point.count) === 2, WITHIN_MS);
      });
    });

    test('names the user only where the operator wants it', async () => {
      await withExport(
        async ({ gateway, spansOf }) => {
          expect((await chat(gateway, 'alpha/echo', { user: 'erika' })).status).toBe(200);
          const [server] = await spansOf(1);
          expect(server?.attributes['enduser.id']).toBe('erika');
          expect(server?.resource).toMatchObject({
            'service.name': 'edge',
            'deployment.environment.name': 'test',
          });
        },
        {
          otlp: ', user_ids: true',
          environment: {
            OTEL_SERVICE_NAME: 'edge',
            OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test,service.name=no',
          },
        },
      );
    });
  });

  test('the measures are those of the log', async () => {
    await withExport(async ({ gateway, collector }) => {
      for (const stream of [true, false])
        expect((await call(gateway, openaiCaller, 'alpha/echo', { stream })).status).toBe(200);
      await call(gateway, openaiCaller, 'alpha/echo+status=400');
      const find = (metric: string, attributes: JsonObject) =>
        collector.points.find(
          (one) =>
            one.metric === metric &&
            Object.entries(attributes).every(([name, value]) => one.attributes[name] === value) &&
            Object.keys(one.attributes).includes('error.type') === 'error.type' in attributes,
        );
      const echo = { 'gen_ai.request.model': 'echo', 'gen_ai.provider.name': 'alpha' };
      await until(() => {
        const failed = { 'error.type': 'upstream_invalid_request' };
        const point = find('gen_ai.server.request.duration', failed);
        return Number(point?.point.count) === 1;
      }, WITHIN_MS);
      const rows = (await gateway.rows()).filter(({ outcome }) => outcome === 'ok');
      const sum = (values: readonly (number | null)[]) =>
        values.reduce((total: number, value) => total + (value ?? 0), 0);
      const tokens = (type: string) =>
        find('gen_ai.client.token.usage', { ...echo, 'gen_ai.token.type': type });
      expect(tokens('input')?.point).toMatchObject({
        count: '2',
        sum: sum(rows.map(({ usage }) => usage.input)),
      });
      expect(tokens('output')?.point).toMatchObject({
        count: '2',
        sum: sum(rows.map(({ usage }) => usage.output)),
      });
      expect(tokens('input')?.temporality).toBe('AGGREGATION_TEMPORALITY_CUMULATIVE');
      const cost = find('switchyard.cost', echo);
      expect([cost?.unit, cost?.monotonic]).toEqual(['USD', true]);
      expect(Number(cost?.point.asDouble)).toBeCloseTo(
        sum(rows.map(({ cost_usd }) => cost_usd)),
        12,
      );
      const firstChunk = find('gen_ai.client.operation.time_to_first_chunk', echo);
      expect(firstChunk?.point.count).toBe('1');
      expect(Number(firstChunk?.point.sum)).toBeCloseTo(
        sum(
          rows
            .filter(({ stream }) => stream)
            .map(({ attempts }) => attempts[0]?.time_to_first_token_ms ?? null),
        ) / 1000,
        6,
      );
      expect(find('gen_ai.client.operation.duration', echo)?.point.count).toBe('2');
    });
  });
});
