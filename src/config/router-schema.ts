// A router as it is written, in the API or in YAML → the checked Router and its resource, or everything that is wrong with it.
import type { z } from 'zod';
import type { Router } from '../core/router.ts';
import { asString, isDeeperThan, isObject, type Json, type JsonObject } from '../lib/json.ts';
import { ofClosestForm } from './closest-form.ts';
import { recased } from './router-casing.ts';
import { crossProblems } from './router-checks.ts';
import { routerFields } from './router-fields.ts';
import { routerFrom } from './router-from-fields.ts';
import { MAX_NAME, NAME_PREFIX, slugOf, withIds } from './router-ids.ts';
import type { RouterProblem } from './router-problem.ts';

const NAME = /^[a-z0-9][a-z0-9-]*$/;
const MAX_CHARS = 256 * 1024;
const MAX_DEPTH = 24;
/** Whoever has more of them needs the first ones. */
const MAX_PROBLEMS = 100;

export type RouterReading =
  | {
      readonly ok: true;
      readonly router: Router;
      /** As it is kept and answered: in the API's spelling, with every id. */
      readonly resource: JsonObject;
    }
  | { readonly ok: false; readonly problems: readonly RouterProblem[] };

export interface GivenName {
  /** Of a router that is there already: its name stays. */
  readonly id?: string;
  /** A name for one that was written without: from the slug of its displayName, where that makes one. Null: it must have one. */
  readonly newId?: (slug: string | null) => string | null;
}

/** Never throws, whatever it is given. */
export function readRouter(input: unknown, given: GivenName = {}): RouterReading {
  const unfit = unfitness(input);
  if (unfit !== null || !isObject(input))
    return { ok: false, problems: [{ path: [], message: unfit ?? 'A router is an object.' }] };
  const problems: RouterProblem[] = [];
  const written = withBareCommands(recased(input, problems) as JsonObject, problems);
  const id = nameOf(written, given, problems);
  const whole = withIds({ ...written, name: `${NAME_PREFIX}${id}` });
  const parsed = routerFields.safeParse(whole);
  problems.push(
    ...(parsed.error?.issues ?? []).flatMap(ofClosestForm).map((issue) => told(issue, whole)),
    ...crossProblems(whole),
  );
  if (problems.length > 0 || !parsed.success)
    return { ok: false, problems: problems.slice(0, MAX_PROBLEMS) };
  return {
    ok: true,
    router: routerFrom(id, parsed.data),
    resource: JSON.parse(JSON.stringify(parsed.data)) as JsonObject,
  };
}

/** Why it is not worth looking at; null where it is. */
function unfitness(input: unknown): string | null {
  if (isDeeperThan(MAX_DEPTH, input)) return `The router is nested more than ${MAX_DEPTH} levels.`;
  const { length } = JSON.stringify(input) ?? '';
  return length > MAX_CHARS
    ? `The router is ${Math.ceil(length / 1024)} KB: at most ${MAX_CHARS / 1024} KB.`
    : null;
}

/** `/review` is `review`: a slash is how a command is typed, not a part of its name. */
function withBareCommands(resource: JsonObject, problems: RouterProblem[]): JsonObject {
  const { commands } = resource;
  if (!isObject(commands)) return resource;
  const bare = new Map<string, Json>();
  for (const [key, target] of Object.entries(commands)) {
    const name = key.replace(/^\//, '');
    if (bare.has(name) && !Bun.deepEquals(bare.get(name), target))
      problems.push({
        path: ['commands', name],
        message: 'is there twice, with and without its slash: keep one',
      });
    if (target !== undefined) bare.set(name, target);
  }
  return { ...resource, commands: Object.fromEntries(bare) };
}

/** The router's id: an empty one where that is a problem. */
function nameOf(written: JsonObject, given: GivenName, problems: RouterProblem[]): string {
  const name = asString(written.name)?.replace(NAME_PREFIX, '');
  const problem = (message: string): string => {
    problems.push({ path: ['name'], message });
    return '';
  };
  if (written.name !== undefined && name === undefined) return problem('must be a text');
  if (given.id !== undefined) {
    if (!name || name === given.id) return given.id;
    return problem(`never changes: it is "${NAME_PREFIX}${given.id}"`);
  }
  if (name) {
    if (NAME.test(name) && name.length <= MAX_NAME) return name;
    return problem(
      `must be lower-case letters, digits and dashes, no dash first, at most ${MAX_NAME} of them`,
    );
  }
  const slug = slugOf(asString(written.displayName) ?? '');
  return (
    (given.newId ?? ((own) => own))(slug) ??
    problem('is missing: give the router a name, or a displayName to make one from')
  );
}

function told(issue: z.core.$ZodIssue, whole: JsonObject): RouterProblem {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
  if (issue.code === 'invalid_union') {
    const message = 'has none of the forms it may have';
    const isSwitch = issue.errors.some(([form]) => isTypeOf(form, 'boolean'));
    return isSwitch ? { path, message, expected: 'boolean' } : { path, message };
  }
  if (issue.code !== 'invalid_type') return { path, message: issue.message };
  if (valueAt(whole, path) === undefined) return { path, message: 'is missing' };
  const message = issue.message.replace(/^Invalid input: /, '');
  if (isTypeOf(issue, 'number')) return { path, message, expected: 'number' };
  if (isTypeOf(issue, 'boolean')) return { path, message, expected: 'boolean' };
  return { path, message };
}

function isTypeOf(issue: z.core.$ZodIssue | undefined, expected: string): boolean {
  return issue?.code === 'invalid_type' && issue.expected === expected;
}

function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (at, step) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, step)
        ? (at as { readonly [step: string | number]: unknown })[step]
        : undefined,
    value,
  );
}
