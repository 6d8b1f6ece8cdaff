// Both casings of every field at every depth → the one in which the API answers. Keys that are names of the operator's stay.
import type { z } from 'zod';
import { isObject, type Json } from '../lib/json.ts';
import { didYouMean } from '../lib/near.ts';
import { OUTPUT_ONLY, routerFields } from './router-fields.ts';
import type { ProblemPath, RouterProblem } from './router-problem.ts';

/** Other names of fields, in snake case. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['max_new_tokens', 'max_tokens'],
  ['stop', 'stop_sequences'],
  ['arguments', 'args'],
]);

/** What of a schema tells which keys are fields and which are names. */
export interface Shape {
  readonly type: string;
  readonly shape?: { readonly [field: string]: z.core.$ZodType };
  readonly element?: z.core.$ZodType;
  readonly valueType?: z.core.$ZodType;
  readonly innerType?: z.core.$ZodType;
  readonly in?: z.core.$ZodType;
  readonly options?: readonly z.core.$ZodType[];
}

/** The router resource in its own casing; unknown and contradicting fields are left out and told. A null is a field that is not there. */
export function recased(input: Json, problems: RouterProblem[]): Json {
  return recase(input, shapeOf(routerFields), [], problems);
}

/** `displayName` of `display_name` and the like; null where no field of the shape is meant. */
export function fieldNamed(key: string, shape: Shape): string | null {
  const fields = Object.keys(shape.shape ?? {});
  if (fields.includes(key)) return key;
  const wanted = snakeCase(key);
  const meant = ALIASES.get(wanted) ?? wanted;
  return (
    fields.find((field) => snakeCase(field) === wanted) ??
    fields.find((field) => snakeCase(field) === meant) ??
    null
  );
}

/** Without what wraps it: optional, described, transformed. */
export function shapeOf(schema: z.core.$ZodType): Shape {
  let shape = schema._zod.def as unknown as Shape;
  for (;;) {
    const inner = shape.innerType ?? (shape.type === 'pipe' ? shape.in : undefined);
    if (inner === undefined) return shape;
    shape = inner._zod.def as unknown as Shape;
  }
}

export function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function recase(value: Json, shape: Shape, path: ProblemPath, problems: RouterProblem[]): Json {
  if (shape.type === 'union') {
    const form = shape.options?.map(shapeOf).find((one) => fits(value, one));
    return form === undefined ? value : recase(value, form, path, problems);
  }
  if (Array.isArray(value)) {
    const { element } = shape;
    if (element === undefined) return value;
    const inner = shapeOf(element);
    return value.map((item: Json, index) => recase(item, inner, [...path, index], problems));
  }
  if (!isObject(value)) return value;
  const entries = Object.entries(value);
  if (shape.type === 'record' && shape.valueType !== undefined) {
    const inner = shapeOf(shape.valueType);
    return Object.fromEntries(
      entries.flatMap(([key, item]) =>
        item === undefined || item === null
          ? []
          : [[key, recase(item, inner, [...path, key], problems)]],
      ),
    );
  }
  if (shape.shape === undefined) return value;
  const found = new Map<string, Json>();
  const written = new Map<string, string>();
  for (const [key, item] of entries) {
    if (item === undefined) continue;
    const field = fieldNamed(key, shape);
    if (field === null) {
      if (path.length > 0 || !isOutputOnly(key)) problems.push(unknownField(key, shape, path));
      continue;
    }
    if (item === null) continue;
    const member = shape.shape[field];
    const inner =
      member === undefined ? item : recase(item, shapeOf(member), [...path, field], problems);
    const other = written.get(field);
    if (other !== undefined && !Bun.deepEquals(found.get(field), inner))
      problems.push({
        path: [...path, field],
        message: `is written twice, as "${other}" and as "${key}", with different values: keep one`,
      });
    found.set(field, inner);
    written.set(field, key);
  }
  return Object.fromEntries(found);
}

function fits(value: Json, shape: Shape): boolean {
  if (Array.isArray(value)) return shape.type === 'array';
  return isObject(value) && (shape.type === 'object' || shape.type === 'record');
}

function isOutputOnly(key: string): boolean {
  return [...OUTPUT_ONLY].some((field) => field === key || snakeCase(field) === key);
}

function unknownField(key: string, shape: Shape, path: ProblemPath): RouterProblem {
  const fields = Object.keys(shape.shape ?? {});
  const near = didYouMean(key, fields) || ` There are: ${fields.join(', ')}.`;
  return { path: [...path, key.slice(0, 100)], message: `is not a field here.${near}` };
}
