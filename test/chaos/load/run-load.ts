// The load run: thousands of streams of which every fifth fails, through a gateway in a process of its own; and what is left
// of it in that process when they are over.
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child } from '../../../bench/child.ts';
import { rssMb } from '../../../bench/process-figures.ts';
import { quantile } from '../../../bench/statistics.ts';
import { ledgerProblems } from '../../journeys/audit-ledger.ts';
import { until } from '../../journeys/until.ts';
import { readLog } from '../read-log.ts';
import { PRICED_MODELS } from './load-models.ts';
import { type Added, measureAdded } from './measure-added.ts';

const STREAMS = 10_000;
const AT_ONCE = 400;
const WARM_UP = 500;
/** Idle connections to providers are kept for a while. */
const SETTLE_MS = 30_000;
/** More than the log ever waits. */
const LOG_MS = 3000;
/** Into a part of the load, to count what waits. */
const BUSY_AFTER_MS = 3000;
const KEY = 'sy-admin-key-of-the-load-run';
const path = (from: string) => fileURLToPath(new URL(from, import.meta.url));

export interface LoadResult {
  readonly streams: number;
  readonly atOnce: number;
  readonly seconds: number;
  readonly broken: number;
  readonly examples: readonly string[];
  readonly rows: number;
  /** What is wrong with the log: a row's cost that is not that of its attempts, sums that are not those of the rows. */
  readonly logProblems: readonly string[];
  /** Of the gateway's process, before and after. */
  readonly sockets: readonly [before: number, after: number];
  readonly timers: readonly [before: number, busy: number, after: number];
  readonly rssMb: readonly number[];
  readonly added: Added;
}

interface Generated {
  readonly done: number;
  readonly broken: number;
  readonly examples: readonly string[];
}

export async function runLoad(say: (line: string) => void): Promise<LoadResult> {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-chaos-'));
  const timersFile = join(folder, 'timers');
  const sims = [await startSimulator(), await startSimulator()] as const;
  const gateway = await startGateway(folder, timersFile, sims);
  try {
    const { pid, url } = gateway;
    const timers = () => timersOf(pid, timersFile);
    const added = await measureAdded(url, KEY);
    say(`a fallback adds ${added.p50.toFixed(2)} ms (p50), ${added.p99.toFixed(2)} ms (p99)`);
    await generate(url, WARM_UP, 0);
    await settled(pid, 0);
    const before = {
      sockets: socketsOf(pid),
      timers: await timers(),
      rows: await rowsOf(url, WARM_UP),
    };
    const rss = [rssMb(pid) ?? Number.NaN];
    say(`idle: ${before.sockets} sockets, ${before.timers} timers, ${rss[0]?.toFixed(0)} MB`);
    const startedMs = performance.now();
    const told: Generated[] = [];
    const busy: number[] = [];
    for (let part = 0; part < 4; part++) {
      const running = generate(url, STREAMS / 4, (part * STREAMS) / 4);
      await Bun.sleep(BUSY_AFTER_MS);
      busy.push(await timers());
      told.push(await running);
      rss.push(rssMb(pid) ?? Number.NaN);
      say(`${((part + 1) * STREAMS) / 4} streams: ${rss.at(-1)?.toFixed(0)} MB`);
    }
    const seconds = (performance.now() - startedMs) / 1000;
    await settled(pid, before.sockets);
    const rows = (await rowsOf(url, before.rows + STREAMS)) - before.rows;
    const left = { sockets: socketsOf(pid), timers: await timers() };
    await gateway.stop();
    return {
      streams: STREAMS,
      atOnce: AT_ONCE,
      seconds,
      broken: told.reduce((sum, { broken }) => sum + broken, 0),
      examples: told.flatMap(({ examples }) => examples),
      rows,
      logProblems: await ledgerProblems({ engine: 'sqlite', dataDir: join(folder, 'data') }),
      sockets: [before.sockets, left.sockets],
      timers: [before.timers, Math.max(...busy), left.timers],
      rssMb: rss,
      added,
    };
  } finally {
    await gateway.stop();
    for (const sim of sims) await sim.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function startSimulator(): Promise<Child> {
  return Child.start([process.execPath, path('../../../bench/upstream.ts')], environment());
}

function startGateway(
  folder: string,
  timersFile: string,
  [flaky, steady]: readonly [Child, Child],
): Promise<Child> {
  const config = join(folder, 'switchyard.yaml');
  writeFileSync(
    config,
    `cache: { mode: off }
health: { enabled: false }
discovery: { local: false }
providers:
  flaky: { dialect: openai-chat, base_url: "${flaky.url}", api_key: k }
  steady: { dialect: anthropic-messages, base_url: "${steady.url}", api_key: k }
models:
${PRICED_MODELS.join('\n')}
`,
  );
  const main = path('../../../src/main.ts');
  const preload = path('./count-timers.ts');
  const serve = ['serve', '--config', config, '--data', join(folder, 'data'), '--port', '0'];
  return Child.start([process.execPath, '--preload', preload, main, ...serve], {
    ...environment(),
    SWITCHYARD_ADMIN_KEY: KEY,
    CHAOS_TIMERS_FILE: timersFile,
  });
}

/** The launcher's own setting: the runtime caps simultaneous fetches at 256 unless told otherwise. */
function environment(): { [name: string]: string | undefined } {
  const { PATH, HOME, TMPDIR } = process.env;
  return { PATH, HOME, TMPDIR, NO_COLOR: '1', BUN_CONFIG_MAX_HTTP_REQUESTS: '65000' };
}

async function generate(url: string, streams: number, first: number): Promise<Generated> {
  const numbers = [streams, AT_ONCE, first].map(String);
  const child = Bun.spawn([process.execPath, path('./generate.ts'), url, KEY, ...numbers], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'inherit',
    env: environment(),
  });
  const text = await new Response(child.stdout).text();
  await child.exited;
  return JSON.parse(text) as Generated;
}

function socketsOf(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).filter((name) => {
    try {
      return readlinkSync(join(folder, name)).startsWith('socket:');
    } catch {
      return false;
    }
  }).length;
}

