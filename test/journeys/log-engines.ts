// Journeys on both engines that a log can be on: in files of the data folder, and in a real PostgreSQL where there is one.
import { afterAll, beforeAll, describe, test } from 'bun:test';
import { startPostgres, type TestPostgres } from '../postgres.ts';
import { findPrograms } from '../postgres-programs.ts';

const START_MS = 120_000;

/** PostgreSQL while journeys run on it: a database for each gateway, and the same one again for the same data folder. */
class Databases {
  readonly #server: TestPostgres;
  readonly #byFolder = new Map<string, string>();

  constructor(server: TestPostgres) {
    this.#server = server;
  }

  async of(dataDir: string | undefined): Promise<string> {
    const known = dataDir === undefined ? undefined : this.#byFolder.get(dataDir);
    if (known !== undefined) return known;
    const url = await this.#server.database();
    if (dataDir !== undefined) this.#byFolder.set(dataDir, url);
    return url;
  }

  async query(dataDir: string, sql: string): Promise<string> {
    return this.#server.sql(await this.of(dataDir), sql);
  }
}

let databases: Databases | null = null;

/** What SQL finds in PostgreSQL, where the log of the gateway with this data folder is there; else nothing. */
export async function queryLog(dataDir: string, sql: string): Promise<readonly string[]> {
  const found = await databases?.query(dataDir, sql);
  return found === undefined || found === '' ? [] : found.split('\n');
}

/** What a gateway is started with, so that its log is on the engine whose turn it is. */
export async function logEnvironment(
  dataDir?: string,
): Promise<{ readonly [name: string]: string }> {
  return databases === null ? {} : { DATABASE_URL: await databases.of(dataDir) };
}

export type LogEngine = 'files' | 'PostgreSQL';

/** For what is no matter of the log: registered on the one engine, and not there at all on the other. */
export function onFiles(engine: LogEngine) {
  const left = () => undefined;
  return engine === 'files' ? { describe, test } : { describe: left, test: left };
}

/**
 * Registers these journeys twice. All that they start in their hooks and tests (gateway-under-test.ts) has its log on the engine
 * whose turn it is; what they share between them must therefore be made in hooks. They are told whose turn it is, so that what is
 * long and no matter of the log can be left to one of them. Without PostgreSQL it says so and runs them once.
 */
export async function onBothEngines(journeys: (engine: LogEngine) => void): Promise<void> {
  const programs = await findPrograms();
  describe('with the log in files', () => journeys('files'));
  if (typeof programs === 'string') {
    test.skip(`with the log in PostgreSQL: ${programs}`, () => undefined);
    return;
  }
  describe('with the log in PostgreSQL', () => {
    let server: TestPostgres | null = null;
    beforeAll(async () => {
      server = await startPostgres();
      if (server !== null) databases = new Databases(server);
    }, START_MS);
    afterAll(async () => {
      databases = null;
      await server?.end();
    });
    // In a group of their own, so that their gateways are gone before the server is.
    describe('', () => journeys('PostgreSQL'));
  });
}
