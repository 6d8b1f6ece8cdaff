// /router/v1/provider-keys: provider keys of callers and of the operator's pools: stored, listed, changed, tried, removed. Never shown.
import type { Actor } from '../core/actor.ts';
import { GatewayError, invalid } from '../core/errors.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { testProviderKey } from '../gateway/test-provider-key.ts';
import type { JsonObject } from '../lib/json.ts';
import { didYouMean } from '../lib/near.ts';
import { shownKey } from '../vault/provider-key-record.ts';
import { noVirtualKey, type StoredKey } from '../vault/vault.ts';
import { calledVerb, type Verbs } from './called-verb.ts';
import { readNewProviderKey, readProviderKeyPatch, readRotation } from './provider-key-input.ts';

type Query = { readonly [name: string]: string };

const FILTERS = ['key_id', 'provider'];

export function listProviderKeys(gateway: Gateway, query: Query): Response {
  const unknown = Object.keys(query).find((name) => !FILTERS.includes(name));
  if (unknown !== undefined)
    throw invalid(unknown.slice(0, 50), `is not known here: there are ${FILTERS.join(' and ')}`);
  const aliases = gateway.snapshot().aliases;
  const provider =
    query.provider === undefined ? null : (aliases.get(query.provider) ?? query.provider);
  const keys = gateway.vault
    .list()
    .filter(({ record }) => query.key_id === undefined || (record.keyId ?? '') === query.key_id)
    .filter(({ record }) => provider === null || record.provider === provider);
  return Response.json({ provider_keys: keys.map((key) => shown(gateway, key)) });
}

export function getProviderKey(gateway: Gateway, id: string): Response {
  return Response.json(shown(gateway, found(gateway, id)));
}

export async function createProviderKey(
  gateway: Gateway,
  text: string,
  by: Actor,
): Promise<Response> {
  gateway.vault.mustSeal();
  const snapshot = gateway.snapshot();
  const input = readNewProviderKey(text, snapshot.aliases);
  const { provider, keyId } = input;
  if (!snapshot.providers.has(provider) && !snapshot.unavailable.has(provider)) {
    const known = [...snapshot.providers.keys(), ...snapshot.unavailable.keys()];
    throw invalid('provider', `is none this gateway knows.${didYouMean(provider, known)}`);
  }
  const key = keyId === null ? null : gateway.keys.get(keyId);
  if (keyId !== null && key === null) throw noVirtualKey();
  const stored = await gateway.vault.create({ ...input, keyIsStored: key?.origin === 'api' }, by);
  return Response.json(shown(gateway, stored), { status: 201 });
}

export async function changeProviderKey(
  gateway: Gateway,
  id: string,
  text: string,
  by: Actor,
): Promise<Response> {
  const patch = readProviderKeyPatch(text, shown(gateway, found(gateway, id)));
  const changed = await gateway.vault.update(id, patch, by);
  if (changed === null) throw noSuchKey(id);
  return Response.json(shown(gateway, changed));
}

export async function removeProviderKey(
  gateway: Gateway,
  id: string,
  by: Actor,
): Promise<Response> {
  if (!(await gateway.vault.remove(id, by))) throw noSuchKey(id);
  return Response.json({ id, deleted: true });
}

type Verb = (gateway: Gateway, id: string, text: string, by: Actor) => Promise<Response>;

const VERBS: Verbs<Verb> = {
  nouns: 'Provider keys',
  at: '/router/v1/provider-keys',
  takes: 'GET, PATCH or DELETE',
  verbs: new Map<string, Verb>([
    ['rotate', rotate],
    ['test', test],
  ]),
};

/** `{id}:rotate`, `{id}:test`. */
export async function providerKeyVerb(
  gateway: Gateway,
  path: string,
  text: string,
  by: Actor,
): Promise<Response> {
  const { id, verb } = calledVerb(path, VERBS);
  return verb(gateway, id, text, by);
}

async function rotate(gateway: Gateway, id: string, text: string, by: Actor): Promise<Response> {
  gateway.vault.mustSeal();
  const rotated = await gateway.vault.rotate(id, readRotation(text), by);
  if (rotated === null) throw noSuchKey(id);
  return Response.json(shown(gateway, rotated));
}

async function test(gateway: Gateway, id: string, _text: string, by: Actor): Promise<Response> {
  const { record, key, problem } = found(gateway, id);
  if (key === null)
    throw new GatewayError(
      'master_key_missing',
      `The provider key ${id} cannot be tried: it is ${problem}.`,
    );
  const configured = gateway.snapshot().own.provider(record.provider, [key]);
  if (configured === null)
    throw new GatewayError('provider_not_configured', unusable(gateway, record.provider));
  const result = await testProviderKey(configured, key);
  // It may have been replaced or removed while the provider was asked: then the answer is of a key that is gone.
  await gateway.vault.tested(record, result, by);
  return Response.json({ ...result });
}

/** With what stands in the way of its being used. */
function shown(gateway: Gateway, { record, key, problem }: StoredKey): JsonObject {
  const usable = key !== null && gateway.snapshot().own.provider(record.provider, [key]) !== null;
  const why = problem ?? (usable ? null : unusable(gateway, record.provider));
  return { ...shownKey(record), usable, problem: why };
}

function unusable(gateway: Gateway, provider: string): string {
  const remedy = gateway.snapshot().unavailable.get(provider)?.remedy;
  return `The provider "${provider}" cannot be used with it: ${remedy ?? 'it takes no key'}.`;
}

function found(gateway: Gateway, id: string): StoredKey {
  const stored = gateway.vault.get(id);
  if (stored === null) throw noSuchKey(id);
  return stored;
}

function noSuchKey(id: string): GatewayError {
  return new GatewayError(
    'not_found',
    `There is no provider key "${id}". GET /router/v1/provider-keys lists them.`,
  );
}
