// Steps of functions and methods: has() and matches(), which need the text of their argument, and those of the table.
import type { ASTNode } from '@marcbachmann/cel-js';
import { didYouMean } from '../../lib/near.ts';
import { type CelFunction, FUNCTIONS, METHODS, notDefinedFor, USAGE } from './functions.ts';
import { stepOfMacro } from './macros.ts';
import { isMacro } from './nodes.ts';
import { compilePattern } from './pattern.ts';
import type { Plan } from './plan.ts';
import type { Run, Step } from './run.ts';
import { Failure, isMap, memberOf } from './value.ts';

export function stepOfCall(
  name: string,
  args: readonly ASTNode[],
  node: ASTNode,
  plan: Plan,
): Step {
  const [first, second] = args;
  if (name === 'has' && first !== undefined) return stepOfHas(first, node, plan);
  if (name === 'matches' && first !== undefined && second !== undefined)
    return stepOfMatches(first, second, node, plan);
  const known = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (known === undefined || first === undefined)
    return plan.refuse(node.start, unknownFunction(name));
  return apply(name, known, first, second, plan.where(node.start), plan);
}

export function stepOfMethod(
  name: string,
  receiver: ASTNode,
  args: readonly ASTNode[],
  node: ASTNode,
  plan: Plan,
): Step {
  const at = methodOffset(plan.source, name, receiver);
  if (isMacro(name)) return stepOfMacro(name, receiver, args, node, plan);
  const [first] = args;
  if (name === 'matches' && first !== undefined) return stepOfMatches(receiver, first, node, plan);
  const known = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
  if (known === undefined) return plan.refuse(at, unknownFunction(name));
  if (args.length > 0 && name.startsWith('get'))
    return plan.refuse(at, `${name}() takes no time zone in conditions: times are UTC`);
  return apply(name, known, receiver, first, plan.where(at), plan);
}

/** Where a method's name stands: the node itself begins with what it is called on. */
export function methodOffset(source: string, name: string, receiver: ASTNode): number {
  const at = source.indexOf(name, receiver.end);
  return at === -1 ? receiver.start : at;
}

export function unknownFunction(name: string): string {
  if (Object.hasOwn(USAGE, name)) return `${name} is written ${USAGE[name]}`;
  return `there is no function "${name}".${didYouMean(name, Object.keys(USAGE))}`;
}

function apply(
  name: string,
  known: CelFunction,
  subjectNode: ASTNode,
  argumentNode: ASTNode | undefined,
  where: string,
  plan: Plan,
): Step {
  const subject = plan.step(subjectNode);
  const argument = argumentNode === undefined ? undefined : plan.step(argumentNode);
  return (run) => {
    const value = subject(run);
    if (value instanceof Failure) return value;
    const given = argument?.(run);
    if (given instanceof Failure) return given;
    const result = known(value, given, run);
    if (result === undefined) return new Failure(`${notDefinedFor(name, value)} ${where}`);
    return result instanceof Failure && !result.final
      ? new Failure(`${result.note} ${where}`)
      : result;
  };
}

function stepOfHas(access: ASTNode, node: ASTNode, plan: Plan): Step {
  if (access.op !== '.')
    return plan.refuse(node.start, 'has() takes one key of something: has(metadata.key)');
  const [of, name] = access.args;
  const subject = plan.step(of);
  const noMap = plan.failure(node.start, 'has() was asked of something that has no keys');
  return (run) => {
    const value = subject(run);
    if (value instanceof Failure) return value;
    if (!isMap(value)) return noMap;
    return memberOf(value, name) !== undefined;
  };
}

function stepOfMatches(subject: ASTNode, patternNode: ASTNode, node: ASTNode, plan: Plan): Step {
  plan.step(patternNode);
  const source = plan.constants.get(patternNode);
  if (typeof source !== 'string')
    return plan.refuse(
      patternNode.start,
      'a pattern must be written out in the condition, so that it can be checked when it is saved',
    );
  const pattern = compilePattern(source);
  if ('problem' in pattern) return plan.refuse(patternNode.start, pattern.problem);
  const text = plan.step(subject);
  const where = plan.where(node.start);
  return (run: Run) => {
    const value = text(run);
    if (typeof value === 'string') return pattern.test(value, run);
    return value instanceof Failure
      ? value
      : new Failure(`${notDefinedFor('matches', value)} ${where}`);
  };
}
