// What is said of models beyond their facts: public scores, and the operator's own figures. Null: nobody has said it.

/** Figures of one model, the same at every host. */
export interface ModelScores {
  /** 0..100 each; more is better. */
  readonly intelligence: number | null;
  readonly math: number | null;
  readonly coding: number | null;
  /** How fast it usually is, somewhere: what is expected before this gateway has measured it. */
  readonly tokensPerS: number | null;
  readonly ttftMs: number | null;
}

/** Which end of a metric is the better one. */
export type BetterEnd = 'higher' | 'lower';

/** A metric of the operator's. One that is measured as outcomes may have no values here, only its better end. */
export interface OperatorMetric {
  readonly name: string;
  readonly direction: BetterEnd;
  /** By `provider/model`, or by a bare model for all its hosts. */
  readonly values: { readonly [model: string]: number };
  /** Where it is kept: in the configuration file, or through the API. */
  readonly origin: 'config' | 'api';
}

/** The metrics every gateway has, and their better ends. */
export const BUILT_IN_METRICS: ReadonlyMap<string, BetterEnd> = new Map([
  ['price', 'lower'],
  ['latency', 'lower'],
  ['throughput', 'higher'],
  ['intelligence', 'higher'],
  ['math', 'higher'],
  ['coding', 'higher'],
]);
/** Other words for them. */
export const METRICS_ALSO_CALLED: ReadonlyMap<string, string> = new Map([
  ['mathematics', 'math'],
  ['cost', 'price'],
  ['ttft', 'latency'],
]);
