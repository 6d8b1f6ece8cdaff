// A round: one measured stretch of load on one target. What the load process is told, and what it answers.

export interface Round {
  readonly hostname: string;
  readonly port: number;
  /** The whole request as it goes over the wire. */
  readonly request: string;
  readonly concurrency: number;
  /** The callers start evenly spread over this time, and nothing is counted within it. */
  readonly rampMs: number;
  /**
   * Absent: a caller asks again as soon as it is answered. Else it waits in between, by chance, so long on average, and what
   * comes back shows what one request takes, not how many wait for each other.
   */
  readonly pauseMs?: number;
  /** Counting ends after this time, or after so many requests. */
  readonly window: { readonly ms: number } | { readonly requests: number };
  /** Server-sent events a good reply has at least; null for whole replies. */
  readonly minEvents: number | null;
  /** The process whose CPU and memory are read. */
  readonly pid: number;
}

export interface MemorySample {
  readonly requests: number;
  readonly rssMb: number;
}

/** What was counted within the window: replies completed, and events as they came. */
export interface RoundResult {
  readonly seconds: number;
  readonly requests: number;
  readonly events: number;
  /** Replies that were not what they should be, with the first reason. Never counted as requests. */
  readonly failures: number;
  readonly firstFailure: string | null;
  /** Microseconds the process spent; null where that cannot be read. */
  readonly cpuUs: number | null;
  /** Of these, the one thread that serves requests. */
  readonly mainCpuUs: number | null;
  readonly firstByteMs: readonly number[];
  readonly totalMs: readonly number[];
  readonly memory: readonly MemorySample[];
}
