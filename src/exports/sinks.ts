// The types of exports: settings → sink. A type's code is loaded with the first export that has it.
import type { ExportSettings } from '../config/exports-schema.ts';
import type { Log } from '../lib/log.ts';
import type { ExportSink } from './export-sink.ts';
import type { ExposureMemory } from './exposure-memory.ts';

/** What sinks get beside their settings. */
export interface SinkTools {
  /** The export's name. */
  readonly name: string;
  /** For credentials that the settings do not name. */
  readonly environment: { readonly [name: string]: string | undefined };
  readonly fetch: typeof fetch;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly log: Log;
  /** Absent: nothing is remembered beyond this process. */
  readonly exposures?: ExposureMemory;
}

/** Rejects with a GatewayError where the settings cannot work: a key file that is not there. */
export async function openSink(settings: ExportSettings, tools: SinkTools): Promise<ExportSink> {
  switch (settings.type) {
    case 'bigquery':
      return (await import('./bigquery/bigquery-sink.ts')).bigQuerySink(settings, tools);
    case 'clickhouse':
      return (await import('./clickhouse/clickhouse-sink.ts')).clickHouseSink(settings, tools);
    case 'mixpanel':
      return (await import('./mixpanel/mixpanel-sink.ts')).mixpanelSink(settings, tools);
    case 'webhook':
      return (await import('./webhook/webhook-sink.ts')).webhookSink(settings, tools);
    case 's3':
      return (await import('./s3/s3-sink.ts')).s3Sink(settings, tools);
    default:
      return settings satisfies never;
  }
}
