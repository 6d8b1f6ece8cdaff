// /router/v1/alerts: what goes on and what was, who is told; acknowledged, silenced, and channels tested.
import { z } from 'zod';
import { shownAlert } from '../alerts/shown-alert.ts';
import type { Actor } from '../core/actor.ts';
import { RULES, SEVERITIES } from '../core/alert.ts';
import { GatewayError, invalid } from '../core/errors.ts';
import { lifetime } from '../core/options.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { asObject, type JsonObject, parseJson } from '../lib/json.ts';
import { didYouMean } from '../lib/near.ts';
import { calledVerb, type Verbs } from './called-verb.ts';

type Query = { readonly [name: string]: string };

const STATES = ['active', 'resolved', 'all'] as const;
const MAX_LIMIT = 1000;
const MAX_SILENCE_MS = 365 * 86_400_000;

const filter = z.object({
  state: z.enum(STATES, `must be one of ${STATES.join(', ')}`).default('all'),
  rule: z.enum(RULES, `must be one of ${RULES.join(', ')}`).optional(),
  severity: z.enum(SEVERITIES, `must be one of ${SEVERITIES.join(', ')}`).optional(),
  subject: z.string().optional(),
  limit: z.coerce
    .number(`must be a whole number from 1 to ${MAX_LIMIT}`)
    .int()
    .min(1)
    .max(MAX_LIMIT)
    .default(100),
  cursor: z.uuid('must be the next_cursor of an earlier answer').optional(),
});
const FILTERS = Object.keys(filter.shape);

const silence = z.strictObject({ for: lifetime.nullable() });

export function listAlerts({ alerts }: Gateway, query: Query): Response {
  const given = Object.entries(query).filter(([, text]) => text !== '');
  const unknown = given.find(([name]) => !FILTERS.includes(name))?.[0];
  if (unknown !== undefined)
    throw invalid(
      unknown,
      `is no filter of alerts; known are ${FILTERS.join(', ')}.${didYouMean(unknown, FILTERS)}`,
    );
  const parsed = filter.safeParse(Object.fromEntries(given));
  if (!parsed.success) throw wrong(parsed.error);
  const { cursor, limit, ...rest } = parsed.data;
  const found = alerts.list({ ...rest, limit: limit + 1, before: cursor });
  const page = found.slice(0, limit);
  return Response.json({
    alerts: page.map(shownAlert),
    next_cursor: found.length > limit ? (page.at(-1)?.id ?? null) : null,
  });
}

export function getAlert({ alerts }: Gateway, id: string): Response {
  return shown(alerts.shown(id), id);
}

export function listChannels({ alerts }: Gateway): Response {
  return Response.json({ channels: alerts.channels() });
}

type ChannelVerb = (gateway: Gateway, name: string, actor: Actor) => Promise<Response>;

const CHANNEL_VERBS: Verbs<ChannelVerb> = {
  nouns: 'Channels',
  at: '/router/v1/alerts/channels',
  takes: null,
  verbs: new Map([['test', testChannel]]),
};

/** `{name}:test`. */
export async function serveChannel(
  gateway: Gateway,
  path: string,
  actor: Actor,
): Promise<Response> {
  const { id, verb } = calledVerb(path, CHANNEL_VERBS);
  return verb(gateway, id, actor);
}

/** Answers what happened, also where the channel did not take it. */
async function testChannel(gateway: Gateway, name: string, actor: Actor): Promise<Response> {
  const tested = await gateway.alerts.test(name, actor);
  if (tested === null)
    throw new GatewayError(
      'not_found',
      `There is no channel "${name.slice(0, 60)}". GET /router/v1/alerts/channels lists them.`,
    );
  return Response.json({
    channel: name,
    delivered: tested.ok,
    detail: tested.ok ? tested.detail : tested.problem,
    took_ms: tested.tookMs,
  });
}

type AlertVerb = (
  gateway: Gateway,
  id: string,
  text: string,
  actor: Actor,
) => Promise<JsonObject | null>;

const VERBS: Verbs<AlertVerb> = {
  nouns: 'Alerts',
  at: '/router/v1/alerts',
  takes: 'GET',
  verbs: new Map<string, AlertVerb>([
    ['acknowledge', ({ alerts }, id, _, actor) => alerts.acknowledge(id, actor)],
    ['silence', ({ alerts }, id, text, actor) => alerts.silence(id, forMs(text), actor)],
  ]),
};

/** `{id}:acknowledge` and `{id}:silence`. */
export async function serveAlert(
  gateway: Gateway,
  path: string,
  text: string,
  actor: Actor,
): Promise<Response> {
  const { id, verb } = calledVerb(path, VERBS);
  return shown(await verb(gateway, id, text, actor), id);
}

function forMs(text: string): number | null {
  const body = asObject(parseJson(text));
  if (body === undefined)
    throw new GatewayError('invalid_json', 'Say how long as JSON: {"for": "2h"}; null ends it.');
  const parsed = silence.safeParse(body);
  if (!parsed.success) throw wrong(parsed.error);
  const ms = parsed.data.for;
  if (ms !== null && ms > MAX_SILENCE_MS) throw invalid('for', 'may be 365d at most');
  return ms;
}

function shown(alert: object | null, id: string): Response {
  if (alert !== null) return Response.json(alert);
  throw new GatewayError(
    'not_found',
    `There is no alert "${id.slice(0, 60)}". GET /router/v1/alerts lists them.`,
  );
}

function wrong(error: z.ZodError): GatewayError {
  const issue = error.issues[0];
  if (issue?.code === 'unrecognized_keys')
    return invalid(String(issue.keys[0]), 'is not known here');
  return invalid(String(issue?.path[0] ?? 'body'), issue?.message ?? 'is not valid');
}
