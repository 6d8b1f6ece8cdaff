// Where two JSON values differ, path by path.
import { isObject, type Json } from '../../src/lib/json.ts';

export interface Difference {
  /** `choices[0].delta.content`. */
  readonly path: string;
  /** Undefined: not there. */
  readonly expected: Json | undefined;
  readonly actual: Json | undefined;
}

/** Every place where the values differ; a member that is `undefined` is one that is not there. */
export function differences(
  expected: Json | undefined,
  actual: Json | undefined,
  path = '',
): Difference[] {
  if (Array.isArray(expected) && Array.isArray(actual)) {
    const length = Math.max(expected.length, actual.length);
    return Array.from({ length }).flatMap((_, index) =>
      differences(expected[index], actual[index], `${path}[${index}]`),
    );
  }
  if (isObject(expected) && isObject(actual)) {
    const names = new Set([...Object.keys(expected), ...Object.keys(actual)]);
    return [...names].flatMap((name) =>
      differences(expected[name], actual[name], path === '' ? name : `${path}.${name}`),
    );
  }
  return Object.is(expected, actual) ? [] : [{ path, expected, actual }];
}

/** A difference on one line, its values cut short. */
export function shown({ path, expected, actual }: Difference): string {
  return `${path}: ${short(expected)} → ${short(actual)}`;
}

function short(value: Json | undefined): string {
  const text = value === undefined ? 'absent' : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}
