// Telemetry: what becomes of callers' traces, and the thread that exports to OpenTelemetry where somebody wants it.
import { version } from '../../package.json';
import { readTraceParent, type TraceParent, traceIdOf } from '../core/trace-context.ts';
import { DURABLE_WITHIN_MS } from '../ledger/open-ledger.ts';
import type { Log } from '../lib/log.ts';
import { OtlpFigures } from '../telemetry/otlp-figures.ts';
import { type OtlpSettings, otlpSettings } from '../telemetry/otlp-settings.ts';
import { isSampled } from '../telemetry/sampler.ts';
import type { ProviderFacts } from '../telemetry/spans.ts';
import type { FromOtlpWorker, ToOtlpWorker } from './otlp-worker.ts';
import type { Snapshot, SnapshotSources } from './snapshot.ts';

/** By the configuration and the environment of the start: what is changed there later counts from the next start on. */
export function openTelemetry(
  { config, environment }: Pick<SnapshotSources, 'config' | 'environment'>,
  options: Omit<TelemetryOptions, 'settings' | 'version'>,
): Telemetry {
  const { settings, problems } = otlpSettings(config, environment, version);
  for (const problem of problems) options.log('warn', problem);
  return new Telemetry({ ...options, settings, version });
}

export interface TelemetryOptions {
  /** Null: nothing is exported. */
  readonly settings: OtlpSettings | null;
  readonly version: string;
  readonly dataDir: string;
  /** This process's own spool. */
  readonly folder: string;
  /** Those of the start. */
  readonly providers: Snapshot['providers'];
  readonly log: Log;
}

/** How long the end may take: what is left then is in the spool. */
const CLOSE_WITHIN_MS = 2000;
const CLOSE_GRACE_MS = 500;
const RESTART_MS = 5000;
const HTTPS_PORT = 443;
const HTTP_PORT = 80;

export class Telemetry {
  readonly figures = new OtlpFigures();
  readonly #options: TelemetryOptions;
  #worker: Worker | null = null;
  #providers: { readonly [id: string]: ProviderFacts } = {};
  #restart: Timer | null = null;
  #closed = false;
  #onClosed: (() => void) | null = null;

  constructor(options: TelemetryOptions) {
    this.#options = options;
    this.#providers = factsOf(options.providers);
    if (options.settings !== null) this.#start(options.settings);
  }

  get exporting(): boolean {
    return this.#options.settings !== null;
  }

  /** Whose trace a request belongs to. Null: the caller names none and nobody here keeps one, so providers are told of none. */
  traceOf(headers: Headers, generationId: string): TraceParent | null {
    const { settings } = this.#options;
    const callers = readTraceParent(headers);
    if (settings?.traces == null) return callers;
    if (callers !== null) return { ...callers, hasSpans: true };
    const traceId = traceIdOf(generationId);
    return {
      traceId,
      spanId: null,
      sampled: isSampled(settings.sampler, traceId, null),
      state: null,
      text: null,
      hasSpans: true,
    };
  }

  /** There are new providers, or they are elsewhere. */
  know({ providers }: Pick<Snapshot, 'providers'>): void {
    this.#providers = factsOf(providers);
    this.#post({ kind: 'providers', providers: this.#providers });
  }

  /** Sends what can be sent in a moment. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#restart !== null) clearTimeout(this.#restart);
    const worker = this.#worker;
    if (worker === null) return;
    // What has just ended is in the spool by then.
    await Bun.sleep(DURABLE_WITHIN_MS);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onClosed = resolve;
    this.#post({ kind: 'close', withinMs: CLOSE_WITHIN_MS });
    const timer = setTimeout(resolve, CLOSE_WITHIN_MS + CLOSE_GRACE_MS);
    await promise;
    clearTimeout(timer);
    worker.terminate();
    this.#worker = null;
  }

  #start(settings: OtlpSettings): void {
    const worker = new Worker(new URL('./otlp-worker.ts', import.meta.url), { smol: true });
    worker.unref();
    worker.onmessage = (event: MessageEvent<FromOtlpWorker>) => {
      const message = event.data;
      if (message.kind === 'closed') this.#onClosed?.();
      else this.#options.log(message.level, message.message);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      this.#failed(worker, settings, event.message);
    };
    this.#worker = worker;
    const { version, dataDir, folder } = this.#options;
    const figures = this.figures.shared;
    const providers = this.#providers;
    this.#post({ kind: 'start', settings, version, dataDir, folder, figures, providers });
  }

  /** Its place is in the spool: another goes on where it was. */
  #failed(worker: Worker, settings: OtlpSettings, why: string): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    worker.terminate();
    this.#onClosed?.();
    if (this.#closed) return;
    this.#options.log('error', `The thread that exports to OpenTelemetry failed: ${why}`);
    this.#restart = setTimeout(() => this.#start(settings), RESTART_MS);
    this.#restart.unref();
  }

  #post(message: ToOtlpWorker): void {
    this.#worker?.postMessage(message);
  }
}

function factsOf(providers: Snapshot['providers']): { readonly [id: string]: ProviderFacts } {
  return Object.fromEntries(
    [...providers].map(([id, { provider }]) => {
      const { hostname, port, protocol } = new URL(provider.baseUrl);
      const usual = protocol === 'http:' ? HTTP_PORT : HTTPS_PORT;
      const name = provider.telemetryName ?? id;
      return [id, { name, address: hostname, port: port === '' ? usual : Number(port) }];
    }),
  );
}
