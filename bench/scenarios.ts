// What is measured: how many callers, for how long, how often.

/** One kind of request under one kind of load, played on every target in turn, several rounds of it. */
export interface Scenario {
  readonly id: string;
  readonly title: string;
  /** The simulated provider's model and its words (sim/words.ts). */
  readonly model: string;
  /** Content events of a streamed answer; null: whole replies. */
  readonly tokens: number | null;
  readonly concurrency: number;
  readonly rampMs: number;
  readonly windowMs: number;
  readonly rounds: number;
}

export interface Length {
  readonly scenarios: readonly Scenario[];
  /** Requests of the memory run. */
  readonly memoryRequests: number;
}

function whole(concurrency: number, windowMs: number, rounds: number): Scenario {
  const callers = concurrency === 1 ? '1 caller' : `${concurrency} callers`;
  return {
    id: `whole-${concurrency}`,
    title: `Whole replies, ${callers}`,
    model: 'fast',
    tokens: null,
    concurrency,
    rampMs: 300,
    windowMs,
    rounds,
  };
}

/** Streams started evenly over one stream's length, so that the load is level from then on. */
function streams(
  concurrency: number,
  pace: { readonly tokens: number; readonly gapMs: number },
  windowMs: number,
  rounds: number,
): Scenario {
  const { tokens, gapMs } = pace;
  const count = concurrency === 1 ? '1 stream' : `${concurrency} streams at once`;
  return {
    id: `streams-${concurrency}`,
    title: `Paced streams, ${count}: ${tokens} tokens each, one every ${gapMs} ms`,
    model: `fast+tokens=${tokens}+gap=${gapMs}`,
    tokens,
    concurrency,
    rampMs: concurrency === 1 ? 300 : tokens * gapMs,
    windowMs,
    rounds,
  };
}

const PACE = { tokens: 50, gapMs: 30 };
/** One stream at a time gives few first tokens unless it is short. */
const SHORT = { tokens: 5, gapMs: 10 };

export const FULL: Length = {
  memoryRequests: 100_000,
  scenarios: [
    whole(1, 1500, 3),
    whole(16, 2000, 3),
    whole(64, 2000, 3),
    streams(1, SHORT, 3000, 3),
    streams(64, PACE, 3000, 3),
    streams(400, PACE, 3000, 3),
  ],
};

export const QUICK: Length = {
  memoryRequests: 20_000,
  scenarios: [
    whole(1, 1000, 1),
    whole(64, 1500, 1),
    streams(1, SHORT, 1500, 1),
    streams(400, { tokens: 40, gapMs: 30 }, 2000, 1),
  ],
};
