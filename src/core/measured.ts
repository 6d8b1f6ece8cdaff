// What is measured of models while they serve, as far as choosing among them goes.
import type { HealthView } from './health.ts';
import type { Candidate } from './plan.ts';

/** A measured figure and how many observations it rests on. */
export interface Measured {
  readonly value: number;
  readonly samples: number;
}

/** How fast a model answers lately. Null: it has not been asked lately. */
export interface SpeedView {
  /** Milliseconds to the first token (median) of prompts of about this size. */
  ttftMs(candidate: Candidate, promptTokens: number): Measured | null;
  /** Output tokens a second (median) after the first. */
  tokensPerS(candidate: Candidate, promptTokens: number): Measured | null;
}

/** What the product made of a model's answers: the mean of a metric that was posted as outcomes. */
export interface OutcomeView {
  /** Null: that metric is not known of that model (`provider/model`). */
  mean(metric: string, modelId: string): Measured | null;
  /** The metrics anybody has posted. */
  metrics(): Iterable<string>;
}

/** All that a plan may know of how things go now. Absent: nothing is known. */
export interface Live {
  readonly health?: HealthView;
  readonly speed?: SpeedView;
  readonly outcomes?: OutcomeView;
}
