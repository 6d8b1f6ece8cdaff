// FileAnswers: answers in memory, and in a file behind it, from which the next process begins. Nothing waits for the file.
//
// Several gateways may have one folder. Each gives what it kept itself, and what it found when it started; what one drops is
// gone from the file at once, and from the memory of the others within a second.
import { existsSync } from 'node:fs';
import type { CachedAnswer } from '../../core/cached-answer.ts';
import type { Log } from '../../lib/log.ts';
import { databasePath } from '../../store/open-store.ts';
import type { AnswerSealing } from '../answer-seal.ts';
import {
  type AnswerFilter,
  type AnswerStore,
  matchesFilter,
  type StoreFigures,
} from '../answer-store.ts';
import { readAnswerText } from '../answer-text.ts';
import { MemoryAnswers, type MemoryBounds } from '../memory-answers.ts';
import { AnswerFile } from './answer-file.ts';
import type { DropsSince, FoundAnswer, LoadedAnswers } from './answer-rows.ts';
import { CACHE_FILE } from './answer-table.ts';

const TEND_MS = 1000;
/** Of these one prunes: whatever is too old goes from the file within half a minute. */
const PRUNE_EVERY = 30;
/** While the file is being read, a request waits so long for its own answer. */
const EARLY_MS = 250;
/** Uses that are not written yet; more are not remembered. */
const MAX_USED = 10_000;

export interface FileAnswersOptions {
  readonly dataDir: string;
  readonly sealing: AnswerSealing;
  readonly bounds: () => MemoryBounds;
  readonly log: Log;
  /** Unix milliseconds. */
  readonly now: () => number;
}

export class FileAnswers implements AnswerStore {
  readonly #options: FileAnswersOptions;
  readonly #memory: MemoryAnswers;
  readonly #file: AnswerFile;
  readonly #tending: Timer;
  #used = new Map<string, number>();
  /** The last drop that is known. */
  #gen = 0;
  #ticks = 0;
  /** There is a file, or something to put into one: without it no thread is started. */
  #isBegun = false;
  #loading: Promise<void> | null = null;
  /** What was dropped while the file was being read, and may be in what comes of it. */
  #dropped: AnswerFilter[] = [];

  constructor(options: FileAnswersOptions) {
    const { dataDir, bounds, now } = options;
    this.#options = options;
    this.#memory = new MemoryAnswers(bounds, now);
    this.#file = new AnswerFile(options);
    if (existsSync(databasePath(dataDir, CACHE_FILE))) {
      this.#isBegun = true;
      this.#loading = this.#load().finally(() => {
        this.#loading = null;
        this.#dropped = [];
      });
    }
    this.#tending = setInterval(() => void this.#tend(), TEND_MS);
    this.#tending.unref();
  }

  find(key: string): CachedAnswer | null | Promise<CachedAnswer | null> {
    const found = this.#memory.find(key);
    if (found !== null) {
      if (this.#used.size < MAX_USED) this.#used.set(key, this.#options.now());
      return found;
    }
    if (this.#loading === null || this.#file.queue.has(key)) return null;
    return Promise.race([this.#early(key), Bun.sleep(EARLY_MS).then(() => null)]);
  }

  keep(key: string, answer: CachedAnswer): void {
    const isKept = this.#memory.keep(key, answer);
    // One that is there already is replaced, or gone where this one is too large.
    if (isKept) this.#push(key, answer);
    else this.forget(key);
  }

  forget(key: string): void {
    this.#memory.forget(key);
    if (this.#isBegun) this.#push(key, null);
  }

  async drop(filter: AnswerFilter): Promise<number> {
    const here = this.#memory.dropNow(filter);
    const waiting = this.#file.queue.drop(filter);
    if (this.#loading !== null) this.#dropped.push(filter);
    if (!this.#isBegun) return here;
    const { gen, removed } = await this.#file.drop(filter);
    // Others' drops between them are heard of with the next look.
    if (gen === this.#gen + 1) this.#gen = gen;
    return Math.max(here, removed + waiting);
  }

  figures(): StoreFigures {
    const { failures, trouble } = this.#file;
    return { ...this.#memory.figures(), behind: 'file', failures, trouble };
  }

  async flush(): Promise<void> {
    await this.#loading;
    await this.#file.flush();
  }

  async close(): Promise<void> {
    clearInterval(this.#tending);
    if (this.#isBegun && this.#used.size > 0) await this.#tend();
    await this.#file.close();
    await this.#memory.close();
  }

  #push(key: string, answer: CachedAnswer | null): void {
    this.#isBegun = true;
    this.#file.push(key, answer, this.#gen);
  }

  async #early(key: string): Promise<CachedAnswer | null> {
    const now = this.#options.now();
    const found = await this.#file.ask<FoundAnswer | null>({ kind: 'find', key, now });
    if (found === null || found.answer === null) return null;
    this.#take(found.answer);
    return this.#memory.find(key);
  }

  /** In pieces, so that requests are served between them. */
  async #load(): Promise<void> {
    const { bounds, now, log } = this.#options;
    for (;;) {
      const asked = await this.#file.ask<LoadedAnswers>({
        kind: 'load',
        bounds: boundsOf(bounds()),
        now: now(),
      });
      if (asked === null) return;
      const { rows, isLast, gen, unopened } = asked.answer;
      for (const row of rows) this.#take(row);
      this.#gen = Math.max(this.#gen, gen);
      if (!isLast) continue;
      if (unopened > 0)
        log(
          'warn',
          `${unopened} kept answers in ${CACHE_FILE} are sealed by a master key that is not known here: they are not given. Name it in SWITCHYARD_MASTER_KEY_PREVIOUS, or leave them: they go when they are too old.`,
        );
      return;
    }
  }

  /** What memory or the queue know is newer. */
  #take({ key, text }: FoundAnswer): void {
    if (this.#memory.has(key) || this.#file.queue.has(key)) return;
    const answer = readAnswerText(text);
    if (answer === null || this.#dropped.some((filter) => matchesFilter(answer, filter))) return;
    this.#memory.keep(key, answer);
  }

  async #tend(): Promise<void> {
    if (!this.#isBegun || this.#loading !== null) return;
    const used = [...this.#used];
    this.#used = new Map();
    this.#ticks += 1;
    const { bounds, now } = this.#options;
    const since = this.#gen;
    const asked = await this.#file.ask<DropsSince>({
      kind: 'tend',
      used,
      bounds: boundsOf(bounds()),
      since,
      prunes: this.#ticks % PRUNE_EVERY === 1,
      now: now(),
    });
    // Another of ours came between: it is looked again.
    if (asked === null || since !== this.#gen) return;
    const { gen, drops, isIncomplete } = asked.answer;
    this.#gen = gen;
    if (isIncomplete) this.#memory.dropNow({});
    for (const { filter } of drops) this.#memory.dropNow(filter);
  }
}

function boundsOf({ maxBytes, maxEntries }: MemoryBounds) {
  return { maxBytes, maxEntries };
}
