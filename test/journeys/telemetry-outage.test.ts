// A collector that is slow, down, gone or unwilling: requests know nothing of it, and it misses nothing that it wants.
import { afterAll, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Collector, partialSuccess, startCollector } from '../otlp/start-collector.ts';
import { openaiCaller } from './callers.ts';
import {
  ADMIN_KEY,
  type GatewayUnderTest,
  startGateway,
  startTwoWires,
} from './gateway-under-test.ts';
import { readExposition, sampleValue } from './read-exposition.ts';
import { until } from './until.ts';

const wires = startTwoWires();
afterAll(() => wires.stop());
beforeEach(() => wires.alpha.clear());

const WITHIN_MS = 15_000;
const LIMIT_MS = 30_000;

const configured = (url: string) =>
  `${wires.yaml}\ntelemetry:\n  otlp: { endpoint: "${url}", interval: 300ms, timeout: 500ms }\n`;

async function ask(gateway: GatewayUnderTest, times: number): Promise<void> {
  for (let at = 0; at < times; at++) {
    const response = await gateway.post('/v1/chat/completions', openaiCaller.body('alpha/echo'));
    expect(response.status).toBe(200);
    await response.text();
  }
}

async function figures(gateway: GatewayUnderTest) {
  const headers = { authorization: `Bearer ${ADMIN_KEY}` };
  const text = await (await fetch(`${gateway.url}/metrics`, { headers })).text();
  const metrics = readExposition(text);
  const of = (name: string, labels = {}) => sampleValue(metrics, `switchyard_otlp_${name}`, labels);
  return {
    exported: of('spans_total', { result: 'exported' }),
    failed: of('spans_total', { result: 'failed' }),
    lag: of('lag_seconds') ?? 0,
  };
}

/** The generations a collector has heard of, each as often as it did. */
const heard = (collector: Collector) =>
  collector.spans
    .filter(({ kind }) => kind === 'SPAN_KIND_SERVER')
    .map(({ attributes }) => String(attributes['switchyard.generation_id']));

const ids = async (gateway: GatewayUnderTest) => (await gateway.rows()).map(({ id }) => id);

const troubles = (gateway: GatewayUnderTest) =>
  gateway.logged.filter((line) => line.includes('OTLP') && line.includes('traces'));

describe('a collector that', () => {
  test(
    'cannot take anything for a while gets all of it afterwards, once',
    async () => {
      const collector = startCollector();
      collector.answer(() => new Response(null, { status: 503 }));
      const gateway = await startGateway(configured(collector.url));
      try {
        await ask(gateway, 20);
        await until(() => collector.tries > 0, WITHIN_MS);
        await until(async () => (await figures(gateway)).lag > 0, WITHIN_MS);
        await ask(gateway, 20);
        expect(collector.spans).toEqual([]);
        collector.answer(null);
        await until(() => heard(collector).length >= 40, WITHIN_MS);
        expect(heard(collector)).toEqual(await ids(gateway));
        await until(async () => (await figures(gateway)).lag === 0, WITHIN_MS);
        expect(await figures(gateway)).toEqual({ exported: 80, failed: 0, lag: 0 });
        expect(troubles(gateway)).toEqual([
          expect.stringContaining('warn OTLP export of traces fails: it answered 503'),
          expect.stringContaining('info The OTLP collector takes traces again.'),
        ]);
      } finally {
        await gateway.stop();
        await collector.stop();
      }
    },
    LIMIT_MS,
  );

  test(
    'says nothing is given up on in time, and costs requests nothing',
    async () => {
      const collector = startCollector();
      const silent = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } });
      const gateway = await startGateway(configured(`http://127.0.0.1:${silent.port}`));
      try {
        await ask(gateway, 5);
        await until(() => troubles(gateway).length > 0, WITHIN_MS);
        expect(troubles(gateway)).toEqual([expect.stringContaining('TimeoutError')]);
        const startedMs = performance.now();
        await ask(gateway, 20);
        expect(performance.now() - startedMs).toBeLessThan(2000);
      } finally {
        const startedMs = performance.now();
        await gateway.stop();
        expect(performance.now() - startedMs).toBeLessThan(5000);
        silent.stop(true);
        await collector.stop();
      }
    },
    LIMIT_MS,
  );

  test(
    'comes only after the gateway was stopped gets what it missed from the next',
    async () => {
      const dataDir = mkdtempSync(join(tmpdir(), 'switchyard-outage-'));
      const collector = startCollector();
      try {
        const first = await startGateway(configured(wires.alpha.refusingUrl()), {}, { dataDir });
        await ask(first, 10);
        const missed = await ids(first);
        await first.stop();
        const second = await startGateway(configured(collector.url), {}, { dataDir });
        try {
          await until(() => heard(collector).length >= 10, WITHIN_MS);
          expect([...new Set(heard(collector))].sort()).toEqual(missed.sort());
          await ask(second, 1);
          await until(() => heard(collector).length >= 11, WITHIN_MS);
        } finally {
          await second.stop();
        }
      } finally {
        await collector.stop();
        rmSync(dataDir, { recursive: true, force: true });
      }
    },
    LIMIT_MS,
  );

  test(
    'will not have something is not asked again: it is counted, and the next goes out',
    async () => {
      const collector = startCollector();
      collector.answer(() => new Response('no', { status: 401 }));
      const gateway = await startGateway(configured(collector.url));
      try {
        await ask(gateway, 1);
        await until(async () => (await figures(gateway)).failed === 2, WITHIN_MS);
        expect(troubles(gateway)).toEqual([expect.stringContaining('it answered 401')]);
        collector.answer(null);
        await ask(gateway, 1);
        await until(() => heard(collector).length === 1, WITHIN_MS);
        expect(heard(collector)).toEqual((await ids(gateway)).slice(1));
        collector.answer(() =>
          partialSuccess('traces', {
            partialSuccess: { rejectedSpans: 1n, errorMessage: 'too old' },
          }),
        );
        await ask(gateway, 1);
        await until(async () => (await figures(gateway)).failed === 3, WITHIN_MS);
        expect(troubles(gateway).at(-1)).toContain('it did not take 1 of them (too old)');
        expect((await figures(gateway)).exported).toBe(3);
      } finally {
        await gateway.stop();
        await collector.stop();
      }
    },
    LIMIT_MS,
  );
});
