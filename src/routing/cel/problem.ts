// Problem: why an expression is refused, and where in it.

export interface Problem {
  /** What is wrong and what to write instead; without the position. */
  readonly problem: string;
  /** Both count from 1; a column is a UTF-16 unit. */
  readonly line: number;
  readonly column: number;
}

export function problemAt(source: string, offset: number, problem: string): Problem {
  return { problem, ...positionOf(source, offset) };
}

export function positionOf(source: string, offset: number): { line: number; column: number } {
  const before = source.slice(0, Math.max(0, offset));
  const lineStart = before.lastIndexOf('\n') + 1;
  let line = 1;
  for (let at = before.indexOf('\n'); at !== -1; at = before.indexOf('\n', at + 1)) line++;
  return { line, column: before.length - lineStart + 1 };
}
