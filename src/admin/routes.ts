// The operator's surface: every route on one screen.
import { Hono } from 'hono';
import type { Gateway } from '../gateway/build.ts';
import { listHealth } from './health.ts';
import { changeKey, createKey, getKey, listKeys, removeKey } from './keys.ts';
import { getLog, listLogs } from './logs.ts';
import { serveMetrics } from './metrics.ts';
import { forAdmin } from './respond.ts';
import { startPage } from './start-page.ts';

export function adminRoutes(gateway: Gateway): Hono {
  const app = new Hono();
  app.get('/', (c) => c.html(startPage(gateway)));
  app.get('/metrics', (c) => forAdmin(c, gateway, () => serveMetrics(gateway)));
  app.get('/router/v1/health', (c) =>
    forAdmin(c, gateway, () => listHealth(gateway, c.req.query())),
  );
  app.get('/router/v1/logs', (c) => forAdmin(c, gateway, () => listLogs(gateway, c.req.query())));
  app.get('/router/v1/logs/:id', (c) =>
    forAdmin(c, gateway, () => getLog(gateway, c.req.param('id'))),
  );
  app.get('/router/v1/keys', (c) => forAdmin(c, gateway, () => listKeys(gateway)));
  app.get('/router/v1/keys/:id', (c) =>
    forAdmin(c, gateway, () => getKey(gateway, c.req.param('id'))),
  );
  app.post('/router/v1/keys', (c) =>
    forAdmin(c, gateway, async () => createKey(gateway, await c.req.text())),
  );
  app.patch('/router/v1/keys/:id', (c) =>
    forAdmin(c, gateway, async () => changeKey(gateway, c.req.param('id'), await c.req.text())),
  );
  app.delete('/router/v1/keys/:id', (c) =>
    forAdmin(c, gateway, () => removeKey(gateway, c.req.param('id'))),
  );
  return app;
}
