// RedisAnswers: answers in memory, and in a Redis behind it that replicas share. While it is away each goes on alone.
import type { CachedAnswer } from '../../core/cached-answer.ts';
import { GatewayError } from '../../core/errors.ts';
import type { Log } from '../../lib/log.ts';
import type { RedisConnection } from '../../store/redis/connection.ts';
import { checkRedisAddress } from '../../store/redis/redis-address.ts';
import type { AnswerSealing } from '../answer-seal.ts';
import {
  type AnswerFilter,
  type AnswerStore,
  matchesFilter,
  type StoreFigures,
} from '../answer-store.ts';
import { type Drop, isDropped } from '../drops.ts';
import { MemoryAnswers, type MemoryBounds } from '../memory-answers.ts';
import { packAnswer, unpackAnswer } from './packed-answer.ts';
import { SharedAnswers, type SharedValue } from './shared-answers.ts';

/** A request waits no longer for an answer that may not be there. */
const FIND_MS = 50;
/** Characters on their way; beyond them nothing more is sent to Redis. */
const MAX_UNSENT_CHARS = 16 * 1024 * 1024;
const CLOSE_MS = 1000;

export interface RedisAnswersOptions {
  /** redis://, rediss:// or valkey://, with a password where there is one. */
  readonly url: string;
  readonly sealing: AnswerSealing;
  readonly bounds: () => MemoryBounds;
  readonly log: Log;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly findMs?: number;
}

export class RedisAnswers implements AnswerStore {
  readonly #options: RedisAnswersOptions;
  readonly #memory: MemoryAnswers;
  readonly #shared: SharedAnswers;
  /** Looked for now: who asks the same waits for the same. */
  readonly #asked = new Map<string, Promise<CachedAnswer | null>>();
  readonly #unsent = new Map<string, CachedAnswer>();
  /** Own drops that Redis has not answered yet. */
  readonly #dropping = new Set<AnswerFilter>();
  /** Redis has not been told yet that they must not be given any more. */
  readonly #forgetting = new Set<string>();
  #unsentChars = 0;
  #sending: Promise<void> | null = null;
  /** Questions that took too long and are not answered yet: until they are, nobody else waits. */
  #late = 0;
  #toldOfKeys = false;

  /** Never waits for a connection. Throws `storage_unavailable` where the address is none. */
  constructor(options: RedisAnswersOptions) {
    const { url, log, bounds, now } = options;
    checkRedisAddress(url, 'kept answers', 'them in each gateway alone');
    this.#options = options;
    this.#memory = new MemoryAnswers(bounds, now);
    this.#shared = new SharedAnswers({ url, log, onDrops: (drops) => this.#dropped(drops) });
  }

  /** The first attempt to connect is over, one way or the other. */
  get started(): Promise<void> {
    return this.#shared.started;
  }

