// PATCH: what of a router a body changes, by the fields it has or by a mask that names them.
import { fieldNamed, recased, type Shape, shapeOf, snakeCase } from '../config/router-casing.ts';
import { OUTPUT_ONLY, routerFields } from '../config/router-fields.ts';
import type { RouterProblem } from '../config/router-problem.ts';
import { GatewayError } from '../core/errors.ts';
import { asObject, isObject, type Json, type JsonObject } from '../lib/json.ts';
import { didYouMean } from '../lib/near.ts';
import { refusal } from './refusals.ts';

const NAME = 'name';
const EVERYTHING = '*';
const ROOT = shapeOf(routerFields);
const FIELDS = Object.keys(ROOT.shape ?? {});

/**
 * Without a mask the fields the body has take the place of the router's, each whole; null clears one. With a mask just
 * the fields it names do, and those the body does not have are cleared. `*` names them all. Throws `invalid_request`.
 * @param mask comma-separated paths in either casing: `display_name,defaults.message_templates`
 */
export function applyPatch(current: JsonObject, body: JsonObject, mask: string | null): JsonObject {
  const problems: RouterProblem[] = [];
  const given = asObject(recased(body, problems)) ?? {};
  if (problems.length > 0) throw refusal(problems);
  const paths = mask === null ? fieldsOf(body) : pathsOf(mask);
  // All of it: also what an older or newer version of this program kept there.
  let next: JsonObject = mask?.trim() === EVERYTHING ? {} : current;
  for (const path of paths) next = withValue(next, path, valueAt(given, path));
  // Never changes: told where somebody tries, and not cleared where a mask that names everything leaves it out.
  return { ...next, name: given[NAME] ?? current[NAME] };
}

function fieldsOf(body: JsonObject): readonly (readonly string[])[] {
  return Object.keys(body).flatMap((key) => {
    const field = fieldNamed(key, ROOT);
    return field === null ? [] : [[field]];
  });
}

function pathsOf(mask: string): readonly (readonly string[])[] {
  const texts = mask
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '');
  if (texts.length === 0) throw unknownPath('update_mask names no field', '');
  return texts.flatMap((text) => {
    if (text === EVERYTHING) return FIELDS.map((field) => [field]);
    const output = [...OUTPUT_ONLY].some((field) => field === text || snakeCase(field) === text);
    return output ? [] : [pathOf(text)];
  });
}

/** In the resource's own casing. Lists have no paths into them. */
function pathOf(text: string): readonly string[] {
  let shape: Shape | undefined = ROOT;
  return text.split('.').map((step, index, steps) => {
    const at = steps.slice(0, index).join('.');
    if (shape?.type === 'record') {
      shape = shape.valueType && objectOf(shape.valueType);
      return step.replace(/^\//, '');
    }
    const field = shape?.shape === undefined ? null : fieldNamed(step, shape);
    if (field === null || shape?.shape === undefined)
      throw unknownPath(
        `update_mask: "${text.slice(0, 100)}" names no field`,
        maskRemedy(step, at, Object.keys(shape?.shape ?? {})),
      );
    const member = shape.shape[field];
    shape = member && objectOf(member);
    return field;
  });
}

/** Of several forms that of the object: the others have nothing inside that could be named. */
function objectOf(schema: Parameters<typeof shapeOf>[0]): Shape | undefined {
  const shape = shapeOf(schema);
  if (shape.type !== 'union') return shape;
  return shape.options?.map(shapeOf).find((one) => one.type === 'object');
}

function maskRemedy(step: string, at: string, fields: readonly string[]): string {
  if (fields.length === 0) return ` There are no paths into "${at}": name it whole.`;
  const where = at === '' ? '' : ` in ${at}`;
  return `${didYouMean(step, fields)} There are${where}: ${fields.join(', ')}.`;
}

function unknownPath(what: string, remedy: string): GatewayError {
  return new GatewayError(
    'invalid_request',
    `${what}.${remedy || ` There are: ${FIELDS.join(', ')}.`}`,
    {
      param: 'update_mask',
    },
  );
}

function valueAt(object: JsonObject, path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>(
    (at, step) => (isObject(at) && Object.hasOwn(at, step) ? at[step] : undefined),
    object,
  );
}

function withValue(
  object: JsonObject,
  [step = '', ...rest]: readonly string[],
  value: Json | undefined,
): JsonObject {
  const inner = asObject(object[step]);
  // Nothing is cleared out of what is not there.
  if (rest.length > 0 && inner === undefined && value === undefined) return object;
  const next = rest.length === 0 ? value : withValue(inner ?? {}, rest, value);
  const others = Object.entries(object).filter(([key]) => key !== step);
  return Object.fromEntries(next === undefined ? others : [...others, [step, next]]);
}
