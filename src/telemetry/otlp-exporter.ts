// OtlpExporter: finished requests become spans and metrics at a collector. At least once: a batch is acknowledged when the collector
// has it, or says that it never will. Runs on a thread of its own; whatever happens to it, requests go on.
import {
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import type { Exchange } from '../core/exchange.ts';
import { traceIdOf } from '../core/trace-context.ts';
import type { Log } from '../lib/log.ts';
import { OtlpEncoding } from './otlp-encoding.ts';
import type { OtlpFigures } from './otlp-figures.ts';
import { type PostOptions, postOtlp, type ReadReply, type Sent } from './otlp-post.ts';
import type { OtlpSettings } from './otlp-settings.ts';
import { isSampled } from './sampler.ts';
import { type ProviderFacts, type Span, spansOf } from './spans.ts';
import { UsageMetrics } from './usage-metrics.ts';

/** Finished requests, in the order they ended. What is not acknowledged comes again after a restart. */
export interface ExchangeFeed {
  /** What follows; null: nothing yet. Throws where it cannot be read now. */
  next(): FeedBatch | null;
  /** Files of it that were gone before they were read. */
  readonly skippedSegments: number;
}

export interface FeedBatch {
  readonly exchanges: readonly Exchange[];
  acknowledge(): void;
}

export interface ExporterOptions {
  readonly settings: OtlpSettings;
  readonly version: string;
  readonly feed: ExchangeFeed;
  readonly figures: OtlpFigures;
  readonly log: Log;
  readonly fetch: PostOptions['fetch'];
  readonly chance: () => number;
  readonly now: () => number;
}

const SCOPE_NAME = 'switchyard';
/** As many as OpenTelemetry's own batches have. */
const MAX_SPANS = 512;
/** How long the feed is left alone after it had nothing: what comes meanwhile goes out together. */
const POLL_MS = 1000;

export class OtlpExporter {
  readonly #options: ExporterOptions;
  readonly #encoding: OtlpEncoding;
  readonly #metrics: UsageMetrics;
  #providers: { readonly [id: string]: ProviderFacts } = {};
  /** No more is waited for: what is there goes out and that is it. */
  #closing = false;
  #stopped = false;
  readonly #wakers = new Set<() => void>();
  /** What is wrong with the collector, once it is said. */
  readonly #trouble = new Map<string, string>();

  constructor(options: ExporterOptions) {
    const { settings, version, now } = options;
    this.#options = options;
    this.#encoding = new OtlpEncoding(settings.resource, { name: SCOPE_NAME, version });
    this.#metrics = new UsageMetrics(now());
  }

  /** What is told of providers beside their ids, from now on. */
  know(providers: { readonly [id: string]: ProviderFacts }): void {
    this.#providers = providers;
  }

  /** Resolves after `close`. */
  async run(): Promise<void> {
    const metrics = this.#exportMetricsRegularly();
    while (!this.#stopped) {
      const batch = this.#next();
      if (batch !== null && (await this.#export(batch.exchanges))) this.#acknowledge(batch);
      else if (this.#closing) break;
      else if (batch === null) await this.#sleep(POLL_MS);
    }
    this.#closing = true;
    this.#wake();
    await metrics;
  }

  /** Sends what is there, for so long; the rest stays in the feed. */
  close(withinMs: number): void {
    this.#closing = true;
    this.#wake();
    setTimeout(() => {
      this.#stopped = true;
      this.#wake();
    }, withinMs).unref();
  }

  #next(): FeedBatch | null {
    const { feed, figures } = this.#options;
    try {
      const batch = feed.next();
      figures.set('skippedSegments', feed.skippedSegments);
      return batch;
    } catch (thrown) {
      this.#troubled('feed', thrown instanceof Error ? thrown.message : String(thrown));
      return null;
    }
  }

  #acknowledge(batch: FeedBatch): void {
    try {
      batch.acknowledge();
      this.#options.figures.set('oldestAt', 0);
    } catch (thrown) {
      this.#troubled('feed', thrown instanceof Error ? thrown.message : String(thrown));
    }
  }

  /** False: it is all to be sent again, in another life. */
  async #export(exchanges: readonly Exchange[]): Promise<boolean> {
    const [oldest] = exchanges;
    if (oldest !== undefined) this.#options.figures.set('oldestAt', oldest.at + oldest.totalMs);
    for (const exchange of exchanges) this.#metrics.observe(exchange, this.#providers);
    const { traces } = this.#options.settings;
    if (traces === null) return true;
    const spans = this.#spans(exchanges);
    for (let at = 0; at < spans.length; at += MAX_SPANS) {
      const some = spans.slice(at, at + MAX_SPANS);
      const sent = await postOtlp(
        traces,
        this.#encoding.spans(some),
        readTraces,
        this.#post('traces'),
      );
      if (sent.kind === 'unsent') return false;
      this.#note('traces', sent);
      const failed = sent.kind === 'taken' ? Math.min(sent.rejected, some.length) : some.length;
      this.#options.figures.add('spansFailed', failed);
      this.#options.figures.add('spansExported', some.length - failed);
    }
    return true;
  }

  #spans(exchanges: readonly Exchange[]): Span[] {
    const { sampler, userIds } = this.#options.settings;
    const options = { providers: this.#providers, userIds };
    return exchanges
      .filter(({ id, traceId, traceUnsampled }) => {
        const parent = traceId === null ? null : traceUnsampled !== true;
        return isSampled(sampler, traceId ?? traceIdOf(id), parent);
      })
      .flatMap((exchange) => spansOf(exchange, options));
  }

  async #exportMetricsRegularly(): Promise<void> {
    const { settings, now, figures } = this.#options;
    const { metrics } = settings;
    if (metrics === null) return;
    for (let last = false; !last; ) {
      if (!this.#closing) await this.#sleep(settings.intervalMs);
      // One last time, with all that was read until the end.
      last = this.#closing;
      const states = this.#metrics.states();
      if (states.length === 0) continue;
      const bytes = this.#encoding.metrics(states, this.#metrics.startMs, now());
      // They add up: what does not arrive now is in the next.
      const post = { ...this.#post('metrics'), stopped: () => false };
      const sent = await postOtlp(metrics, bytes, readMetrics, post, 1);
      this.#note('metrics', sent);
      figures.add(sent.kind === 'taken' ? 'metricExports' : 'metricFailures', 1);
    }
  }

  #post(signal: string): PostOptions {
    const { fetch, chance, now } = this.#options;
    return {
      fetch,
      chance,
      now,
      sleep: (ms) => this.#sleep(ms),
      stopped: () => this.#stopped,
      onRetry: (why) => this.#troubled(signal, why),
    };
  }

  #note(signal: string, sent: Sent): void {
    const why = troubleOf(sent);
    if (why !== null) {
      this.#troubled(signal, why);
      return;
    }
    if (!this.#trouble.delete(signal)) return;
    this.#options.log('info', `The OTLP collector takes ${signal} again.`);
  }

  /** Said once, until it is another trouble or over. */
  #troubled(signal: string, why: string): void {
    if (this.#trouble.get(signal) === why) return;
    this.#trouble.set(signal, why);
    const what =
      signal === 'feed' ? 'The spool cannot be read for OTLP' : `OTLP export of ${signal} fails`;
    this.#options.log('warn', `${what}: ${why}.`);
  }

  /** Ends early when everything has to. */
  async #sleep(ms: number): Promise<void> {
    if (this.#stopped) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#wakers.add(resolve);
    await promise;
    clearTimeout(timer);
    this.#wakers.delete(resolve);
  }

  #wake(): void {
    for (const wake of this.#wakers) wake();
  }
}

/** Null: all is well. */
function troubleOf(sent: Sent): string | null {
  if (sent.kind !== 'taken') return sent.why;
  if (sent.rejected === 0 && sent.note === null) return null;
  return `it did not take ${sent.rejected} of them (${sent.note ?? 'no reason given'})`;
}

const readTraces: ReadReply = (bytes) => {
  const { partialSuccess } = ProtobufTraceSerializer.deserializeResponse(bytes);
  return {
    rejected: partialSuccess?.rejectedSpans ?? 0,
    note: partialSuccess?.errorMessage || null,
  };
};

const readMetrics: ReadReply = (bytes) => {
  const { partialSuccess } = ProtobufMetricsSerializer.deserializeResponse(bytes);
  return {
    rejected: partialSuccess?.rejectedDataPoints ?? 0,
    note: partialSuccess?.errorMessage || null,
  };
};
