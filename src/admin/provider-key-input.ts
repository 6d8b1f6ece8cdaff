// What the API takes for provider keys: checked, with messages that hold nothing of a secret.
import { z } from 'zod';
import { invalid } from '../core/errors.ts';
import type { Json, JsonObject } from '../lib/json.ts';
import { didYouMean } from '../lib/near.ts';
import { readSecret } from '../vault/provider-secret.ts';
import type { KeyPatch, NewProviderKey } from '../vault/vault.ts';
import { objectIn } from './object-in.ts';

/** Labels stand in the log. */
const label = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/, 'must be up to 40 letters, digits, "-", "_" or "."');
const weight = z.number().min(0).max(1000).nullable();

const newKey = z.strictObject({
  key_id: z.string().min(1).nullable().optional(),
  provider: z.string().min(1).max(100),
  label: label.optional(),
  weight: weight.optional(),
  allow_fallback: z.boolean().optional(),
});
const patch = z.strictObject({
  label: label.optional(),
  weight: weight.optional(),
  allow_fallback: z.boolean().optional(),
});

const RULES = { where: 'secret', ownTokenUrl: true } as const;
/** Shorter labels stand in any key. */
const MIN_TOLD_CHARS = 6;

/** Throws `invalid_json` or `invalid_request`. @param ids other spellings of providers */
export function readNewProviderKey(
  text: string,
  aliases: ReadonlyMap<string, string>,
): Omit<NewProviderKey, 'keyIsStored'> {
  const { secret: given, ...rest } = objectIn(text);
  const input = read(newKey, rest);
  const secret = readSecret(given, RULES);
  const name = input.provider.toLowerCase();
  if (input.label !== undefined && tells(input.label, given))
    throw invalid('label', 'must not show the key: labels stand in the log');
  return {
    keyId: input.key_id ?? null,
    provider: aliases.get(name) ?? name,
    label: input.label ?? null,
    weight: input.weight ?? null,
    allowFallback: input.allow_fallback ?? false,
    secret,
  };
}

/** The whole resource may be sent back as it was got: what cannot be changed must then be as it is. */
export function readProviderKeyPatch(text: string, shown: JsonObject): KeyPatch {
  const body = objectIn(text);
  if (body.secret !== undefined)
    throw invalid(
      'secret',
      'is not changed by PATCH: leave it out to keep what is stored, or send a new one to POST /router/v1/provider-keys/{id}:rotate',
    );
  const changed: { [name: string]: Json } = {};
  for (const [name, value] of Object.entries(body)) {
    if (name in patch.shape || !(name in shown)) changed[name] = value as Json;
    else if (JSON.stringify(value) !== JSON.stringify(shown[name]))
      throw invalid(name, 'cannot be changed: store another key, and remove this one');
  }
  const next = read(patch, changed);
  return {
    ...(next.label === undefined ? {} : { label: next.label }),
    ...(next.weight === undefined ? {} : { weight: next.weight }),
    ...(next.allow_fallback === undefined ? {} : { allowFallback: next.allow_fallback }),
  };
}

export function readRotation(text: string): NewProviderKey['secret'] {
  const { secret, ...rest } = objectIn(text);
  const [other] = Object.keys(rest);
  if (other !== undefined)
    throw invalid('body', 'has a field that is not known here: there is "secret"');
  return readSecret(secret, RULES);
}

function tells(shown: string, secret: Json | undefined): boolean {
  const text = typeof secret === 'string' ? secret : JSON.stringify(secret ?? '');
  if (shown.length < MIN_TOLD_CHARS || text.length < MIN_TOLD_CHARS) return false;
  return text.includes(shown) || shown.includes(text);
}

function read<Shape extends z.ZodObject>(shape: Shape, body: JsonObject): z.output<Shape> {
  const parsed = shape.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue?.code !== 'unrecognized_keys')
    throw invalid(issue?.path.join('.') ?? '', issue?.message ?? 'is not valid');
  // What is not known may be a secret that stands in the wrong place: it is not repeated.
  const near = issue.keys.flatMap((name) =>
    didYouMean(name, [...Object.keys(shape.shape), 'secret']),
  );
  throw invalid(
    'body',
    `has a field that a provider key does not have.${near[0] ?? ''} There are: ${Object.keys(shape.shape).join(', ')}`,
  );
}
