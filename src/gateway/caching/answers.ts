// Answers: those that are kept, for whoever asks the same.
import type { AnswerStore } from '../../cache/answer-store.ts';
import { MemoryAnswers } from '../../cache/memory-answers.ts';
import { Flights } from './flights.ts';
import type { CacheSettings } from './settings.ts';

export interface Answers {
  readonly store: AnswerStore;
  /** Those that are being made. */
  readonly flights: Flights;
  /** Unix milliseconds: answers are too old by it. */
  now(): number;
}

export function openAnswers(options: {
  readonly settings: () => CacheSettings;
  readonly now: () => number;
}): Answers {
  const store = new MemoryAnswers(options.settings, options.now);
  return { store, flights: new Flights(), now: options.now };
}
