// Experiments: outcomes in, comparisons of variants out. All that takes time is done on a thread of its own.
import { GatewayError } from '../core/errors.ts';
import type { OutcomeView } from '../core/measured.ts';
import type { Router } from '../core/router.ts';
import { type Log, stderrLog } from '../lib/log.ts';
import { DatabaseThread } from '../store/database-thread.ts';
import type { Store } from '../store/open-store.ts';
import type { Task, TaskQuestion } from './experiments-worker.ts';
import type { Accepted, Clash } from './keep-outcomes.ts';
import type { Outcome } from './outcome.ts';
import { OutcomeMeans } from './outcome-means.ts';
import type { PlacedRequest, WaitingRequests } from './place-outcomes.ts';
import type { ExperimentAnswer, ExperimentQuery, ExperimentSummary } from './read-experiment.ts';
import type { ModelOutcomesRead } from './read-model-outcomes.ts';
import { noteRouteWeights } from './route-weights.ts';

/** How soon a posted outcome counts in `sort`. */
const REFRESH_MS = 30_000;
/** Old rows are looked for so often, where there are any rows at all. */
const PRUNE_MS = 6 * 60 * 60_000;
const FIRST_PRUNE_MS = 10 * 60_000;

export interface ExperimentsOptions {
  readonly store: Store;
  /** What the log has of a request; null: nothing. Rejects where the log cannot be read now: it is asked again later. */
  readonly requestOf: (generationId: string) => Promise<PlacedRequest | null>;
  readonly log?: Log;
  /** Unix milliseconds. */
  readonly now?: () => number;
  readonly refreshMs?: number;
}

export class Experiments {
  readonly #store: Store;
  readonly #requestOf: ExperimentsOptions['requestOf'];
  readonly #log: Log;
  readonly #now: () => number;
  readonly #thread: DatabaseThread<TaskQuestion>;
  readonly #means: OutcomeMeans;
  readonly #timers: readonly Timer[];
  #noting: Promise<void> = Promise.resolve();
  /** The log could not be read the last time. */
  #isBlind = false;

  /** Starts no thread: that comes with the first outcome or question. */
  constructor(options: ExperimentsOptions) {
    const { store, log = stderrLog, now = Date.now, refreshMs } = options;
    this.#store = store;
    this.#requestOf = options.requestOf;
    this.#log = log;
    this.#now = now;
    this.#thread = new DatabaseThread({
      path: store.path,
      start: () => new Worker(new URL('./experiments-worker.ts', import.meta.url), { smol: true }),
      closed: 'The gateway is stopping.',
      crashed: 'The thread of the experiments ended unexpectedly.',
    });
    this.#means = new OutcomeMeans({
      revision: () => revisionOf(store),
      read: async () => {
        await this.#place();
        return JSON.parse(await this.#run({ kind: 'models' })) as ModelOutcomesRead;
      },
      onFailure: (why) => log('error', `Outcomes count as last read. ${why}`),
    });
    this.#timers = [
      setInterval(() => void this.#means.refresh(), refreshMs ?? REFRESH_MS),
      setTimeout(() => void this.#prune(), FIRST_PRUNE_MS),
      setInterval(() => void this.#prune(), PRUNE_MS),
    ];
    for (const timer of this.#timers) timer.unref();
    void this.#means.refresh();
  }

  /** What came of each model's answers, for `sort`. */
  get means(): OutcomeView {
    return this.#means;
  }

  /** Reads what was posted into the means now, not in half a minute. Never rejects. */
  refreshMeans(): Promise<void> {
    return this.#means.refresh();
  }

  /** Each id once. Rejects with `storage_unavailable`, or `already_exists` where an id was another outcome's; then none is kept. */
  async post(outcomes: readonly Outcome[]): Promise<Accepted> {
    const kept = JSON.parse(await this.#run({ kind: 'keep', outcomes })) as Accepted | Clash;
    if (!('clash' in kept)) return kept;
    throw new GatewayError(
      'already_exists',
      `[${kept.clash}]: its id, or the request's Idempotency-Key, was used before for another outcome. None of this request was kept: give each outcome an id of its own.`,
      { param: `[${kept.clash}]` },
    );
  }

  /** Rejects with `storage_unavailable`. */
  async list(): Promise<readonly ExperimentSummary[]> {
    await this.#noting;
    return JSON.parse(await this.#run({ kind: 'list' })) as ExperimentSummary[];
  }

  /** Rejects with `storage_unavailable`. */
  async read(query: ExperimentQuery): Promise<ExperimentAnswer> {
    await this.#noting;
    await this.#place();
    return JSON.parse(await this.#run({ kind: 'read', query })) as ExperimentAnswer;
  }

  /** To be told all routers whenever there are others: when a route's weights change, a new comparison begins. Never throws, never waits. */
  sawWeights(routers: readonly Router[]): void {
    const now = this.#now();
    this.#noting = this.#noting
      .then(() => noteRouteWeights(this.#store, routers, now))
      .catch((error: unknown) => {
        const why = error instanceof Error ? error.message : '';
        this.#log('error', `Experiments do not know the weights of now. ${why}`);
      });
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#noting;
    await this.#thread.close();
  }

  /** Looks up the requests that outcomes wait for. Where the log cannot be read they wait on, and what is read goes without them. */
  async #place(): Promise<void> {
    let after: string | null = '';
    while (after !== null) {
      const waiting = JSON.parse(await this.#run({ kind: 'waiting', after })) as WaitingRequests;
      const lookedUp: [string, PlacedRequest | null][] = [];
      try {
        for (const id of waiting.generations)
          lookedUp.push([id, placed(await this.#requestOf(id))]);
      } catch (error) {
        const why = error instanceof Error ? error.message : '';
        // Said once, until it works again.
        if (!this.#isBlind)
          this.#log('error', `Outcomes wait: their requests cannot be looked up now. ${why}`);
        this.#isBlind = true;
        return;
      }
      this.#isBlind = false;
      if (lookedUp.length > 0) await this.#run({ kind: 'place', lookedUp });
      after = waiting.after;
    }
  }

  /** Answers what the thread found, as JSON. Rejects with `storage_unavailable`. */
  #run(task: Task): Promise<string> {
    const now = this.#now();
    const json = JSON.stringify(task);
    return this.#thread.ask((id) => ({ kind: 'task', id, now, json }));
  }

  async #prune(): Promise<void> {
    try {
      if (!hasRows(this.#store)) return;
      await this.#run({ kind: 'prune' });
    } catch (error) {
      const why = error instanceof Error ? error.message : '';
      this.#log('error', `Old outcomes could not be deleted. ${why}`);
    }
  }
}

/** A row of the log has far more. */
function placed(request: PlacedRequest | null): PlacedRequest | null {
  if (request === null) return null;
  const { router_id, route_id, variant_id, user, model } = request;
  return { router_id, route_id, variant_id, user, model };
}

function revisionOf({ sqlite }: Store): number {
  return (
    sqlite
      .query<{ revision: number }, []>("SELECT revision FROM revisions WHERE name = 'outcomes'")
      .get()?.revision ?? 0
  );
}

function hasRows({ sqlite }: Store): boolean {
  const any =
    'SELECT EXISTS (SELECT 1 FROM variant_days) OR EXISTS (SELECT 1 FROM outcomes) AS any';
  return sqlite.query<{ any: number }, []>(any).get()?.any === 1;
}
