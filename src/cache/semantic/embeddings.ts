// Embeddings: the vectors of texts by the local model, made on its own thread one after the other, what is waited for first.
import type { Log } from '../../lib/log.ts';
import { AskedThread } from './asked-thread.ts';
import type { FromEmbedding, ToEmbedding } from './embedding-worker.ts';

/** Of each kind of those that wait; more are refused. A search waits for a quarter of a second: in that a dozen are made. */
const MAX_WAITING = { search: 32, answer: 64, entry: 1000 } as const;
const REMEMBERED = 1000;
/** Longer than the model could read, whatever it says. */
const LONGEST_CHARS = 2000;
/** Of what is cut to its beginning: longer would hold up searches. */
const BEGINNING_CHARS = 400;
/** A text takes half a second at most, on a slow machine two. */
const STUCK_MS = 20_000;

export type Standing = 'off' | 'loading' | 'ready' | { readonly failed: string };

/** `search`: somebody waits for it; `answer`: compared in passing; `entry`: to be found later. */
type Purpose = keyof typeof MAX_WAITING;

interface Job {
  readonly text: string;
  readonly whole: boolean;
  /** The most urgent of those who wait. */
  purpose: Purpose;
  /** By performance.now(): nobody waits any longer. */
  until: number;
  /** Asked for after this many times that all was forgotten. */
  readonly forgets: number;
  readonly promise: Promise<Made>;
  readonly resolve: (made: Made) => void;
}

/** Why there is no vector: the model cannot tell the text from others; it is not loaded; too many wait; too late. */
export type NoVector = 'untold' | 'unready' | 'refused' | 'late';
export type Made = Float32Array | NoVector;

export interface EmbeddingsOptions {
  readonly start: () => Worker;
  readonly log: Log;
}

export class Embeddings {
  readonly #log: Log;
  readonly #thread: AskedThread<ToEmbedding, FromEmbedding>;
  #standing: Standing = 'off';
  /** Least lately used first. */
  readonly #remembered = new Map<string, Float32Array | 'untold'>();
  readonly #jobs = new Map<string, Job>();
  readonly #waiting: { readonly [P in Purpose]: Job[] } = { search: [], answer: [], entry: [] };
  #isBusy = false;
  #made = 0;
  #forgets = 0;

  constructor({ start, log }: EmbeddingsOptions) {
    this.#log = log;
    this.#thread = new AskedThread<ToEmbedding, FromEmbedding>({
      start,
      opening: () => ({ kind: 'open' }),
      heard: (message) => this.#heard(message),
      task: 'makes vectors of prompts',
      log,
      died: () => {
        this.#standing = 'loading';
      },
    });
  }

  /** `loading` too where the thread died and is not there again. */
  get standing(): Standing {
    return this.#standing;
  }

  /** Since the start. */
  get made(): number {
    return this.#made;
  }

  start(): void {
    if (this.#standing === 'off') this.#standing = 'loading';
    if (this.#standing === 'loading') this.#thread.start();
  }

  /** @param until by performance.now(): later, nobody wants it. */
  vectorOf(text: string, purpose: Purpose, until = Number.POSITIVE_INFINITY): Promise<Made> {
    const whole = purpose !== 'answer';
    if (whole && text.length > LONGEST_CHARS) return Promise.resolve('untold');
    const part = whole ? text : text.slice(0, BEGINNING_CHARS);
    const name = `${whole ? 'w' : 'b'}${part}`;
    const known = this.#remembered.get(name);
    if (known !== undefined) {
      this.#remember(name, known);
      return Promise.resolve(known);
    }
    this.start();
    if (typeof this.#standing === 'object') return Promise.resolve('unready');
    // Loading takes longer than a search may.
    if (this.#standing !== 'ready' && purpose === 'search') return Promise.resolve('unready');
    const job = this.#jobs.get(name);
    if (job !== undefined) {
      this.#hurry(job, purpose, until);
      return job.promise;
    }
    if (this.#waiting[purpose].length >= MAX_WAITING[purpose]) return Promise.resolve('refused');
    const { promise, resolve } = Promise.withResolvers<Made>();
    const made: Job = {
      text: part,
      whole,
      purpose,
      until,
      forgets: this.#forgets,
      promise,
      resolve,
    };
    this.#jobs.set(name, made);
    this.#waiting[purpose].push(made);
    void this.#next();
    return promise;
  }

  /** Of texts that were asked about nothing is known any more, nor will be of those that are under way. */
  forget(): void {
    this.#forgets += 1;
    this.#remembered.clear();
  }

  async close(): Promise<void> {
    const jobs = [...this.#jobs.values()];
    this.#jobs.clear();
    for (const queue of Object.values(this.#waiting)) queue.length = 0;
    for (const { resolve } of jobs) resolve('refused');
    await this.#thread.close({ kind: 'close' });
    this.#standing = 'off';
  }

  #heard(message: FromEmbedding): void {
    if (message.kind === 'ready') {
      this.#standing = 'ready';
      void this.#next();
    } else if (message.kind === 'unusable') {
      this.#standing = { failed: message.reason };
      this.#log('error', `Prompts that mean the same are not found: ${message.reason}`);
      // It would find what it found now.
      void this.#thread.close({ kind: 'close' });
      for (const queue of Object.values(this.#waiting))
        for (const job of queue.splice(0)) this.#settle(job, 'unready');
    }
  }

  /** One that waits already is waited for by somebody in more of a hurry, or for longer. */
  #hurry(job: Job, purpose: Purpose, until: number): void {
    job.until = Math.max(job.until, until);
    if (purpose !== 'search' || job.purpose === 'search') return;
    const queue = this.#waiting[job.purpose];
    const place = queue.indexOf(job);
    if (place === -1) return;
    queue.splice(place, 1);
    job.purpose = purpose;
    this.#waiting[purpose].push(job);
  }

  async #next(): Promise<void> {
    if (this.#isBusy || this.#standing !== 'ready') return;
    const { search, answer, entry } = this.#waiting;
    const job = search.shift() ?? answer.shift() ?? entry.shift();
    if (job === undefined) return;
    if (performance.now() >= job.until) {
      this.#settle(job, 'late');
      return this.#next();
    }
    this.#isBusy = true;
    const { text, whole } = job;
    const stuck = setTimeout(() => this.#thread.kill('it does not answer'), STUCK_MS);
    const answered = await this.#thread.ask((id) => ({ kind: 'embed', id, text, whole }));
    clearTimeout(stuck);
    this.#isBusy = false;
    if (answered?.kind !== 'embedded') {
      this.#settle(job, 'unready');
      // Whoever waits would wait for a thread that is not there yet.
      for (const late of search.splice(0)) this.#settle(late, 'unready');
      return;
    }
    if (answered.vector !== null) this.#made += 1;
    this.#settle(job, answered.vector ?? 'untold');
    return this.#next();
  }

  #settle(job: Job, made: Made): void {
    const name = `${job.whole ? 'w' : 'b'}${job.text}`;
    this.#jobs.delete(name);
    const isToForget = job.forgets !== this.#forgets;
    if (!isToForget && (typeof made !== 'string' || made === 'untold')) this.#remember(name, made);
    job.resolve(made);
  }

  #remember(name: string, vector: Float32Array | 'untold'): void {
    this.#remembered.delete(name);
    this.#remembered.set(name, vector);
    if (this.#remembered.size <= REMEMBERED) return;
    const [oldest] = this.#remembered.keys();
    if (oldest !== undefined) this.#remembered.delete(oldest);
  }
}
