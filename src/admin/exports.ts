// /router/v1/exports: where finished requests go, how that is doing, and what can be ordered of it.
import { z } from 'zod';
import type { Actor } from '../core/actor.ts';
import { GatewayError, invalid } from '../core/errors.ts';
import { shownBackfill, shownExport, shownLetter } from '../exports/shown-export.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { parseTime, TIME_FORMS } from '../ledger/log-time.ts';
import { asObject, parseJson } from '../lib/json.ts';
import { didYouMean } from '../lib/near.ts';
import { getOutcomeImport, importOutcomes } from './outcome-imports.ts';

const PATH = /^([a-z0-9-]+)(?:\/(dead-letters|backfills|outcomes)(?:\/([^/]+))?)?$/;
const MAX_LETTERS = 1000;

const backfillBody = z.strictObject({
  from: z.union([z.string(), z.number()], TIME_FORMS),
  to: z.union([z.string(), z.number()], TIME_FORMS).optional(),
});
const cancelBody = z.strictObject({ id: z.string('must be the id of a back-fill') });

interface ExportRequest {
  readonly gateway: Gateway;
  readonly name: string;
  readonly by: Actor;
  readonly text: string;
}

type ExportVerb = (asked: ExportRequest) => Promise<Response> | Response;

const VERBS: ReadonlyMap<string, ExportVerb> = new Map<string, ExportVerb>([
  ['pause', (asked) => pauseExport(asked, true)],
  ['resume', (asked) => pauseExport(asked, false)],
  ['test', testExport],
  ['backfill', backfillExport],
  ['cancel-backfill', cancelBackfill],
  ['retry-dead-letters', retryLetters],
  ['import-outcomes', ({ gateway, name, by }) => importOutcomes(gateway, name, by)],
]);

export function listExports({ exports }: Gateway): Response {
  const now = Date.now();
  const shown = exports.statuses().map((status) => shownExport(status, exports.orders, now));
  return Response.json({ exports: shown });
}

/** @param path behind `/router/v1/exports/`, decoded */
export function getExport(gateway: Gateway, path: string): Response {
  const [, name = '', under, id] = PATH.exec(path) ?? [];
  const { exports } = gateway;
  const status = exports.status(name);
  if (status === null) throw noSuchExport(gateway, name === '' ? path : name);
  if (under === undefined) {
    const outcomes = gateway.outcomeImports.status(name);
    const shown = shownExport(status, exports.orders, Date.now());
    return Response.json({ ...shown, ...(outcomes === null ? {} : { outcomes }) });
  }
  if (under === 'outcomes') return getOutcomeImport(gateway, name);
  if (under === 'dead-letters') {
    const letters = exports.orders.letters(name, MAX_LETTERS);
    return Response.json({ dead_letters: letters.map(shownLetter) });
  }
  if (id === undefined)
    return Response.json({ backfills: exports.orders.backfills(name).map(shownBackfill) });
  const backfill = exports.orders.backfill(name, id);
  if (backfill === null) throw noSuchBackfill(name, id);
  return Response.json(shownBackfill(backfill));
}

/** @param path `name:verb` */
export function orderExport(
  gateway: Gateway,
  path: string,
  { by, text }: Pick<ExportRequest, 'by' | 'text'>,
): Promise<Response> | Response {
  const colon = path.lastIndexOf(':');
  const name = colon === -1 ? path : path.slice(0, colon);
  if (gateway.exports.status(name) === null) throw noSuchExport(gateway, name);
  const called = colon === -1 ? '' : path.slice(colon + 1);
  const verb = VERBS.get(called);
  if (verb === undefined)
    throw new GatewayError(
      'not_found',
      `An export has no verb "${called.slice(0, 40)}"; there are ${[...VERBS.keys()].join(', ')}.${didYouMean(called, VERBS.keys())}`,
    );
  return verb({ gateway, name, by, text });
}

async function pauseExport({ gateway, name, by }: ExportRequest, paused: boolean) {
  await gateway.exports.orders.pause(name, paused, by);
  gateway.exports.refresh();
  return getExport(gateway, name);
}

async function testExport({ gateway, name, by }: ExportRequest): Promise<Response> {
  // Something goes out in the operator's name, whatever comes of it.
  await gateway.audit.write({
    ...{ by, action: 'export.test', target: name },
    ...{ before: null, after: null },
  });
  const answer = await gateway.exports.test(name);
  if (answer === null)
    throw new GatewayError(
      'internal',
      'The thread that exports does not answer; it is started again.',
    );
  return Response.json(
    answer.kind === 'taken' ? { ok: true } : { ok: false, result: answer.kind, why: answer.why },
  );
}

async function backfillExport({ gateway, name, by, text }: ExportRequest): Promise<Response> {
  const asked = read(backfillBody, text);
  const now = Date.now();
  const from = timeOf('from', asked.from, now);
  const to = asked.to === undefined ? now : Math.min(now, timeOf('to', asked.to, now));
  if (from >= to) throw invalid('from', 'must be before to, and in the past');
  const backfill = await gateway.exports.orders.order(name, { from, to }, by);
  gateway.exports.refresh();
  return Response.json(shownBackfill(backfill));
}

async function cancelBackfill({ gateway, name, by, text }: ExportRequest): Promise<Response> {
  const { id } = read(cancelBody, text);
  const cancelled = await gateway.exports.orders.cancel(name, id, by);
  if (cancelled === null) throw noSuchBackfill(name, id);
  gateway.exports.refresh();
  return Response.json(shownBackfill(cancelled));
}

async function retryLetters({ gateway, name, by }: ExportRequest): Promise<Response> {
  const retrying = await gateway.exports.orders.retryLetters(name, by);
  gateway.exports.refresh();
  return Response.json({ retrying });
}

function timeOf(param: string, given: string | number, now: number): number {
  const at = parseTime(String(given), now);
  if (at === null) throw invalid(param, TIME_FORMS);
  return at;
}

function read<Shape extends z.ZodType>(shape: Shape, text: string): z.output<Shape> {
  const body = asObject(parseJson(text));
  if (!body) throw new GatewayError('invalid_json', 'The request body must be a JSON object.');
  const parsed = shape.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue?.code === 'unrecognized_keys')
    throw invalid(String(issue.keys[0]), 'is not a field of this request');
  throw invalid(String(issue?.path[0] ?? 'body'), issue?.message ?? 'is not valid');
}

function noSuchExport({ exports }: Gateway, name: string): GatewayError {
  const known = Object.keys(exports.configured);
  const there =
    known.length === 0
      ? 'None is configured: see docs/guides/exports.md.'
      : `There are ${known.join(', ')}.`;
  return new GatewayError(
    'not_found',
    `There is no export "${name.slice(0, 100)}". ${there}${didYouMean(name, known)}`,
  );
}

function noSuchBackfill(name: string, id: string): GatewayError {
  return new GatewayError(
    'not_found',
    `Export "${name}" has no running back-fill "${id.slice(0, 100)}". GET /router/v1/exports/${name}/backfills lists them.`,
  );
}
