// What a PostgreSQL that hangs or is gone means for requests: first tokens with it and without it, round by round, and what of
// the log is there once it is back.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPostgres } from '../../test/postgres.ts';
import { Child } from '../child.ts';
import { LoadGenerator } from '../load-generator.ts';
import { cleanEnv, KEY, requestFor, startGateway } from '../rig.ts';
import { median, quantile } from '../statistics.ts';

const ROUNDS = 5;
const WINDOW_MS = 4000;
const STREAMS = 64;
const MODEL = 'fast+tokens=20+gap=30';
const DRAIN_MS = 60_000;

type Database = 'well' | 'hanging' | 'gone';

export interface OutageFigures {
  /** To the first byte of a stream, in ms: of all rounds in which the database was so. */
  readonly firstToken: { readonly [D in Database]: { p50Ms: number; p99Ms: number } };
  readonly requests: number;
  readonly failures: number;
  /** In the log once the database was back. */
  readonly rows: number;
  readonly drainedMs: number;
}

export async function measureOutage(say: (line: string) => void): Promise<OutageFigures> {
  const postgres = await startPostgres();
  if (postgres === null) throw new Error('There is no PostgreSQL to measure with.');
  const database = await postgres.database();
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-outage-'));
  const program = fileURLToPath(new URL('../upstream.ts', import.meta.url));
  const upstream = await Child.start([process.execPath, program], cleanEnv());
  const gateway = await startGateway(folder, upstream.url, { DATABASE_URL: database });
  const load = await LoadGenerator.start();
  const { hostname, port } = new URL(gateway.url);
  const target = {
    ...{ name: 'gateway', hostname, port: Number(port), pid: gateway.pid, prefix: 'alpha/' },
    ...{ path: '/v1/chat/completions', headers: [`authorization: Bearer ${KEY}`] },
  };
  const round = {
    ...{ hostname, port: Number(port), pid: gateway.pid, concurrency: STREAMS, rampMs: 600 },
    ...{ request: requestFor(target, MODEL, true), window: { ms: WINDOW_MS }, minEvents: 20 },
  };
  const seen: { readonly [D in Database]: number[][] } = { well: [], hanging: [], gone: [] };
  let failures = 0;
  try {
    await load.run(round);
    for (let at = 0; at < ROUNDS; at++) {
      for (const state of ['well', 'hanging', 'gone'] as const) {
        if (state === 'hanging') postgres.freeze();
        if (state === 'gone') await postgres.stop();
        const result = await load.run(round);
        if (state === 'hanging') postgres.thaw();
        if (state === 'gone') await postgres.start();
        seen[state].push([...result.firstByteMs]);
        failures += result.failures;
        const { length } = result.firstByteMs;
        say(
          `round ${at + 1}, database ${state}: ${length} streams, p99 ${quantile(result.firstByteMs, 0.99).toFixed(1)} ms`,
        );
      }
    }
    const startedAt = performance.now();
    const requests = await servedBy(gateway.url);
    let rows = 0;
    while (performance.now() - startedAt < DRAIN_MS) {
      rows = Number(await postgres.sql(database, 'SELECT count(*) FROM requests'));
      if (rows === requests) break;
      await Bun.sleep(100);
    }
    const of = (state: Database) => ({
      p50Ms: median(seen[state].map((times) => quantile(times, 0.5))),
      p99Ms: median(seen[state].map((times) => quantile(times, 0.99))),
    });
    return {
      firstToken: { well: of('well'), hanging: of('hanging'), gone: of('gone') },
      requests,
      failures,
      rows,
      drainedMs: performance.now() - startedAt,
    };
  } finally {
    load.stop();
    await gateway.stop();
    await upstream.stop();
    await postgres.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** As the gateway counts them itself. */
async function servedBy(url: string): Promise<number> {
  const origin = new URL(url).origin;
  const reply = await fetch(`${origin}/metrics`, { headers: { authorization: `Bearer ${KEY}` } });
  let sum = 0;
  for (const line of (await reply.text()).split('\n'))
    if (line.startsWith('switchyard_requests_total{')) sum += Number(line.split(' ').at(-1));
  return sum;
}
