// RedisLink: a connection to Redis whenever one can be had. Says once when it is lost and once when it is back.
import type { Log } from '../../lib/log.ts';
import { RedisConnection } from './connection.ts';
import { whyNoConnection } from './diagnosis.ts';

const CONNECT_MS = 1000;
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2000;
/** Nodes of a cluster that send us on, one after the other. */
const MAX_MOVES = 3;
/** One that lasted so long was a good one. */
const STEADY_MS = 5000;
const UNUSABLE =
  'it cannot be reached by the address that is set: look at the port and the number of the database';

export interface LinkOptions {
  readonly url: string;
  readonly answerMs: number;
  readonly log: Log;
  /** What is shared by it: `limits`. */
  readonly what: string;
  /** What is lost with it, for the line in the log. */
  readonly meanwhile: string;
  /** Before anybody else uses a new connection. Rejects where it is of no use. */
  readonly enter: (connection: RedisConnection) => Promise<void>;
  readonly onUp: () => void;
}

export class RedisLink {
  readonly #options: LinkOptions;
  /** Another than was given where a cluster sent us there. */
  #url: string;
  #connection: RedisConnection | null = null;
  #entering: RedisConnection | null = null;
  #trouble: string | null = null;
  #waitMs = FIRST_WAIT_MS;
  #upAt = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #isOver = false;
  /** How often it was lost. */
  losses = 0;
  /** The first attempt is over, one way or the other. */
  readonly first: Promise<void>;
  #isFirstOver = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#url = options.url;
    this.first = this.#connect().then(() => {
      this.#isFirstOver = true;
    });
  }

  /** Null: there is none now. */
  get connection(): RedisConnection | null {
    return this.#connection;
  }

  get isStarting(): boolean {
    return !this.#isFirstOver;
  }

  /** Null: there is a connection, or the first is being made. */
  get trouble(): string | null {
    return this.#trouble;
  }

  close(): void {
    this.#isOver = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#connection?.close();
    this.#entering?.close();
    this.#connection = null;
  }

  /** Never rejects: whatever it fails by, it is tried again. */
  async #connect(): Promise<void> {
    try {
      await this.#attempt(0);
    } catch {
      // The client's own words may hold a part of the address.
      this.#down(UNUSABLE);
    }
  }

  async #attempt(moves: number): Promise<void> {
    const url = this.#url;
    const { answerMs } = this.#options;
    const lost: string[] = [];
    const onLost = (why: string) => {
      lost.push(why);
      if (connection !== null && this.#connection === connection) this.#down(why);
    };
    const connection = await RedisConnection.open({ url, connectMs: CONNECT_MS, answerMs, onLost });
    if (connection === null) {
      this.#url = this.#options.url;
      this.#down(await whyNoConnection(url, CONNECT_MS));
      return;
    }
    this.#entering = connection;
    try {
      await this.#options.enter(connection);
    } catch (error) {
      if (lost.length === 0) lost.push(error instanceof Error ? error.message : String(error));
    }
    this.#entering = null;
    const [why] = lost;
    if (why === undefined && !this.#isOver) this.#up(connection);
    else connection.close();
    if (why === undefined) return;
    if (moves < MAX_MOVES && this.#follow(why)) return this.#attempt(moves + 1);
    this.#down(why);
  }

  #up(connection: RedisConnection): void {
    this.#connection = connection;
    this.#upAt = performance.now();
    if (this.#trouble !== null)
      this.#options.log(
        'info',
        `Redis is back: ${this.#options.what} are shared by all replicas again`,
      );
    this.#trouble = null;
    this.#options.onUp();
  }

  #down(why: string): void {
    const wasUp = this.#connection !== null;
    this.#connection = null;
    if (this.#isOver) return;
    if (this.#trouble === null) {
      this.losses += 1;
      const { log, what, meanwhile } = this.#options;
      log('warn', `${what} are not shared: Redis: ${why}; ${meanwhile}`);
    }
    this.#trouble = why;
    if (wasUp && performance.now() - this.#upAt > STEADY_MS) this.#waitMs = FIRST_WAIT_MS;
    this.#timer = setTimeout(() => void this.#connect(), this.#waitMs);
    this.#timer.unref();
    this.#waitMs = Math.min(this.#waitMs * 2, LONGEST_WAIT_MS);
  }

  /** A cluster's node that has not our slot says which has; all our keys are in one. */
  #follow(why: string): boolean {
    const [, host, port] = /"MOVED \d+ (\S*):(\d+)"/.exec(why) ?? [];
    if (port === undefined) return false;
    const url = new URL(this.#url);
    if (host !== undefined && host !== '') url.hostname = host;
    url.port = port;
    this.#url = url.href;
    return true;
  }
}
