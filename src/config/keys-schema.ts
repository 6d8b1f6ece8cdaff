// Virtual keys of the configuration file: each with its secret, or the hash of it, of which only the hash is kept.
import { z } from 'zod';
import type { KeyRole } from '../core/key.ts';
import { secretHash, shownPrefix } from '../core/key-secret.ts';
import { type KeyFields, keyFields, keyName, keyRole } from './key-fields.ts';
import { slugOf } from './router-ids.ts';

/** What can be guessed is no secret. */
const MIN_SECRET_CHARS = 16;

export interface ConfiguredKey {
  readonly id: string;
  readonly name: string;
  readonly role: KeyRole;
  /** Lower-case hex; null: its variable has no value, so nothing opens it. */
  readonly secretSha256: string | null;
  readonly prefix: string;
  readonly fields: KeyFields;
}

const id = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,62}$/,
    'must be up to 63 lower-case letters, digits, "-", "_" or "."',
  )
  .refine(
    (text) => text !== 'admin' && !text.startsWith('key_'),
    'must not be "admin" nor begin with "key_": the gateway makes those itself',
  );

const key = z
  .strictObject({
    id: id
      .optional()
      .describe('what the log and the limits know it by (default: made of its name)'),
    name: keyName.describe('what or whom it is for'),
    key: z
      .string()
      .refine(
        (secret) => secret === '' || secret.length >= MIN_SECRET_CHARS,
        `must have ${MIN_SECRET_CHARS} characters at least: what is short can be guessed`,
      )
      .optional()
      .describe(
        'the secret, best from a variable of the environment; only its hash stays in memory',
      ),
    key_sha256: z
      .string()
      .regex(/^[0-9a-fA-F]{64}$/, 'must be the SHA-256 of the secret, 64 hexadecimal digits')
      .optional()
      .describe('in its place: the SHA-256 of the secret, in hexadecimal'),
    role: keyRole.optional().describe('default inference'),
    ...keyFields,
  })
  .superRefine((written, context) => {
    const both = written.key !== undefined && written.key_sha256 !== undefined;
    if (both || (written.key === undefined && written.key_sha256 === undefined))
      context.addIssue({
        code: 'custom',
        path: both ? ['key_sha256'] : [],
        message: both
          ? 'stands beside "key": one of the two'
          : 'needs its secret in "key", or the hash of it in "key_sha256"',
      });
    if (written.id === undefined && idOf(written.name) === null)
      context.addIssue({
        code: 'custom',
        path: ['id'],
        message: 'is needed: none can be made of this name',
      });
  })
  .transform((written): ConfiguredKey => {
    const { id: ownId, name, key: secret = '', key_sha256: hash, role = 'inference' } = written;
    const { id: _id, name: _name, key: _key, key_sha256: _hash, role: _role, ...fields } = written;
    return {
      id: ownId ?? idOf(name) ?? '',
      name,
      role,
      secretSha256: hash?.toLowerCase() ?? (secret === '' ? null : secretHash(secret)),
      prefix: shownPrefix(secret),
      fields,
    };
  });

export const keys = z
  .array(key)
  .max(10_000)
  .superRefine((list, context) => {
    const seen = new Map<string, number>();
    const once = (value: string, index: number, path: string, what: string) => {
      const other = seen.get(`${path} ${value}`);
      if (other !== undefined)
        context.addIssue({
          code: 'custom',
          path: [index, path],
          message: `${what} keys[${other}] too: each needs one of its own`,
        });
      seen.set(`${path} ${value}`, index);
    };
    list.forEach(({ id: ownId, secretSha256 }, index) => {
      once(ownId, index, 'id', `"${ownId}" is the id of`);
      // Without a word of the secret itself.
      if (secretSha256 !== null) once(secretSha256, index, 'key', 'is the secret of');
    });
  })
  .describe('Virtual keys, beside those of the API, which shows them and does not change them.');

function idOf(name: string): string | null {
  const slug = slugOf(name);
  return slug === null || slug === 'admin' ? null : slug;
}
