// SharedMeanings: what the replicas know, one from another, by way of a stream in Redis. Each searches in its own memory: Redis
// itself compares vectors only with a module that few have. While Redis is away each goes on with what it knows.
import type { Log } from '../../lib/log.ts';
import type { RedisConnection } from '../../store/redis/connection.ts';
import { RedisLink } from '../../store/redis/link.ts';
import { redisScript } from '../../store/redis/redis-script.ts';
import { type MeaningsSealing, packMeaning, unpackMeaning } from './packed-meaning.ts';
import type { AddedMeaning, MeaningsToDrop } from './search-worker.ts';

/** In braces: of a cluster, one node has all of the cache's. */
const STREAM = 'switchyard:{cache}:meanings';
const POLL_MS = 500;
const SEND_AFTER_MS = 100;
const ANSWER_MS = 2000;
/** At once, there and back: some hundreds of kilobytes. */
const BATCH = 200;
/** That wait for Redis to come back; the oldest are then known here alone. */
const MAX_PENDING = 5000;

/** KEYS: the stream. ARGV: how many it may hold, how long the last added lasts, then words. It is gone when all of it is over. */
const ADD = redisScript(`
for n = 3, #ARGV do
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'm', ARGV[n])
end
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 1
`);

export interface SharedOptions {
  readonly url: string;
  readonly sealing: MeaningsSealing;
  readonly maxEntries: number;
  readonly log: Log;
  /** What another replica added, and what it dropped. */
  readonly take: (added: AddedMeaning) => void;
  readonly drop: (what: MeaningsToDrop) => void;
}

interface Word {
  readonly text: string;
  /** How long somebody may want it. */
  readonly lastsMs: number;
}

export class SharedMeanings {
  readonly #options: SharedOptions;
  readonly #link: RedisLink;
  /** What this replica said itself it knows. */
  readonly #self = crypto.randomUUID();
  #pending: Word[] = [];
  #after = '0-0';
  #sending: Timer | null = null;
  readonly #polling: Timer;
  #isPolling = false;
  #isClosed = false;
  /** Of the longest that was added: what is dropped is of no interest after it. */
  #longestMs = 60_000;

  constructor(options: SharedOptions) {
    this.#options = options;
    const { url, log } = options;
    this.#link = new RedisLink({
      ...{ url, log, answerMs: ANSWER_MS, what: 'prompts that have answers' },
      meanwhile: 'each replica finds its own until it is back',
      enter: async (connection) => {
        // A server that may not be written to is of no use.
        await connection.run(ADD, [STREAM], [String(options.maxEntries), '1']);
      },
      onUp: () => {
        void this.#poll();
        this.#sendSoon();
      },
    });
    this.#polling = setInterval(() => void this.#poll(), POLL_MS);
  }

  add(added: AddedMeaning, now: number): void {
    const { key, partition, expiresAt } = added;
    const lastsMs = expiresAt - now;
    if (lastsMs <= 0) return;
    const content = Buffer.from(packMeaning(this.#options.sealing, added)).toString('base64');
    this.#say(JSON.stringify({ from: this.#self, key, partition, expiresAt, content }), lastsMs);
  }

  drop(what: MeaningsToDrop): void {
    this.#say(JSON.stringify({ from: this.#self, drop: what }), this.#longestMs);
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

  #say(text: string, lastsMs: number): void {
    this.#longestMs = Math.max(this.#longestMs, lastsMs);
    this.#pending.push({ text, lastsMs });
    if (this.#pending.length > MAX_PENDING) this.#pending.shift();
    this.#sendSoon();
  }

  #sendSoon(): void {
    if (this.#isClosed || this.#pending.length === 0) return;
    this.#sending ??= setTimeout(() => {
      this.#sending = null;
      void this.#send();
    }, SEND_AFTER_MS);
  }

  /** Lost on the way it is said again when Redis is back: twice said is the same as once. */
  async #send(): Promise<void> {
    while (this.#pending.length > 0) {
      const { connection } = this.#link;
      if (connection === null) return;
      const words = this.#pending.splice(0, BATCH);
      const lastsMs = Math.ceil(Math.max(...words.map((word) => word.lastsMs)));
      const args = [String(this.#options.maxEntries), String(lastsMs)];
      try {
        await connection.run(ADD, [STREAM], [...args, ...words.map(({ text }) => text)]);
      } catch {
        this.#pending.unshift(...words);
        return;
      }
    }
  }

  async #poll(): Promise<void> {
    const { connection } = this.#link;
    if (this.#isPolling || this.#isClosed || connection === null) return;
    this.#isPolling = true;
    try {
      while (!this.#isClosed && (await this.#page(connection)) === BATCH);
    } catch {
      // The link says so, and what was missed is read when it is back.
    } finally {
      this.#isPolling = false;
    }
  }

  /** How many there were. */
  async #page(connection: RedisConnection): Promise<number> {
    const args = [STREAM, next(this.#after), '+', 'COUNT', String(BATCH)];
    const page = (await connection.send('XRANGE', args)) as readonly [string, readonly string[]][];
    for (const [id, [, text = '']] of page) {
      this.#after = id;
      this.#hear(text);
    }
    return page.length;
  }

  #hear(text: string): void {
    const said = heard(text);
    if (said === null || said.from === this.#self) return;
    const { take, drop, sealing } = this.#options;
    if ('drop' in said) {
      drop(said.drop);
      return;
    }
    const added = unpackMeaning(sealing, said, Buffer.from(said.content, 'base64'));
    if (added !== null) take(added);
  }
}

/** The first that may come after it: `(` before an id is not known to every server. */
function next(id: string): string {
  const [ms = '0', number = '0'] = id.split('-');
  return `${ms}-${Number(number) + 1}`;
}

type Heard =
  | {
      readonly from: string;
      readonly key: string;
      readonly partition: string;
      readonly expiresAt: number;
      readonly content: string;
    }
  | { readonly from: string; readonly drop: MeaningsToDrop };

/** Null: another version's. */
function heard(text: string): Heard | null {
  try {
    const said = JSON.parse(text) as { readonly [name: string]: unknown };
    if (typeof said.drop === 'object' && said.drop !== null) return said as Heard;
    const isWhole =
      typeof said.key === 'string' &&
      typeof said.partition === 'string' &&
      typeof said.expiresAt === 'number' &&
      typeof said.content === 'string';
    return isWhole ? (said as Heard) : null;
  } catch {
    return null;
  }
}
