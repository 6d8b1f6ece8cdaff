// Every way to change or to look that the audit trail has to tell of, by route: how it is done, and what the trail then says.
import type { Database } from 'bun:sqlite';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asObject, type JsonObject } from '../../src/lib/json.ts';
import { ADMIN_KEY, type GatewayUnderTest } from './gateway-under-test.ts';

export interface Ground {
  readonly gateway: GatewayUnderTest;
  call(method: string, path: string, body?: JsonObject | string): Promise<Response>;
  /** The id of something new to change or to remove. */
  router(): Promise<string>;
  key(): Promise<string>;
  /** A request whose bodies are kept. */
  bodies(): Promise<string>;
  imported(): Promise<string>;
  providerKey(): Promise<string>;
  /** One that goes on. */
  alert(): Promise<string>;
}

/** What the routes below are about, in the configuration and the environment. */
export const AUDITED = `
log: { bodies: { keep: true } }
exports:
  hook: { type: webhook, url: "http://127.0.0.1:9/hook" }
  product: { type: mixpanel, project_id: 1, username: u, secret: s, base_url: "http://127.0.0.1:9", data_url: "http://127.0.0.1:9", outcomes: { events: [{ event: Paid, metric: paid }] } }
alerts:
  channels: { hook: { type: webhook, url: "http://127.0.0.1:9/alerts" } }
`;
export const AUDITED_ENVIRONMENT = {
  SWITCHYARD_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
};

export interface Change {
  /** What the newest entry of the trail is called. */
  readonly action: string;
  /** Whatever has to be there first. */
  readonly given?: (ground: Ground) => Promise<string>;
  readonly act: (ground: Ground, id: string) => Promise<Response>;
}

/** A route that changes nothing of the operator's, although its method could. */
export interface Exempt {
  readonly because: string;
}

const ROUTE = {
  route_id: 'only',
  variants: [
    { variant: { variant_id: 'a', model_id: 'alpha/echo' }, weight: 50 },
    { variant: { variant_id: 'b', model_id: 'alpha/other' }, weight: 50 },
  ],
};
const BILL = readFileSync(
  join(import.meta.dir, '../recordings/bills/openai-completions.csv'),
  'utf8',
);