  find(key: string): CachedAnswer | null | Promise<CachedAnswer | null> {
    const found = this.#memory.find(key);
    if (found !== null) return found;
    const { connection } = this.#shared;
    if (connection === null || this.#late > 0 || this.#forgetting.has(key)) return null;
    const asked = this.#asked.get(key);
    if (asked !== undefined) return asked;
    const asking = this.#ask(connection, key).finally(() => this.#asked.delete(key));
    this.#asked.set(key, asking);
    return asking;
  }

  keep(key: string, answer: CachedAnswer): void {
    if (!this.#memory.keep(key, answer)) {
      this.#unsent.delete(key);
      void this.#shared.remove(key);
      return;
    }
    const { length } = answer.text;
    if (this.#shared.connection === null || this.#unsentChars + length > MAX_UNSENT_CHARS) return;
    this.#unsentChars += length - (this.#unsent.get(key)?.text.length ?? 0);
    this.#unsent.set(key, answer);
    // Behind whatever this turn of the event loop still has to send to callers.
    this.#sending ??= new Promise(setImmediate).then(() => this.#send());
  }

  forget(key: string): void {
    this.#memory.forget(key);
    this.#unsent.delete(key);
    this.#forgetting.add(key);
    void this.#shared.forget(key).finally(() => this.#forgetting.delete(key));
  }

  async drop(filter: AnswerFilter): Promise<number> {
    const here = this.#memory.dropNow(filter);
    for (const [key, answer] of this.#unsent)
      if (matchesFilter(answer, filter)) this.#unsent.delete(key);
    this.#dropping.add(filter);
    try {
      return Math.max(here, await this.#shared.drop(filter));
    } catch (cause) {
      throw new GatewayError(
        'storage_unavailable',
        'The answers are gone from this gateway, but Redis cannot be reached: those there, and what other replicas have in memory, go when it is back, or when they are too old.',
        { cause },
      );
    } finally {
      this.#dropping.delete(filter);
    }
  }

  figures(): StoreFigures {
    const { failures, trouble } = this.#shared;
    return { ...this.#memory.figures(), behind: 'redis', failures, trouble };
  }

  async flush(): Promise<void> {
    while (this.#sending !== null) await this.#sending;
  }

  async close(): Promise<void> {
    await Promise.race([this.flush(), Bun.sleep(CLOSE_MS)]);
    this.#shared.close();
    await this.#memory.close();
  }

  /** Never rejects. */
  async #ask(connection: RedisConnection, key: string): Promise<CachedAnswer | null> {
    let isOver = false;
    let isLate = false;
    const { promise: tooLong, resolve } = Promise.withResolvers<null>();
    const giveUp = () => {
      if (isOver) return;
      isLate = true;
      this.#late += 1;
      resolve(null);
    };
    // What came while this process did something else is read before it is given up.
    const timer = setTimeout(() => setImmediate(giveUp), this.#options.findMs ?? FIND_MS);
    const read = this.#read(connection, key).finally(() => {
      isOver = true;
      clearTimeout(timer);
      if (isLate) this.#late -= 1;
    });
    return Promise.race([read, tooLong]);
  }

  async #read(connection: RedisConnection, key: string): Promise<CachedAnswer | null> {
    let value: SharedValue | null;
    try {
      value = await this.#shared.read(connection, key);
    } catch {
      return null;
    }
    // What was kept here meanwhile is newer.
    if (value === null || this.#memory.has(key)) return this.#memory.find(key);
    const unpacked = unpackAnswer(this.#options.sealing, key, value.packed);
    if (!unpacked.ok) {
      if (unpacked.why === 'no-key') this.#tellOfKeys();
      return null;
    }
    const { answer } = unpacked;
    const gen = Number(unpacked.gen);
    if (gen < value.floor || isDropped(answer, key, gen, value.drops)) return null;
    if (this.#forgetting.has(key)) return null;
    for (const filter of this.#dropping) if (matchesFilter(answer, filter)) return null;
    this.#memory.keep(key, answer);
    return this.#memory.find(key);
  }

  async #send(): Promise<void> {
    for (const [key, answer] of this.#unsent) {
      this.#unsent.delete(key);
      this.#unsentChars -= answer.text.length;
      const { connection } = this.#shared;
      const livesMs = answer.expiresAt - this.#options.now();
      if (connection === null || livesMs <= 0) continue;
      const packed = packAnswer(this.#options.sealing, key, this.#shared.gen, answer);
      try {
        await this.#shared.write(connection, key, packed, livesMs);
      } catch {
        // Counted, and the link tells of it once.
      }
    }
    this.#unsentChars = 0;
    this.#sending = null;
  }

  #dropped(drops: readonly Drop[] | null): void {
    if (drops === null) this.#memory.dropNow({});
    else
      for (const { filter, key } of drops)
        if (key === undefined) this.#memory.dropNow(filter);
        else this.#memory.forget(key);
  }

  #tellOfKeys(): void {
    if (this.#toldOfKeys) return;
    this.#toldOfKeys = true;
    this.#options.log(
      'warn',
      'Kept answers in Redis are sealed by a master key that is not known here: they are not given. Give all replicas the same SWITCHYARD_MASTER_KEY, and name one that was replaced in SWITCHYARD_MASTER_KEY_PREVIOUS.',
    );
  }
}
