// Who calls the operator's surface, as the audit trail names them.
import type { Server } from 'bun';
import type { Context } from 'hono';
import type { Actor } from '../core/actor.ts';
import type { KeyRecord } from '../core/key.ts';

export function actorOf(c: Context, key: Pick<KeyRecord, 'id' | 'name'>): Actor {
  return { via: 'api', id: key.id, name: key.name, address: addressOf(c) };
}

/** What http/listen.ts hands on with each request is the server itself: asked only here, where somebody acts. */
function addressOf(c: Context): string | null {
  const server = c.env as Partial<Pick<Server<undefined>, 'requestIP'>> | undefined;
  return server?.requestIP?.(c.req.raw)?.address ?? null;
}