/** Waits until so many sockets are left, or no fewer become. */
async function settled(pid: number, wanted: number): Promise<void> {
  let least = socketsOf(pid);
  let sinceMs = performance.now();
  const startedMs = sinceMs;
  while (least > wanted && performance.now() - startedMs < SETTLE_MS) {
    await Bun.sleep(250);
    const now = socketsOf(pid);
    if (now < least) {
      least = now;
      sinceMs = performance.now();
    } else if (performance.now() - sinceMs > SETTLE_MS / 3) return;
  }
}

async function timersOf(pid: number, file: string): Promise<number> {
  rmSync(file, { force: true });
  process.kill(pid, 'SIGUSR2');
  await until(() => Bun.file(file).exists(), 5000);
  return Number(readFileSync(file, 'utf8'));
}

/** The log is written in batches: waits for so many rows, and tells how many there are in the end. */
async function rowsOf(url: string, expected: number): Promise<number> {
  const startedMs = performance.now();
  for (;;) {
    const { length } = await readLog(url, KEY);
    if (length >= expected && performance.now() - startedMs > LOG_MS / 2) return length;
    if (performance.now() - startedMs > LOG_MS) return length;
    await Bun.sleep(250);
  }
}

/** What is wrong with it, in few words; empty: nothing. */
export function loadProblems(result: LoadResult): readonly string[] {
  const { streams, broken, rows, sockets, timers, rssMb: memory } = result;
  const [, quarter = Number.NaN] = memory;
  const last = memory.at(-1) ?? Number.NaN;
  const least = quantile(memory.slice(1), 0);
  return [
    ...(broken === 0 ? [] : [`${broken} broken streams: ${result.examples.join('; ')}`]),
    ...(rows === streams ? [] : [`${rows} rows of ${streams} requests`]),
    ...result.logProblems.slice(0, 10),
    ...(sockets[1] <= sockets[0] ? [] : [`sockets: ${sockets.join(' → ')}`]),
    ...(timers[2] <= timers[0] && timers[1] > AT_ONCE / 2 ? [] : [`timers: ${timers.join(' → ')}`]),
    ...(last <= Math.max(quarter, least) * 1.2
      ? []
      : [`memory: ${memory.map(Math.round).join(' → ')}`]),
  ];
}
