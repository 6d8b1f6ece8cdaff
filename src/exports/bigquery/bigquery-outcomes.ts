// Outcomes from BigQuery: a query of the operator's, page by page. docs.cloud.google.com/bigquery/docs/reference/rest/v2/jobs/query
import type { BigQuerySettings } from '../../config/export-bigquery-schema.ts';
import { GatewayError } from '../../core/errors.ts';
import { asArray, asObject, asObjects, asString, type JsonObject } from '../../lib/json.ts';
import {
  type FoundOutcome,
  type FoundPage,
  MAX_PAGE,
  type OutcomeRange,
  type OutcomeSource,
} from '../outcome-source.ts';
import type { SinkTools } from '../sinks.ts';
import { type BigQueryReply, bigQueryAccess, failureOf } from './bigquery-access.ts';

/** For one answer; then it is asked again. */
const WAIT_MS = 10_000;
const CALL_TIMEOUT_MS = 60_000;
/** Where it answers at once that it is not done. */
const PAUSE_MS = 200;
const NEEDED = ['id', 'metric', 'value', 'at'];

/** Throws `invalid_request` where there are no credentials. */
export function bigQueryOutcomes(
  settings: BigQuerySettings,
  tools: Pick<SinkTools, 'fetch' | 'environment' | 'now'>,
): OutcomeSource {
  const access = bigQueryAccess(settings, tools);
  const query = settings.outcomes?.query ?? '';

  async function ask(asked: Parameters<typeof access.ask>[0]): Promise<JsonObject> {
    const reply = await access.ask({ ...asked, timeoutMs: CALL_TIMEOUT_MS });
    if ('kind' in reply) throw new GatewayError('upstream_error', reply.why);
    if (reply.status !== 200) throw failed(reply);
    return reply.body;
  }

  return {
    async *read(range, signal) {
      let body = await ask({
        method: 'POST',
        path: '/queries',
        body: asQuery(query, settings.location, range),
        signal,
      });
      const job = asObject(body.jobReference);
      const id = asString(job?.jobId);
      for (;;) {
        const isDone = body.jobComplete === true;
        if (isDone) yield pageOf(body);
        const next = asString(body.pageToken);
        if (!isDone) await Bun.sleep(PAUSE_MS);
        if (isDone && next === undefined) return;
        if (id === undefined)
          throw new GatewayError('upstream_error', 'BigQuery: a query without a job');
        const parameters = new URLSearchParams({
          maxResults: String(MAX_PAGE),
          timeoutMs: String(WAIT_MS),
          'formatOptions.useInt64Timestamp': 'true',
          location: asString(job?.location) ?? settings.location ?? 'US',
          ...(isDone && next !== undefined ? { pageToken: next } : {}),
        });
        const path = `/queries/${encodeURIComponent(id)}?${parameters}`;
        body = await ask({ method: 'GET', path, signal });
      }
    },
  };
}

function asQuery(query: string, location = 'US', { since }: OutcomeRange): JsonObject {
  return {
    query,
    useLegacySql: false,
    location,
    maxResults: MAX_PAGE,
    timeoutMs: WAIT_MS,
    formatOptions: { useInt64Timestamp: true },
    ...(query.includes('@since')
      ? {
          parameterMode: 'NAMED',
          queryParameters: [
            {
              name: 'since',
              parameterType: { type: 'TIMESTAMP' },
              parameterValue: { value: new Date(since).toISOString() },
            },
          ],
        }
      : {}),
  };
}

function failed(reply: BigQueryReply): GatewayError {
  const { why } = failureOf(reply);
  if (reply.status === 401 || reply.status === 403) {
    const remedy = 'These credentials need the roles BigQuery Job User and Data Viewer';
    return new GatewayError('upstream_auth', `${why}. ${remedy}.`);
  }
  return new GatewayError('upstream_error', `${why}. Check the query under outcomes.`);
}

/** Each row is `{f: [{v}, …]}`, in the order of the schema, all values as texts. */
function pageOf(body: JsonObject): FoundPage {
  const fields = asObjects(asObject(body.schema)?.fields);
  const names = fields.map(({ name }) => asString(name)?.toLowerCase() ?? '');
  const missing = NEEDED.filter((name) => !names.includes(name));
  if (!names.includes('user') && !names.includes('generation_id')) missing.push('user');
  if (missing.length > 0)
    throw new GatewayError(
      'invalid_request',
      `BigQuery: the query under outcomes has no column ${missing.join(', ')}. It must give id, metric, value, at, and user or generation_id.`,
    );
  const types = fields.map(({ type }) => asString(type) ?? '');
  const found = asObjects(body.rows).map((row) => {
    const values = asArray(row.f).map((cell) => asString(asObject(cell)?.v) ?? null);
    const of = (name: string) => values[names.indexOf(name)] ?? null;
    return outcomeOf(of, types[names.indexOf('at')] ?? '');
  });
  const outcomes = found.filter((one) => one !== null);
  return { outcomes, skipped: found.length - outcomes.length };
}

function outcomeOf(of: (name: string) => string | null, timeType: string): FoundOutcome | null {
  const [id, metric, value, at] = [of('id'), of('metric'), of('value'), of('at')];
  const [user, generationId] = [of('user'), of('generation_id')];
  if (id === null || metric === null || value === null || at === null) return null;
  if (user === null && generationId === null) return null;
  const ms = timeOf(at, timeType);
  if (Number.isNaN(ms)) return null;
  return { id, user, generation_id: generationId, metric, value: numberOf(value), at: ms };
}

/** A TIMESTAMP is in microseconds as asked for; other times are texts, in UTC where they do not say. */
function timeOf(text: string, type: string): number {
  if (type === 'TIMESTAMP') return Math.floor(Number(text) / 1000);
  const iso = text.trim().replace(' ', 'T');
  if (!iso.includes('T')) return Date.parse(iso);
  return Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(iso) ? iso : `${iso}Z`);
}

function numberOf(text: string): number | boolean | string {
  if (text === 'true' || text === 'false') return text === 'true';
  const number = Number(text);
  return text.trim() === '' || Number.isNaN(number) ? text : number;
}
