// From a part of a checked expression to a step that evaluates it: what every kind of node does.
import type { ASTNode } from '@marcbachmann/cel-js';
import { stepOfCall, stepOfMethod } from './calls.ts';
import { VARIABLES } from './language.ts';
import { stepOfOperator } from './operations.ts';
import { fitsInt } from './operators.ts';
import type { Plan } from './plan.ts';
import type { Run, Step } from './run.ts';
import { Failure, keyOf, memberOf, typeOf } from './value.ts';

export function stepOf(node: ASTNode, plan: Plan): Step {
  switch (node.op) {
    case 'value':
      return constantOf(node.args, node, plan);
    case 'id':
      return stepOfName(node.args, node, plan);
    case '.':
      return stepOfField(node.args[0], node.args[1], node, plan);
    case '[]':
      return stepOfIndex(node.args[0], node.args[1], node, plan);
    case 'call':
      return stepOfCall(node.args[0], node.args[1], node, plan);
    case 'rcall':
      return stepOfMethod(node.args[0], node.args[1], node.args[2], node, plan);
    case 'list':
      return stepOfList(node.args, plan);
    case 'map':
      return stepOfMap(node.args, node, plan);
    case '.?':
    case '[?]':
      return plan.refuse(node.start, 'optional values are not available in conditions');
    default:
      return stepOfOperator(node, plan);
  }
}

function constantOf(value: unknown, node: ASTNode, plan: Plan): Step {
  if (typeof value === 'bigint' && !fitsInt(value))
    return plan.refuse(node.start, 'the number is larger than an int can be');
  if (typeof value === 'object' && value !== null)
    return plan.refuse(node.start, 'bytes and unsigned numbers are not available in conditions');
  plan.constants.set(node, value);
  return () => value;
}

/** Those an int variable is given as a JavaScript number. */
const INTS: ReadonlySet<string> = new Set(
  Object.keys(VARIABLES).filter((name) => VARIABLES[name] === 'int'),
);

function stepOfName(name: string, node: ASTNode, plan: Plan): Step {
  const slot = plan.slotOf(name);
  if (slot !== undefined) return (run) => run.locals[slot];
  const missing = plan.failure(
    node.start,
    Object.hasOwn(VARIABLES, name)
      ? `the request has no "${name}"`
      : `"${name}" is not in the request's metadata`,
  );
  if (INTS.has(name))
    return (run) => {
      const value = run.variables.get(name);
      if (value === undefined) return missing;
      return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
    };
  return (run) => {
    const value = run.variables.get(name);
    return value === undefined ? missing : value;
  };
}

function stepOfField(of: ASTNode, name: string, node: ASTNode, plan: Plan): Step {
  const subject = plan.step(of);
  const missing = plan.failure(node.pos, `there is no "${name}"`);
  return (run) => {
    const value = subject(run);
    if (value instanceof Failure) return value;
    const member = memberOf(value, name);
    return member === undefined ? missing : member;
  };
}

function stepOfIndex(of: ASTNode, by: ASTNode, node: ASTNode, plan: Plan): Step {
  const subject = plan.step(of);
  const index = plan.step(by);
  const missing = plan.failure(by.start, 'there is no such member');
  return (run) => {
    const value = subject(run);
    if (value instanceof Failure) return value;
    const key = index(run);
    if (key instanceof Failure) return key;
    const spent = run.spendOnKey(key);
    if (spent !== null) return spent;
    const member = Array.isArray(value) ? itemOf(value, key) : memberOf(value, key);
    if (member !== undefined) return member;
    return typeof value === 'object' && value !== null
      ? missing
      : plan.failure(node.start, `${typeOf(value)} has no members`);
  };
}

function itemOf(list: readonly unknown[], index: unknown): unknown {
  const isNumber = typeof index === 'bigint' || typeof index === 'number';
  return isNumber ? list[Number(index)] : undefined;
}

function stepOfList(items: readonly ASTNode[], plan: Plan): Step {
  const steps = items.map((item) => plan.step(item));
  if (items.every((item) => plan.constants.has(item))) {
    const constant = items.map((item) => plan.constants.get(item));
    return () => constant;
  }
  return (run) => valuesOf(steps, run);
}

function valuesOf(steps: readonly Step[], run: Run): unknown[] | Failure {
  const values: unknown[] = [];
  for (const step of steps) {
    const value = step(run);
    if (value instanceof Failure) return value;
    values.push(value);
  }
  return values;
}

function stepOfMap(
  entries: readonly (readonly [ASTNode, ASTNode])[],
  node: ASTNode,
  plan: Plan,
): Step {
  const steps = entries.map(([key, value]) => [plan.step(key), plan.step(value)] as const);
  const noKey = plan.failure(
    node.start,
    'a key of the map is not a text, int or bool, or is there twice',
  );
  return (run) => {
    const map = new Map<unknown, unknown>();
    for (const [keyStep, valueStep] of steps) {
      const key = keyStep(run);
      if (key instanceof Failure) return key;
      const value = valueStep(run);
      if (value instanceof Failure) return value;
      const isKey = typeof key === 'string' || typeof key === 'bigint' || typeof key === 'boolean';
      const spent = run.spendOnKey(key);
      if (spent !== null) return spent;
      if (!isKey || map.has(keyOf(key))) return noKey;
      map.set(keyOf(key), value);
    }
    return map;
  };
}
