// Functions of CEL on values. Undefined where a function is not defined for the types; what it means is then said with its position.
import { fitsInt } from './operators.ts';
import type { Run } from './run.ts';
import { asDuration, asTimestamp, textOfTime, timePart } from './times.ts';
import { Failure, isJsonObject, keysOf, typeOf } from './value.ts';

/** `subject` is what stands before the dot, or the first argument; `argument` what comes next. */
export type CelFunction = (subject: unknown, argument: unknown, run: Run) => unknown;

const EMPTY = new Failure('last() was asked of an empty list');
const NOBODY_TYPED = new Failure('there is no turn that a user typed');
const NOT_A_NUMBER = (to: string): Failure => new Failure(`a text could not be read as ${to}`);

/** The number of code points, as CEL counts. */
function lengthOf(text: string): bigint {
  let pairs = 0;
  for (let at = 0; at < text.length - 1; at++) {
    if (
      (text.charCodeAt(at) & 0xfc00) === 0xd800 &&
      (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00
    ) {
      pairs++;
      at++;
    }
  }
  return BigInt(text.length - pairs);
}

const size: CelFunction = (subject, _, run) => {
  if (typeof subject === 'string') return run.spend(subject.length / 32) ?? lengthOf(subject);
  if (Array.isArray(subject)) return BigInt(subject.length);
  const keys = keysOf(subject);
  return keys === null ? undefined : (run.spend(keys.length / 32) ?? BigInt(keys.length));
};

/** The engine's search may look at the whole of `needle` again at each place. */
const contains: CelFunction = (subject, needle, run) => {
  if (typeof subject !== 'string' || typeof needle !== 'string') return undefined;
  return run.spend((subject.length * (1 + needle.length / 32)) / 64) ?? subject.includes(needle);
};

const ofText =
  (change: (text: string) => string): CelFunction =>
  (subject, _, run) =>
    typeof subject === 'string' ? (run.spend(subject.length / 32) ?? change(subject)) : undefined;

/** What Unicode calls white space: JavaScript's own trim() takes one sign more and one less. */
function trimmed(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && WHITE_SPACE.test(text.charAt(start))) start++;
  while (end > start && WHITE_SPACE.test(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}
const WHITE_SPACE = /\p{White_Space}/u;

const join: CelFunction = (subject, separator, run) => {
  if (!Array.isArray(subject)) return undefined;
  const between = separator === undefined ? '' : separator;
  if (typeof between !== 'string') return undefined;
  let chars = 0;
  for (const item of subject) {
    if (typeof item !== 'string') return undefined;
    chars += item.length + between.length;
  }
  return run.spend(subject.length + chars / 32) ?? subject.join(between);
};

const last: CelFunction = (subject) => {
  if (!Array.isArray(subject)) return undefined;
  return subject.length === 0 ? EMPTY : subject[subject.length - 1];
};

const lastUser: CelFunction = (subject, _, run) => {
  if (!Array.isArray(subject)) return undefined;
  for (let at = subject.length - 1; at >= 0; at--) {
    const turn: unknown = subject[at];
    if (!isJsonObject(turn) || turn.role !== 'user') continue;
    if (typeof turn.typed !== 'string') continue;
    return run.spend(subject.length - at) ?? { role: 'user', content: turn.typed };
  }
  return run.spend(subject.length) ?? NOBODY_TYPED;
};

function toInt(value: unknown): unknown {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number')
    return Math.abs(value) < 2 ** 63
      ? BigInt(Math.trunc(value))
      : new Failure('a double is too large for an int');
  if (typeof value !== 'string') return undefined;
  if (!/^[+-]?\d{1,19}$/.test(value)) return NOT_A_NUMBER('an int');
  const int = BigInt(value.startsWith('+') ? value.slice(1) : value);
  return fitsInt(int < 0n ? -int : int) && int !== 2n ** 63n ? int : NOT_A_NUMBER('an int');
}

/** In one way only: where digits could be of two parts, many of them would be tried as each. */
const DOUBLE = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

const toDouble: CelFunction = (value, _, run) => {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'string') return undefined;
  const spent = run.spendOnText(Math.min(value.length, 400));
  if (spent !== null) return spent;
  if (value.length < 400 && DOUBLE.test(value)) return Number(value);
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(value.length < 20 ? value : '');
  if (special === null) return NOT_A_NUMBER('a double');
  if (special[2]?.toLowerCase() === 'nan') return Number.NaN;
  return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
};

function toText(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
      return value;
    case 'bigint':
    case 'boolean':
      return `${value}`;
    case 'number':
      if (Number.isFinite(value) || Number.isNaN(value)) return `${value}`;
      return value > 0 ? '+Inf' : '-Inf';
    default:
      return textOfTime(value);
  }
}

function toBool(value: unknown): unknown {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string') return undefined;
  if (['1', 't', 'true', 'TRUE', 'True'].includes(value)) return true;
  if (['0', 'f', 'false', 'FALSE', 'False'].includes(value)) return false;
  return new Failure('a text could not be read as a bool');
}

/** `size(x)`. Those with a compiled pattern or a macro's variable are planned elsewhere: matches, has, all, exists, … */
export const FUNCTIONS: Readonly<Record<string, CelFunction>> = {
  size,
  int: toInt,
  double: toDouble,
  string: toText,
  bool: toBool,
  dyn: (value) => value,
  timestamp: asTimestamp,
  duration: asDuration,
};

/** `x.size()` */
export const METHODS: Readonly<Record<string, CelFunction>> = {
  size,
  contains,
  startsWith: (subject, prefix, run) =>
    typeof subject === 'string' && typeof prefix === 'string'
      ? (run.spendOnText(prefix.length) ?? subject.startsWith(prefix))
      : undefined,
  endsWith: (subject, suffix, run) =>
    typeof subject === 'string' && typeof suffix === 'string'
      ? (run.spendOnText(suffix.length) ?? subject.endsWith(suffix))
      : undefined,
  lowerAscii: ofText((text) => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())),
  upperAscii: ofText((text) => text.replace(/[a-z]+/g, (letters) => letters.toUpperCase())),
  trim: ofText(trimmed),
  join,
  last,
  lastUser,
  ...timePart,
};

/** How each is written, for messages. */
export const USAGE: Readonly<Record<string, string>> = {
  size: 'size(text, list or map)',
  int: 'int(number or text)',
  double: 'double(number or text)',
  string: 'string(number, bool, text or time)',
  bool: 'bool(text)',
  timestamp: 'timestamp("2026-01-31T00:00:00Z") or timestamp(seconds)',
  duration: 'duration("90m")',
  matches: 'text.matches("pattern")',
  has: 'has(metadata.key)',
  contains: 'text.contains(text)',
  startsWith: 'text.startsWith(text)',
  endsWith: 'text.endsWith(text)',
  lowerAscii: 'text.lowerAscii()',
  upperAscii: 'text.upperAscii()',
  trim: 'text.trim()',
  join: 'list.join(", ")',
  last: 'list.last()',
  lastUser: 'messages.lastUser()',
  all: 'list.all(item, condition)',
  exists: 'list.exists(item, condition)',
  exists_one: 'list.exists_one(item, condition)',
  filter: 'list.filter(item, condition)',
  map: 'list.map(item, value)',
};

export function notDefinedFor(name: string, ...values: readonly unknown[]): string {
  return `${name}() is not defined for ${values.map(typeOf).join(', ')}`;
}
