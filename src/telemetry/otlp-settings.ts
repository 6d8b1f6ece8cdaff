// Where OpenTelemetry's data go, by the configuration and by the variables its specification names:
// https://opentelemetry.io/docs/specs/otel/protocol/exporter/ and …/configuration/sdk-environment-variables/
import type { ConfigFile } from '../config/schema.ts';
import { readSampler, type Sampler } from './sampler.ts';

export interface OtlpTarget {
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  readonly timeoutMs: number;
  readonly gzip: boolean;
}

export interface OtlpSettings {
  /** Null: not wanted. */
  readonly traces: OtlpTarget | null;
  readonly metrics: OtlpTarget | null;
  /** Who is speaking: `service.name` and what the operator says of it. */
  readonly resource: { readonly [name: string]: string };
  readonly sampler: Sampler;
  /** Between exports of metrics. */
  readonly intervalMs: number;
  /** Whether the `user` callers name goes along. */
  readonly userIds: boolean;
}

export interface ReadSettings {
  /** Null: export is off. */
  readonly settings: OtlpSettings | null;
  /** What was asked for and cannot be, without any value that could be a secret. */
  readonly problems: readonly string[];
}

type Environment = { readonly [name: string]: string | undefined };
type Signal = 'traces' | 'metrics';

const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_INTERVAL_MS = 60_000;
const DEFAULT_NAME = 'switchyard';

/** The configuration's word comes before the environment's. */
export function otlpSettings(
  config: Pick<ConfigFile, 'telemetry'>,
  environment: Environment,
  version: string,
): ReadSettings {
  const problems: string[] = [];
  const configured = config.telemetry?.otlp ?? {};
  const variable = (name: string) => environment[name]?.trim() || undefined;
  // Its words are case-insensitive, by the specification.
  if (variable('OTEL_SDK_DISABLED')?.toLowerCase() === 'true') return { settings: null, problems };
  const target = (signal: Signal): OtlpTarget | null => {
    const own = (name: string) =>
      variable(`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_${name}`) ??
      variable(`OTEL_EXPORTER_OTLP_${name}`);
    const wanted =
      configured[signal] ?? variable(`OTEL_${signal.toUpperCase()}_EXPORTER`) !== 'none';
    if (!wanted) return null;
    const url = urlOf(signal, configured.endpoint, variable);
    if (url === null) return null;
    if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
      problems.push(
        `The OTLP endpoint for ${signal} is no http or https URL: nothing is exported.`,
      );
      return null;
    }
    return {
      url,
      headers: {
        ...pairs(own('HEADERS'), `OTLP headers for ${signal}`, problems),
        ...configured.headers,
      },
      timeoutMs: configured.timeout ?? positive(own('TIMEOUT')) ?? DEFAULT_TIMEOUT_MS,
      gzip: own('COMPRESSION') !== 'none',
    };
  };
  const traces = target('traces');
  const metrics = target('metrics');
  if (traces === null && metrics === null) return { settings: null, problems };
  const protocol = variable('OTEL_EXPORTER_OTLP_PROTOCOL') ?? 'http/protobuf';
  if (protocol !== 'http/protobuf')
    problems.push(
      `OTEL_EXPORTER_OTLP_PROTOCOL is "${protocol}": this gateway speaks http/protobuf only (usually port 4318).`,
    );
  const attributes = pairs(
    variable('OTEL_RESOURCE_ATTRIBUTES'),
    'OTEL_RESOURCE_ATTRIBUTES',
    problems,
  );
  const name = configured.service_name ?? variable('OTEL_SERVICE_NAME');
  const resource = {
    'service.name': DEFAULT_NAME,
    'service.version': version,
    ...attributes,
    ...(name === undefined ? {} : { 'service.name': name }),
  };
  return {
    settings: {
      traces,
      metrics,
      resource,
      sampler: readSampler(
        variable('OTEL_TRACES_SAMPLER'),
        variable('OTEL_TRACES_SAMPLER_ARG'),
        problems,
      ),
      intervalMs:
        configured.interval ??
        positive(variable('OTEL_METRIC_EXPORT_INTERVAL')) ??
        DEFAULT_INTERVAL_MS,
      userIds: configured.user_ids ?? false,
    },
    problems,
  };
}

/** An address for one signal is taken as it stands; to a common one its path is added. */
function urlOf(
  signal: Signal,
  configured: string | undefined,
  variable: (name: string) => string | undefined,
): string | null {
  if (configured === undefined) {
    const own = variable(`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`);
    if (own !== undefined) return own;
  }
  const common = configured ?? variable('OTEL_EXPORTER_OTLP_ENDPOINT');
  return common === undefined ? null : `${common.replace(/\/+$/, '')}/v1/${signal}`;
}

function positive(text: string | undefined): number | undefined {
  const number = Number(text);
  return text !== undefined && number > 0 ? number : undefined;
}

/** `a=1,b=2`, percent-encoded. One that cannot be read makes the whole list void, as the specification has it. */
function pairs(
  text: string | undefined,
  what: string,
  problems: string[],
): { readonly [name: string]: string } {
  const read: { [name: string]: string } = {};
  try {
    for (const pair of (text ?? '').split(',')) {
      if (pair.trim() === '') continue;
      const at = pair.indexOf('=');
      const name = pair.slice(0, Math.max(at, 0)).trim();
      if (name === '') throw new URIError();
      read[decodeURIComponent(name)] = decodeURIComponent(pair.slice(at + 1).trim());
    }
    return read;
  } catch {
    problems.push(
      `${what} cannot be read: they are name=value pairs, percent-encoded, with commas between.`,
    );
    return {};
  }
}
