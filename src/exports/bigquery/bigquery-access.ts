// Where BigQuery is reached and what a request proves itself with: settings, environment and key files → project, tokens, calls.
import type { BigQuerySettings } from '../../config/export-bigquery-schema.ts';
import { GatewayError } from '../../core/errors.ts';
import { forgetGoogleToken, googleToken } from '../../google/access-token.ts';
import { findCredentials } from '../../google/find-credentials.ts';
import { type HttpCall, httpCall, toldWords } from '../../lib/http-call.ts';
import { asObject, asObjects, asString, type JsonObject, parseJson } from '../../lib/json.ts';
import type { Delivery } from '../export-sink.ts';
import type { SinkTools } from '../sinks.ts';

const DEFAULT_URL = 'https://bigquery.googleapis.com';
/** Where a quota is used up and nothing says until when. */
const QUOTA_MS = 30_000;
const UNAUTHORIZED = 401;
/** A page of a query is 10 MB at most; what is wrong with the rows of a batch is less. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

export interface BigQueryReply {
  readonly status: number;
  readonly body: JsonObject;
  readonly afterMs: number | null;
  /** Of the first error: `rateLimitExceeded`, `notFound`, …; empty where there is none. */
  readonly reason: string;
  readonly said: string;
}

export interface BigQueryCall {
  readonly method: HttpCall['method'];
  /** Behind `/bigquery/v2/projects/PROJECT`. */
  readonly path: string;
  readonly body?: JsonObject;
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
}

export interface BigQueryAccess {
  readonly project: string;
  /** What came back, or why nothing did. */
  ask(asked: BigQueryCall): Promise<BigQueryReply | Exclude<Delivery, { kind: 'taken' }>>;
}

/** Throws `invalid_request` where there are no credentials, or none of them says which project it is. */
export function bigQueryAccess(
  settings: BigQuerySettings,
  { fetch, environment, now }: Pick<SinkTools, 'fetch' | 'environment' | 'now'>,
): BigQueryAccess {
  const file = settings.credentials_file ?? null;
  const found = findCredentials({ file, environment, orMachines: true });
  if (found === null)
    throw new GatewayError(
      'invalid_request',
      'BigQuery: the credentials file cannot be read, or is neither a service account key nor application default credentials. Name one in credentials_file or GOOGLE_APPLICATION_CREDENTIALS.',
    );
  const project = settings.project ?? found.project ?? environment.GOOGLE_CLOUD_PROJECT;
  if (!project)
    throw new GatewayError(
      'invalid_request',
      'BigQuery: neither the settings nor the credentials say which project. Set project.',
    );
  const { credentials } = found;
  const root = `${settings.base_url ?? DEFAULT_URL}/bigquery/v2/projects/${encodeURIComponent(project)}`;

  async function ask({ path, body, ...asked }: BigQueryCall) {
    let token: string;
    try {
      token = await googleToken(credentials, now());
    } catch (thrown) {
      return withoutToken(thrown);
    }
    const answer = await httpCall({
      ...asked,
      fetch,
      url: `${root}${path}`,
      maxBytes: MAX_ANSWER_BYTES,
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (answer.status === null) return later(answer.why);
    // Half of what it says is nothing: it may be the receipt of rows, or a page of them.
    if (!answer.isWhole) return later('an answer that is too long');
    // It may have been called in before its time: the next call fetches another.
    if (answer.status === UNAUTHORIZED) forgetGoogleToken(credentials);
    const parsed = asObject(parseJson(answer.text)) ?? {};
    const error = asObject(parsed.error);
    return {
      status: answer.status,
      body: parsed,
      afterMs: answer.afterMs,
      reason: asString(asObjects(error?.errors)[0]?.reason) ?? '',
      said: toldWords(asString(error?.message) ?? ''),
    };
  }

  return { project, ask };
}

/** What a reply that is no success means for a batch. */
export function failureOf(reply: BigQueryReply): Exclude<Delivery, { kind: 'taken' }> {
  const { status, reason, said, afterMs } = reply;
  const why = `BigQuery answered ${status}${reason === '' ? '' : ` ${reason}`}${said === '' ? '' : `: ${said}`}`;
  if (status === 429 || ['rateLimitExceeded', 'quotaExceeded'].includes(reason))
    return { kind: 'later', why, afterMs: afterMs ?? QUOTA_MS };
  if (status === 408 || status >= 500 || status === UNAUTHORIZED)
    return { kind: 'later', why, afterMs };
  if (status === 413 || (status === 400 && reason === 'invalid'))
    return { kind: 'refused', why, splits: true };
  return { kind: 'refused', why };
}

export function later(why: string, afterMs: number | null = null): Delivery & { kind: 'later' } {
  return { kind: 'later', why: `BigQuery: ${why}`, afterMs };
}

function withoutToken(thrown: unknown): Exclude<Delivery, { kind: 'taken' }> {
  if (!(thrown instanceof GatewayError)) return later('no access token could be fetched');
  const why = `BigQuery: ${thrown.message.replace(/\.$/, '')}`;
  return thrown.code === 'upstream_auth'
    ? { kind: 'refused', why }
    : { kind: 'later', why, afterMs: null };
}
