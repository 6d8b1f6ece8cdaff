// Run: one evaluation of a condition: its variables, the variables of its macros, and the work it may still do.
import type { ConditionVariables } from '../../core/condition.ts';
import { LIMITS } from './limits.ts';
import { Failure } from './value.ts';

/** A part of an expression, ready to be evaluated: a value or a Failure. */
export type Step = (run: Run) => unknown;

const TOO_MUCH_WORK = new Failure(
  `the condition needs more than ${LIMITS.work} steps on this request, which is more than a condition may take`,
  true,
);
const TOO_MUCH_TEXT = new Failure(
  'its patterns would read more of this conversation than a condition may',
  true,
);

export class Run {
  readonly variables: ConditionVariables;
  /** Values of macro variables, by the macro's depth. */
  readonly locals: unknown[] = [];
  #work: number = LIMITS.work;
  #patternWork: number = LIMITS.patternWork;

  constructor(variables: ConditionVariables) {
    this.variables = variables;
  }

  /** Takes `units` of what may still be done; a Failure when there is not enough left. */
  spend(units: number): Failure | null {
    this.#work -= units;
    return this.#work < 0 ? TOO_MUCH_WORK : null;
  }

  /** For texts that are compared: of short ones it is a part of their operator's unit. */
  spendOnText(chars: number): Failure | null {
    return chars < 64 ? null : this.spend(chars >> 6);
  }

  /** For a key that is looked for in a map or a set: one that is found was compared. */
  spendOnKey(key: unknown): Failure | null {
    return typeof key === 'string' ? this.spendOnText(key.length) : null;
  }

  spendOnPattern(chars: number, cost: number): Failure | null {
    this.#patternWork -= chars * cost;
    return this.#patternWork < 0 ? TOO_MUCH_TEXT : null;
  }
}
