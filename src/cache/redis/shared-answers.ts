// SharedAnswers: what Redis has of answers and drops, over one connection: asked within a time limit, written behind.
//
// Drops have rising numbers. Every answer in Redis carries the number of the last one its writer knew, and is read together
// with the newest number there is: so nothing dropped is ever taken from Redis, however late a writer was.
import type { Log } from '../../lib/log.ts';
import type { RedisConnection } from '../../store/redis/connection.ts';
import { RedisLink } from '../../store/redis/link.ts';
import type { AnswerFilter } from '../answer-store.ts';
import type { Drop } from '../drops.ts';
import { marksOf } from '../owner-marks.ts';
import { ANSWER_SCRIPTS } from './answer-scripts.ts';
import { KnownDrops } from './known-drops.ts';

/** One hash tag: in a cluster all is in one slot, as scripts must reach it. */
const PREFIX = 'switchyard:{cache}:';
const ANSWERS = `${PREFIX}answer:`;
const GEN_KEY = `${PREFIX}gen`;
const DROP_KEYS = [GEN_KEY, `${PREFIX}floor`, `${PREFIX}drops`, `${PREFIX}probe`];
/** How soon a drop of another replica is heard of. */
const POLL_MS = 500;
/** An answer of Redis' that is waited for longer means that it hangs. */
const ANSWER_MS = 500;
const MAX_UNDROPPED = 1000;

export interface SharedAnswersOptions {
  readonly url: string;
  readonly log: Log;
  /** What others dropped, oldest first; null: more than is known. Told before anything else is read. */
  readonly onDrops: (drops: readonly Drop[] | null) => void;
}

export interface SharedValue {
  readonly packed: string;
  /** As of the moment it was read. */
  readonly drops: readonly Drop[];
  /** All drops after this number are among them. */
  readonly floor: number;
}

export class SharedAnswers {
  readonly #link: RedisLink;
  readonly #options: SharedAnswersOptions;
  readonly #polling: Timer;
  readonly #known: KnownDrops;
  /** Made while Redis was away, and own drops that were not answered. */
  #undropped: Drop[] = [];
  /** Those that Redis was told of again, by their filters: what it has of them has to go. */
  readonly #unswept = new Map<string, Drop>();
  failures = 0;

