// RedisConnection: one connection for all requests at once, each command with a time limit. Lost once, it is lost for good.
//
// Bun's own client, without its reconnecting and its queue: a command either goes out now or fails now. It knows no limit
// on an answer that never comes, so the oldest that is waited for is watched here.
import { GatewayError } from '../../core/errors.ts';
import type { RedisScript } from './redis-script.ts';

/** How often it is looked whether an answer is overdue. */
const LOOK_MS = 50;

/** The client's own limit on connecting, in times of ours. */
const OWN_LIMIT = 10;

/** Waits so long; a process that was busy or starved with itself has not waited meanwhile. */
export async function whileRunning(ms: number): Promise<void> {
  for (let waited = 0; waited < ms; waited += LOOK_MS) await Bun.sleep(LOOK_MS);
}

export interface ConnectionOptions {
  readonly url: string;
  /** Of connecting, which includes names, TLS and the password. */
  readonly connectMs: number;
  /** Of each command. */
  readonly answerMs: number;
  /** Once, and not after `close`. Says why. */
  readonly onLost: (why: string) => void;
}

export class RedisConnection {
  readonly #client: Bun.RedisClient;
  readonly #options: ConnectionOptions;
  /** The look at which each was sent, oldest first. */
  readonly #waiting = new Map<number, number>();
  readonly #watch: ReturnType<typeof setInterval>;
  #looks = 0;
  #sent = 0;
  #isOver = false;
  #why = 'the connection was closed';

  private constructor(client: Bun.RedisClient, options: ConnectionOptions) {
    this.#client = client;
    this.#options = options;
    client.onclose = () => this.#lose(this.#why);
    this.#watch = setInterval(() => this.#look(), LOOK_MS);
    this.#watch.unref();
  }

  /** Null where it could not be made; why is found by diagnosis.ts, as the client does not tell. */
  static async open(options: ConnectionOptions): Promise<RedisConnection | null> {
    const client = new Bun.RedisClient(options.url, {
      autoReconnect: false,
      enableOfflineQueue: false,
      // Ours is shorter, and does not count time in which this process did not run.
      connectionTimeout: options.connectMs * OWN_LIMIT,
    });
    const connected = client.connect().then(
      () => true,
      () => false,
    );
    const late = whileRunning(options.connectMs).then(() => false);
    const isThere = await Promise.race([connected, late]);
    if (isThere) return new RedisConnection(client, options);
    client.close();
    return null;
  }

  /** Rejects with `storage_unavailable` when there is no answer in time, or Redis answers with an error. */
  async run(
    script: RedisScript,
    keys: readonly string[],
    args: readonly string[],
  ): Promise<unknown> {
    const words = [script.sha, String(keys.length), ...keys, ...args];
    try {
      return await this.#send('EVALSHA', words);
    } catch (error) {
      if (!messageOf(error).startsWith('NOSCRIPT')) throw this.#failure(error);
    }
    try {
      return await this.#send('EVAL', [script.text, ...words.slice(1)]);
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** One command. Rejects as `run` does. */
  async send(command: string, args: readonly string[]): Promise<unknown> {
    try {
      return await this.#send(command, [...args]);
    } catch (error) {
      throw this.#failure(error);
    }
  }

  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#watch);
    this.#client.close();
  }

  async #send(command: string, args: string[]): Promise<unknown> {
    const number = this.#sent++;
    this.#waiting.set(number, this.#looks);
    try {
      return await this.#client.send(command, args);
    } finally {
      this.#waiting.delete(number);
    }
  }

  /** Counted in looks: a loop that was busy itself has not looked, and is not what Redis is blamed for. */
  #look(): void {
    this.#looks += 1;
    const { answerMs } = this.#options;
    for (const [, sentAt] of this.#waiting) {
      if ((this.#looks - sentAt - 1) * LOOK_MS < answerMs) return;
      this.#lose(`it did not answer within ${answerMs} ms`);
      return;
    }
  }

  #lose(why: string): void {
    if (this.#isOver) return;
    this.#why = why;
    this.close();
    this.#options.onLost(why);
  }

  /** An error that Redis answers makes the connection useless too: it is no place to write to. */
  #failure(error: unknown): GatewayError {
    const isAnswer = (error as { code?: unknown }).code === 'ERR_REDIS_SERVER_ERROR';
    if (isAnswer) this.#lose(`it answered ${shortened(messageOf(error))}`);
    return new GatewayError('storage_unavailable', `Redis: ${this.#why}`, { cause: error });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A script's error ends with where in it. */
function shortened(message: string): string {
  return `"${message.replace(/ script: [0-9a-f]{40}.*$/s, '').slice(0, 200)}"`;
}
