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

export interface ModelOutcomesRead {
  readonly models: readonly ModelOutcomes[];
  /** Some could not be placed yet: the next look may find more, though nothing was posted. */
  readonly isWaiting: boolean;
}

export function readModelOutcomes(sqlite: Database, now: number): ModelOutcomesRead {
  const models = sqlite
    .query<ModelOutcomes, [number]>(
      `SELECT metric, model, sum(outcomes) AS outcomes, sum(sum) AS sum FROM model_outcomes
        WHERE day > ? GROUP BY metric, model`,
    )
    .all(Math.floor(now / DAY_MS) - LOOKED_BACK_DAYS);
  const isWaiting = sqlite.query('SELECT 1 FROM outcomes_to_place LIMIT 1').get() !== null;
  return { models, isWaiting };
}
