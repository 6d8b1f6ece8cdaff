// What a condition may cost: how large it may be when it is saved, and how much work it may do for one request.

export const LIMITS = {
  /** Characters of an expression. */
  sourceChars: 20_000,
  /** Operators, names and literals of an expression. */
  nodes: 2_000,
  /** Parentheses, indexes, calls and lists inside each other. */
  depth: 64,
  listItems: 1_000,
  mapEntries: 100,
  callArguments: 8,
  /** `all`, `exists`, `filter`, `map` inside each other. */
  nestedMacros: 2,
  /** Instructions of a compiled pattern: `[a-z]{100}` has a hundred, a list of a hundred words about a thousand. */
  patternInstructions: 2_000,
  /**
   * Units of work one evaluation may do in loops and over texts: one for each operator in a macro's body and each item, one for
   * each 32 or 64 characters that a function or a comparison of texts reads. A hundred thousand take a few milliseconds.
   */
  work: 100_000,
  /**
   * Characters read by patterns times the pattern's instructions (twice as many above 64), in one evaluation. Patterns usually
   * take 5 ns a character; the slowest that could be made, long and ambiguous, some 25 ns for each instruction: 0.4 s in all.
   */
  patternWork: 32_000_000,
} as const;
