// The public surface: every route on one screen.
import { type Context, Hono } from 'hono';
import { GatewayError, toGatewayError } from '../core/errors.ts';
import { DIALECTS } from '../dialects/index.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { nearest } from '../lib/near.ts';
import { OPERATIONS } from '../operations/index.ts';
import { countTokens } from './count-tokens.ts';
import { serveGeneration } from './generation.ts';
import { logTrouble } from './log-trouble.ts';
import { errorReply } from './respond.ts';
import { cancelResponse, deleteResponse, getResponse, listInputItems } from './responses-store.ts';
import { serveChat } from './serve-chat.ts';
import type { Endpoint } from './serve-exchange.ts';
import { type ModelListShape, serveModels } from './serve-models.ts';
import { serveOperation } from './serve-operation.ts';

/** A base URL works with and without /v1, and with /v1 doubled by an SDK. */
const ROOTS = ['/v1', '', '/v1/v1'];
const ANTHROPIC_ROOTS = ['/anthropic/v1', '/anthropic', '/anthropic/v1/v1'];

/** What is asked most, by path: the runtime's own router costs a third of the framework's. Everything else comes to the app. */
export type BusyPaths = { readonly [path: string]: (request: Request) => Promise<Response> };

export interface BuiltServer {
  readonly app: Hono;
  /** Posted to. */
  readonly busy: BusyPaths;
}

/** The program's HTTP interface. `groups` are further routes (the operator's), mounted before the 404. */
export function buildServer(gateway: Gateway, groups: readonly Hono[]): BuiltServer {
  const app = new Hono({ strict: false });
  const busy: { [path: string]: BusyPaths[string] } = {};
  const openai = DIALECTS['openai-chat'];
  const anthropic = DIALECTS['anthropic-messages'];
  const completions = { dialect: openai, name: 'chat.completions' };
  const responses = { dialect: DIALECTS['openai-responses'], name: 'responses' };
  const messages = { dialect: anthropic, name: 'messages' };
  const chat = (path: string, endpoint: Endpoint) => {
    busy[path] = (request) => serveChat(endpoint, request, gateway);
    // As somebody may write it: with a slash at its end.
    app.post(path, (c) => serveChat(endpoint, c.req.raw, gateway));
  };

  app.get('/healthz', (c) => c.text('ok'));
  app.get('/readyz', (c) => readiness(c, gateway));

  for (const root of ROOTS) {
    chat(`${root}/chat/completions`, completions);
    chat(`${root}/responses`, responses);
    app.get(`${root}/responses/:id`, (c) => getResponse(storedAt(c, gateway)));
    app.delete(`${root}/responses/:id`, (c) => deleteResponse(storedAt(c, gateway)));
    app.get(`${root}/responses/:id/input_items`, (c) => listInputItems(storedAt(c, gateway)));
    app.post(`${root}/responses/:id/cancel`, (c) => cancelResponse(storedAt(c, gateway)));
    for (const operation of Object.values(OPERATIONS))
      app.post(root + operation.path, (c) => serveOperation(operation, c.req.raw, gateway));
    app.get(`${root}/generation`, (c) => serveGeneration(c.req.raw, gateway));
    app.get(`${root}/models`, (c) =>
      serveModels(listShape(c), dialectOf(c), c.req.raw, gateway, null),
    );
    app.get(`${root}/models/:id{.+}`, (c) =>
      serveModels(listShape(c), dialectOf(c), c.req.raw, gateway, c.req.param('id')),
    );
  }
  // Where Cohere's own clients ask: the form is the same.
  app.post('/v2/rerank', (c) => serveOperation(OPERATIONS.rerank, c.req.raw, gateway));
  for (const root of [...ROOTS, ...ANTHROPIC_ROOTS]) {
    chat(`${root}/messages`, messages);
    app.post(`${root}/messages/count_tokens`, (c) => countTokens(anthropic, c.req.raw, gateway));
  }
  for (const root of ANTHROPIC_ROOTS) {
    app.get(`${root}/models`, (c) => serveModels('anthropic', anthropic, c.req.raw, gateway, null));
    app.get(`${root}/models/:id{.+}`, (c) =>
      serveModels('anthropic', anthropic, c.req.raw, gateway, c.req.param('id')),
    );
  }
  app.get('/llm/v1alpha/models', (c) => serveModels('inworld', openai, c.req.raw, gateway, null));

  for (const group of groups) app.route('/', group);
  app.notFound((c) => unknownPath(app, c));
  app.onError((error, c) => {
    gateway.log('error', 'request failed outside its handler', {
      path: c.req.path,
      error: error.name,
    });
    return errorReply(dialectOf(c), toGatewayError(error), null);
  });
  return { app, busy };
}

/** A stored response that is asked for by its id. */
function storedAt(c: Context, gateway: Gateway) {
  const id = c.req.param('id') ?? '';
  return { dialect: DIALECTS['openai-responses'], request: c.req.raw, gateway, id };
}

function readiness(c: Context, gateway: Gateway): Response {
  const reason = gateway.unreadyReason();
  if (reason !== null) return c.json({ ready: false, reason }, 503);
  // Requests are served whatever becomes of the log: what is wrong with it is told, and is no reason to send them elsewhere.
  const log = logTrouble(gateway.ledger.stats);
  const { trouble, store } = gateway.limits;
  const limits = trouble === null ? {} : { limits: { store, trouble } };
  const sealed = gateway.vault.trouble();
  const vault = sealed === null ? {} : { provider_keys: sealed };
  return c.json({ ready: true, ...(log === null ? {} : { log }), ...limits, ...vault });
}

/** Clients of Anthropic's SDK ask the plain path for their own list, and say who they are by the version header. */
function listShape(c: Context): ModelListShape {
  return c.req.header('anthropic-version') === undefined ? 'openai' : 'anthropic';
}

function dialectOf(c: Context) {
  const isAnthropic =
    c.req.path.startsWith('/anthropic') ||
    c.req.path.includes('/messages') ||
    c.req.header('anthropic-version') !== undefined;
  if (isAnthropic) return DIALECTS['anthropic-messages'];
  return c.req.path.includes('/responses') ? DIALECTS['openai-responses'] : DIALECTS['openai-chat'];
}

function unknownPath(app: Hono, c: Context): Response {
  const { path, method } = c.req;
  const routes = app.routes.filter((route) => route.method !== 'ALL');
  const others = [
    ...new Set(routes.filter((route) => route.path === path).map((route) => route.method)),
  ];
  const error =
    others.length === 0
      ? new GatewayError(
          'not_found',
          `There is no ${method} ${path} here.${nearPaths(path, routes)}`,
        )
      : new GatewayError(
          'method_not_allowed',
          `${path} takes ${others.join(' or ')}, not ${method}.`,
        );
  const reply = errorReply(dialectOf(c), error, null);
  reply.headers.set('x-generation-id', Bun.randomUUIDv7());
  if (others.length > 0) reply.headers.set('allow', others.join(', '));
  return reply;
}

function nearPaths(path: string, routes: readonly { readonly path: string }[]): string {
  const canonical = routes
    .map((route) => route.path)
    .filter(
      (known) =>
        known !== '/' &&
        !known.includes(':') &&
        !known.startsWith('/v1/v1') &&
        !known.startsWith('/anthropic/v1/v1'),
    );
  const near = nearest(path, canonical);
  return near.length === 0
    ? ' See GET /v1/models, POST /v1/chat/completions, POST /v1/responses, POST /v1/messages.'
    : ` Near: ${near.join(', ')}.`;
}
