// /router/v1/keys: virtual keys, made, listed, changed, given a new secret and removed.
import { z } from 'zod';
import type { Actor } from '../core/actor.ts';
import { GatewayError, invalid } from '../core/errors.ts';
import type { KeyRecord } from '../core/key.ts';
import { lifetime } from '../core/options.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { JsonObject } from '../lib/json.ts';
import { type KeyFilter, keyFilter } from '../limits/keys/key-filter.ts';
import { readKeyPatch, readNewKey } from '../limits/keys/key-input.ts';
import { MAX_OVERLAP_MS } from '../limits/keys/keys.ts';
import { shownKey } from '../limits/keys/shown-key.ts';
import { callerMeters, userMeters } from '../limits/meters/caller-meters.ts';
import { calledVerb, type Verbs } from './called-verb.ts';
import { type ShownUsage, usageOf, usagesOf } from './limit-usage.ts';
import { objectIn } from './object-in.ts';

/** What it takes to show keys. */
type Shown = Pick<Gateway, 'keys' | 'limits'>;

type Query = { readonly [name: string]: string };

const overlap = z.union(
  [z.literal('0s').transform(() => 0), lifetime.refine((ms) => ms <= MAX_OVERLAP_MS)],
  'must be a time such as "24h", at most "90d"; "0s": the old secret stops at once',
);
const rotation = z.strictObject({ overlap: overlap.optional() });

export async function listKeys(gateway: Shown, query: Query): Promise<Response> {
  const wanted: KeyFilter = keyFilter(query);
  const found = gateway.keys.list().filter(wanted);
  return Response.json({ keys: await allShown(gateway, found) });
}

/** With `?user=`, also what that user took of what each user of the key may take. */
export async function getKey(gateway: Gateway, id: string, query: Query): Promise<Response> {
  const key = gateway.keys.get(id);
  if (key === null) throw noSuchKey(id);
  const { user, ...others } = query;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw invalid(unknown, 'is not known here: there is "user"');
  const answer = await shown(gateway, key);
  if (user === undefined) return Response.json(answer);
  const meters = callerMeters(userMeters(key, user, null));
  const user_usage = await usageOf(gateway, (limits) => limits.read(meters));
  return Response.json({ ...answer, user_usage });
}

export async function createKey(gateway: Gateway, text: string, by: Actor): Promise<Response> {
  const { record, secret } = await gateway.keys.create(readNewKey(objectIn(text)), by);
  return Response.json({ ...(await shown(gateway, record)), key: secret }, { status: 201 });
}

export async function changeKey(
  gateway: Gateway,
  id: string,
  text: string,
  by: Actor,
): Promise<Response> {
  const changed = await gateway.keys.update(id, readKeyPatch(objectIn(text)), by);
  if (changed === null) throw noSuchKey(id);
  return Response.json(await shown(gateway, changed));
}

export async function removeKey(gateway: Gateway, id: string, by: Actor): Promise<Response> {
  if (!(await gateway.keys.remove(id, by))) throw noSuchKey(id);
  return Response.json({ id, deleted: true });
}

type Verb = (gateway: Gateway, id: string, text: string, by: Actor) => Promise<Response>;

const VERBS: Verbs<Verb> = {
  nouns: 'Keys',
  at: '/router/v1/keys',
  takes: 'GET, PATCH or DELETE',
  verbs: new Map<string, Verb>([
    ['rotate', rotateKey],
    ['revoke-previous', revokePrevious],
  ]),
};

/** `{id}:rotate`, `{id}:revoke-previous`. */
export async function keyVerb(
  gateway: Gateway,
  path: string,
  text: string,
  by: Actor,
): Promise<Response> {
  const { id, verb } = calledVerb(path, VERBS);
  return verb(gateway, id, text, by);
}

async function rotateKey(gateway: Gateway, id: string, text: string, by: Actor): Promise<Response> {
  const parsed = rotation.safeParse(text.trim() === '' ? {} : objectIn(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw issue?.code === 'unrecognized_keys'
      ? invalid(issue.keys[0] ?? '', 'is not known here: there is "overlap"')
      : invalid('overlap', issue?.message ?? 'is not valid');
  }
  const rotated = await gateway.keys.rotate(id, parsed.data.overlap ?? 0, by);
  if (rotated === null) throw noSuchKey(id);
  return Response.json({ ...(await shown(gateway, rotated.record)), key: rotated.secret });
}

async function revokePrevious(
  gateway: Gateway,
  id: string,
  _text: string,
  by: Actor,
): Promise<Response> {
  const key = await gateway.keys.revokeReplaced(id, by);
  if (key === null) throw noSuchKey(id);
  return Response.json(await shown(gateway, key));
}

async function shown(gateway: Shown, key: KeyRecord): Promise<JsonObject> {
  const [usage = null] = await usagesOf(gateway, (limits) => limits.readKeys([key]));
  return shownWith(gateway, key, usage);
}

/** With what was taken of their limits. */
async function allShown(
  gateway: Shown,
  keys: readonly KeyRecord[],
): Promise<readonly JsonObject[]> {
  const usages = await usagesOf(gateway, (limits) => limits.readKeys(keys));
  return keys.map((key, at) => shownWith(gateway, key, usages[at] ?? null));
}

function shownWith(gateway: Shown, key: KeyRecord, usage: ShownUsage): JsonObject {
  return { ...shownKey(key, gateway.keys.replaced(key.id)), usage };
}

function noSuchKey(id: string): GatewayError {
  return new GatewayError('not_found', `There is no key "${id}". GET /router/v1/keys lists them.`);
}
