// Steps of operators: comparison, membership, arithmetic, and the logic that absorbs failures.
import type { ASTNode } from '@marcbachmann/cel-js';
import {
  type Arithmetic,
  calculate,
  compare,
  equals,
  includes,
  negated,
  type Order,
} from './operators.ts';
import type { Plan } from './plan.ts';
import type { Run, Step } from './run.ts';
import { Failure, isMap, memberOf, typeOf } from './value.ts';

type OperatorNode = Exclude<
  ASTNode,
  { op: 'value' | 'id' | '.' | '[]' | '.?' | '[?]' | 'call' | 'rcall' | 'list' | 'map' }
>;

export function stepOfOperator(node: OperatorNode, plan: Plan): Step {
  switch (node.op) {
    case '&&':
    case '||':
      return logic(node.op === '||', plan.step(node.args[0]), plan.step(node.args[1]), node, plan);
    case '?:':
      return choice(node.args, plan);
    case '!_':
      return unary(
        node.args,
        '!',
        (value) => (typeof value === 'boolean' ? !value : undefined),
        plan,
      );
    case '-_':
      return minus(node.args, node, plan);
    case '==':
    case '!=':
      return equality(node.args, node.op === '==', plan);
    case 'in':
      return membership(node.args, node, plan);
    case '<':
    case '<=':
    case '>':
    case '>=':
      return binary(node.args, node, comparing(node.op), plan);
    default:
      return binary(node.args, node, calculating(node.op), plan);
  }
}

const comparing = (order: Order) => (a: unknown, b: unknown, run: Run) => compare(order, a, b, run);
const calculating = (operator: Arithmetic) => (a: unknown, b: unknown, run: Run) =>
  calculate(operator, a, b, run);

function binary(
  [leftNode, rightNode]: readonly [ASTNode, ASTNode],
  node: OperatorNode,
  operation: (a: unknown, b: unknown, run: Run) => unknown,
  plan: Plan,
): Step {
  const left = plan.step(leftNode);
  const right = plan.step(rightNode);
  const where = plan.where(node.start);
  return (run) => {
    const a = left(run);
    if (a instanceof Failure) return a;
    const b = right(run);
    if (b instanceof Failure) return b;
    const result = operation(a, b, run);
    return (
      result ?? new Failure(`${node.op} is not defined for ${typeOf(a)} and ${typeOf(b)} ${where}`)
    );
  };
}

function unary(
  operand: ASTNode,
  sign: string,
  operation: (value: unknown) => unknown,
  plan: Plan,
): Step {
  const step = plan.step(operand);
  const where = plan.where(operand.start);
  return (run) => {
    const value = step(run);
    if (value instanceof Failure) return value;
    return operation(value) ?? new Failure(`${sign} is not defined for ${typeOf(value)} ${where}`);
  };
}

function minus(operand: ASTNode, node: ASTNode, plan: Plan): Step {
  const step = unary(operand, '-', negated, plan);
  const value = negated(plan.constants.get(operand));
  if (value !== undefined && !(value instanceof Failure)) plan.constants.set(node, value);
  return step;
}

function equality(
  [leftNode, rightNode]: readonly [ASTNode, ASTNode],
  wanted: boolean,
  plan: Plan,
): Step {
  const left = plan.step(leftNode);
  const right = plan.step(rightNode);
  return (run) => {
    const a = left(run);
    if (a instanceof Failure) return a;
    const b = right(run);
    if (b instanceof Failure) return b;
    const equal = equals(a, b, run);
    return equal instanceof Failure ? equal : equal === wanted;
  };
}

function membership(
  [itemNode, listNode]: readonly [ASTNode, ASTNode],
  node: OperatorNode,
  plan: Plan,
): Step {
  const item = plan.step(itemNode);
  const list = plan.step(listNode);
  const texts = constantTexts(listNode, plan);
  const where = plan.where(node.start);
  return (run) => {
    const value = item(run);
    if (value instanceof Failure) return value;
    if (texts !== null) return isAmong(texts, value, run);
    const within = list(run);
    if (within instanceof Failure) return within;
    if (Array.isArray(within)) return includes(within, value, run);
    if (isMap(within)) return run.spendOnKey(value) ?? memberOf(within, value) !== undefined;
    return new Failure(`in is not defined for ${typeOf(within)} ${where}`);
  };
}

interface Texts {
  readonly all: ReadonlySet<unknown>;
  /** Characters of the longest. */
  readonly longest: number;
}

function isAmong({ all, longest }: Texts, value: unknown, run: Run): boolean | Failure {
  if (typeof value !== 'string' || value.length > longest) return false;
  return run.spendOnKey(value) ?? all.has(value);
}

/** A list of text literals as a set: a thousand users cost what one costs. */
function constantTexts(node: ASTNode, plan: Plan): Texts | null {
  if (node.op !== 'list' || node.args.length === 0) return null;
  const values = node.args.map((item) => plan.constants.get(item));
  if (!values.every((value) => typeof value === 'string')) return null;
  return { all: new Set(values), longest: Math.max(...values.map(({ length }) => length)) };
}

/** `a && b` is false where one of both is false, `a || b` true where one is true, whatever the other one is. */
function logic(decides: boolean, left: Step, right: Step, node: ASTNode, plan: Plan): Step {
  const noBool = plan.failure(node.start, `${node.op} has a side that is no bool`);
  return (run) => {
    const a = left(run);
    if (a === decides) return decides;
    if (a instanceof Failure && a.final) return a;
    const b = right(run);
    if (b === decides) return decides;
    if (a instanceof Failure) return b instanceof Failure && b.final ? b : a;
    if (b instanceof Failure) return b;
    return typeof a === 'boolean' && typeof b === 'boolean' ? !decides : noBool;
  };
}

function choice(
  [condition, then, otherwise]: readonly [ASTNode, ASTNode, ASTNode],
  plan: Plan,
): Step {
  const test = plan.step(condition);
  const yes = plan.step(then);
  const no = plan.step(otherwise);
  const noBool = plan.failure(condition.start, 'what stands before ? is no bool');
  return (run) => {
    const holds = test(run);
    if (holds === true) return yes(run);
    if (holds === false) return no(run);
    return holds instanceof Failure ? holds : noBool;
  };
}
