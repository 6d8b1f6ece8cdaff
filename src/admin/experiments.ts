// /router/v1/experiments: how the variants of each route compare.
import { GatewayError, invalid } from '../core/errors.ts';
import type { Experiments } from '../experiments/experiments.ts';
import type { ExperimentQuery } from '../experiments/read-experiment.ts';
import { didYouMean } from '../lib/near.ts';

const PARAMETERS: readonly string[] = ['from', 'to', 'control', 'alpha', 'window'];

type QueryText = { readonly [name: string]: string };

export async function listExperiments(experiments: Experiments): Promise<Response> {
  return Response.json({ experiments: await experiments.list() });
}

export async function getExperiment(
  experiments: Experiments,
  router: string,
  route: string,
  query: QueryText,
): Promise<Response> {
  const asked = readQuery(router, route, query);
  const answer = await experiments.read(asked);
  if ('report' in answer) return Response.json(answer.report);
  if (answer.unknown === 'control')
    throw invalid(
      'control',
      `is no variant of this route: it has ${answer.variants.join(', ')}.${didYouMean(asked.control ?? '', answer.variants)}`,
    );
  throw new GatewayError(
    'not_found',
    `There is no route "${route}" of a router "${router}", and no user has met one. GET /router/v1/experiments lists them.`,
  );
}

function readQuery(router: string, route: string, query: QueryText): ExperimentQuery {
  const unknown = Object.keys(query).find((name) => !PARAMETERS.includes(name));
  if (unknown !== undefined)
    throw invalid(unknown, `is not a parameter here: those are ${PARAMETERS.join(', ')}`);
  const from = readDay('from', query.from);
  const to = readDay('to', query.to);
  if (from !== null && to !== null && to <= from) throw invalid('to', 'must be after from');
  return {
    router,
    route,
    from,
    to,
    windowDays: readWindow(query.window),
    control: query.control === undefined || query.control === '' ? null : query.control,
    alpha: readAlpha(query.alpha),
  };
}

/** Whole days: requests are summed by them. */
function readDay(name: string, text: string | undefined): number | null {
  if (text === undefined || text === '') return null;
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(ms)) return ms;
  throw invalid(name, 'must be a day (UTC) such as 2026-11-22');
}

function readWindow(text: string | undefined): number | null {
  if (text === undefined || text === '') return null;
  const days = /^(\d{1,3})d$/.exec(text)?.[1];
  if (days !== undefined && Number(days) >= 1) return Number(days);
  throw invalid('window', 'must be a number of days such as 7d');
}

function readAlpha(text: string | undefined): number {
  if (text === undefined || text === '') return 0.05;
  const alpha = Number(text);
  if (alpha >= 0.0001 && alpha <= 0.5) return alpha;
  throw invalid('alpha', 'must be a number from 0.0001 to 0.5, such as 0.05');
}
