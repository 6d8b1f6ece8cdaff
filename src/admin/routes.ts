// The operator's surface: every route on one screen.
import { type Context, Hono } from 'hono';
import type { Gateway } from '../gateway/gateway.ts';
import { getAlert, listAlerts, listChannels, serveAlert, serveChannel } from './alerts.ts';
import { exportAudit, listAudit } from './audit.ts';
import { getBodies, removeBodies, removeBodiesOf } from './bodies.ts';
import { dropCache, explainCached, getCache } from './cache.ts';
import { getExperiment, listExperiments } from './experiments.ts';
import { explainRequest } from './explain.ts';
import { getExport, listExports, orderExport } from './exports.ts';
import { listHealth } from './health.ts';
import { keyRoutes } from './key-routes.ts';
import { getLog, listLogs } from './logs.ts';
import { exportLogs } from './logs-export.ts';
import { followLogs } from './logs-stream.ts';
import { serveMetrics } from './metrics.ts';
import { getMetric, listMetrics, putMetric, removeMetric } from './metrics-of-models.ts';
import { getOperation } from './operations.ts';
import { postOutcomes } from './outcomes.ts';
import { providerKeyRoutes } from './provider-key-routes.ts';
import { getReconciliation, listImports, postImport, removeImport } from './reconciliation.ts';
import { forAdmin, forKey, queryOf } from './respond.ts';
import { createRouter, listRouters } from './routers.ts';
import { routerRequest, serveRouter } from './serve-router.ts';
import { startPage } from './start-page.ts';
import { getUsage } from './usage.ts';

