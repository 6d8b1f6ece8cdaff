// Shapes: what a JSON value of a vendor's API may look like, said shortly; a check names the first few places that do not fit.
import { isObject, type Json, type JsonObject } from '../../../src/lib/json.ts';

/** The problems of a value at a path; none where it fits. */
export type Shape = (value: Json, path: string) => readonly string[];

const kind =
  (what: string, fits: (value: Json) => boolean): Shape =>
  (value, path) =>
    fits(value) ? [] : [`${path} is not ${what}: ${JSON.stringify(value)?.slice(0, 60)}`];

export const any: Shape = () => [];
export const text: Shape = kind('a string', (value) => typeof value === 'string');
export const filled: Shape = kind(
  'a string with something in it',
  (value) => typeof value === 'string' && value.trim() !== '',
);
export const number: Shape = kind('a number', (value) => typeof value === 'number');
export const count: Shape = kind(
  'a whole number above 0',
  (value) => Number.isInteger(value) && Number(value) > 0,
);
export const flag: Shape = kind('a boolean', (value) => typeof value === 'boolean');
export const object: Shape = kind('an object', isObject);

export function matching(pattern: RegExp): Shape {
  return kind(`like ${pattern}`, (value) => typeof value === 'string' && pattern.test(value));
}

export function oneOf(...values: readonly Json[]): Shape {
  return kind(`one of ${values.join(', ')}`, (value) => values.includes(value));
}

export function list(of: Shape, least = 0): Shape {
  return (value, path) => {
    if (!Array.isArray(value)) return [`${path} is not a list`];
    if (value.length < least) return [`${path} has ${value.length} of at least ${least}`];
    return value.flatMap((item, index) => of(item, `${path}[${index}]`));
  };
}

interface Members {
  readonly [name: string]: Shape;
}

/** These members and no others; those whose name ends in `!` have to be there. */
export function record(members: Members): Shape {
  const known = new Map(
    Object.entries(members).map(([name, shape]) => [name.replace('!', ''), shape] as const),
  );
  const needed = Object.keys(members).flatMap((name) =>
    name.endsWith('!') ? [name.slice(0, -1)] : [],
  );
  return (value, path) => {
    if (!isObject(value)) return [`${path} is not an object`];
    return [
      ...needed
        .filter((name) => value[name] === undefined)
        .map((name) => `${path}.${name} is missing`),
      ...Object.entries(value).flatMap(([name, member]) => {
        const shape = known.get(name);
        if (shape === undefined) return [`${path}.${name} is not known`];
        return member === undefined ? [] : shape(member, `${path}.${name}`);
      }),
    ];
  };
}

/** An object with just one of these members, beside those it may have anyway. */
export function union(kinds: Members, beside: Members = {}): Shape {
  return (value, path) => {
    if (!isObject(value)) return [`${path} is not an object`];
    const names = Object.keys(kinds).filter((name) => value[name] !== undefined);
    const [name] = names;
    if (name === undefined || names.length > 1)
      return [`${path} holds ${names.join(' and ') || `none of its kinds: ${Object.keys(value)}`}`];
    return record({ [`${name}!`]: kinds[name] ?? any, ...beside })(value, path);
  };
}

/** An object whose member says which of these shapes it has. */
export function tagged(tag: string, shapes: Members): Shape {
  return (value, path) => {
    const name = isObject(value) ? value[tag] : undefined;
    const shape = typeof name === 'string' ? shapes[name] : undefined;
    return shape ? shape(value, path) : [`${path}.${tag} is ${JSON.stringify(name)}`];
  };
}

export function either(...shapes: readonly Shape[]): Shape {
  return (value, path) => {
    const problems = shapes.map((shape) => shape(value, path));
    return problems.some((one) => one.length === 0) ? [] : (problems.at(-1) ?? []);
  };
}

export function nullable(shape: Shape): Shape {
  return (value, path) => (value === null ? [] : shape(value, path));
}

export function problemsOf(shape: Shape, body: JsonObject): readonly string[] {
  return shape(body, '$').slice(0, 5);
}
