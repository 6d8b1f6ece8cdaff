// Meanings: prompts that have answers, found by what they mean. Two threads do the work: one makes vectors, one searches them.
import { existsSync } from 'node:fs';
import type { Log } from '../../lib/log.ts';
import { databasePath } from '../../store/open-store.ts';
import type { AnswerFilter } from '../answer-store.ts';
import { type Marks, marksMatch, marksOf } from '../owner-marks.ts';
import { AskedThread } from './asked-thread.ts';
import { Embeddings, type NoVector, type Standing } from './embeddings.ts';
import type { KnownOptions } from './known-meanings.ts';
import type { MeaningEntry, MeaningFound, MeaningQuery } from './meaning.ts';
import { MEANINGS_FILE } from './meanings-table.ts';
import type { AddedMeaning, FromSearch, KnownFigures, ToSearch } from './search-worker.ts';

const FIND_WITHIN_MS = 250;
/** Searches under way together; each is a fraction of a millisecond of work. */
const MAX_FINDS = 256;
const PRUNE_EVERY_MS = 30_000;
const FLUSH_WITHIN_MS = 5000;
const DROP_WITHIN_MS = 10_000;

export interface MeaningFigures extends KnownFigures {
  readonly finds: number;
  readonly found: number;
  /** Near enough, but not the same. */
  readonly rejected: number;
  /** Finds that came to nothing because there was no time, no room, or no model; and texts the model cannot tell from others. */
  readonly missed: { readonly [W in NoVector]: number };
  /** Entries that were not added, for the same reasons. */
  readonly notAdded: number;
  /** Texts embedded here. */
  readonly embedded: number;
}

export interface Meanings {
  /** Begins to load the local model, which the first search would not wait for. Not needed where vectors come with the queries. */
  start(): void;
  /** Null: nothing near enough is known, or not in time. Never rejects. */
  find(query: MeaningQuery): Promise<MeaningFound | null>;
  /** Never waits. */
  add(entry: MeaningEntry): void;
  /** Its answer is gone. */
  forget(key: string): void;
  /**
   * Prompts of the answers that match, in memory, on disk and in Redis. From then on none of them is found here. False: it is not
   * done everywhere, and will be as soon as it can be. Loads no model. Never rejects.
   */
  drop(filter: AnswerFilter): Promise<boolean>;
  /** Of the beginning of a long text. Null: it could not be made. Slower than everything else, when there is else to do. */
  embed(text: string): Promise<Float32Array | null>;
  /** Of the local model. */
  standing(): Standing;
  /** Entries and bytes as of a second ago. */
  figures(): MeaningFigures;
  /** What was added before is on disk and counted. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export interface MeaningsOptions extends Omit<KnownOptions, 'redisUrl'> {
  /** Of the Redis that all replicas share them by; then nothing of it is on disk. Default: each has its own. */
  readonly redisUrl?: string | null;
  readonly log: Log;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly findWithinMs?: number;
  /** For tests: threads that misbehave. */
  readonly startEmbedding?: () => Worker;
  readonly startSearch?: () => Worker;
}

/** Nothing is started before it is used. */
export function openMeanings(options: MeaningsOptions): Meanings {
  return new TwoThreads(options);
}

class TwoThreads implements Meanings {
  readonly #options: MeaningsOptions;
  readonly #embeddings: Embeddings;
  readonly #search: AskedThread<ToSearch, FromSearch>;
  readonly #missed = { untold: 0, unready: 0, refused: 0, late: 0 };
  readonly #counts = { finds: 0, found: 0, rejected: 0, notAdded: 0 };
  #known: KnownFigures = { entries: 0, partitions: 0, bytes: 0, evicted: 0, expired: 0 };
  /** Those whose vectors are being made. */
  readonly #adding = new Map<Promise<void>, Marks>();
  /** Drops that no thread was told of. */
  #undropped: Marks[] = [];
  #underWay = 0;
  #pruning: Timer | null = null;
  #isClosed = false;