export function groundOf(
  gateway: GatewayUnderTest,
  write: (work: (sqlite: Database) => void) => void,
): Ground {
  let made = 0;
  const call: Ground['call'] = (method, path, body) =>
    fetch(gateway.url + path, {
      method,
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  const idOf = async (response: Response, name = 'id') => {
    const told = (await response.json()) as JsonObject;
    return String(asObject(told.response)?.[name] ?? told[name]);
  };
  return {
    gateway,
    call,
    async router() {
      made += 1;
      const name = `made-${made}`;
      await (await call('POST', '/router/v1/routers', { name, defaultRoute: ROUTE })).text();
      return name;
    },
    key: async () => idOf(await call('POST', '/router/v1/keys', { name: 'made' })),
    async bodies() {
      const body = { model: 'alpha/echo', user: 'u1', messages: [{ role: 'user', content: 'hi' }] };
      const reply = await gateway.post('/v1/chat/completions', body);
      await reply.text();
      await gateway.gateway.bodies.flush();
      return reply.headers.get('x-generation-id') ?? '';
    },
    async providerKey() {
      made += 1;
      const key = { provider: 'openai', label: `own-${made}`, secret: `sk-own-key-number-${made}` };
      return idOf(await call('POST', '/router/v1/provider-keys', key));
    },
    async alert() {
      made += 1;
      const id = Bun.randomUUIDv7();
      write((sqlite) =>
        sqlite.run(
          `INSERT INTO alerts (id, rule, subject, severity, level, title, facts, todo, once, started_at, last_seen_at)
            VALUES (?, 'disk', ?, 'warning', 1, 'The disk', '{}', 'Free some', 0, 1, 1)`,
          [id, `disk:${made}`],
        ),
      );
      return id;
    },
    imported: async () => idOf(await call('POST', '/router/v1/reconciliation/imports', BILL)),
  };
}

/** By route as it is declared, and by verb of a router or key. */
const CHANGES: { readonly [route: string]: Change | Exempt } = {
  'PUT /router/v1/metrics/:name': {
    action: 'metric.create',
    act: ({ call }) =>
      call('PUT', '/router/v1/metrics/kindness', { direction: 'higher', values: { 'a/b': 1 } }),
  },
  'DELETE /router/v1/metrics/:name': {
    action: 'metric.delete',
    given: async ({ call }) => {
      await call('PUT', '/router/v1/metrics/gone', { direction: 'higher', values: {} });
      return 'gone';
    },
    act: ({ call }, id) => call('DELETE', `/router/v1/metrics/${id}`),
  },
  'DELETE /router/v1/cache': {
    action: 'cache.drop',
    act: ({ call }) => call('DELETE', '/router/v1/cache?namespace=old'),
  },
  'POST /router/v1/cache:explain': { because: 'it tells what the cache would do with a request' },
  'POST /router/v1/explain': { because: 'it tells what would become of a request' },
  'DELETE /router/v1/logs/:id/bodies': {
    action: 'bodies.delete',
    given: ({ bodies }) => bodies(),
    act: ({ call }, id) => call('DELETE', `/router/v1/logs/${id}/bodies`),
  },
  'DELETE /router/v1/bodies': {
    action: 'bodies.delete_user',
    act: ({ call }) => call('DELETE', '/router/v1/bodies?user=u1'),
  },
  'POST /router/v1/reconciliation/imports': {
    action: 'reconciliation.import',
    act: ({ call }) => call('POST', '/router/v1/reconciliation/imports?name=bill.csv', BILL),
  },
  'DELETE /router/v1/reconciliation/imports/:id': {
    action: 'reconciliation.delete',
    given: ({ imported }) => imported(),
    act: ({ call }, id) => call('DELETE', `/router/v1/reconciliation/imports/${id}`),
  },
  'POST /router/v1/routers': {
    action: 'router.create',
    act: ({ call }) => call('POST', '/router/v1/routers', { defaultRoute: ROUTE }),
  },
  'POST /router/v1/routers/:path{.+}': { because: 'its verbs are below' },
  'POST /router/v1/routers/{id}:explain': { because: 'it tells what would become of a request' },
  'POST /router/v1/routers/{id}:replay': { because: 'it tells what would have become of requests' },
  'POST /router/v1/routers/{id}:ramp': {
    action: 'router.ramp',
    given: ({ router }) => router(),
    act: ({ call }, id) => call('POST', `/router/v1/routers/${id}:ramp`, { winner: 'a' }),
  },
  'POST /router/v1/routers/{id}:rollback': {
    action: 'router.rollback',
    given: ({ router }) => router(),
    act: ({ call }, id) => call('POST', `/router/v1/routers/${id}:rollback`, { version: 1 }),
  },
  'PATCH /router/v1/routers/:path{.+}': {
    action: 'router.patch',
    given: ({ router }) => router(),
    act: ({ call }, id) => call('PATCH', `/router/v1/routers/${id}`, { displayName: 'Other' }),
  },
  'DELETE /router/v1/routers/:path{.+}': {
    action: 'router.delete',
    given: ({ router }) => router(),
    act: ({ call }, id) => call('DELETE', `/router/v1/routers/${id}`),
  },
  'POST /router/v1/outcomes': { because: 'what users did is data, which no operator changes' },
  'POST /router/v1/keys': {
    action: 'key.create',
    act: ({ call }) => call('POST', '/router/v1/keys', { name: 'new' }),
  },
  'PATCH /router/v1/keys/:id': {
    action: 'key.update',
    given: ({ key }) => key(),
    act: ({ call }, id) => call('PATCH', `/router/v1/keys/${id}`, { name: 'other' }),
  },
  'POST /router/v1/keys/:path': { because: 'its verbs are below' },
  'POST /router/v1/keys/{id}:rotate': {
    action: 'key.rotate',
    given: ({ key }) => key(),
    act: ({ call }, id) => call('POST', `/router/v1/keys/${id}:rotate`, { overlap: '24h' }),
  },
  'POST /router/v1/keys/{id}:revoke-previous': {
    action: 'key.revoke_previous',
    given: async ({ key, call }) => {
      const id = await key();
      await call('POST', `/router/v1/keys/${id}:rotate`, { overlap: '24h' });
      return id;
    },
    act: ({ call }, id) => call('POST', `/router/v1/keys/${id}:revoke-previous`),
  },
  'DELETE /router/v1/keys/:id': {
    action: 'key.delete',
    given: ({ key }) => key(),
    act: ({ call }, id) => call('DELETE', `/router/v1/keys/${id}`),
  },
  'PUT /router/v1/users/:user{.+}': {
    action: 'user.create',
    act: ({ call }) =>
      call('PUT', '/router/v1/users/ann', { rate_limit: { requests_per_minute: 5 } }),
  },
  'DELETE /router/v1/users/:user{.+}': {
    action: 'user.delete',
    given: async ({ call }) => {
      await call('PUT', '/router/v1/users/bob', { rate_limit: { requests_per_minute: 5 } });
      return 'bob';
    },
    act: ({ call }, id) => call('DELETE', `/router/v1/users/${id}`),
  },
};

const MORE_CHANGES: typeof CHANGES = {
  'POST /router/v1/provider-keys': {
    action: 'provider_key.create',
    act: ({ call }) =>
      call('POST', '/router/v1/provider-keys', { provider: 'openai', secret: 'sk-own-key-new' }),
  },
  'POST /router/v1/provider-keys/:path': { because: 'its verbs are below' },
  'POST /router/v1/provider-keys/{id}:rotate': {
    action: 'provider_key.rotate',
    given: ({ providerKey }) => providerKey(),
    act: ({ call }, id) =>
      call('POST', `/router/v1/provider-keys/${id}:rotate`, { secret: 'sk-own-key-next' }),
  },
  'POST /router/v1/provider-keys/{id}:test': {
    action: 'provider_key.test',
    given: ({ providerKey }) => providerKey(),
    act: ({ call }, id) => call('POST', `/router/v1/provider-keys/${id}:test`),
  },
  'PATCH /router/v1/provider-keys/:id': {
    action: 'provider_key.update',
    given: ({ providerKey }) => providerKey(),
    act: ({ call }, id) => call('PATCH', `/router/v1/provider-keys/${id}`, { weight: 2 }),
  },
  'DELETE /router/v1/provider-keys/:id': {
    action: 'provider_key.delete',
    given: ({ providerKey }) => providerKey(),
    act: ({ call }, id) => call('DELETE', `/router/v1/provider-keys/${id}`),
  },
  'POST /router/v1/alerts/channels/:path': { because: 'its verbs are below' },
  'POST /router/v1/alerts/channels/{id}:test': {
    action: 'alert_channel.test',
    act: ({ call }) => call('POST', '/router/v1/alerts/channels/hook:test'),
  },
  'POST /router/v1/alerts/:path': { because: 'its verbs are below' },
  'POST /router/v1/alerts/{id}:acknowledge': {
    action: 'alert.acknowledge',
    given: ({ alert }) => alert(),
    act: ({ call }, id) => call('POST', `/router/v1/alerts/${id}:acknowledge`),
  },
  'POST /router/v1/alerts/{id}:silence': {
    action: 'alert.silence',
    given: ({ alert }) => alert(),
    act: ({ call }, id) => call('POST', `/router/v1/alerts/${id}:silence`, { for: '2h' }),
  },
  'POST /router/v1/exports/:path{.+}': { because: 'its verbs are below' },
  'POST /router/v1/exports/{id}:pause': {
    action: 'export.pause',
    act: ({ call }) => call('POST', '/router/v1/exports/hook:pause'),
  },
  'POST /router/v1/exports/{id}:resume': {
    action: 'export.resume',
    act: ({ call }) => call('POST', '/router/v1/exports/hook:resume'),
  },
  'POST /router/v1/exports/{id}:test': {
    action: 'export.test',
    act: ({ call }) => call('POST', '/router/v1/exports/hook:test'),
  },
  'POST /router/v1/exports/{id}:backfill': {
    action: 'export.backfill',
    act: ({ call }) => call('POST', '/router/v1/exports/hook:backfill', { from: '1h' }),
  },
  'POST /router/v1/exports/{id}:cancel-backfill': {
    action: 'export.cancel_backfill',
    given: async ({ call }) => {
      const ordered = await call('POST', '/router/v1/exports/hook:backfill', { from: '1h' });
      return `hook ${String(((await ordered.json()) as JsonObject).id)}`;
    },
    act: ({ call }, both) => {
      const [name, id = ''] = both.split(' ');
      return call('POST', `/router/v1/exports/${name}:cancel-backfill`, { id });
    },
  },
  'POST /router/v1/exports/{id}:retry-dead-letters': {
    action: 'export.retry_dead_letters',
    act: ({ call }) => call('POST', '/router/v1/exports/hook:retry-dead-letters'),
  },
  'POST /router/v1/exports/{id}:import-outcomes': {
    action: 'export.import_outcomes',
    act: ({ call }) => call('POST', '/router/v1/exports/product:import-outcomes'),
  },
};

/** All of them. */
export const ALL_CHANGES: typeof CHANGES = { ...CHANGES, ...MORE_CHANGES };

/** Looking that is told of: at prompts, and at everything there is. */
export const LOOKS: { readonly [route: string]: Change } = {
  'GET /router/v1/logs/:id/bodies': {
    action: 'bodies.read',
    given: ({ bodies }) => bodies(),
    act: ({ call }, id) => call('GET', `/router/v1/logs/${id}/bodies`),
  },
  'GET /router/v1/logs:export': {
    action: 'logs.export',
    act: ({ call }) => call('GET', '/router/v1/logs:export?format=csv'),
  },
  'GET /router/v1/audit:export': {
    action: 'audit.export',
    act: ({ call }) => call('GET', '/router/v1/audit:export'),
  },
};
