// A virtual key as the API and the command line are told of it: fields checked, or refused with their path and what was meant.
import { z } from 'zod';
import { ofClosestForm } from '../../config/closest-form.ts';
import { keyFields, keyName, keyRole } from '../../config/key-fields.ts';
import { knownNames } from '../../config/known-names.ts';
import { limitFields, limitsOf } from '../../config/limit-fields.ts';
import { GatewayError } from '../../core/errors.ts';
import type { Limits } from '../../core/limits.ts';
import type { JsonObject } from '../../lib/json.ts';
import { didYouMean } from '../../lib/near.ts';
import { type KeyPatch, type NewKey, patchOf } from './key-record.ts';
import { READ_ONLY_FIELDS } from './shown-key.ts';

const newKey = z.strictObject({ name: keyName, role: keyRole.default('inference'), ...keyFields });
const keyPatch = z.strictObject({
  name: keyName.optional(),
  role: keyRole.optional(),
  ...keyFields,
});
const userLimits = z.strictObject(limitFields);

/** Throws `invalid_request`. */
export function readNewKey(body: JsonObject): NewKey {
  refuseSecret(body);
  const fields = read(newKey, body, 'a key');
  return { ...patchOf(fields), name: fields.name, role: fields.role };
}

/** What a GET answered may be sent back as it is. Throws `invalid_request`. */
export function readKeyPatch(body: JsonObject): KeyPatch {
  refuseSecret(body);
  const fields = read(keyPatch, without(body, READ_ONLY_FIELDS), 'a key');
  return { ...patchOf(fields), name: fields.name, role: fields.role };
}

/** What is not named is not limited. Throws `invalid_request`. */
export function readUserLimits(body: JsonObject): Limits {
  const own = without(body, ['user', 'source', 'usage', 'created_at', 'updated_at']);
  return limitsOf(read(userLimits, own, 'the limits of a user'));
}

function refuseSecret(body: JsonObject): void {
  if (body.key === undefined) return;
  throw new GatewayError(
    'invalid_request',
    'key: the gateway makes secrets itself. POST /router/v1/keys/{id}:rotate makes a new one; a key with a secret of your own stands in the configuration, under "keys".',
    { param: 'key' },
  );
}

function without(body: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name)));
}

function read<Shape extends z.ZodType>(
  shape: Shape,
  body: JsonObject,
  what: string,
): z.output<Shape> {
  const parsed = shape.safeParse(body);
  if (parsed.success) return parsed.data;
  // A name that is not known is why another is missing, so it is told first.
  const isName = ({ code }: z.core.$ZodIssue) => (code === 'unrecognized_keys' ? 0 : 1);
  const issues = parsed.error.issues.flatMap(ofClosestForm);
  const problems = issues
    .sort((a, b) => isName(a) - isName(b))
    .flatMap((issue) => {
      if (issue.code !== 'unrecognized_keys')
        return [{ path: pathText(issue.path), message: messageOf(issue) }];
      const known = knownNames(shape, issue.path);
      return issue.keys.map((name) => ({
        path: pathText([...issue.path, name]),
        message: `is not a field of ${what}.${didYouMean(name, known)}`,
      }));
    });
  const [first = { path: '', message: 'is not valid' }] = problems;
  throw new GatewayError('invalid_request', `${first.path}: ${first.message}`, {
    param: first.path,
    ...(problems.length > 1 ? { problems } : {}),
  });
}

function messageOf(issue: z.core.$ZodIssue): string {
  return issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
}

function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((step, at) => (typeof step === 'number' ? `[${step}]` : `${at ? '.' : ''}${String(step)}`))
    .join('');
}
