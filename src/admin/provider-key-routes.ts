// The routes of provider keys.
import { Hono } from 'hono';
import type { Gateway } from '../gateway/gateway.ts';
import {
  changeProviderKey,
  createProviderKey,
  getProviderKey,
  listProviderKeys,
  providerKeyVerb,
  removeProviderKey,
} from './provider-keys.ts';
import { forAdmin, queryOf } from './respond.ts';

export function providerKeyRoutes(gateway: Gateway): Hono {
  const app = new Hono();
  app.get('/router/v1/provider-keys', (c) =>
    forAdmin(c, gateway, () => listProviderKeys(gateway, queryOf(c))),
  );
  app.post('/router/v1/provider-keys', (c) =>
    forAdmin(c, gateway, async (_, by) => createProviderKey(gateway, await c.req.text(), by)),
  );
  app.get('/router/v1/provider-keys/:id', (c) =>
    forAdmin(c, gateway, () => getProviderKey(gateway, c.req.param('id'))),
  );
  app.post('/router/v1/provider-keys/:path', (c) =>
    forAdmin(c, gateway, async (_, by) =>
      providerKeyVerb(gateway, c.req.param('path'), await c.req.text(), by),
    ),
  );
  app.patch('/router/v1/provider-keys/:id', (c) =>
    forAdmin(c, gateway, async (_, by) =>
      changeProviderKey(gateway, c.req.param('id'), await c.req.text(), by),
    ),
  );
  app.delete('/router/v1/provider-keys/:id', (c) =>
    forAdmin(c, gateway, (_, by) => removeProviderKey(gateway, c.req.param('id'), by)),
  );
  return app;
}
