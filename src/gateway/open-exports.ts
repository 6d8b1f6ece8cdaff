// Exports: finished requests to places outside, as the operator sees them; the work is done on a thread of its own (export-worker.ts).
import { basename } from 'node:path';
import type { ConfigFile } from '../config/schema.ts';
import type { LogRow } from '../core/log-row.ts';
import { ExportOrders } from '../exports/export-orders.ts';
import type { Delivery } from '../exports/export-sink.ts';
import { type ExportHealth, type ExportStatus, healthOf } from '../exports/export-status.ts';
import { type ExportsByName, settingsOf } from '../exports/exports-by-name.ts';
import { fromCursor } from '../ledger/log-filter.ts';
import { DURABLE_WITHIN_MS, type Ledger } from '../ledger/open-ledger.ts';
import type { Log } from '../lib/log.ts';
import type { MetricRegistry } from '../lib/metric-registry.ts';
import type { Store } from '../store/open-store.ts';
import type { FromExportWorker, LogQuestion, ToExportWorker } from './export-worker.ts';
import { readExportMetrics } from './read-export-metrics.ts';
import { registerExport } from './spool-lanes.ts';

export interface ExportsOptions {
  readonly store: Store;
  readonly ledger: Pick<Ledger, 'spoolFolder' | 'export' | 'get'>;
  readonly config: Pick<ConfigFile, 'exports' | 'log'>;
  readonly environment: { readonly [name: string]: string | undefined };
  readonly log: Log;
  readonly now: () => number;
  readonly metrics: MetricRegistry;
}

/** How long the end may take: what is left then is in the spool. */
const CLOSE_WITHIN_MS = 2000;
const CLOSE_GRACE_MS = 1000;
const RESTART_MS = 5000;
const TEST_WITHIN_MS = 75_000;
/** Of one spool, that an export may lag behind before it leaves the rest to the log. */
const MAX_LAG_BYTES = 64 * 1024 * 1024;
/** The log gives a consumer half of its spool; this is well before. */
const PART_OF_SPOOL = 4;

export function openExports(options: ExportsOptions): Exports {
  return new Exports(options);
}

export class Exports {
  readonly orders: ExportOrders;
  readonly #options: ExportsOptions;
  #configured: ExportsByName;
  #statuses: readonly ExportStatus[] = [];
  #worker: Worker | null = null;
  #restart: Timer | null = null;
  #closed = false;
  #onClosed: (() => void) | null = null;
  #lastTest = 0;
  readonly #tests = new Map<number, (answer: Delivery | null) => void>();

  constructor(options: ExportsOptions) {
    this.#options = options;
    this.orders = new ExportOrders(options.store, options.now);
    this.#configured = options.config.exports ?? {};
    readExportMetrics(options.metrics, this, options.now);
    this.#run();
  }

  /** By their names, as configured. */
  get configured(): ExportsByName {
    return this.#configured;
  }

