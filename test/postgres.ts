// A PostgreSQL server of a test's own: on a free port of loopback, its files in a folder that goes with it.
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asOrdinaryUser, isRoot, ORDINARY_USER, ran } from './ordinary-user.ts';
import { findPrograms, type Programs } from './postgres-programs.ts';

const START_MS = 30_000;
/** What a power cut may lose, no test asks for; and two cores are for the tests. */
const SETTINGS = [
  ...['fsync=off', 'full_page_writes=off', 'synchronous_commit=off', 'shared_buffers=64MB'],
  ...['max_connections=60', 'max_wal_size=2GB', 'autovacuum_naptime=10s', 'logging_collector=off'],
];

export interface TestPostgres {
  /** postgres://… of an empty database; every call makes another one. */
  database(): Promise<string>;
  /** As a power cut would: at once, connections break off. */
  stop(): Promise<void>;
  /** After `stop`: at the same address, with what was committed. */
  start(): Promise<void>;
  /** It hangs: connections stay, and nothing is answered. */
  freeze(): void;
  thaw(): void;
  /** Runs SQL, several statements if need be, and answers what psql would print of rows, or rejects. */
  sql(database: string, text: string): Promise<string>;
  /** Ends it and deletes its files. */
  end(): Promise<void>;
}

/** Null, and one line that says what is missing, where there is no PostgreSQL and none can be fetched. */
export async function startPostgres(): Promise<TestPostgres | null> {
  const programs = await findPrograms();
  if (typeof programs === 'string') return said(`NOT RUN: ${programs}`, null);
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-postgres-'));
  try {
    const server = new Server(programs, folder);
    await server.make();
    await server.start();
    return said(`ran: PostgreSQL ${programs.version}`, server);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

class Server implements TestPostgres {
  readonly #programs: Programs;
  readonly #folder: string;
  readonly #data: string;
  #port = 0;
  #process: Bun.Subprocess | null = null;
  #databases = 0;

  constructor(programs: Programs, folder: string) {
    this.#programs = programs;
    this.#folder = folder;
    this.#data = join(folder, 'data');
    process.on('exit', this.#kill);
  }

  async make(): Promise<void> {
    // The server refuses to run as root, and its own user must be able to reach its files.
    chmodSync(this.#folder, 0o755);
    mkdirSync(this.#data, { mode: 0o700 });
    if (isRoot()) await ran(['chown', String(ORDINARY_USER), this.#data]);
    const initdb = [join(this.#programs.folder, 'initdb'), '-D', this.#data, '-U', 'postgres'];
    const quick = ['-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
    await ran(asOrdinaryUser([...initdb, ...quick]));
    this.#port = await freePort();
  }

  async start(): Promise<void> {
    const settings = [`port=${this.#port}`, 'listen_addresses=127.0.0.1', ...SETTINGS];
    const command = [
      join(this.#programs.folder, 'postgres'),
      ...['-D', this.#data, '-k', ''],
      ...settings.flatMap((setting) => ['-c', setting]),
    ];
    const log = Bun.file(join(this.#folder, 'log'));
    this.#process = Bun.spawn(asOrdinaryUser(command), {
      cwd: this.#folder,
      stdin: 'ignore',
      stdout: log,
      stderr: log,
    });
    const deadline = performance.now() + START_MS;
    while (!(await this.#answers())) {
      if (this.#process.exitCode !== null || performance.now() > deadline)
        throw new Error(`PostgreSQL did not start: ${await log.text()}`);
      await Bun.sleep(30);
    }
  }

  async database(): Promise<string> {
    this.#databases += 1;
    const name = `test_${this.#databases}`;
    await this.sql(this.#url('postgres'), `CREATE DATABASE ${name}`);
    return this.#url(name);
  }

  async stop(): Promise<void> {
    // Immediate shutdown: what a crash is for those who are connected.
    this.#process?.kill('SIGQUIT');
    await this.#process?.exited;
    this.#process = null;
  }

  freeze(): void {
    for (const pid of this.#family()) signalled(pid, 'SIGSTOP');
  }

  thaw(): void {
    for (const pid of this.#family()) signalled(pid, 'SIGCONT');
  }

  async sql(database: string, text: string): Promise<string> {
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: database });
    await client.connect();
    try {
      const answers: unknown = await client.query({ text, rowMode: 'array' });
      const last = (Array.isArray(answers) ? answers.at(-1) : answers) as { rows: unknown[][] };
      return last.rows.map((row) => row.map(String).join('|')).join('\n');
    } finally {
      await client.end();
    }
  }

  async end(): Promise<void> {
    process.off('exit', this.#kill);
    if (this.#process !== null) this.thaw();
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  readonly #kill = (): void => {
    if (this.#process !== null) this.thaw();
    this.#process?.kill('SIGQUIT');
    rmSync(this.#folder, { recursive: true, force: true });
  };

  #url(database: string): string {
    return `postgres://postgres@127.0.0.1:${this.#port}/${database}`;
  }

  async #answers(): Promise<boolean> {
    try {
      await this.sql(this.#url('postgres'), 'SELECT 1');
      return true;
    } catch {
      return false;
    }
  }

  /** The server and its backends, each a process of its own. */
  #family(): number[] {
    const first = this.#process?.pid;
    if (first === undefined) return [];
    const listed = Bun.spawnSync(['ps', '-A', '-o', 'pid=,ppid=']).stdout.toString();
    const pairs = listed
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number));
    return [first, ...pairs.flatMap(([pid, parent]) => (parent === first && pid ? [pid] : []))];
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const address = server.address();
  server.close();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

function said<T>(line: string, result: T): T {
  console.log(`postgres: ${line}`);
  return result;
}

/** A server process that ends with its connection may be gone by now. */
function signalled(pid: number, signal: 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as { code?: string }).code !== 'ESRCH') throw error;
  }
}
