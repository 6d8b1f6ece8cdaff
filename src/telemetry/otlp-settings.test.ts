// Where exports go, by every way there is to say so.
import { describe, expect, test } from 'bun:test';
import { otlpSettings } from './otlp-settings.ts';
import { isSampled } from './sampler.ts';

type Otlp = NonNullable<NonNullable<Parameters<typeof otlpSettings>[0]['telemetry']>['otlp']>;

const read = (environment: { readonly [name: string]: string } = {}, otlp?: Otlp) =>
  otlpSettings(otlp === undefined ? {} : { telemetry: { otlp } }, environment, '1.2.3');

const BASE = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/' };

describe('export', () => {
  test('is off where nobody names a collector', () => {
    expect(read()).toEqual({ settings: null, problems: [] });
    expect(read({ OTEL_EXPORTER_OTLP_ENDPOINT: ' ' }).settings).toBeNull();
    expect(read({ OTEL_SERVICE_NAME: 'x', OTEL_EXPORTER_OTLP_HEADERS: 'a=b' }).settings).toBeNull();
    expect(read({}, { service_name: 'x' }).settings).toBeNull();
    expect(read({ ...BASE, OTEL_SDK_DISABLED: 'TRUE' }).settings).toBeNull();
  });

  test('goes to both paths of one address', () => {
    const { settings, problems } = read(BASE);
    expect(problems).toEqual([]);
    expect(settings).toEqual({
      traces: {
        url: 'http://collector:4318/v1/traces',
        headers: {},
        timeoutMs: 10_000,
        gzip: true,
      },
      metrics: {
        url: 'http://collector:4318/v1/metrics',
        headers: {},
        timeoutMs: 10_000,
        gzip: true,
      },
      resource: { 'service.name': 'switchyard', 'service.version': '1.2.3' },
      sampler: { parentBased: true, ratio: 1 },
      intervalMs: 60_000,
      userIds: false,
    });
  });

  test('takes a signal’s own address as it stands', () => {
    const own = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://traces.example/in' };
    expect(read(own).settings).toMatchObject({
      traces: { url: 'https://traces.example/in' },
      metrics: null,
    });
    expect(read({ ...BASE, ...own }).settings?.metrics?.url).toBe(
      'http://collector:4318/v1/metrics',
    );
    expect(
      read({ ...BASE, ...own }, { endpoint: 'https://file.example/otlp' }).settings?.traces?.url,
    ).toBe('https://file.example/otlp/v1/traces');
  });

  test('leaves out a signal nobody wants', () => {
    expect(read({ ...BASE, OTEL_METRICS_EXPORTER: 'none' }).settings?.metrics).toBeNull();
    expect(read(BASE, { traces: false }).settings?.traces).toBeNull();
    expect(read(BASE, { traces: false, metrics: false }).settings).toBeNull();
  });

  test('reads headers and attributes percent-encoded, a signal’s own before the common ones', () => {
    const environment = {
      ...BASE,
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key=a%3Db, x=1',
      OTEL_EXPORTER_OTLP_METRICS_HEADERS: 'api-key=m',
      OTEL_EXPORTER_OTLP_TIMEOUT: '2500',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'none',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=prod%20eu,service.name=no',
      OTEL_SERVICE_NAME: 'edge',
    };
    const { settings } = read(environment, { headers: { x: '2' } });
    expect(settings?.traces).toMatchObject({
      headers: { 'api-key': 'a=b', x: '2' },
      timeoutMs: 2500,
      gzip: false,
    });
    expect(settings?.metrics?.headers).toEqual({ 'api-key': 'm', x: '2' });
    expect(settings?.resource).toEqual({
      'service.name': 'edge',
      'service.version': '1.2.3',
      'deployment.environment.name': 'prod eu',
    });
  });

  test('says what it cannot do, without a word that could be a secret', () => {
    const environment = {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    };
    expect(read(environment).problems).toHaveLength(2);
    const wrong = {
      ...BASE,
      OTEL_EXPORTER_OTLP_HEADERS: 'key=%zz-secret',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    };
    const { settings, problems } = read(wrong);
    expect(settings?.traces?.headers).toEqual({});
    expect(problems).toHaveLength(3);
    expect(problems.join()).not.toContain('secret');
    expect(problems.join()).toContain('http/protobuf only');
  });
});

describe('sampling', () => {
  const sampler = (name: string, argument?: string) => {
    const environment = { ...BASE, OTEL_TRACES_SAMPLER: name };
    const { settings, problems } = read(
      argument === undefined ? environment : { ...environment, OTEL_TRACES_SAMPLER_ARG: argument },
    );
    return { sampler: settings?.sampler, problems };
  };

  test('goes by the names of the specification', () => {
    expect(sampler('always_on').sampler).toEqual({ parentBased: false, ratio: 1 });
    expect(sampler('parentbased_always_off').sampler).toEqual({ parentBased: true, ratio: 0 });
    expect(sampler('parentbased_traceidratio', '0.25').sampler).toEqual({
      parentBased: true,
      ratio: 0.25,
    });
    expect(sampler('traceidratio', '2')).toEqual({
      sampler: { parentBased: false, ratio: 1 },
      problems: [expect.stringContaining('OTEL_TRACES_SAMPLER_ARG')],
    });
    expect(sampler('jaeger_remote').problems).toHaveLength(1);
  });

  test('takes the caller’s word where it counts, and its share of the rest', () => {
    const quarter = { parentBased: true, ratio: 0.25 };
    const low = `${'f'.repeat(18)}${'0'.repeat(14)}`;
    const high = `${'0'.repeat(18)}${'f'.repeat(14)}`;
    expect([isSampled(quarter, high, true), isSampled(quarter, low, false)]).toEqual([true, false]);
    expect([isSampled(quarter, low, null), isSampled(quarter, high, null)]).toEqual([true, false]);
    const own = { parentBased: false, ratio: 0.25 };
    expect([isSampled(own, high, true), isSampled(own, low, false)]).toEqual([false, true]);
    const ids = Array.from({ length: 4000 }, () => Bun.randomUUIDv7().replaceAll('-', ''));
    const taken = ids.filter((id) => isSampled(quarter, id, null)).length;
    expect(taken).toBeGreaterThan(850);
    expect(taken).toBeLessThan(1150);
  });
});