  /** Null: there is no such export. */
  status(name: string): ExportStatus | null {
    const settings = settingsOf(this.#configured, name);
    if (settings === null) return null;
    const told = this.#statuses.find((one) => one.name === name);
    return told ?? { ...NOTHING_YET, name, type: settings.type };
  }

  statuses(): readonly ExportStatus[] {
    return Object.keys(this.#configured).flatMap((name) => this.status(name) ?? []);
  }

  /** For alerts: lag, and since when and why nothing goes out. */
  health(): readonly ExportHealth[] {
    return this.statuses().map((status) => healthOf(status, this.#options.now()));
  }

  /** Asks the other side whether it would take rows. Null: there is no such export. */
  async test(name: string): Promise<Delivery | null> {
    if (this.#worker === null || settingsOf(this.#configured, name) === null) return null;
    this.#lastTest += 1;
    const id = this.#lastTest;
    const { promise, resolve } = Promise.withResolvers<Delivery | null>();
    const late = { kind: 'later', why: 'no answer in time', afterMs: null } as const;
    const timer = setTimeout(() => resolve(late), TEST_WITHIN_MS);
    this.#tests.set(id, resolve);
    this.#post({ kind: 'test', id, name });
    const answer = await promise;
    clearTimeout(timer);
    this.#tests.delete(id);
    return answer;
  }

  /** Something was ordered: it is seen at once. */
  refresh(): void {
    this.#post({ kind: 'refresh' });
  }

  /** The configuration changed: exports that did begin anew, the others do not notice. */
  know({ exports = {} }: Pick<ConfigFile, 'exports'>): void {
    if (JSON.stringify(exports) === JSON.stringify(this.#configured)) return;
    this.#configured = exports;
    this.#statuses = this.#statuses.filter(({ name }) => settingsOf(exports, name) !== null);
    if (this.#worker === null) this.#run();
    else {
      this.#register();
      this.#post({ kind: 'configure', exports });
    }
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

  /** Starts the thread, where there is anything to export. */
  #run(): void {
    if (Object.keys(this.#configured).length === 0 || this.#closed) return;
    this.#register();
    const worker = new Worker(new URL('./export-worker.ts', import.meta.url), { smol: true });
    worker.unref();
    worker.onmessage = (event: MessageEvent<FromExportWorker>) => this.#onMessage(event.data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#failed(worker, event.message);
    };
    this.#worker = worker;
    const { store, ledger, config, environment } = this.#options;
    const spoolBytes = config.log?.spool?.max_bytes;
    const maxLagBytes = Math.min(
      MAX_LAG_BYTES,
      (spoolBytes ?? MAX_LAG_BYTES * PART_OF_SPOOL) / PART_OF_SPOOL,
    );
    this.#post({
      kind: 'start',
      exports: this.#configured,
      environment: { ...environment },
      dataDir: store.dataDir,
      path: store.path,
      folder: ledger.spoolFolder,
      owner: basename(ledger.spoolFolder),
      maxLagBytes,
    });
  }

  /** Before the first request: from here on the spool keeps rows for them, whenever the thread comes to read it. */
  #register(): void {
    const { ledger, log } = this.#options;
    for (const name of Object.keys(this.#configured)) {
      try {
        registerExport(ledger.spoolFolder, name);
      } catch (thrown) {
        const why = thrown instanceof Error ? thrown.message : String(thrown);
        log('error', `Export "${name}" cannot keep its place in the spool: ${why}`);
      }
    }
  }

  #onMessage(message: FromExportWorker): void {
    switch (message.kind) {
      case 'log':
        this.#options.log(message.level, message.message);
        return;
      case 'status':
        this.#statuses = message.statuses;
        return;
      case 'tested':
        this.#tests.get(message.id)?.(message.answer);
        return;
      case 'ask':
        void this.#answer(message.id, message.question);
        return;
      case 'closed':
        this.#onClosed?.();
        return;
      default:
        message satisfies never;
    }
  }

  /** The log's own threads read; what they say goes on as it is. */
  async #answer(id: number, question: LogQuestion): Promise<void> {
    const { ledger } = this.#options;
    try {
      if (question.kind === 'rows') {
        const rows: (LogRow | null)[] = await Promise.all(
          question.ids.map((row) => ledger.get(row)),
        );
        this.#post({ kind: 'rows', id, rows });
        return;
      }
      const { cursor, ...filter } = question.page;
      const page = await ledger.export(fromCursor(filter, cursor), 'ndjson');
      this.#post({ kind: 'page', id, page });
    } catch (thrown) {
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      this.#post({ kind: 'failed', id, message });
    }
  }

  /** Its place is in the spool: another goes on where it was. */
  #failed(worker: Worker, why: string): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    worker.terminate();
    this.#onClosed?.();
    for (const resolve of this.#tests.values()) resolve(null);
    if (this.#closed) return;
    this.#options.log('error', `The thread that exports failed: ${why}`);
    this.#restart = setTimeout(() => this.#run(), RESTART_MS);
    this.#restart.unref();
  }

  #post(message: ToExportWorker): void {
    this.#worker?.postMessage(message);
  }
}

const NOTHING_YET = {
  state: 'starting',
  oldestAt: null,
  delivered: 0,
  rejected: 0,
  lost: 0,
  failures: 0,
  deliveredAt: null,
  troubleSince: null,
  lastError: null,
  lastErrorAt: null,
  deadLetters: 0,
} as const;
