// Outcomes read back from where requests are exported to: when it is time or somebody asks, one import at a time for each export.
import type { ConfigFile } from '../config/schema.ts';
import { GatewayError, toGatewayError } from '../core/errors.ts';
import type { Experiments } from '../experiments/experiments.ts';
import type { Outcome } from '../experiments/outcome.ts';
import { type OutcomeSettings, readsOutcomes } from '../exports/outcome-source.ts';
import type { Log } from '../lib/log.ts';
import type { FromOutcomesWorker, ReadCounts, ToOutcomesWorker } from './outcomes-worker.ts';

const DAY_MS = 86_400_000;
const DEFAULT_EVERY_MS = 3_600_000;
const DEFAULT_OVERLAP_DAYS = 2;
/** How often it is looked whether it is time. */
const LOOK_EVERY_MS = 30_000;
/** It may pass, and vendors count questions. */
const AFTER_FAILURE_MS = 600_000;
const TIMEOUT_MS = 15 * 60_000;
/** What finding Google's credentials needs of the environment. */
const ENVIRONMENT = [
  'GOOGLE_APPLICATION_CREDENTIALS',
  'GOOGLE_CLOUD_PROJECT',
  'CLOUDSDK_CONFIG',
  'GCE_METADATA_HOST',
];

export interface OutcomeImportRun extends ReadCounts {
  /** ISO 8601. */
  readonly started_at: string;
  readonly ended_at: string;
  /** New ones. */
  readonly imported: number;
  /** Known from an earlier import. */
  readonly duplicates: number;
  /** Their ids were another outcome's before: what is kept under an id stays. */
  readonly changed: number;
  /** Null: all of it was read and kept. */
  readonly error: string | null;
}

export interface OutcomeImportStatus {
  readonly running: boolean;
  readonly every_ms: number;
  /** Null: none since this process began. */
  readonly last: OutcomeImportRun | null;
  readonly last_success_at: string | null;
  readonly next_at: string;
}

export interface OutcomeImportsOptions {
  /** As they are now. */
  readonly exports: () => ConfigFile['exports'];
  readonly environment: () => { readonly [name: string]: string | undefined };
  readonly experiments: Pick<Experiments, 'post'>;
  readonly log: Log;
  /** Unix milliseconds. */
  readonly now?: (() => number) | undefined;
  readonly lookEveryMs?: number;
}

interface Kept {
  running: Promise<OutcomeImportRun> | null;
  startedAt: number | null;
  last: OutcomeImportRun | null;
  lastSuccessAt: string | null;
}

export class OutcomeImports {
  readonly #options: OutcomeImportsOptions;
  readonly #now: () => number;
  readonly #timer: Timer;
  readonly #openedAt: number;
  readonly #kept = new Map<string, Kept>();
  readonly #workers = new Set<() => void>();

  /** Starts no thread: that comes with an import. The first is due a look after the start. */
  constructor(options: OutcomeImportsOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#openedAt = this.#now();
    const every = options.lookEveryMs ?? LOOK_EVERY_MS;
    this.#timer = setInterval(() => void this.look(), every);
    this.#timer.unref();
  }

