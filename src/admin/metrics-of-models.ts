// /router/v1/metrics: what models can be sorted by: the built-in metrics, the operator's own, and those posted as outcomes.
import { z } from 'zod';
import { shownMetric } from '../catalog/operator-metrics.ts';
import { metricFields, metricName } from '../config/metrics-schema.ts';
import type { Actor } from '../core/actor.ts';
import { GatewayError } from '../core/errors.ts';
import { BUILT_IN_METRICS } from '../core/model-metrics.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { JsonObject } from '../lib/json.ts';
import { objectIn } from './object-in.ts';

const metric = z.strictObject(metricFields);

export function listMetrics(gateway: Gateway): Response {
  const builtIn = [...BUILT_IN_METRICS].map(([name, direction]) => ({
    name,
    direction,
    origin: 'built-in',
  }));
  const { operator } = gateway.snapshot().metrics;
  const own = operator.map(shownMetric);
  const known = new Set([...builtIn, ...operator].map(({ name }) => name));
  const posted = [...(gateway.live.outcomes?.metrics() ?? [])]
    .filter((name) => !known.has(name))
    .map((name) => ({ name, direction: 'higher', origin: 'outcomes' }));
  return Response.json({ metrics: [...builtIn, ...own, ...posted] });
}

export function getMetric(gateway: Gateway, name: string): Response {
  const found = gateway.snapshot().metrics.operator.find((known) => known.name === name);
  if (found === undefined) throw noSuchMetric(name);
  return Response.json(shownMetric(found));
}

export async function putMetric(
  gateway: Gateway,
  name: string,
  text: string,
  by: Actor,
): Promise<Response> {
  const checked = metricName.safeParse(name);
  if (!checked.success) throw problemOf(checked.error, 'name');
  refuseConfigured(gateway, name);
  const body = objectIn(text);
  const parsed = metric.safeParse(withoutOwn(body));
  if (!parsed.success) throw problemOf(parsed.error, '');
  const { direction, values = {} } = parsed.data;
  const existed = await gateway.modelMetrics.put({ name, direction, values }, by);
  const status = existed ? 200 : 201;
  return Response.json(shownMetric({ name, direction, values, origin: 'api' }), { status });
}

export async function removeMetric(gateway: Gateway, name: string, by: Actor): Promise<Response> {
  refuseConfigured(gateway, name);
  if (!(await gateway.modelMetrics.remove(name, by))) throw noSuchMetric(name);
  return Response.json({ name, deleted: true });
}

/** What a GET answered may be sent back as it is. */
function withoutOwn({ name: _name, origin: _origin, ...body }: JsonObject): JsonObject {
  return body;
}

function refuseConfigured(gateway: Gateway, name: string): void {
  const known = gateway.snapshot().metrics.operator.find((one) => one.name === name);
  if (known?.origin !== 'config') return;
  throw new GatewayError(
    'read_only',
    `The metric "${name}" stands in the configuration file: change it there, under "metrics".`,
    { param: 'name' },
  );
}

function noSuchMetric(name: string): GatewayError {
  return new GatewayError(
    'not_found',
    `There is no metric "${name}" of your own. GET /router/v1/metrics lists them; PUT /router/v1/metrics/${name} makes it.`,
  );
}

function problemOf({ issues: [issue] }: z.ZodError, at: string): GatewayError {
  const own = issue?.code === 'unrecognized_keys' ? issue.keys[0] : issue?.path.join('.');
  const param = own === undefined || own === '' ? at : own;
  const problem =
    issue?.code === 'unrecognized_keys'
      ? 'is not a field of a metric'
      : (issue?.message ?? 'is not valid');
  return new GatewayError('invalid_request', `${param}: ${problem}`, { param });
}