  constructor(options: SharedAnswersOptions) {
    const { url, log, onDrops } = options;
    this.#options = options;
    this.#known = new KnownDrops({
      ...{ keys: DROP_KEYS, onDrops },
      onSetBack: (connection, drops) => this.#setBack(connection, drops),
    });
    this.#link = new RedisLink({
      ...{ url, log, answerMs: ANSWER_MS, what: 'kept answers' },
      meanwhile: 'each replica gives what it has in memory until it is back',
      enter: (connection) => this.#enter(connection),
      onUp: () => undefined,
    });
    this.#polling = setInterval(() => void this.#poll(), POLL_MS);
    this.#polling.unref();
  }

  /** Null: there is none now. */
  get connection(): RedisConnection | null {
    return this.#link.connection;
  }

  /** Of the last drop that is known. */
  get gen(): string {
    return this.#known.gen;
  }

  get trouble(): string | null {
    const { trouble } = this.#link;
    return trouble === null ? null : `Redis: ${trouble}`;
  }

  /** The first attempt to connect is over, one way or the other. */
  get started(): Promise<void> {
    return this.#link.first;
  }

  /** Null: there is none. Rejects where Redis fails. */
  async read(connection: RedisConnection, key: string): Promise<SharedValue | null> {
    const found = await this.#counted(() => connection.send('MGET', [GEN_KEY, ANSWERS + key]));
    const [gen, packed] = Array.isArray(found) ? (found as readonly unknown[]) : [];
    if (typeof packed !== 'string') return null;
    if (gen !== this.#known.gen) await this.#known.sync(connection);
    return { packed, drops: this.#known.drops, floor: this.#known.floor };
  }

  async write(
    connection: RedisConnection,
    key: string,
    packed: string,
    livesMs: number,
  ): Promise<void> {
    const args = [ANSWERS + key, packed, 'PX', String(Math.ceil(livesMs))];
    await this.#counted(() => connection.send('SET', args));
  }

  /** One that must not be given any more, wherever it is. Never rejects. */
  async forget(key: string): Promise<void> {
    const drop = { gen: 0, filter: {}, key };
    const { connection } = this.#link;
    if (connection === null) {
      this.#later(drop);
      return;
    }
    try {
      await this.#known.note(connection, drop);
      await this.#known.sync(connection);
      await connection.send('DEL', [ANSWERS + key]);
    } catch {
      this.failures += 1;
      this.#later(drop);
    }
  }

  /** One that something newer took the place of, which is not kept. Never rejects. */
  async remove(key: string): Promise<void> {
    try {
      await this.#link.connection?.send('DEL', [ANSWERS + key]);
    } catch {
      this.failures += 1;
    }
  }

  /** How many were in Redis. Rejects where Redis was not told; it is told when it is back. */
  async drop(filter: AnswerFilter): Promise<number> {
    const drop = { gen: 0, filter };
    const { connection } = this.#link;
    if (connection === null) {
      this.#later(drop);
      throw new Error('there is no connection');
    }
    try {
      const gen = await this.#known.note(connection, drop);
      // What is kept from now on is newer than this.
      await this.#known.sync(connection);
      return await this.#sweep(connection, filter, gen);
    } catch (error) {
      this.failures += 1;
      this.#later(drop);
      throw error;
    }
  }

  close(): void {
    clearInterval(this.#polling);
    this.#link.close();
  }

  async #enter(connection: RedisConnection): Promise<void> {
    await this.#known.sync(connection);
    const undropped = this.#undropped;
    this.#undropped = [];
    for (const [at, drop] of undropped.entries()) {
      try {
        const gen = await this.#known.note(connection, drop);
        if (drop.key === undefined) await this.#sweep(connection, drop.filter, gen);
      } catch (error) {
        for (const rest of undropped.slice(at)) this.#later(rest);
        throw error;
      }
    }
    void this.#sweepAgain(connection);
  }

  #setBack(connection: RedisConnection, drops: readonly Drop[]): void {
    this.#options.log(
      'warn',
      'Redis went back to a state older than drops of kept answers that are known here: what they mean is dropped there again, and is not given.',
    );
    // One answer's own is not looked for in all of Redis: nobody gives it, and its lifetime ends.
    for (const drop of drops)
      if (drop.key === undefined) this.#unswept.set(JSON.stringify(drop.filter), drop);
    void this.#sweepAgain(connection);
  }

  /** Never rejects. What is not done is done when Redis is back. */
  async #sweepAgain(connection: RedisConnection): Promise<void> {
    for (const [id, drop] of this.#unswept) {
      try {
        await this.#sweep(connection, drop.filter, String(drop.gen));
      } catch {
        return;
      }
      if (this.#unswept.get(id) === drop) this.#unswept.delete(id);
    }
  }

  async #poll(): Promise<void> {
    const { connection } = this.#link;
    if (connection === null) return;
    try {
      const gen = await connection.send('GET', [GEN_KEY]);
      if (gen !== this.#known.gen) await this.#known.sync(connection);
    } catch {
      // The link knows, and tells.
    }
  }

  /** As soon as Redis is back. Where there are too many of them, everything is dropped. */
  #later(drop: Drop): void {
    if (this.#undropped.length < MAX_UNDROPPED) this.#undropped.push(drop);
    else this.#undropped = [{ gen: 0, filter: {} }];
  }

  async #sweep(connection: RedisConnection, filter: AnswerFilter, gen: string): Promise<number> {
    let at = '0';
    let removed = 0;
    do {
      const args = [at, `${ANSWERS}*`, gen, ...marksOf(filter)];
      const page = await connection.run(ANSWER_SCRIPTS.sweep, [GEN_KEY], args);
      const [next, gone] = Array.isArray(page) ? (page as readonly unknown[]) : [];
      at = typeof next === 'string' ? next : '0';
      removed += Number(gone);
    } while (at !== '0');
    return removed;
  }

  async #counted<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.failures += 1;
      throw error;
    }
  }
}