  /** Imports what is due, one export after the other. Never rejects. */
  async look(): Promise<void> {
    for (const [name, settings] of this.#sources()) {
      const kept = this.#of(name);
      if (kept.running !== null || this.#now() < nextAt(kept, settings, this.#openedAt)) continue;
      await this.run(name).catch(() => {});
    }
  }

  /** Joins the import that is under way. Rejects with `not_found` where the export has no outcomes; else what went wrong is in the answer. */
  async run(name: string): Promise<OutcomeImportRun> {
    const settings = this.#sources().get(name);
    if (settings === undefined)
      throw new GatewayError(
        'not_found',
        `No export "${name}" reads outcomes: set outcomes under exports.${name} in the configuration (mixpanel and bigquery can).`,
      );
    const kept = this.#of(name);
    kept.startedAt = kept.running === null ? this.#now() : kept.startedAt;
    kept.running ??= this.#import(name, settings).finally(() => {
      kept.running = null;
    });
    const run = await kept.running;
    kept.last = run;
    if (run.error === null) kept.lastSuccessAt = run.ended_at;
    return run;
  }

  /** Null where the export has no outcomes. */
  status(name: string): OutcomeImportStatus | null {
    const settings = this.#sources().get(name);
    if (settings === undefined) return null;
    const kept = this.#of(name);
    return {
      running: kept.running !== null,
      every_ms: settings.outcomes?.every ?? DEFAULT_EVERY_MS,
      last: kept.last,
      last_success_at: kept.lastSuccessAt,
      next_at: new Date(nextAt(kept, settings, this.#openedAt)).toISOString(),
    };
  }

  /** Imports under way end where they are: the next one reads the same again. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const stop of [...this.#workers]) stop();
    await Promise.allSettled([...this.#kept.values()].map(({ running }) => running));
  }

  #sources(): ReadonlyMap<string, OutcomeSettings> {
    const sources = new Map<string, OutcomeSettings>();
    for (const [name, settings] of Object.entries(this.#options.exports() ?? {}))
      if (readsOutcomes(settings)) sources.set(name, settings);
    return sources;
  }

  #of(name: string): Kept {
    const known = this.#kept.get(name);
    if (known !== undefined) return known;
    const kept: Kept = { running: null, startedAt: null, last: null, lastSuccessAt: null };
    this.#kept.set(name, kept);
    return kept;
  }

  async #import(name: string, settings: OutcomeSettings): Promise<OutcomeImportRun> {
    const startedAt = this.#now();
    const sums = { imported: 0, duplicates: 0, changed: 0 };
    const end = await this.#read(name, settings, async (outcomes) => {
      const posted = await post(this.#options.experiments, outcomes);
      sums.imported += posted.imported;
      sums.duplicates += posted.duplicates;
      sums.changed += posted.changed;
    });
    const run: OutcomeImportRun = {
      started_at: new Date(startedAt).toISOString(),
      ended_at: new Date(this.#now()).toISOString(),
      ...end.counts,
      ...sums,
      error: end.failure,
    };
    if (end.failure !== null)
      this.#options.log('warn', `Outcomes of the export ${name} were not all imported.`, {
        why: end.failure,
      });
    return run;
  }

  /** Has a thread read all there is, and keeps each page before the next is read. Never rejects. */
  #read(
    name: string,
    settings: OutcomeSettings,
    keep: (outcomes: readonly Outcome[]) => Promise<void>,
  ): Promise<Omit<Extract<FromOutcomesWorker, { kind: 'end' }>, 'kind'>> {
    const { promise, resolve } = Promise.withResolvers<Omit<Ended, 'kind'>>();
    const worker = new Worker(new URL('./outcomes-worker.ts', import.meta.url), { smol: true });
    worker.unref();
    const finish = (end: Omit<Ended, 'kind'>) => {
      this.#workers.delete(stop);
      worker.terminate();
      resolve(end);
    };
    const fail = (failure: string) => finish({ counts: NOTHING_READ, failure });
    const stop = () => fail('The gateway is stopping.');
    this.#workers.add(stop);
    const tell = (message: ToOutcomesWorker) => worker.postMessage(message);
    worker.onerror = (event) => {
      event.preventDefault();
      fail('The thread that reads outcomes ended unexpectedly.');
    };
    worker.onmessage = ({ data }: MessageEvent<FromOutcomesWorker>) => {
      if (data.kind === 'end') finish(data);
      else
        keep(data.outcomes).then(
          () => tell({ kind: 'next' }),
          (thrown: unknown) => fail(toGatewayError(thrown).message),
        );
    };
    const all = this.#options.environment();
    tell({
      kind: 'start',
      name,
      settings,
      environment: Object.fromEntries(ENVIRONMENT.map((variable) => [variable, all[variable]])),
      range: rangeOf(settings, this.#now()),
      timeoutMs: TIMEOUT_MS,
    });
    return promise;
  }
}

type Ended = Extract<FromOutcomesWorker, { kind: 'end' }>;
const NOTHING_READ: ReadCounts = { read: 0, skipped: 0, rejected: 0, rejections: [] };

function rangeOf({ outcomes }: OutcomeSettings, now: number): { since: number; until: number } {
  const days = outcomes?.overlap_days ?? DEFAULT_OVERLAP_DAYS;
  return { since: now - (now % DAY_MS) - days * DAY_MS, until: now };
}

function nextAt({ startedAt, last }: Kept, settings: OutcomeSettings, openedAt: number): number {
  const every = settings.outcomes?.every ?? DEFAULT_EVERY_MS;
  if (startedAt === null) return openedAt;
  return startedAt + (last?.error == null ? every : Math.min(every, AFTER_FAILURE_MS));
}

/** Those whose ids are another outcome's stay out: all others count. */
async function post(
  experiments: Pick<Experiments, 'post'>,
  outcomes: readonly Outcome[],
): Promise<{ imported: number; duplicates: number; changed: number }> {
  let rest = [...outcomes];
  let changed = 0;
  while (rest.length > 0) {
    try {
      const { accepted, duplicates } = await experiments.post(rest);
      return { imported: accepted, duplicates, changed };
    } catch (thrown) {
      const clash = clashIn(thrown);
      if (clash === null) throw thrown;
      rest = rest.toSpliced(clash, 1);
      changed += 1;
    }
  }
  return { imported: 0, duplicates: 0, changed };
}

function clashIn(thrown: unknown): number | null {
  if (!(thrown instanceof GatewayError) || thrown.code !== 'already_exists') return null;
  const place = /^\[(\d+)\]$/.exec(thrown.details.param ?? '')?.[1];
  return place === undefined ? null : Number(place);
}
