// /router/v1/users: what single users may spend and how fast they may ask, however requests name them.

import { shownLimits } from '../config/limit-fields.ts';
import type { Actor } from '../core/actor.ts';
import { GatewayError, invalid } from '../core/errors.ts';
import { NO_LIMITS } from '../core/limits.ts';
import { userName } from '../core/user-name.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { JsonObject } from '../lib/json.ts';
import { readUserLimits } from '../limits/keys/key-input.ts';
import { type LimitedUser, shownUser } from '../limits/keys/user-limits.ts';
import { type ShownUsage, usagesOf } from './limit-usage.ts';
import { objectIn } from './object-in.ts';

/** What it takes to show users. */
type Shown = Pick<Gateway, 'userLimits' | 'limits'>;

export async function listUsers(gateway: Shown): Promise<Response> {
  const users = gateway.userLimits.list();
  return Response.json({ users: await allShown(gateway, users) });
}

/** Also of a user nobody set anything for: what holds for everybody, and what was taken of it. */
export async function getUser(gateway: Gateway, named: string): Promise<Response> {
  const user = userName(named);
  const found = gateway.userLimits.get(user);
  if (found !== null) return Response.json(await shown(gateway, found));
  const configured = gateway.config().limits?.users;
  if (configured === undefined)
    throw new GatewayError(
      'not_found',
      `Nothing limits the user "${user}". PUT /router/v1/users/${encodeURIComponent(user)} sets limits for one user, "limits.users" in the configuration for each.`,
    );
  const [usage = null] = await usagesOf(gateway, (limits) => limits.readUsers([user]));
  const written = shownLimits({
    budgets: configured.budget ?? NO_LIMITS.budgets,
    rate: configured.rate_limit ?? null,
  });
  return Response.json({ user, source: 'config', ...written, usage });
}

export async function putUser(
  gateway: Gateway,
  user: string,
  text: string,
  by: Actor,
): Promise<Response> {
  const body = objectIn(text);
  const named = userName(user);
  if (body.user !== undefined && body.user !== user && body.user !== named)
    throw invalid('user', 'must be the user of the path, or left out');
  const limits = readUserLimits(body);
  const isNew = gateway.userLimits.get(named) === null;
  const kept = await gateway.userLimits.put(named, limits, by);
  return Response.json(await shown(gateway, kept), { status: isNew ? 201 : 200 });
}

export async function removeUser(gateway: Gateway, user: string, by: Actor): Promise<Response> {
  if (!(await gateway.userLimits.remove(user, by)))
    throw new GatewayError(
      'not_found',
      `No limits are set for the user "${user}". GET /router/v1/users lists those that have some.`,
    );
  return Response.json({ user, deleted: true });
}

async function shown(gateway: Shown, user: LimitedUser): Promise<JsonObject> {
  const [usage = null] = await usagesOf(gateway, (limits) => limits.readUsers([user.user]));
  return shownWith(user, usage);
}

/** With what was taken of their limits. */
async function allShown(
  gateway: Shown,
  users: readonly LimitedUser[],
): Promise<readonly JsonObject[]> {
  const named = users.map(({ user }) => user);
  const usages = await usagesOf(gateway, (limits) => limits.readUsers(named));
  return users.map((user, at) => shownWith(user, usages[at] ?? null));
}

function shownWith(user: LimitedUser, usage: ShownUsage): JsonObject {
  return { ...shownUser(user), source: 'api', usage };
}