export function adminRoutes(gateway: Gateway): Hono {
  const app = new Hono();
  app.get('/', (c) => c.html(startPage(gateway)));
  app.get('/metrics', (c) => forAdmin(c, gateway, () => serveMetrics(gateway)));
  app.get('/router/v1/metrics', (c) => forAdmin(c, gateway, () => listMetrics(gateway)));
  app.get('/router/v1/metrics/:name', (c) =>
    forAdmin(c, gateway, () => getMetric(gateway, c.req.param('name'))),
  );
  app.put('/router/v1/metrics/:name', (c) =>
    forAdmin(c, gateway, async (_, by) =>
      putMetric(gateway, c.req.param('name'), await c.req.text(), by),
    ),
  );
  app.delete('/router/v1/metrics/:name', (c) =>
    forAdmin(c, gateway, (_, by) => removeMetric(gateway, c.req.param('name'), by)),
  );
  app.get('/router/v1/alerts', (c) => forAdmin(c, gateway, () => listAlerts(gateway, queryOf(c))));
  app.get('/router/v1/alerts/channels', (c) => forAdmin(c, gateway, () => listChannels(gateway)));
  app.post('/router/v1/alerts/channels/:path', (c) =>
    forAdmin(c, gateway, (_, by) => serveChannel(gateway, c.req.param('path'), by)),
  );
  app.get('/router/v1/alerts/:id', (c) =>
    forAdmin(c, gateway, () => getAlert(gateway, c.req.param('id'))),
  );
  app.post('/router/v1/alerts/:path', (c) =>
    forAdmin(c, gateway, async (_, by) =>
      serveAlert(gateway, c.req.param('path'), await c.req.text(), by),
    ),
  );
  app.get('/router/v1/audit', (c) => forAdmin(c, gateway, () => listAudit(gateway, queryOf(c))));
  app.get('/router/v1/audit:export', (c) =>
    forAdmin(c, gateway, (_, by) => exportAudit(gateway, queryOf(c), by)),
  );
  app.get('/router/v1/cache', (c) => forAdmin(c, gateway, () => getCache(gateway)));
  app.delete('/router/v1/cache', (c) =>
    forKey(c, gateway, (key, by) => dropCache(gateway, queryOf(c), key, by)),
  );
  app.post('/router/v1/cache:explain', (c) =>
    forAdmin(c, gateway, async (by) =>
      explainCached(gateway, queryOf(c), {
        text: await c.req.text(),
        headers: c.req.raw.headers,
        by,
      }),
    ),
  );
  app.post('/router/v1/explain', (c) =>
    forAdmin(c, gateway, async ({ id }) =>
      explainRequest(gateway, { routerId: null, by: id }, await c.req.text(), c.req.raw.headers),
    ),
  );
  app.get('/router/v1/health', (c) => forAdmin(c, gateway, () => listHealth(gateway, queryOf(c))));
  app.get('/router/v1/logs', (c) => forAdmin(c, gateway, () => listLogs(gateway, queryOf(c))));
  app.get('/router/v1/logs:stream', (c) =>
    forAdmin(c, gateway, () => followLogs(gateway, queryOf(c), c.req.raw)),
  );
  app.get('/router/v1/logs:export', (c) =>
    forAdmin(c, gateway, (_, by) => exportLogs(gateway, queryOf(c), by)),
  );
  app.get('/router/v1/logs/:id', (c) =>
    forAdmin(c, gateway, () => getLog(gateway, c.req.param('id'))),
  );
  app.get('/router/v1/logs/:id/bodies', (c) =>
    forAdmin(c, gateway, (_, by) => getBodies(gateway, c.req.param('id'), by)),
  );
  app.delete('/router/v1/logs/:id/bodies', (c) =>
    forAdmin(c, gateway, (_, by) => removeBodies(gateway, c.req.param('id'), by)),
  );
  app.delete('/router/v1/bodies', (c) =>
    forAdmin(c, gateway, (_, by) => removeBodiesOf(gateway, queryOf(c), by)),
  );
  app.get('/router/v1/reconciliation', (c) =>
    forAdmin(c, gateway, () => getReconciliation(gateway, queryOf(c))),
  );
  app.get('/router/v1/reconciliation/imports', (c) =>
    forAdmin(c, gateway, () => listImports(gateway)),
  );
  app.post('/router/v1/reconciliation/imports', (c) =>
    forAdmin(c, gateway, (_, by) => postImport(gateway, c.req.raw, queryOf(c), by)),
  );
  app.delete('/router/v1/reconciliation/imports/:id', (c) =>
    forAdmin(c, gateway, (_, by) => removeImport(gateway, c.req.param('id'), by)),
  );
  app.get('/router/v1/exports', (c) => forAdmin(c, gateway, () => listExports(gateway)));
  app.get('/router/v1/exports/:path{.+}', (c) =>
    forAdmin(c, gateway, () => getExport(gateway, c.req.param('path'))),
  );
  app.post('/router/v1/exports/:path{.+}', (c) =>
    forAdmin(c, gateway, async (_, by) =>
      orderExport(gateway, c.req.param('path'), { by, text: await c.req.text() }),
    ),
  );
  app.get('/router/v1/usage', (c) => forAdmin(c, gateway, () => getUsage(gateway, queryOf(c))));
  app.get('/router/v1/routers', (c) =>
    forAdmin(c, gateway, (_, by) => listRouters(routerRequest(gateway, by, asked(c)))),
  );
  app.post('/router/v1/routers', (c) =>
    forAdmin(c, gateway, async (_, by) =>
      createRouter(routerRequest(gateway, by, asked(c)), await c.req.text()),
    ),
  );
  app.on(['GET', 'POST', 'PATCH', 'DELETE'], '/router/v1/routers/:path{.+}', (c) =>
    forAdmin(c, gateway, (_, by) => {
      const { method } = c.req;
      const at = { method, path: c.req.param('path'), text: () => c.req.text() };
      return serveRouter(gateway, routerRequest(gateway, by, asked(c)), at);
    }),
  );
  app.get('/lro/v1alpha/:name{.+}', (c) =>
    forAdmin(c, gateway, () => getOperation(gateway.routers, c.req.param('name'))),
  );
  app.post('/router/v1/outcomes', (c) =>
    forAdmin(c, gateway, async () =>
      postOutcomes(gateway.experiments, await c.req.text(), c.req.raw.headers),
    ),
  );
  app.get('/router/v1/experiments', (c) =>
    forAdmin(c, gateway, () => listExperiments(gateway.experiments)),
  );
  app.get('/router/v1/experiments/:router/:route', (c) =>
    forAdmin(c, gateway, () => {
      const { router, route } = c.req.param();
      return getExperiment(gateway.experiments, router, route, queryOf(c));
    }),
  );
  app.route('/', keyRoutes(gateway));
  app.route('/', providerKeyRoutes(gateway));
  return app;
}

function asked(c: Context) {
  return { query: queryOf(c), headers: c.req.raw.headers };
}
