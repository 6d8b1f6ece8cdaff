// Every store of one process keeps the contract of meters; the one that replicas share has a file of its own.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryMeters } from '../../src/limits/meters/memory-meters.ts';
import { openSqliteMeters } from '../../src/limits/meters/sqlite-meters.ts';
import { meterStoreContract } from './meter-store.ts';

meterStoreContract({
  name: 'memory',
  shared: false,
  async open(now) {
    return { replicas: [new MemoryMeters({ now })], close: async () => {} };
  },
});

meterStoreContract({
  name: 'sqlite',
  shared: false,
  async open(now) {
    const dataDir = mkdtempSync(join(tmpdir(), 'switchyard-meters-'));
    const store = openSqliteMeters({ dataDir, now, log: () => {} });
    return {
      replicas: [store],
      async close() {
        await store.close();
        rmSync(dataDir, { recursive: true, force: true });
      },
    };
  },
});
