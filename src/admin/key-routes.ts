// The routes of virtual keys and of users.
import { Hono } from 'hono';
import type { Gateway } from '../gateway/gateway.ts';
import { changeKey, createKey, getKey, keyVerb, listKeys, removeKey } from './keys.ts';
import { forAdmin, queryOf } from './respond.ts';
import { getUser, listUsers, putUser, removeUser } from './users.ts';

export function keyRoutes(gateway: Gateway): Hono {
  const app = new Hono();
  app.get('/router/v1/keys', (c) => forAdmin(c, gateway, () => listKeys(gateway, queryOf(c))));
  app.post('/router/v1/keys', (c) =>
    forAdmin(c, gateway, async (_, by) => createKey(gateway, await c.req.text(), by)),
  );
  app.get('/router/v1/keys/:id', (c) =>
    forAdmin(c, gateway, () => getKey(gateway, c.req.param('id'), queryOf(c))),
  );
  app.post('/router/v1/keys/:path', (c) =>
    forAdmin(c, gateway, async (_, by) =>
      keyVerb(gateway, c.req.param('path'), await c.req.text(), by),
    ),
  );
  app.patch('/router/v1/keys/:id', (c) =>
    forAdmin(c, gateway, async (_, by) =>
      changeKey(gateway, c.req.param('id'), await c.req.text(), by),
    ),
  );
  app.delete('/router/v1/keys/:id', (c) =>
    forAdmin(c, gateway, (_, by) => removeKey(gateway, c.req.param('id'), by)),
  );
  app.get('/router/v1/users', (c) => forAdmin(c, gateway, () => listUsers(gateway)));
  app.get('/router/v1/users/:user{.+}', (c) =>
    forAdmin(c, gateway, () => getUser(gateway, c.req.param('user'))),
  );
  app.put('/router/v1/users/:user{.+}', (c) =>
    forAdmin(c, gateway, async (_, by) =>
      putUser(gateway, c.req.param('user'), await c.req.text(), by),
    ),
  );
  app.delete('/router/v1/users/:user{.+}', (c) =>
    forAdmin(c, gateway, (_, by) => removeUser(gateway, c.req.param('user'), by)),
  );
  return app;
}
