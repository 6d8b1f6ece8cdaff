// Steps of macros: all, exists, exists_one, filter, map. Each turn of a macro pays for its body before it runs.
import type { ASTNode } from '@marcbachmann/cel-js';
import { LIMITS } from './limits.ts';
import { type Macro, nodesOf } from './nodes.ts';
import type { Plan } from './plan.ts';
import type { Run, Step } from './run.ts';
import { Failure, keysOf } from './value.ts';

interface Body {
  readonly slot: number;
  readonly step: Step;
  /** Of map with three arguments: what an item must fulfil. */
  readonly only: Step | null;
  /** Units of work a turn costs. */
  readonly cost: number;
  readonly noBool: Failure;
}

export function stepOfMacro(
  name: Macro,
  receiver: ASTNode,
  args: readonly ASTNode[],
  node: ASTNode,
  plan: Plan,
): Step {
  const [item, ...bodies] = args;
  if (plan.depth >= LIMITS.nestedMacros)
    return plan.refuse(
      node.start,
      `${name}() is inside of ${LIMITS.nestedMacros} others, which is as deep as a condition may go: each multiplies the work`,
    );
  const range = plan.step(receiver);
  const last = bodies.at(-1);
  if (item?.op !== 'id' || last === undefined)
    return plan.refuse(node.start, `${name}() takes a name and an expression`);
  const first = bodies.length > 1 ? bodies[0] : undefined;
  const body: Body = plan.within(item.args, () => ({
    slot: plan.depth - 1,
    step: plan.step(last),
    only: first === undefined ? null : plan.step(first),
    cost: bodies.reduce((sum, part) => sum + nodesOf(part), 1),
    noBool: plan.failure(last.start, `what ${name}() asks of an item is no bool`),
  }));
  const noList = plan.failure(receiver.start, `${name}() was asked of something that is no list`);
  const loop = loopOf(name, body);
  return (run) => {
    const value = range(run);
    if (value instanceof Failure) return value;
    const items = Array.isArray(value) ? value : keysOf(value);
    return items === null ? noList : loop(items, run);
  };
}

type Loop = (items: readonly unknown[], run: Run) => unknown;

function loopOf(name: Macro, body: Body): Loop {
  switch (name) {
    case 'all':
      return quantified(body, false);
    case 'exists':
      return quantified(body, true);
    case 'exists_one':
      return exactlyOne(body);
    case 'filter':
      return collected(body, body.step, null);
    case 'map':
      return collected(body, body.only, body.step);
  }
}

/** One turn: the body's value for an item, a Failure where it has none or is no bool. */
function tested(body: Body, step: Step, item: unknown, run: Run): boolean | Failure {
  const spent = run.spend(body.cost);
  if (spent !== null) return spent;
  run.locals[body.slot] = item;
  const value = step(run);
  return typeof value === 'boolean' || value instanceof Failure ? value : body.noBool;
}

/** The first item that decides, decides: failures of others do not matter then. */
function quantified(body: Body, decides: boolean): Loop {
  return (items, run) => {
    let failure: Failure | null = null;
    for (const item of items) {
      const value = tested(body, body.step, item, run);
      if (value === decides) return decides;
      if (!(value instanceof Failure)) continue;
      if (value.final) return value;
      failure ??= value;
    }
    return failure ?? !decides;
  };
}

function exactlyOne(body: Body): Loop {
  return (items, run) => {
    let count = 0;
    for (const item of items) {
      const value = tested(body, body.step, item, run);
      if (value instanceof Failure) return value;
      if (value) count++;
    }
    return count === 1;
  };
}

function collected(body: Body, only: Step | null, made: Step | null): Loop {
  return (items, run) => {
    const list: unknown[] = [];
    for (const item of items) {
      const wanted = only === null ? run.spend(body.cost) : tested(body, only, item, run);
      if (wanted instanceof Failure) return wanted;
      if (wanted === false) continue;
      run.locals[body.slot] = item;
      const value = made === null ? item : made(run);
      if (value instanceof Failure) return value;
      list.push(value);
    }
    return list;
  };
}
