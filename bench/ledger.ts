// npm run bench:ledger: the log at size (`volume`), with its database away (`outage`), and what a row costs (`append`).
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { LogPlace } from '../src/ledger/log-store.ts';
import { startPostgres } from '../test/postgres.ts';
import { measureOutage, type OutageFigures } from './ledger/outage.ts';
import { measureVolume, type VolumeFigures } from './ledger/volume.ts';

const OUT = join(import.meta.dir, 'out');

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    engine: { type: 'string', default: 'sqlite' },
    rows: { type: 'string', default: '1000000' },
    /** Of a PostgreSQL database that is empty; without it, a server is started. */
    url: { type: 'string' },
    /** Keeps what is filled, here. */
    folder: { type: 'string' },
    /** The folder or the database was filled before. */
    filled: { type: 'boolean', default: false },
    /** Drops no day at the end: what is filled is asked again later. */
    keep: { type: 'boolean', default: false },
  },
});

process.on('SIGINT', () => process.exit(130));
process.on('SIGTERM', () => process.exit(143));

const what = positionals[0] ?? 'volume';
say(`${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}, Bun ${Bun.version}`);
if (what === 'volume') await volume();
else if (what === 'outage') outage(await measureOutage(say));
else if (what === 'append') await import('./ledger-append.ts');
else throw new Error(`There is no "${what}" to measure: volume, outage, append.`);
process.exit(0);

async function volume(): Promise<void> {
  const folder = flags.folder ?? mkdtempSync(join(tmpdir(), 'switchyard-volume-'));
  const server =
    flags.engine === 'postgres' && flags.url === undefined ? await startPostgres() : null;
  const url = flags.url ?? (await server?.database());
  try {
    const place: LogPlace =
      url === undefined
        ? { engine: 'sqlite', dataDir: join(folder, 'data') }
        : { engine: 'postgres', url };
    const rows = Number(flags.rows);
    const { filled, keep: kept } = flags;
    const figures = await measureVolume({ place, rows, folder, say, filled, keep: kept });
    say(volumeTable(figures));
    keep(`ledger-${figures.engine}`, figures);
  } finally {
    await server?.end();
    if (flags.folder === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

function volumeTable(figures: VolumeFigures): string {
  const { rows, bytes, usageBytes, dropMs, droppedBytes } = figures;
  const slowest = Math.max(...figures.timings.map((timing) => timing.slowestMs));
  const first = Math.max(...figures.timings.map((timing) => timing.firstMs));
  return [
    `${figures.engine}: ${rows.toLocaleString('en')} requests of 30 days`,
    `filled in ${figures.fillSeconds.toFixed(0)} s; their sums in ${figures.sumSeconds.toFixed(0)} s (${((figures.sumSeconds / rows) * 1e6).toFixed(1)} µs a row)`,
    `rows with their indexes ${gb(bytes)} (${(bytes / rows).toFixed(0)} bytes each), sums ${gb(usageBytes)}`,
    ...(droppedBytes === 0
      ? []
      : [`a day dropped (${gb(droppedBytes)}) in ${dropMs.toFixed(0)} ms`]),
    '',
    '| question, over HTTP | first | median | slowest |',
    '|---|---|---|---|',
    ...figures.timings.map(
      (timing) =>
        `| ${timing.name} | ${timing.firstMs.toFixed(0)} ms | ${timing.medianMs.toFixed(0)} ms | ${timing.slowestMs.toFixed(0)} ms |`,
    ),
    '',
    `slowest of all: ${first.toFixed(0)} ms the first time, ${slowest.toFixed(0)} ms later`,
  ].join('\n');
}

function outage({ firstToken, requests, failures, rows, drainedMs }: OutageFigures): void {
  const line = (name: string, { p50Ms, p99Ms }: { p50Ms: number; p99Ms: number }) =>
    `| ${name} | ${p50Ms.toFixed(2)} ms | ${p99Ms.toFixed(2)} ms |`;
  say(
    [
      '| PostgreSQL | first token p50 | p99 |',
      '|---|---|---|',
      line('well', firstToken.well),
      line('hanging', firstToken.hanging),
      line('gone', firstToken.gone),
      '',
      `${requests} requests, ${failures} failed; ${rows} rows ${drainedMs.toFixed(0)} ms after it was back`,
    ].join('\n'),
  );
  if (rows !== requests || failures > 0) throw new Error('A request or a row is missing.');
}

function gb(bytes: number): string {
  return bytes > 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function keep(name: string, figures: VolumeFigures): void {
  mkdirSync(OUT, { recursive: true });
  writeFileSync(join(OUT, `${name}.json`), `${JSON.stringify(figures, null, 2)}\n`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
