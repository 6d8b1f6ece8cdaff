// What came of each model's answers lately, for choosing among models by it. Runs on the experiments' own thread.
import type { Database } from 'bun:sqlite';
import { DAY_MS } from './place-outcomes.ts';

/** What was longer ago says less about a model, its prompts and its users as they are. */
const LOOKED_BACK_DAYS = 30;

export interface ModelOutcomes {
  readonly metric: string;
  /** `provider/model`. */
  readonly model: string;
  readonly outcomes: number;
  readonly sum: number;
}

export function readModelOutcomes(sqlite: Database, now: number): readonly ModelOutcomes[] {
  return sqlite
    .query<ModelOutcomes, [number]>(
      `SELECT metric, model, sum(outcomes) AS outcomes, sum(sum) AS sum FROM model_outcomes
        WHERE day > ? GROUP BY metric, model`,
    )
    .all(Math.floor(now / DAY_MS) - LOOKED_BACK_DAYS);
}
