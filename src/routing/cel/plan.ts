// Plan: what is known while an expression is made into steps: its text, the variables of its macros, and the first thing wrong with it.
import type { ASTNode } from '@marcbachmann/cel-js';
import { type Problem, positionOf, problemAt } from './problem.ts';
import type { Step } from './run.ts';
import { Failure } from './value.ts';

const NEVER_RUN: Step = () => null;

export class Plan {
  readonly source: string;
  /** The step of a part. Given, so that the files of the parts need not know each other. */
  readonly step: (node: ASTNode) => Step;
  /** Values of the nodes that are literals. */
  readonly constants = new Map<ASTNode, unknown>();
  #locals: readonly string[] = [];
  #problem: Problem | null = null;

  constructor(source: string, stepOf: (node: ASTNode, plan: Plan) => Step) {
    this.source = source;
    this.step = (node) => stepOf(node, this);
  }

  get problem(): Problem | null {
    return this.#problem;
  }

  /** Notes that the expression cannot be accepted. The step is never run. */
  refuse(offset: number, problem: string): Step {
    this.#problem ??= problemAt(this.source, offset, problem);
    return NEVER_RUN;
  }

  /** Made once, when the expression is: failing costs nothing at a request. */
  failure(offset: number, why: string): Failure {
    return new Failure(`${why} ${this.where(offset)}`);
  }

  where(offset: number): string {
    const { line, column } = positionOf(this.source, offset);
    return `(line ${line}, column ${column})`;
  }

  /** Where a run keeps a macro's variable; undefined: the name is none. The innermost wins. */
  slotOf(name: string): number | undefined {
    const slot = this.#locals.lastIndexOf(name);
    return slot === -1 ? undefined : slot;
  }

  /** How many macros the part being planned is inside of. */
  get depth(): number {
    return this.#locals.length;
  }

  /** Plans a macro's body, in which `name` is the item. */
  within<T>(name: string, make: () => T): T {
    const outer = this.#locals;
    this.#locals = [...outer, name];
    const made = make();
    this.#locals = outer;
    return made;
  }
}
