// What is asked of the search for prompts that mean the same, and what it answers. It runs on a thread of its own.

import type { Marks } from '../owner-marks.ts';

/** What may be compared at all: prompts of one partition are asked in exactly the same circumstances. */
export interface MeaningQuery {
  readonly partition: string;
  /** What the user wrote. */
  readonly text: string;
  /** Of the configured embedding provider; null: the search makes its own. */
  readonly vector: Float32Array | null;
  /** Cosine, 0..1: less alike is not looked at. */
  readonly threshold: number;
}

export interface MeaningEntry extends Omit<MeaningQuery, 'threshold' | 'vector'> {
  /** As in a query; where it is still to come and does not (null), the entry is not added. */
  readonly vector: Float32Array | null | Promise<Float32Array | null>;
  /** Whose the answer is, and which model's: what it is dropped by. */
  readonly whose: Marks;
  /** The key of the answer in the AnswerStore. */
  readonly key: string;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

/** Why two prompts are not taken to mean the same although they are alike. */
export type Guard =
  | 'number'
  | 'unit'
  | 'date'
  | 'negation'
  | 'name'
  | 'order'
  | 'opposite'
  | 'question'
  | 'language'
  | 'detail';

export type Verdict = { readonly same: true } | { readonly same: false; readonly guard: Guard };

/** The nearest that is near enough: the first that no guard rejects, else the nearest of those rejected. */
export interface MeaningFound {
  readonly key: string;
  readonly similarity: number;
  readonly verdict: Verdict;
}
