// compileCondition: a CEL expression, checked when its router is saved, as a Condition that never fails and is bounded in time.
import type { ASTNode } from '@marcbachmann/cel-js';
import type { Condition, Verdict } from '../../core/condition.ts';
import { commandsOf } from './commands.ts';
import { compileExpression } from './expression.ts';
import { visitFreeNames } from './nodes.ts';
import { type Problem, problemAt } from './problem.ts';
import { Run, type Step } from './run.ts';
import { Failure, typeOf } from './value.ts';

export type CompiledCondition =
  | { readonly ok: true; readonly condition: Condition }
  | ({ readonly ok: false } & Problem);

const HOLDS: Verdict = { holds: true, note: null };
const DOES_NOT_HOLD: Verdict = { holds: false, note: null };

/** Accepts what is a bool, or may be one for all that is known of metadata. */
export function compileCondition(source: string): CompiledCondition {
  const compiled = compileExpression(source);
  if ('problem' in compiled) return { ok: false, ...compiled };
  const { root, step, type } = compiled;
  if (type === 'bool' || type === 'dyn')
    return { ok: true, condition: conditionOf(source, root, step) };
  const problem = `a condition must be true or false, this is of type ${type}`;
  return { ok: false, ...problemAt(source, root.start, problem) };
}

function conditionOf(source: string, root: ASTNode, step: Step): Condition {
  const reads = new Set<string>();
  visitFreeNames(root, (name) => reads.add(name.args));
  return {
    source,
    reads,
    commands: commandsOf(root),
    evaluate: (variables) => {
      try {
        return verdictOf(step(new Run(variables)));
      } catch {
        // JSON nested so deeply that comparing it fills the stack
        return { holds: false, note: 'the request is nested too deeply for the condition' };
      }
    },
  };
}

function verdictOf(value: unknown): Verdict {
  if (value === true) return HOLDS;
  if (value === false) return DOES_NOT_HOLD;
  const note =
    value instanceof Failure
      ? value.note
      : `its value is of type ${typeOf(value)}, not true or false`;
  return { holds: false, note };
}
