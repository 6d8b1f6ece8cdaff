// Answers: those that are kept, for whoever asks the same.
import type { AnswerStore } from '../../cache/answer-store.ts';
import { Flights } from './flights.ts';
import { type AnswerStoreOptions, openAnswerStore } from './open-answer-store.ts';
import { openSemantic, type Semantic, type SemanticOptions } from './semantic.ts';

export interface Answers {
  readonly store: AnswerStore;
  /** Those that are being made. */
  readonly flights: Flights;
  /** Those to prompts that mean the same. */
  readonly semantic: Semantic;
  /** How often answers were dropped: what was asked for before is not kept after. */
  drops: number;
  /** Unix milliseconds: answers are too old by it. */
  now(): number;
}

/** Throws `storage_unavailable` where REDIS_URL is no address. */
export function openAnswers(options: SemanticOptions & AnswerStoreOptions): Answers {
  const store = openAnswerStore(options);
  const semantic = openSemantic(options);
  return { store, flights: new Flights(), semantic, drops: 0, now: options.now };
}
