// compileExpression: CEL text, parsed, type-checked and made into a step, or why and where it is refused.
import type { ASTNode } from '@marcbachmann/cel-js';
import { language, TAKEN } from './language.ts';
import { LIMITS } from './limits.ts';
import { visitFreeNames } from './nodes.ts';
import { Plan } from './plan.ts';
import { type Problem, problemAt } from './problem.ts';
import { isFound, refusal } from './refusal.ts';
import type { Step } from './run.ts';
import { stepOf } from './step.ts';

export interface Expression {
  readonly root: ASTNode;
  /** As far as it can be known: `dyn` where it depends on metadata. */
  readonly type: string;
  readonly step: Step;
}

export function compileExpression(source: string): Expression | Problem {
  if (source.length > LIMITS.sourceChars)
    return problemAt(
      source,
      LIMITS.sourceChars,
      `the expression is longer than ${LIMITS.sourceChars} characters`,
    );
  const checked = check(source);
  if ('problem' in checked) return checked;
  const plan = new Plan(source, stepOf);
  const step = plan.step(checked.root);
  return plan.problem ?? { ...checked, step };
}

/** Parses and type-checks. */
function check(source: string): { readonly root: ASTNode; readonly type: string } | Problem {
  try {
    const parsed = language().parse(source);
    const taken = takenName(source, parsed.ast);
    if (taken !== null) return taken;
    const { error, type } = parsed.check();
    if (error !== undefined) return problemOf(source, error);
    return { root: parsed.ast, type: type ?? 'dyn' };
  } catch (thrown) {
    return problemOf(source, thrown);
  }
}

/** Its own errors have a place; a stack that ran full, or what nobody foresaw, has not. */
function problemOf(source: string, thrown: unknown): Problem {
  if (isFound(thrown)) return refusal(source, thrown);
  return problemAt(
    source,
    0,
    'the expression is too deeply nested, or uses CEL in a way that cannot be checked',
  );
}

function takenName(source: string, root: ASTNode): Problem | null {
  let taken: Problem | null = null;
  visitFreeNames(root, (name) => {
    if (TAKEN.has(name.args))
      taken ??= problemAt(
        source,
        name.start,
        `"${name.args}" is a word of CEL itself; a metadata key of that name is written metadata.${name.args}`,
      );
  });
  return taken;
}
