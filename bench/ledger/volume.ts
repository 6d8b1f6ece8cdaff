// The log at size: fills a month, sums it up, asks it what a dashboard asks, weighs it and drops a day. One engine at a time.
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openLogStore } from '../../src/ledger/engine/open-log-store.ts';
import type { LogPlace } from '../../src/ledger/log-store.ts';
import { runMaintenance } from '../../src/ledger/usage/maintenance.ts';
import { DAY_MS, dayOf } from '../../src/lib/utc-day.ts';
import { KEY, startGateway } from '../rig.ts';
import type { FillTask } from './fill.ts';
import { dashboard } from './questions.ts';

const DAYS = 30;
const FILLERS = 2;
const WARM_ROUNDS = 10;

export interface Timing {
  readonly name: string;
  /** Milliseconds: the first time asked, in a new process; then the median and the slowest of the rounds. */
  readonly firstMs: number;
  readonly medianMs: number;
  readonly slowestMs: number;
}

export interface VolumeFigures {
  readonly engine: LogPlace['engine'];
  readonly rows: number;
  readonly fillSeconds: number;
  readonly sumSeconds: number;
  readonly bytes: number;
  readonly usageBytes: number;
  readonly timings: readonly Timing[];
  readonly dropMs: number;
  readonly droppedBytes: number;
}

export interface Volume {
  readonly place: LogPlace;
  readonly rows: number;
  /** Where files may be made: the gateway's folder. */
  readonly folder: string;
  readonly say: (line: string) => void;
  /** Uses what an earlier run has filled. */
  readonly filled: boolean;
  /** Leaves every day in it: for another run. */
  readonly keep: boolean;
}

export async function measureVolume(volume: Volume): Promise<VolumeFigures> {
  const { place, say } = volume;
  const today = Date.now() - (Date.now() % DAY_MS);
  const days = Array.from({ length: DAYS }, (_, at) => today - (DAYS - at) * DAY_MS);
  const fillSeconds = volume.filled ? 0 : await filled(volume, days);
  const store = await openLogStore(place, { write: true });
  const startedAt = performance.now();
  await runMaintenance(store, Date.now());
  const sumSeconds = (performance.now() - startedAt) / 1000;
  say(`sums of ${DAYS} days made in ${sumSeconds.toFixed(0)} s`);
  const lying = await store.days();
  const bytes = lying.reduce((sum, day) => sum + day.bytes, 0);
  const usageBytes = await usageSize(place);
  const timings = await asked(volume, new Date(days[0] ?? today).toISOString());
  const oldest = volume.keep ? undefined : lying.at(-1);
  const dropAt = performance.now();
  if (oldest !== undefined) await store.dropDay(oldest.day);
  const dropMs = performance.now() - dropAt;
  await store.close();
  return {
    engine: place.engine,
    rows: volume.rows,
    fillSeconds,
    sumSeconds,
    bytes,
    usageBytes,
    timings,
    dropMs,
    droppedBytes: oldest?.bytes ?? 0,
  };
}

/** The first row of all makes the tables; then the days are filled side by side. */
async function filled({ place, rows, say }: Volume, days: readonly number[]): Promise<number> {
  const startedAt = performance.now();
  if (place.engine === 'sqlite') mkdirSync(place.dataDir, { recursive: true });
  await (await openLogStore(place, { write: true })).close();
  let done = 0;
  const filler = async (at: number) => {
    const task: FillTask = {
      place,
      days: days.filter((_, day) => day % FILLERS === at),
      rows: Math.round(rows / days.length),
    };
    const program = join(import.meta.dir, 'fill.ts');
    const child = Bun.spawn([process.execPath, program, JSON.stringify(task)], {
      stdout: 'pipe',
      stderr: 'inherit',
    });
    for await (const piece of child.stdout) {
      for (const day of new TextDecoder().decode(piece).trim().split('\n')) {
        done += 1;
        const seconds = (performance.now() - startedAt) / 1000;
        say(`${done} of ${days.length} days (${dayOf(Number(day))}) after ${seconds.toFixed(0)} s`);
      }
    }
    if ((await child.exited) !== 0) throw new Error('A day could not be filled.');
  };
  await Promise.all(Array.from({ length: FILLERS }, (_, at) => filler(at)));
  return (performance.now() - startedAt) / 1000;
}

/** Over HTTP, of a gateway that has just been started. */
async function asked({ place, folder, say }: Volume, from: string): Promise<readonly Timing[]> {
  const environment: { [name: string]: string } =
    place.engine === 'postgres' ? { DATABASE_URL: place.url } : {};
  const gateway = await startGateway(folder, 'http://127.0.0.1:9/v1', environment);
  try {
    const origin = new URL(gateway.url).origin;
    const headers = { authorization: `Bearer ${KEY}` };
    const timings: Timing[] = [];
    for (const { name, path, query } of dashboard(
      from,
      'key_019a4c00-0000-7000-8000-000000000040',
    )) {
      const url = `${origin}/router/v1/${path}?${new URLSearchParams(query)}`;
      const times: number[] = [];
      for (let round = 0; round <= WARM_ROUNDS; round++) {
        const startedAt = performance.now();
        const reply = await fetch(url, { headers });
        const text = await reply.text();
        if (reply.status !== 200) throw new Error(`${name}: ${reply.status} ${text.slice(0, 300)}`);
        times.push(performance.now() - startedAt);
      }
      const [firstMs = 0, ...later] = times;
      later.sort((one, other) => one - other);
      const timing = {
        name,
        firstMs,
        medianMs: later[later.length >> 1] ?? 0,
        slowestMs: later.at(-1) ?? 0,
      };
      say(`${name}: first ${firstMs.toFixed(0)} ms, then ${timing.medianMs.toFixed(0)} ms`);
      timings.push(timing);
    }
    return timings;
  } finally {
    await gateway.stop();
  }
}

async function usageSize(place: LogPlace): Promise<number> {
  if (place.engine === 'sqlite') {
    const folder = join(place.dataDir, 'log');
    const files = readdirSync(folder).filter((file) => file.startsWith('usage.db'));
    return files.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
  }
  const { Client } = (await import('pg')).default;
  const client = new Client({ connectionString: place.url });
  await client.connect();
  const { rows } = await client.query("SELECT pg_total_relation_size('usage') AS bytes");
  await client.end();
  return Number(rows[0]?.bytes ?? 0);
}
