// The thread that exports to OpenTelemetry: reads the spool beside the log's own thread, and knows nothing of requests under way.
import type { LogLevel } from '../lib/log.ts';
import { OtlpExporter } from '../telemetry/otlp-exporter.ts';
import { OtlpFigures } from '../telemetry/otlp-figures.ts';
import type { OtlpSettings } from '../telemetry/otlp-settings.ts';
import type { ProviderFacts } from '../telemetry/spans.ts';
import { SpoolFeed } from './spool-feed.ts';

declare const self: Worker;

export type ToOtlpWorker =
  | {
      readonly kind: 'start';
      readonly settings: OtlpSettings;
      readonly version: string;
      readonly dataDir: string;
      readonly folder: string;
      readonly figures: SharedArrayBuffer;
      readonly providers: { readonly [id: string]: ProviderFacts };
    }
  | { readonly kind: 'providers'; readonly providers: { readonly [id: string]: ProviderFacts } }
  | { readonly kind: 'close'; readonly withinMs: number };

export type FromOtlpWorker =
  | { readonly kind: 'log'; readonly level: LogLevel; readonly message: string }
  | { readonly kind: 'closed' };

/** Under this name it keeps its place in the spool. */
const CONSUMER = 'otlp';

let exporter: OtlpExporter | null = null;

self.onmessage = (event: MessageEvent<ToOtlpWorker>) => {
  const message = event.data;
  switch (message.kind) {
    case 'start':
      start(message);
      return;
    case 'providers':
      exporter?.know(message.providers);
      return;
    case 'close':
      exporter?.close(message.withinMs);
      return;
    default:
      message satisfies never;
  }
};

function start(message: Extract<ToOtlpWorker, { kind: 'start' }>): void {
  const { settings, version, dataDir, folder } = message;
  const now = Date.now;
  const feed = new SpoolFeed({ dataDir, folder, consumer: CONSUMER, now });
  exporter = new OtlpExporter({
    settings,
    version,
    feed,
    figures: new OtlpFigures(message.figures),
    log: (level, text) => reply({ kind: 'log', level, message: text }),
    fetch,
    chance: Math.random,
    now,
  });
  // What is in the spool already goes out at once.
  exporter.know(message.providers);
  void exporter.run().then(() => {
    feed.close();
    reply({ kind: 'closed' });
  });
}

function reply(message: FromOtlpWorker): void {
  self.postMessage(message);
}
