// Condition: a compiled CEL expression over a request. Compiled and type-checked once, when its router is saved.

/** What a condition may look at. Values: strings, numbers, booleans, null, arrays, plain objects. */
export interface ConditionVariables {
  /** The value of a top-level name; undefined: there is none. Asked for only when the expression gets to it. */
  get(name: string): unknown;
}

export interface Verdict {
  readonly holds: boolean;
  /** Why it could not be decided, and so does not hold: `"plan" is not in the request's metadata`. Null where it was. */
  readonly note: string | null;
}

export interface Condition {
  readonly source: string;
  /** The top-level names it reads. */
  readonly reads: ReadonlySet<string>;
  /**
   * The commands it compares `command` with; empty where it does not read it. Null: it does something else with it, so
   * any command may matter.
   */
  readonly commands: ReadonlySet<string> | null;
  /** Never throws; bounded in time whatever the request holds. */
  evaluate(variables: ConditionVariables): Verdict;
}
