// The log's contract, on SQLite and on a real PostgreSQL.
import { afterAll } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../postgres.ts';
import { logStoreContract } from './log-store.ts';

const folders: string[] = [];
const server = await startPostgres();
afterAll(async () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  await server?.end();
});

logStoreContract('SQLite', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'switchyard-log-'));
  folders.push(dataDir);
  return { engine: 'sqlite', dataDir };
});

if (server !== null) {
  logStoreContract('PostgreSQL', async () => ({
    engine: 'postgres',
    url: await server.database(),
  }));
}
