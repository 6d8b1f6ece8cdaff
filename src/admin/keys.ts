// /router/v1/keys: virtual keys, made, listed, changed and removed.
import { z } from 'zod';
import { GatewayError } from '../core/errors.ts';
import type { KeyRecord } from '../core/key.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { asObject, type JsonObject, parseJson } from '../lib/json.ts';

const name = z.string().trim().min(1).max(200);
const role = z.enum(['admin', 'inference']);
const models = z.array(z.string().min(1).max(200)).max(1000).nullable();
const expires = z
  .union(
    [z.iso.datetime({ offset: true }), z.iso.date()],
    'must be an ISO 8601 time such as "2027-01-31T00:00:00Z"',
  )
  .transform((text) => Date.parse(text))
  .nullable();
const metadata = z.record(z.string(), z.json()).nullable();

const fields = {
  allowed_models: models.optional(),
  expires_at: expires.optional(),
  metadata: metadata.optional(),
  log_bodies: z.boolean().nullable().optional(),
};
const newKey = z.strictObject({ name, role: role.default('inference'), ...fields });
const keyPatch = z.strictObject({ name: name.optional(), role: role.optional(), ...fields });

/** Limits of the contract that this version does not enforce: refused, for a limit that does not hold is worse than none. */
const NOT_YET: readonly string[] = ['allowed_routers', 'budget', 'rate_limit'];

/** A key as the outside sees it; the secret is never part of it. */
function publicKey(key: KeyRecord): JsonObject {
  return {
    id: key.id,
    name: key.name,
    role: key.role,
    prefix: key.prefix,
    allowed_models: key.allowedModels,
    expires_at: key.expiresAt === null ? null : new Date(key.expiresAt).toISOString(),
    metadata: key.metadata,
    log_bodies: key.logBodies,
    created_at: new Date(key.createdAt).toISOString(),
    updated_at: new Date(key.updatedAt).toISOString(),
  };
}

export function listKeys(gateway: Gateway): Response {
  return Response.json({ keys: gateway.keys.list().map(publicKey) });
}

export function getKey(gateway: Gateway, id: string): Response {
  const key = gateway.keys.list().find((known) => known.id === id);
  if (!key) throw noSuchKey(id);
  return Response.json(publicKey(key));
}

export async function createKey(gateway: Gateway, text: string): Promise<Response> {
  const input = read(newKey, text);
  const { record, secret } = await gateway.keys.create({
    name: input.name,
    role: input.role,
    allowedModels: input.allowed_models ?? null,
    expiresAt: input.expires_at ?? null,
    metadata: input.metadata ?? null,
    logBodies: input.log_bodies ?? null,
  });
  return Response.json({ ...publicKey(record), key: secret }, { status: 201 });
}

export async function changeKey(gateway: Gateway, id: string, text: string): Promise<Response> {
  const patch = read(keyPatch, text);
  const changed = await gateway.keys.update(id, {
    ...(patch.name === undefined ? {} : { name: patch.name }),
    ...(patch.role === undefined ? {} : { role: patch.role }),
    ...(patch.allowed_models === undefined ? {} : { allowedModels: patch.allowed_models }),
    ...(patch.expires_at === undefined ? {} : { expiresAt: patch.expires_at }),
    ...(patch.metadata === undefined ? {} : { metadata: patch.metadata }),
    ...(patch.log_bodies === undefined ? {} : { logBodies: patch.log_bodies }),
  });
  if (changed === null) throw noSuchKey(id);
  return Response.json(publicKey(changed));
}

export async function removeKey(gateway: Gateway, id: string): Promise<Response> {
  if (!(await gateway.keys.remove(id))) throw noSuchKey(id);
  return Response.json({ id, deleted: true });
}

function noSuchKey(id: string): GatewayError {
  return new GatewayError('not_found', `There is no key "${id}". GET /router/v1/keys lists them.`);
}

function read<Shape extends z.ZodType>(shape: Shape, text: string): z.output<Shape> {
  const body = asObject(parseJson(text));
  if (!body) throw new GatewayError('invalid_json', 'The request body must be a JSON object.');
  const early = NOT_YET.find((field) => body[field] !== undefined && body[field] !== null);
  if (early !== undefined)
    throw new GatewayError(
      'invalid_request',
      `${early} is not available in this version: leave it out.`,
      { param: early },
    );
  const parsed = shape.safeParse(
    Object.fromEntries(Object.entries(body).filter(([field]) => !NOT_YET.includes(field))),
  );
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const param = issue?.code === 'unrecognized_keys' ? issue.keys[0] : issue?.path.join('.');
  const problem =
    issue?.code === 'unrecognized_keys'
      ? 'is not a field of a key'
      : (issue?.message ?? 'is not valid');
  throw new GatewayError('invalid_request', `${param}: ${problem}`, { param });
}
