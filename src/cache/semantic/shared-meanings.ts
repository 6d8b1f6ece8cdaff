// SharedMeanings: what the replicas know, one from another, by way of a stream in Redis. Each searches in its own memory: Redis
// itself compares vectors only with a module that few have. While Redis is away each goes on with what it knows.
import type { Log } from '../../lib/log.ts';
import type { RedisConnection } from '../../store/redis/connection.ts';
import { RedisLink } from '../../store/redis/link.ts';
import { type Marks, marksMatch } from '../owner-marks.ts';
import { ALL, HeardDrops, sweepStream } from './heard-drops.ts';
import { type MeaningsSealing, packMeaning, unpackMeaning } from './packed-meaning.ts';
import type { AddedMeaning } from './search-worker.ts';
import {
  type Heard,
  heard,
  isBefore,
  KEYS,
  next,
  PROBE,
  SCRIPTS,
  STREAM,
  type Word,
} from './shared-words.ts';

const POLL_MS = 500;
const SEND_AFTER_MS = 100;
const ANSWER_MS = 2000;
/** At once, there and back: some hundreds of kilobytes. */
const BATCH = 200;
/** That wait for Redis to come back; the oldest are then known here alone. */
const MAX_PENDING = 5000;
/** Drops that do: beyond them everything is dropped. */
const MAX_UNDROPPED = 1000;

export interface SharedOptions {
  readonly url: string;
  readonly sealing: MeaningsSealing;
  readonly maxEntries: number;
  readonly log: Log;
  /** What another replica added, and what it dropped. */
  readonly take: (added: AddedMeaning) => void;
  readonly forget: (key: string) => void;
  /** '' for any. */
  readonly drop: (whose: Marks) => void;
}

interface Pending {
  readonly word: string;
  /** Null: nobody's. */
  readonly whose: Marks | null;
  /** How long somebody may want it. */
  readonly lastsMs: number;
}

export class SharedMeanings {
  readonly #options: SharedOptions;
  readonly #link: RedisLink;
  /** What this replica said itself it knows. */
  readonly #self = crypto.randomUUID();
  #pending: Pending[] = [];
  /** Said, and not answered yet. */
  #sent: Pending[] = [];
  /** Made while Redis was away, and those that it did not answer. */
  #undropped: Marks[] = [];
  #after = '0-0';
  /** Of the last drop that was heard of. */
  #dropped = '';
  readonly #drops: HeardDrops;
  #sending: Timer | null = null;
  #isSending: Promise<void> | null = null;
  readonly #polling: Timer;
  #isPolling: Promise<void> | null = null;
  #isListening = false;
  #isClosed = false;
  /** Of the longest that was added: what is dropped is of no interest after it. */
  #longestMs = 60_000;

