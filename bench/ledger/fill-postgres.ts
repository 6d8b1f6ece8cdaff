// Fills a day's partition as fast as PostgreSQL can: by COPY into a table of its own, indexed and attached when it is full.
import pg from 'pg';
import { openLogStore } from '../../src/ledger/engine/open-log-store.ts';
import { valuesOf, WRITTEN_COLUMNS } from '../../src/ledger/engine/stored-values.ts';
import { toStoredRow } from '../../src/ledger/stored-row.ts';
import { DAY_MS, dayOf } from '../../src/lib/utc-day.ts';
import { firstIdOf, hourOf } from '../../src/lib/uuid-v7.ts';
import type { Fill } from './fill.ts';
import { trafficOf } from './traffic.ts';

const PIECE_CHARS = 1 << 20;

export async function fillPostgresDay({ place, day, rows }: Fill): Promise<void> {
  if (place.engine !== 'postgres') throw new Error('Not for this engine.');
  const store = await openLogStore(place, { write: true });
  await store.close();
  const client = new pg.Client({ connectionString: place.url });
  await client.connect();
  const table = `requests_${dayOf(day).replaceAll('-', '')}`;
  await client.query(`CREATE TABLE ${table} (LIKE requests INCLUDING DEFAULTS)`);
  const hours = await copy(place.url, table, day, rows);
  const { rows: indexes } = await client.query<{ indexdef: string; indexname: string }>(
    "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'requests'",
  );
  await client.query("SET maintenance_work_mem = '512MB'");
  await client.query(`ALTER TABLE ${table} ADD PRIMARY KEY (id)`);
  for (const { indexname, indexdef } of indexes) {
    if (indexname === 'requests_pkey') continue;
    const own = indexdef
      .replace(/ON (ONLY )?(\S+\.)?requests /, `ON ${table} `)
      .replace(indexname, `${table}_${indexname.replace('requests_', '')}_idx`);
    await client.query(own);
  }
  await client.query(`ALTER TABLE requests ATTACH PARTITION ${table}
    FOR VALUES FROM ('${firstIdOf(day)}') TO ('${firstIdOf(day + DAY_MS)}')`);
  await client.query(`ANALYZE ${table}`);
  for (const hour of hours)
    await client.query('INSERT INTO open_hours (hour) VALUES ($1) ON CONFLICT DO NOTHING', [hour]);
  await client.end();
}

async function copy(
  url: string,
  table: string,
  day: number,
  rows: number,
): Promise<ReadonlySet<number>> {
  const command = `COPY ${table} (${WRITTEN_COLUMNS.join(', ')}) FROM STDIN`;
  const psql = Bun.spawn(['psql', '-q', '-v', 'ON_ERROR_STOP=1', '-c', command, url], {
    stdin: 'pipe',
    stdout: 'inherit',
    stderr: 'inherit',
  });
  const hours = new Set<number>();
  let piece = '';
  for (const exchange of trafficOf(day, rows)) {
    const row = toStoredRow(exchange);
    hours.add(hourOf(row.id));
    piece += `${valuesOf(row).map(copied).join('\t')}\n`;
    if (piece.length < PIECE_CHARS) continue;
    psql.stdin.write(piece);
    await psql.stdin.flush();
    piece = '';
  }
  psql.stdin.write(piece);
  await psql.stdin.end();
  if ((await psql.exited) !== 0) throw new Error(`psql could not copy into ${table}.`);
  return hours;
}

/** In COPY's text format. */
function copied(value: string | number | null): string {
  if (value === null) return '\\N';
  if (typeof value === 'number') return String(value);
  return value.includes('\\') || value.includes('\t') || value.includes('\n')
    ? value.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n')
    : value;
}
