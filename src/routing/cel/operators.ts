// Operators on values: equality across types, order, arithmetic. Undefined where the operator is not defined for the types.
import type { Run } from './run.ts';
import { durationOf, timestampAt } from './times.ts';
import { Duration, Failure, keysOf, memberOf, Timestamp } from './value.ts';

const MAX_INT = 2n ** 63n - 1n;
const MIN_INT = -(2n ** 63n);
const OVERFLOW = new Failure('the result is larger than an int can be');
const BY_ZERO = new Failure('it divides an int by zero');

/** Equality never fails: values of different types are different, numbers are compared as numbers. */
export function equals(a: unknown, b: unknown, run: Run): boolean | Failure {
  if (typeof a === 'string') return typeof b === 'string' && equalTexts(a, b, run);
  if (a === b) return true;
  if (typeof a === 'object' && typeof b === 'object') return equalObjects(a, b, run);
  if (typeof a === 'bigint' || typeof b === 'bigint') {
    const numbers = isNumber(a) && isNumber(b);
    // biome-ignore lint/suspicious/noDoubleEquals: the one comparison of a bigint with a number that is exact
    return numbers && a == b;
  }
  return false;
}

/** Those of different lengths are told apart without a look at them. */
function equalTexts(a: string, b: string, run: Run): boolean | Failure {
  return a.length === b.length && (run.spendOnText(a.length) ?? a === b);
}

function equalObjects(a: object | null, b: object | null, run: Run): boolean | Failure {
  if (a === null || b === null) return false;
  if (a instanceof Timestamp) return b instanceof Timestamp && a.ms === b.ms;
  if (a instanceof Duration) return b instanceof Duration && a.ms === b.ms;
  if (Array.isArray(a)) return Array.isArray(b) && equalLists(a, b, run);
  return equalMaps(a, b, run);
}

function equalLists(a: readonly unknown[], b: readonly unknown[], run: Run): boolean | Failure {
  if (a.length !== b.length) return false;
  const spent = run.spend(a.length);
  if (spent !== null) return spent;
  for (let index = 0; index < a.length; index++) {
    const equal = equals(a[index], b[index], run);
    if (equal !== true) return equal;
  }
  return true;
}

function equalMaps(a: object, b: object, run: Run): boolean | Failure {
  const keys = keysOf(a);
  const others = keysOf(b);
  if (keys === null || others === null) return false;
  const spent = run.spend(keys.length + others.length);
  if (spent !== null) return spent;
  if (keys.length !== others.length) return false;
  for (const key of keys) {
    const equal = run.spendOnKey(key) ?? equals(memberOf(a, key), memberOf(b, key), run);
    if (equal !== true) return equal;
  }
  return true;
}

export function includes(list: readonly unknown[], value: unknown, run: Run): boolean | Failure {
  const spent = run.spend(list.length >> 3);
  if (spent !== null) return spent;
  for (const item of list) {
    const equal = equals(item, value, run);
    if (equal !== false) return equal;
  }
  return false;
}

export type Order = '<' | '<=' | '>' | '>=';

export function compare(
  operator: Order,
  a: unknown,
  b: unknown,
  run: Run,
): boolean | Failure | undefined {
  if (typeof a === 'number' || typeof a === 'bigint')
    return isNumber(b) ? ordered(operator, a, b) : undefined;
  if (typeof a === 'string') {
    if (typeof b !== 'string') return undefined;
    return run.spendOnText(Math.min(a.length, b.length)) ?? ordered(operator, a, b);
  }
  if (typeof a === 'boolean')
    return typeof b === 'boolean' ? ordered(operator, Number(a), Number(b)) : undefined;
  if (a instanceof Timestamp && b instanceof Timestamp) return ordered(operator, a.ms, b.ms);
  if (a instanceof Duration && b instanceof Duration) return ordered(operator, a.ms, b.ms);
  return undefined;
}

function ordered<T extends number | bigint | string>(operator: Order, a: T, b: T): boolean {
  switch (operator) {
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
  }
}

export type Arithmetic = '+' | '-' | '*' | '/' | '%';

export function calculate(operator: Arithmetic, a: unknown, b: unknown, run: Run): unknown {
  if (typeof a === 'bigint' && typeof b === 'bigint') return ofInts(operator, a, b);
  if (isNumber(a) && isNumber(b)) return ofDoubles(operator, Number(a), Number(b));
  if (operator === '+') return joined(a, b, run) ?? ofTimes(operator, a, b);
  return ofTimes(operator, a, b);
}

function ofInts(operator: Arithmetic, a: bigint, b: bigint): bigint | Failure {
  if (b === 0n && (operator === '/' || operator === '%')) return BY_ZERO;
  const result = intResult(operator, a, b);
  return result > MAX_INT || result < MIN_INT ? OVERFLOW : result;
}

function intResult(operator: Arithmetic, a: bigint, b: bigint): bigint {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      return a % b;
  }
}

function ofDoubles(operator: Arithmetic, a: number, b: number): number | undefined {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      // CEL has no remainder of doubles; whole numbers of JSON are such only by how they were written
      return Number.isInteger(a) && Number.isInteger(b) && b !== 0 ? a % b : undefined;
  }
}

function joined(a: unknown, b: unknown, run: Run): unknown {
  if (typeof a === 'string' && typeof b === 'string')
    return run.spend((a.length + b.length) / 32) ?? a + b;
  if (Array.isArray(a) && Array.isArray(b)) return run.spend(a.length + b.length) ?? [...a, ...b];
  return undefined;
}

function ofTimes(operator: Arithmetic, a: unknown, b: unknown): unknown {
  const sign = operator === '+' ? 1 : operator === '-' ? -1 : 0;
  if (sign === 0) return undefined;
  if (a instanceof Timestamp && b instanceof Duration) return timestampAt(a.ms + sign * b.ms);
  if (a instanceof Duration && b instanceof Duration) return durationOf(a.ms + sign * b.ms);
  if (a instanceof Timestamp && b instanceof Timestamp && sign === -1)
    return durationOf(a.ms - b.ms);
  if (a instanceof Duration && b instanceof Timestamp && sign === 1)
    return timestampAt(a.ms + b.ms);
  return undefined;
}

export function negated(value: unknown): unknown {
  if (typeof value === 'number') return -value;
  if (typeof value !== 'bigint') return undefined;
  return value === MIN_INT ? OVERFLOW : -value;
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** Whether an int literal fits: the parser takes any number of digits. */
export function fitsInt(value: bigint): boolean {
  // one more than the largest, for it may stand behind a minus
  return value <= MAX_INT + 1n;
}