  constructor(options: MeaningsOptions) {
    this.#options = options;
    const { log, dataDir, redisUrl = null, sealing, maxEntries } = options;
    const { startEmbedding = embeddingThread, startSearch = searchThread } = options;
    this.#embeddings = new Embeddings({ start: startEmbedding, log });
    this.#search = new AskedThread<ToSearch, FromSearch>({
      start: startSearch,
      opening: () => ({
        kind: 'open',
        options: { dataDir, redisUrl, sealing, maxEntries },
        drops: this.#undropped.splice(0),
      }),
      heard: (message) => this.#heard(message),
      task: 'finds prompts that mean the same',
      log,
    });
  }

  start(): void {
    if (this.#isClosed) return;
    this.#embeddings.start();
    this.#search.tell({ kind: 'begin', now: this.#options.now() });
  }

  async find(query: MeaningQuery): Promise<MeaningFound | null> {
    this.#counts.finds += 1;
    if (this.#isClosed || this.#underWay >= MAX_FINDS) return this.#miss('refused');
    const withinMs = this.#options.findWithinMs ?? FIND_WITHIN_MS;
    this.#underWay += 1;
    const { promise: late, resolve } = Promise.withResolvers<'late'>();
    const timer = setTimeout(() => resolve('late'), withinMs);
    try {
      const until = performance.now() + withinMs;
      const found = await Promise.race([this.#found(query, until), late]);
      if (typeof found === 'string') return this.#miss(found);
      if (found?.verdict.same === true) this.#counts.found += 1;
      else if (found !== null) this.#counts.rejected += 1;
      return found;
    } finally {
      clearTimeout(timer);
      this.#underWay -= 1;
    }
  }

  add({ vector, ...entry }: MeaningEntry): void {
    if (this.#isClosed) return;
    if (vector instanceof Float32Array) {
      this.#add({ ...entry, vector });
      return;
    }
    const making = vector ?? this.#embeddings.vectorOf(entry.text, 'entry');
    const adding = making.then((made) => {
      // It was dropped meanwhile.
      if (!this.#adding.delete(adding)) return;
      if (made instanceof Float32Array) this.#add({ ...entry, vector: made });
      else this.#counts.notAdded += 1;
    });
    this.#adding.set(adding, entry.whose);
  }

  forget(key: string): void {
    if (this.#isClosed) return;
    if (this.#search.isRunning || this.#isOnDisk()) this.#search.tell({ kind: 'forget', key });
  }

  async drop(filter: AnswerFilter): Promise<boolean> {
    if (this.#isClosed) return true;
    const whose = marksOf(filter);
    this.#forgetTexts(whose);
    // What is in Redis, or an earlier process left on disk, goes too; where there is nothing, nothing is started for it.
    const { redisUrl = null } = this.#options;
    if (!this.#search.isRunning && redisUrl === null && !this.#isOnDisk()) return true;
    const { promise: late, resolve } = Promise.withResolvers<'late'>();
    const timer = setTimeout(() => resolve('late'), DROP_WITHIN_MS);
    const asked = this.#search.ask((id) => ({ kind: 'drop', id, whose }));
    const answer = await Promise.race([asked, late]);
    clearTimeout(timer);
    // The thread died, or is not there: the next hears of it first.
    if (answer === null) this.#undropped.push(whose);
    return answer !== null && answer !== 'late' && answer.kind === 'dropped' && answer.isDone;
  }

  async embed(text: string): Promise<Float32Array | null> {
    if (this.#isClosed) return null;
    const made = await this.#embeddings.vectorOf(text, 'answer');
    return typeof made === 'string' ? null : made;
  }

  standing(): Standing {
    return this.#embeddings.standing;
  }

  figures(): MeaningFigures {
    const missed = { ...this.#missed };
    return { ...this.#known, ...this.#counts, missed, embedded: this.#embeddings.made };
  }

  async flush(): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, FLUSH_WITHIN_MS);
    const all = Promise.all(this.#adding.keys()).then(() =>
      this.#search.isRunning ? this.#search.ask((id) => ({ kind: 'flush', id })) : null,
    );
    await Promise.race([all, late]);
    clearTimeout(timer);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#pruning !== null) clearInterval(this.#pruning);
    await Promise.all([this.#embeddings.close(), this.#search.close({ kind: 'close' })]);
  }

  async #found(query: MeaningQuery, until: number): Promise<MeaningFound | null | NoVector> {
    const { partition, text, threshold } = query;
    const vector = query.vector ?? (await this.#embeddings.vectorOf(text, 'search', until));
    if (typeof vector === 'string') return vector;
    if (performance.now() >= until) return 'late';
    this.#prune();
    const asked = { partition, text, vector, threshold };
    const now = this.#options.now();
    const answer = await this.#search.ask((id) => ({ kind: 'find', id, asked, now }));
    return answer?.kind === 'found' ? answer.found : 'unready';
  }

  #add(added: AddedMeaning): void {
    if (this.#isClosed) return;
    this.#prune();
    this.#search.tell({ kind: 'add', added, now: this.#options.now() });
  }

  #isOnDisk(): boolean {
    const { dataDir } = this.#options;
    return dataDir !== null && existsSync(databasePath(dataDir, MEANINGS_FILE));
  }

  #forgetTexts(whose: Marks): void {
    this.#embeddings.forget();
    for (const [adding, theirs] of this.#adding)
      if (marksMatch(theirs, whose)) this.#adding.delete(adding);
  }

  #miss(why: NoVector): null {
    this.#missed[why] += 1;
    return null;
  }

  /** From the first use on, what is over is removed. */
  #prune(): void {
    this.#pruning ??= setInterval(() => {
      if (this.#search.isRunning) this.#search.tell({ kind: 'prune', now: this.#options.now() });
    }, PRUNE_EVERY_MS);
    this.#pruning.unref();
  }

  #heard(message: FromSearch): void {
    if (message.kind === 'figures') this.#known = message.figures;
    else if (message.kind === 'dropped-elsewhere') this.#forgetTexts(message.whose);
    else if (message.kind === 'log') this.#options.log(message.level, message.message);
  }
}

function embeddingThread(): Worker {
  return new Worker(new URL('./embedding-worker.ts', import.meta.url), { smol: true });
}

function searchThread(): Worker {
  return new Worker(new URL('./search-worker.ts', import.meta.url));
}
