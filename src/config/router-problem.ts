// What is wrong with a router, and where.

export type ProblemPath = readonly (string | number)[];

export interface RouterProblem {
  /** In the spelling of the resource: `['routes', 0, 'condition', 'cel_expression']`. */
  readonly path: ProblemPath;
  readonly message: string;
  /** Where only the type is wrong: the one it must be. */
  readonly expected?: 'number' | 'boolean';
}

/** `routes[0].condition.cel_expression`; empty for the whole. */
export function pathText(path: ProblemPath): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index ? '.' : ''}${step}`))
    .join('');
}

/** `routes[0].route.variants: the weights sum to 90, not 100`. */
export function problemText({ path, message }: Pick<RouterProblem, 'path' | 'message'>): string {
  return path.length === 0 ? message : `${pathText(path)}: ${message}`;
}