  constructor(options: SharedOptions) {
    this.#options = options;
    const { url, log } = options;
    this.#drops = new HeardDrops(log);
    this.#link = new RedisLink({
      ...{ url, log, answerMs: ANSWER_MS, what: 'prompts that have answers' },
      meanwhile: 'each replica finds its own until it is back',
      enter: (connection) => this.#enter(connection),
      onUp: () => {
        void this.#poll();
        this.#sendSoon();
      },
    });
    this.#polling = setInterval(() => void this.#poll(), POLL_MS);
  }

  /** From now on what others know is of interest. */
  begin(): void {
    this.#isListening = true;
    void this.#poll();
  }

  add(added: AddedMeaning, now: number): void {
    const { key, partition, expiresAt, whose } = added;
    const lastsMs = expiresAt - now;
    if (lastsMs <= 0) return;
    this.#longestMs = Math.max(this.#longestMs, lastsMs);
    const content = Buffer.from(packMeaning(this.#options.sealing, added)).toString('base64');
    this.#say({ from: this.#self, key, partition, expiresAt, content }, whose, lastsMs);
  }

  forget(key: string): void {
    this.#say({ from: this.#self, forget: key }, null, this.#longestMs);
  }

  /** All of theirs, '' for any. False: Redis was not told, and is when it is back. */
  async drop(whose: Marks): Promise<boolean> {
    this.#unsay(whose);
    await this.#link.first;
    const { connection } = this.#link;
    if (connection !== null && (await this.#dropAt(connection, whose))) return true;
    this.#undropped = this.#undropped.length < MAX_UNDROPPED ? [...this.#undropped, whose] : [ALL];
    return false;
  }

  /** What was said before is said, and what others said before is known, where Redis is there. */
  async flush(): Promise<void> {
    await this.#link.first;
    await this.#send();
    await this.#poll();
  }

  async close(): Promise<void> {
    await this.#send();
    this.#isClosed = true;
    clearInterval(this.#polling);
    if (this.#sending !== null) clearTimeout(this.#sending);
    this.#link.close();
  }

  /** A server that may not be written to is of no use. */
  async #enter(connection: RedisConnection): Promise<void> {
    await connection.send('SET', [PROBE, '1', 'PX', '1000']);
    await this.#look(connection);
    for (const whose of this.#undropped.splice(0))
      if (!(await this.#dropAt(connection, whose))) this.#undropped.push(whose);
  }

  /** Never rejects. */
  async #dropAt(connection: RedisConnection, whose: Marks): Promise<boolean> {
    const word: Word = { from: this.#self, drop: whose };
    const args = [this.#options.maxEntries, Math.ceil(this.#longestMs), JSON.stringify(word)];
    try {
      const id = String(await connection.run(SCRIPTS.drop, KEYS, args.map(String)));
      this.#drops.note(id, whose);
      await sweepStream(connection, id, whose);
      // What was read of the stream while that was done.
      this.#options.drop(whose);
      return true;
    } catch {
      return false;
    }
  }

  #say(word: Word, whose: Marks | null, lastsMs: number): void {
    this.#pending.push({ word: JSON.stringify(word), whose, lastsMs });
    if (this.#pending.length > MAX_PENDING) this.#pending.shift();
    this.#sendSoon();
  }

  #unsay(whose: Marks): void {
    const isOther = (one: Pending) => one.whose === null || !marksMatch(one.whose, whose);
    this.#pending = this.#pending.filter(isOther);
    this.#sent = this.#sent.filter(isOther);
  }

  #sendSoon(): void {
    if (this.#isClosed || this.#pending.length === 0) return;
    this.#sending ??= setTimeout(() => {
      this.#sending = null;
      void this.#send();
    }, SEND_AFTER_MS);
  }

  /** One at a time. */
  #send(): Promise<void> {
    this.#isSending ??= this.#sendAll().finally(() => {
      this.#isSending = null;
    });
    return this.#isSending;
  }

  /** Lost on the way it is said again when Redis is back: twice said is the same as once. */
  async #sendAll(): Promise<void> {
    while (this.#pending.length > 0) {
      const { connection } = this.#link;
      if (connection === null) return;
      this.#sent = this.#pending.splice(0, BATCH);
      try {
        if (await this.#sendOnce(connection)) this.#sent = [];
      } catch {
        return;
      } finally {
        this.#pending.unshift(...this.#sent);
        this.#sent = [];
      }
    }
  }

  /** False: something was dropped meanwhile that has to be heard first. */
  async #sendOnce(connection: RedisConnection): Promise<boolean> {
    const lastsMs = Math.ceil(Math.max(...this.#sent.map((word) => word.lastsMs)));
    const known = this.#dropped;
    const words = this.#sent.flatMap(({ word, whose }) => [word, whose?.join(' ') ?? '']);
    const args = [String(this.#options.maxEntries), String(lastsMs), known, ...words];
    const [isAdded] = (await connection.run(SCRIPTS.add, KEYS, args)) as [number, string];
    if (isAdded === 1) return true;
    await this.#poll();
    // The word of a drop is in the stream before its id is the last.
    const dropped = await this.#look(connection);
    await this.#read(connection);
    if (this.#dropped !== known) return false;
    // Its word is gone from the stream: it may have meant anything. Where Redis lost what it had, there is an older one, or none.
    if (isBefore(known, dropped)) {
      this.#drops.note(dropped, ALL);
      this.#hearDrop(ALL);
    }
    this.#dropped = dropped;
    return false;
  }

  /** One at a time. */
  #poll(): Promise<void> {
    const { connection } = this.#link;
    if (!this.#isListening || this.#isClosed || connection === null) return Promise.resolve();
    this.#isPolling ??= this.#read(connection)
      // The link says so, and what was missed is read when it is back.
      .catch(() => undefined)
      .finally(() => {
        this.#isPolling = null;
      });
    return this.#isPolling;
  }

  async #read(connection: RedisConnection): Promise<void> {
    while (!this.#isClosed && (await this.#page(connection)) === BATCH);
    if (!this.#isClosed) await this.#look(connection);
  }

  #look(connection: RedisConnection): Promise<string> {
    const { maxEntries } = this.#options;
    const teller = { from: this.#self, maxEntries, lastsMs: this.#longestMs };
    return this.#drops.look(connection, teller);
  }

  /** How many there were. */
  async #page(connection: RedisConnection): Promise<number> {
    const args = [STREAM, next(this.#after), '+', 'COUNT', String(BATCH)];
    const page = (await connection.send('XRANGE', args)) as readonly [string, readonly string[]][];
    for (const entry of page) {
      // Somebody else read it meanwhile.
      if (!isBefore(this.#after, entry[0])) continue;
      this.#after = entry[0];
      const said = heard(entry);
      if (said !== null) this.#hear(said);
    }
    return page.length;
  }

  #hear({ id, word, whose, previous }: Heard): void {
    const isOwn = word.from === this.#self;
    if ('drop' in word) {
      if (previous !== null && isBefore(previous, this.#dropped)) this.#drops.miss(previous, id);
      this.#dropped = id;
      this.#drops.note(id, word.drop);
      if (!isOwn) this.#hearDrop(word.drop);
      return;
    }
    if (isOwn) return;
    const { take, forget, sealing } = this.#options;
    if ('forget' in word) {
      forget(word.forget);
      return;
    }
    if (whose === null) return;
    const content = Buffer.from(word.content, 'base64');
    const added = unpackMeaning(sealing, { ...word, whose }, content);
    if (added !== null) take(added);
  }

  #hearDrop(whose: Marks): void {
    this.#unsay(whose);
    this.#options.drop(whose);
  }
}
