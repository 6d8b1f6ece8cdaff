// What an exact hit costs: CPU and time of a request that is answered from the cache, beside the same one that is asked for.
// node bin/bun.mjs bench/cache/exact.ts [--quick]
import type { Child } from '../child.ts';
import { LoadGenerator } from '../load-generator.ts';
import type { Round, RoundResult } from '../round.ts';
import { quantile } from '../statistics.ts';
import {
  ALL,
  ASKED,
  type Asking,
  askingOf,
  directAsking,
  type ExactCase,
  leastEvents,
  titleOf,
} from './exact-cases.ts';
import { startExactRig } from './exact-rig.ts';

const MOST_CPU_US = 60;
const MOST_P99_MS = 1;

const CALLERS = 64;
/** Of each caller, on average: 640 requests a second together. */
const PAUSE_MS = 100;

export interface ExactFigures {
  readonly one: ExactCase;
  readonly hit: Cost;
  readonly asked: Cost;
  /** Latencies of a direct call to the provider. */
  readonly direct: Pick<Cost, 'p50Ms' | 'p99Ms'>;
}

export interface Cost {
  /** Microseconds of the thread that serves requests, and of all; null where the system does not tell. */
  readonly mainUs: number | null;
  readonly allUs: number | null;
  /** To the last byte, with pauses between a caller's requests. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** With no pauses: what one process gives at most. */
  readonly perSecond: number;
  readonly fullP99Ms: number;
}

export interface ExactOptions {
  readonly quick: boolean;
  readonly print: (line: string) => void;
}

/** Prints a line a case. Throws where a reply is not what it should be. */
export async function benchExact({ quick, print }: ExactOptions): Promise<readonly ExactFigures[]> {
  const rig = await startExactRig();
  const load = await LoadGenerator.start();
  const windowMs = quick ? 1000 : 2000;
  const all: ExactFigures[] = [];
  for (const line of HEAD) print(line);
  try {
    for (const one of quick ? ASKED : ALL) {
      const asking = askingOf(one);
      const round = (to: Child, given: Asking, pauseMs: number | null) =>
        played(load, { to, given, pauseMs, windowMs, minEvents: leastEvents(one) });
      await untilKept(rig.gateway, asking);
      await round(rig.gateway, asking, null);
      const hit = costOf(
        await round(rig.gateway, asking, null),
        await round(rig.gateway, asking, PAUSE_MS),
      );
      await untilKept(rig.gateway, asking);
      const uncached = { ...asking, headers: [...asking.headers, 'x-switchyard-cache: off'] };
      const asked = costOf(
        await round(rig.gateway, uncached, null),
        await round(rig.gateway, uncached, PAUSE_MS),
      );
      const paced = await round(rig.upstream, directAsking(one), PAUSE_MS);
      const direct = { p50Ms: quantile(paced.totalMs, 0.5), p99Ms: quantile(paced.totalMs, 0.99) };
      const figures = { one, hit, asked, direct };
      all.push(figures);
      print(lineOf(figures));
    }
  } finally {
    load.stop();
    await rig.stop();
  }
  return all;
}

interface Played {
  readonly to: Child;
  readonly given: Asking;
  readonly pauseMs: number | null;
  readonly windowMs: number;
  readonly minEvents: number | null;
}

async function played(load: LoadGenerator, play: Played): Promise<RoundResult> {
  const { to, given, pauseMs, windowMs, minEvents } = play;
  const { hostname, port } = new URL(to.url);
  const round: Round = {
    ...{ hostname, port: Number(port), pid: to.pid, minEvents },
    ...(pauseMs === null ? {} : { pauseMs }),
    request: overTheWire(given, `${hostname}:${port}`),
    concurrency: CALLERS,
    rampMs: 200,
    window: { ms: windowMs },
  };
  const result = await load.run(round);
  if (result.failures > 0)
    throw new Error(`${result.failures} of ${result.requests} failed: ${result.firstFailure}`);
  return result;
}

/** Asks until the answer comes from the cache; it is kept a moment after it was given. */
async function untilKept(gateway: Child, { path, headers, body }: Asking): Promise<void> {
  const url = new URL(path, gateway.url);
  const lines = headers.map((line) => line.split(': ', 2) as [string, string]);
  for (let turn = 0; turn < 20; turn += 1) {
    const reply = await fetch(url, {
      method: 'POST',
      headers: [['content-type', 'application/json'], ...lines],
      body,
    });
    const text = await reply.text();
    if (/"cache_hit":\s*"exact"/.test(text)) return;
    if (!reply.ok) throw new Error(`${path} ${reply.status}: ${text.slice(0, 300)}`);
    await Bun.sleep(20);
  }
  throw new Error(`${path}: the same request was not answered from the cache.`);
}

function overTheWire({ path, headers, body }: Asking, host: string): string {
  const lines = [
    `POST ${path} HTTP/1.1`,
    `host: ${host}`,
    'content-type: application/json',
    'accept: */*',
    'user-agent: switchyard-bench',
    `content-length: ${Buffer.byteLength(body)}`,
    ...headers,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

function costOf(full: RoundResult, paced: RoundResult): Cost {
  const each = (micros: number | null) => (micros === null ? null : micros / full.requests);
  return {
    mainUs: each(full.mainCpuUs),
    allUs: each(full.cpuUs),
    p50Ms: quantile(paced.totalMs, 0.5),
    p99Ms: quantile(paced.totalMs, 0.99),
    perSecond: full.requests / full.seconds,
    fullP99Ms: quantile(full.totalMs, 0.99),
  };
}

const HEAD = [
  `Exact hits, ${CALLERS} callers: CPU of the thread that serves and of all, at full load; milliseconds to the last byte`,
  `with pauses of ${PAUSE_MS} ms between a caller's requests. Asked: at most ${MOST_CPU_US} µs, at most ${MOST_P99_MS} ms at the 99th percentile.`,
  '',
  '                                         a hit                                  asked for              direct',
  'dialect, form, pieces              µs    all    p50    p99 ms   /s full  p99      µs    all    p99       p99',
];

function lineOf({ one, hit, asked, direct }: ExactFigures): string {
  const us = (value: number | null) => (value === null ? '–' : value.toFixed(0)).padStart(6);
  const ms = (value: number) => value.toFixed(2).padStart(7);
  return [
    titleOf(one).padEnd(32),
    us(hit.mainUs),
    us(hit.allUs),
    ms(hit.p50Ms),
    ms(hit.p99Ms),
    hit.perSecond.toFixed(0).padStart(9),
    ms(hit.fullP99Ms),
    us(asked.mainUs),
    us(asked.allUs),
    ms(asked.p99Ms),
    '  ',
    ms(direct.p99Ms),
  ].join(' ');
}

if (import.meta.main) {
  const quick = process.argv.includes('--quick');
  await benchExact({ quick, print: (line) => process.stdout.write(`${line}\n`) });
}
