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
  /** As Redis writes it; '0': nothing is known. */
  #gen = '0';
  #floor = 0;
  #drops: Drop[] = [];
  /** Made while Redis was away, and own drops that were not answered. */
  #undropped: Drop[] = [];
  failures = 0;

  constructor(options: SharedAnswersOptions) {
    const { url, log } = options;
    this.#options = options;
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
    return this.#gen;
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
    if (gen !== this.#gen) await this.#sync(connection);
    return { packed, drops: this.#drops, floor: this.#floor };
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
      await this.#noteDrop(connection, drop);
      await this.#sync(connection);
      await connection.send('DEL', [ANSWERS + key]);
    } catch {
      this.failures += 1;
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
    return this.#counted(async () => {
      const gen = await this.#noteDrop(connection, drop);
      // What is kept from now on is newer than this.
      await this.#sync(connection);
      return this.#sweep(connection, filter, gen);
    });
  }

  close(): void {
    clearInterval(this.#polling);
    this.#link.close();
  }

  async #enter(connection: RedisConnection): Promise<void> {
    await this.#sync(connection);
    const undropped = this.#undropped;
    this.#undropped = [];
    for (const [at, drop] of undropped.entries()) {
      try {
        const gen = await this.#noteDrop(connection, drop);
        if (drop.key === undefined) await this.#sweep(connection, drop.filter, gen);
      } catch (error) {
        for (const rest of undropped.slice(at + 1)) this.#later(rest);
        throw error;
      }
    }
  }

  async #poll(): Promise<void> {
    const { connection } = this.#link;
    if (connection === null) return;
    try {
      if ((await connection.send('GET', [GEN_KEY])) !== this.#gen) await this.#sync(connection);
    } catch {
      // The link knows, and tells.
    }
  }

  /** Hears of what others dropped. */
  async #sync(connection: RedisConnection): Promise<void> {
    const known = this.#gen;
    const told = await connection.run(ANSWER_SCRIPTS.sync, DROP_KEYS, [known]);
    if (!isSynced(told)) throw new Error('it answered a script in a form that is not its own');
    const [gen, floor, texts] = told;
    // Another of ours was faster.
    if (known !== this.#gen) return;
    const isIncomplete = Number(known) < Number(floor);
    const drops = texts.flatMap(readDrop);
    this.#gen = gen;
    this.#floor = Number(floor);
    const before = isIncomplete ? [] : this.#drops.filter((one) => one.gen > this.#floor);
    this.#drops = [...before, ...drops];
    if (isIncomplete) this.#options.onDrops(null);
    else if (drops.length > 0) this.#options.onDrops(drops);
  }

  async #noteDrop(connection: RedisConnection, drop: Drop): Promise<string> {
    try {
      const args = [JSON.stringify(drop.filter), drop.key ?? ''];
      const gen = await connection.run(ANSWER_SCRIPTS.drop, DROP_KEYS, args);
      return String(gen);
    } catch (error) {
      this.#later(drop);
      throw error;
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

function isSynced(value: unknown): value is [gen: string, floor: string, drops: string[]] {
  return (
    Array.isArray(value) &&
    typeof value[0] === 'string' &&
    typeof value[1] === 'string' &&
    Array.isArray(value[2])
  );
}

function readDrop(text: string): readonly Drop[] {
  const [gen, filter, key] = JSON.parse(text) as [string, AnswerFilter, string];
  return [{ gen: Number(gen), filter, ...(key === '' ? {} : { key }) }];
}
