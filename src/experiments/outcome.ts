// Outcome: what the product saw a user do, as it is posted and as it is kept.
import { GatewayError, invalid } from '../core/errors.ts';
import { BUILT_IN_METRICS, METRICS_ALSO_CALLED } from '../core/model-metrics.ts';
import { asArray, isObject, type Json, type JsonObject, parseJson } from '../lib/json.ts';
import { didYouMean } from '../lib/near.ts';

/** In one request. */
export const MAX_OUTCOMES = 1000;
/** All of them together, as text. */
const MAX_CHARS = 2 * 1024 * 1024;
/** An outcome may be so much ahead of our clock. */
const MAX_AHEAD_MS = 5 * 60_000;
/** So long outcomes are kept, so none older is taken. */
export const KEPT_DAYS = 400;
const DAY_MS = 86_400_000;

const METRIC = /^[a-z][a-z0-9_.-]{0,63}$/;
/** Measured of every variant without posts. */
const AUTOMATIC = /^retention_\d+d$/;
/** Sums of squares of larger ones would not be exact any more, nor finite. */
const MAX_VALUE = 1e12;
const FIELDS: readonly string[] = ['user', 'metric', 'value', 'at', 'generation_id', 'id'];
const ISO = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/;
const MAX_TEXT = 512;

export interface Outcome {
  /** The same id counts once. */
  readonly id: string;
  /** Null: whoever made the request. */
  readonly user: string | null;
  readonly generationId: string | null;
  readonly metric: string;
  readonly value: number;
  /** Unix milliseconds. */
  readonly at: number;
}

export interface Posted {
  /** The request's body. */
  readonly text: string;
  /** Of the `Idempotency-Key` header. */
  readonly idempotencyKey: string | null;
  readonly now: number;
  readonly newId: () => string;
}

/** One outcome or an array of them. All are good or none is taken: throws `invalid_request` with the path of the first fault. */
export function readOutcomes({ text, idempotencyKey, now, newId }: Posted): readonly Outcome[] {
  if (text.length > MAX_CHARS)
    throw new GatewayError(
      'request_too_large',
      `The request body is larger than ${MAX_CHARS / 1024 / 1024} MB. Post fewer outcomes at once.`,
    );
  const body = parseJson(text);
  if (body === undefined) throw new GatewayError('invalid_json', 'The request body is not JSON.');
  const alone = !Array.isArray(body);
  const items: readonly Json[] = alone ? [body] : asArray(body);
  if (items.length === 0 || items.length > MAX_OUTCOMES)
    throw new GatewayError(
      'invalid_request',
      `One request takes 1 to ${MAX_OUTCOMES} outcomes, and this has ${items.length}. Split it.`,
    );
  if (idempotencyKey !== null && idempotencyKey.length > MAX_TEXT)
    throw invalid('Idempotency-Key', `must be ${MAX_TEXT} characters at most`);
  return items.map((item, at) => {
    const path = (field: string) =>
      `${alone ? '' : `[${at}]`}${!alone && field ? '.' : ''}${field}`;
    if (!isObject(item))
      throw invalid(path('') || 'body', 'must be an object: {user, metric, value}');
    const own = optionalText(item, 'id', path);
    // Ids of callers, keys of requests and ids of ours never meet.
    const keyed = idempotencyKey === null ? `n ${newId()}` : `k ${at} ${idempotencyKey}`;
    return { ...readOne(item, path, now), id: own === null ? keyed : `i ${own}` };
  });
}

/** One that was read elsewhere, under an id of its own there. Throws `invalid_request` with what is wrong about it. */
export function importedOutcome(item: JsonObject, origin: string, now: number): Outcome {
  const { id: own, ...fields } = item;
  if (typeof own !== 'string' || own === '' || own.length > MAX_TEXT)
    throw invalid('id', `must be a text of 1 to ${MAX_TEXT} characters`);
  // No caller's id meets it, nor one of another origin.
  return { ...readOne(fields, (field) => field, now), id: `e ${origin} ${own}` };
}

type PathOf = (field: string) => string;

function readOne(item: JsonObject, path: PathOf, now: number): Omit<Outcome, 'id'> {
  const unknown = Object.keys(item).find((field) => !FIELDS.includes(field));
  if (unknown !== undefined)
    throw invalid(
      path(unknown),
      `is not a field of an outcome: those are ${FIELDS.join(', ')}.${didYouMean(unknown, FIELDS)}`,
    );
  const user = optionalText(item, 'user', path);
  const generationId = optionalText(item, 'generation_id', path);
  if (user === null && generationId === null)
    throw invalid(path('user'), 'or generation_id must say whose outcome it is');
  return {
    user,
    generationId,
    metric: readMetric(item.metric, path),
    value: readValue(item.value, path),
    at: readTime(item.at, path, now),
  };
}

function readMetric(metric: Json | undefined, path: PathOf): string {
  if (typeof metric !== 'string' || !METRIC.test(metric))
    throw invalid(
      path('metric'),
      'must be a name of 1 to 64 characters: lower-case letters, digits, "_", "." and "-", a letter first',
    );
  if (BUILT_IN_METRICS.has(metric) || METRICS_ALSO_CALLED.has(metric) || AUTOMATIC.test(metric))
    throw invalid(path('metric'), `must not be "${metric}": that is measured without outcomes`);
  return metric;
}

function readValue(value: Json | undefined, path: PathOf): number {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw invalid(path('value'), 'must be a number, true or false');
  if (Math.abs(value) > MAX_VALUE)
    throw invalid(path('value'), `must be between -${MAX_VALUE} and ${MAX_VALUE}`);
  return value;
}

function readTime(at: Json | undefined, path: PathOf, now: number): number {
  if (at === undefined || at === null) return now;
  const ms = typeof at === 'number' ? at : typeof at === 'string' ? isoMs(at) : Number.NaN;
  if (!Number.isFinite(ms) || ms < 0)
    throw invalid(
      path('at'),
      'must be a time: ISO 8601 such as "2026-11-22T10:00:00Z", or Unix milliseconds',
    );
  if (ms > now + MAX_AHEAD_MS)
    throw invalid(path('at'), 'lies in the future: outcomes are posted when they have happened');
  if (ms < now - KEPT_DAYS * DAY_MS)
    throw invalid(path('at'), `is more than ${KEPT_DAYS} days ago: outcomes are kept no longer`);
  return Math.floor(ms);
}

function isoMs(text: string): number {
  if (!ISO.test(text)) return Number.NaN;
  const zoned = !text.includes('T') || /(Z|[+-]\d\d:\d\d)$/.test(text);
  return Date.parse(zoned ? text : `${text}Z`);
}

function optionalText(item: JsonObject, field: string, path: PathOf): string | null {
  const value = item[field];
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' && value !== '' && value.length <= MAX_TEXT) return value;
  throw invalid(path(field), `must be a text of 1 to ${MAX_TEXT} characters`);
}
