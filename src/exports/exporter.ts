// Exporter: all exports of a process, on a thread of their own: each has its loop, and a changed one begins a new one.
import type { ExportSettings } from '../config/exports-schema.ts';
import { toGatewayError } from '../core/errors.ts';
import type { LogRow } from '../core/log-row.ts';
import type { Log } from '../lib/log.ts';
import { DAY_MS } from '../lib/utc-day.ts';
import type { ExportLanes, LoggedRows } from './export-lane.ts';
import { ExportLoop } from './export-loop.ts';
import type { Delivery, ExportSink } from './export-sink.ts';
import { type ExportStanding, NOTHING_STANDS } from './export-standing.ts';
import type { ExportState } from './export-state.ts';
import type { ExportStatus } from './export-status.ts';
import { type ExportsByName, settingsOf } from './exports-by-name.ts';
import { leaveBehind } from './left-behind.ts';
import { rowDressing } from './row-dressing.ts';

/** How soon it is seen what an operator ordered elsewhere: by the command line, or at another gateway of this data folder. */
const REFRESH_MS = 1000;
const END_MS = 2000;
const LOOK_MS = 5000;

export interface ExporterOptions {
  readonly state: ExportState;
  readonly rows: LoggedRows;
  readonly openLanes: (name: string) => ExportLanes;
  /** The names of exports that spools keep a place for. */
  readonly registered: () => ReadonlySet<string>;
  readonly openSink: (name: string, settings: ExportSettings) => Promise<ExportSink>;
  readonly maxLagBytes: number;
  readonly log: Log;
  readonly now: () => number;
  readonly chance: () => number;
  /** Told about once a second, where something changed. */
  readonly onStatus: (statuses: readonly ExportStatus[]) => void;
}

interface Running {
  readonly settings: ExportSettings;
  readonly loop: ExportLoop;
  readonly ended: Promise<void>;
  readonly lanes: ExportLanes;
}

export class Exporter {
  readonly #options: ExporterOptions;
  readonly #running = new Map<string, Running>();
  #paused: ReadonlySet<string> = new Set();
  #standings: ReadonlyMap<string, ExportStanding> = new Map();
  #told = '';
  #timer: Timer | null = null;
  #configuring: Promise<void> = Promise.resolve();
  /** Null: nobody has said yet. */
  #configured: ExportsByName | null = null;
  #lookedAt: number;

  constructor(options: ExporterOptions) {
    this.#options = options;
    this.#lookedAt = options.now();
    this.#refresh();
    this.#timer = setInterval(() => this.#refresh(), REFRESH_MS);
  }

  /** One after the other: what is changed ends before it begins anew. */
  configure(exports: ExportsByName): Promise<void> {
    this.#configuring = this.#configuring.then(() => this.#configure(exports));
    return this.#configuring;
  }

  /** An operator ordered something: it is looked at now. */
  refresh(): void {
    this.#refresh();
    for (const { loop } of this.#running.values()) loop.wake();
  }

  /** Null: there is no such export. */
  async test(name: string): Promise<Delivery | null> {
    return (await this.#running.get(name)?.loop.test()) ?? null;
  }

  statuses(): readonly ExportStatus[] {
    return [...this.#running].map(([name, { loop }]) =>
      loop.status(this.#standings.get(name) ?? NOTHING_STANDS),
    );
  }

  /** Resolves when all have ended, after about so long at the latest. */
  async close(withinMs: number): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await Promise.all([...this.#running.values()].map((one) => ended(one, withinMs)));
    this.#running.clear();
    this.#options.state.close();
  }

  async #configure(exports: ExportsByName): Promise<void> {
    const changed = [...this.#running].filter(
      ([name, { settings }]) =>
        JSON.stringify(settings) !== JSON.stringify(settingsOf(exports, name)),
    );
    await Promise.all(
      changed.map(async ([name, running]) => {
        this.#running.delete(name);
        await ended(running, END_MS);
        if (settingsOf(exports, name) === null) await this.#leave(name, running.settings);
      }),
    );
    this.#forget();
    this.#configured = exports;
    for (const [name, settings] of Object.entries(exports))
      if (!this.#running.has(name)) this.#start(name, settings);
    this.#refresh();
  }

  /** What waits for it is noted first; where that fails, its places stay as they are. */
  async #leave(name: string, settings: ExportSettings | null): Promise<void> {
    const { openLanes, state, log, now } = this.#options;
    const lanes = openLanes(name);
    try {
      const dress = settings === null ? (row: LogRow) => row : rowDressing(settings);
      await leaveBehind({ name, lanes, state, dress });
      lanes.remove();
      state.keepRemoved(name, now());
      const rows = state.owedRows(name);
      log(
        rows === 0 ? 'info' : 'warn',
        `Export "${name}" is no longer configured.${rows === 0 ? '' : ` ${rows} requests waited for it: they are sent if an export of this name is configured again within 24 hours. Under another name it is a new one, and gets them by a back-fill.`}`,
      );
    } catch (thrown) {
      log(
        'error',
        `Export "${name}" is no longer configured, and what waits for it cannot be noted: ${toGatewayError(thrown).message}`,
      );
    } finally {
      lanes.close();
    }
  }

  /** What spools keep a place for and is no longer configured: it was taken out while nothing ran. */
  async #leaveOthers(): Promise<void> {
    const configured = this.#configured;
    if (configured === null) return;
    for (const name of this.#options.registered())
      if (settingsOf(configured, name) === null && !this.#running.has(name))
        await this.#leave(name, null);
  }

  #forget(): void {
    const { state, log, now } = this.#options;
    try {
      for (const [name, rows] of state.forgetRemoved(now() - DAY_MS))
        if (rows > 0)
          log(
            'warn',
            `Export "${name}" has not come back: ${rows} requests that waited for it are not sent.`,
          );
    } catch {
      // another time
    }
  }

  #start(name: string, settings: ExportSettings): void {
    const { openLanes, openSink, state, ...options } = this.#options;
    let stuckSince: number | null = null;
    try {
      state.keepRemoved(name, null);
      stuckSince = state.stuckSince(name);
    } catch {
      // the loop tells what is wrong with the disk
    }
    const lanes = openLanes(name);
    const loop = new ExportLoop({
      ...options,
      state,
      stuckSince,
      name,
      settings,
      lanes,
      openSink: () => openSink(name, settings),
      isPaused: () => this.#paused.has(name),
    });
    this.#running.set(name, { settings, loop, lanes, ended: loop.run() });
  }

  #refresh(): void {
    const { state, onStatus } = this.#options;
    try {
      this.#paused = state.paused();
      this.#standings = state.standings();
      state.renewLeases();
    } catch {
      // it stays as it was known; the loops tell what is wrong with the disk
    }
    if (this.#options.now() - this.#lookedAt >= LOOK_MS) {
      this.#lookedAt = this.#options.now();
      this.#forget();
      this.#configuring = this.#configuring.then(() => this.#leaveOthers().catch(() => undefined));
    }
    const statuses = this.statuses();
    const text = JSON.stringify(statuses);
    if (text === this.#told) return;
    this.#told = text;
    onStatus(statuses);
  }
}

/** Whatever hangs is left behind, and can do nothing any more. */
async function ended({ loop, ended: over }: Running, withinMs: number): Promise<void> {
  loop.close(withinMs);
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, withinMs + END_MS / 4);
  await Promise.race([over, promise]);
  clearTimeout(timer);
  loop.stop();
}
