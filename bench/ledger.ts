// npm run bench:ledger: the log at size, and with its database away. `volume` (default), `outage`, `append`; see each.
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { LogPlace } from '../src/ledger/log-store.ts';
import { clean, measureVolume, type VolumeFigures } from './ledger/volume.ts';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    engine: { type: 'string', default: 'sqlite' },
    rows: { type: 'string', default: '1000000' },
    /** Of a PostgreSQL server with an empty database; without it, one is started. */
    url: { type: 'string' },
    /** The folder to fill; kept. Without it, a temporary one. */
    folder: { type: 'string' },
    /** The folder or database is filled already. */
    filled: { type: 'boolean', default: false },
  },
});
