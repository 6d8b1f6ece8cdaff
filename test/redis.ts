// A Redis or Valkey server of a test's own: on a free port of loopback, its files in a folder that goes with it.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RedisProgram } from './redis-programs.ts';

const START_MS = 20_000;

export interface TestRedis {
  readonly port: number;
  /** redis://… */
  readonly url: string;
  /** As a power cut would: at once, connections break off. */
  kill(): Promise<void>;
  /** After `kill`: at the same address, with what was kept. @param more settings of this start alone */
  start(more?: readonly string[]): Promise<void>;
  /** It hangs: connections stay, and nothing is answered. */
  freeze(): void;
  thaw(): void;
  /** Runs one command and gives its answer, or rejects. */
  run(command: string, ...args: string[]): Promise<unknown>;
  /** Ends it and deletes its files. */
  end(): Promise<void>;
}

/** @param settings as on the command line: `--requirepass`, `secret` */
export async function startRedis(
  program: RedisProgram,
  settings: readonly string[] = [],
): Promise<TestRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-redis-'));
  const server = new Server(program, folder, settings, await freePort());
  try {
    await server.start();
    return server;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

class Server implements TestRedis {
  readonly port: number;
  readonly #program: RedisProgram;
  readonly #folder: string;
  readonly #settings: readonly string[];
  #process: Bun.Subprocess | null = null;

  constructor(program: RedisProgram, folder: string, settings: readonly string[], port: number) {
    this.#program = program;
    this.#folder = folder;
    this.#settings = settings;
    this.port = port;
    process.on('exit', this.#kill);
  }

  get url(): string {
    const at = this.#settings.indexOf('--requirepass');
    const password = at < 0 ? '' : `:${encodeURIComponent(this.#settings[at + 1] ?? '')}@`;
    return `redis://${password}127.0.0.1:${this.port}`;
  }

  async start(more: readonly string[] = []): Promise<void> {
    const place = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#folder];
    // Every write is the system's before its answer, so a kill loses nothing; a power cut is no test's.
    const kept = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'no'];
    const log = Bun.file(join(this.#folder, 'log'));
    this.#process = Bun.spawn([this.#program.path, ...place, ...kept, ...this.#settings, ...more], {
      cwd: this.#folder,
      stdin: 'ignore',
      stdout: log,
      stderr: log,
    });
    const deadline = performance.now() + START_MS;
    while (!(await this.#answers())) {
      if (this.#process.exitCode !== null || performance.now() > deadline)
        throw new Error(`${this.#program.name} did not start: ${await log.text()}`);
      await Bun.sleep(20);
    }
  }

  async kill(): Promise<void> {
    this.#process?.kill('SIGKILL');
    await this.#process?.exited;
    this.#process = null;
  }

  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  async run(command: string, ...args: string[]): Promise<unknown> {
    const client = new Bun.RedisClient(this.url, { autoReconnect: false, connectionTimeout: 2000 });
    try {
      await client.connect();
      return await client.send(command, args);
    } finally {
      client.close();
    }
  }

  async end(): Promise<void> {
    process.off('exit', this.#kill);
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  readonly #kill = (): void => {
    this.#process?.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  };

  async #answers(): Promise<boolean> {
    try {
      return (await this.run('PING')) === 'PONG';
    } catch {
      return false;
    }
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const address = server.address();
  server.close();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}
