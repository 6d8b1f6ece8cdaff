// Plays scenarios on the targets, a round of each in turn, and turns what was counted into figures.
import type { LoadGenerator } from './load-generator.ts';
import { requestFor, type Target } from './rig.ts';
import type { MemorySample, RoundResult } from './round.ts';
import type { Scenario } from './scenarios.ts';
import { median, quantile, slope } from './statistics.ts';

/** The median of the rounds, and the lowest and highest of them. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** One target under one scenario. Latencies are to the first byte of a stream's body, or to the end of a whole reply. */
export interface Figures {
  readonly target: string;
  /** Whole replies, or events of streams, a second. */
  readonly perSecond: Spread;
  /** Microseconds of CPU for each reply, or for each event with its share of its stream's beginning and end. */
  readonly cpuUs: Spread | null;
  readonly p50Ms: Spread;
  readonly p99Ms: Spread;
  /** Above the direct way, round by round; null for the direct way. */
  readonly addedP50Ms: Spread | null;
  readonly addedP99Ms: Spread | null;
  readonly failures: number;
  readonly firstFailure: string | null;
}

export interface ScenarioResult {
  readonly scenario: Scenario;
  readonly figures: readonly Figures[];
}

/** @param targets the direct way first: the others are compared with it. */
export async function measureScenario(
  load: LoadGenerator,
  scenario: Scenario,
  targets: readonly Target[],
): Promise<ScenarioResult> {
  const results = targets.map((): RoundResult[] => []);
  for (let round = 0; round < scenario.rounds; round++) {
    for (const [at, target] of targets.entries())
      results[at]?.push(await load.run(roundOf(scenario, target)));
  }
  const direct = results[0] ?? [];
  const figures = targets.map((target, at) =>
    figuresOf(target, scenario, results[at] ?? [], at === 0 ? null : direct),
  );
  return { scenario, figures };
}

function roundOf(scenario: Scenario, target: Target): Parameters<LoadGenerator['run']>[0] {
  const { hostname, port, pid } = target;
  const { concurrency, rampMs, windowMs, tokens } = scenario;
  const request = requestFor(target, scenario.model, tokens !== null);
  const window = { ms: windowMs };
  return { hostname, port, pid, request, concurrency, rampMs, window, minEvents: tokens };
}

function figuresOf(
  target: Target,
  scenario: Scenario,
  rounds: readonly RoundResult[],
  direct: readonly RoundResult[] | null,
): Figures {
  const isStream = scenario.tokens !== null;
  const count = (round: RoundResult) => (isStream ? round.events : round.requests);
  const latency = (share: number) => (round: RoundResult | undefined) =>
    quantile((isStream ? round?.firstByteMs : round?.totalMs) ?? [], share);
  const added = (share: number) =>
    direct === null
      ? null
      : spread(rounds.map((round, at) => latency(share)(round) - latency(share)(direct[at])));
  return {
    target: target.name,
    perSecond: spread(rounds.map((round) => count(round) / round.seconds)),
    cpuUs: rounds.some((round) => round.cpuUs === null)
      ? null
      : spread(rounds.map((round) => (round.cpuUs ?? Number.NaN) / count(round))),
    p50Ms: spread(rounds.map(latency(0.5))),
    p99Ms: spread(rounds.map(latency(0.99))),
    addedP50Ms: added(0.5),
    addedP99Ms: added(0.99),
    failures: rounds.reduce((sum, round) => sum + round.failures, 0),
    firstFailure: rounds.find((round) => round.firstFailure !== null)?.firstFailure ?? null,
  };
}

function spread(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

export interface MemoryFigures {
  readonly requests: number;
  readonly failures: number;
  /** Resident memory of the gateway, in MB, at the end. */
  readonly rssMb: number;
  readonly highestMb: number;
  /** MB gained for every 100,000 requests, over the run's last half. */
  readonly slopeMb: number;
}

/** Many whole replies in a row, with the gateway's memory read on the way; null where it cannot be read. */
export async function measureMemory(
  load: LoadGenerator,
  target: Target,
  requests: number,
): Promise<MemoryFigures | null> {
  const { hostname, port, pid } = target;
  const request = requestFor(target, 'fast', false);
  const base = { hostname, port, pid, request, concurrency: 64, rampMs: 0, minEvents: null };
  const { memory, failures } = await load.run({ ...base, window: { requests } });
  const last = memory.at(-1);
  if (last === undefined) return null;
  const half = memory.filter((sample: MemorySample) => sample.requests >= requests / 2);
  return {
    requests,
    failures,
    rssMb: last.rssMb,
    highestMb: Math.max(...memory.map((sample) => sample.rssMb)),
    slopeMb: slope(half.map((sample) => ({ x: sample.requests / 100_000, y: sample.rssMb }))),
  };
}
