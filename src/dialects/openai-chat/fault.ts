// What an error object says, in whichever of the shapes vendors use for it.
import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
  parseJson,
} from '../../lib/json.ts';

/** An error as its vendor wrote it. `status` is an HTTP status named inside it. */
export interface Fault {
  readonly message: string;
  readonly code: string | undefined;
  readonly type: string | undefined;
  readonly param: string | undefined;
  readonly status: number | undefined;
  /** The whole object's text, where hints such as a retry delay may stand. */
  readonly source: string;
}

/**
 * The fault in a body: `{error: {…}}`, `{error: "…"}`, `{message}`, `{detail}`, `{errors: […]}` and `[{error}]` are all
 * in use. Undefined where the body holds none.
 */
export function readFault(body: JsonObject): Fault | undefined {
  const { error } = body;
  if (isObject(error)) return fromObject(error, body);
  if (typeof error === 'string' && error !== '')
    return fromObject({ ...body, message: asString(body.message) ?? error }, body);
  const first = asArray(body.errors)[0];
  if (isObject(first)) return fromObject(first, body);
  if (messageOf(body) !== undefined) return fromObject(body, body);
  return undefined;
}

/** The fault in an error reply's text: JSON of any shape, a line of plain text, or a page of HTML. */
export function readFaultText(text: string): Fault | undefined {
  const value = parseJson(text);
  const body = isObject(value) ? value : asObject(asArray(value)[0]);
  if (body) return readFault(body);
  const line = typeof value === 'string' ? value : text.trim();
  // A page is written for eyes: its status says as much.
  if (line === '' || line.startsWith('<')) return undefined;
  return {
    message: line,
    code: undefined,
    type: undefined,
    param: undefined,
    status: undefined,
    source: '',
  };
}

/** True for a stream frame or a 200 body that is an error and not a completion. */
export function isFault(body: JsonObject): boolean {
  const { error } = body;
  if (isObject(error) || (typeof error === 'string' && error !== '')) return true;
  return body.object === 'error' || body.type === 'error';
}

function fromObject(error: JsonObject, body: JsonObject): Fault {
  return {
    message: messageOf(error) ?? '',
    code: word(error.code) ?? word(error.error_code) ?? reasonIn(error.details),
    type: word(error.type) ?? word(error.status) ?? word(error.__type) ?? word(body.code),
    param: asString(error.param),
    status: statusIn(error) ?? statusIn(body),
    source: JSON.stringify(body),
  };
}

function messageOf(error: JsonObject): string | undefined {
  const message =
    text(error.message) ??
    text(error.detail) ??
    text(error.Message) ??
    text(error.error_msg) ??
    text(error.msg);
  const raw = rawCause(asObject(error.metadata));
  if (message === undefined || raw === undefined || message.includes(raw)) return message ?? raw;
  return `${message}: ${raw}`;
}

/** A message may be text, an object with `detail`, or a validator's list of places and problems. */
function text(value: Json | undefined): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  if (isObject(value)) return messageOf(value);
  const problems = asArray(value)
    .map(problem)
    .filter((line) => line !== undefined);
  return problems.length === 0 ? undefined : problems.join('; ');
}

function problem(value: Json): string | undefined {
  if (!isObject(value)) return asString(value);
  const place = asArray(value.loc)
    .filter((step) => step !== 'body')
    .join('.');
  const what = asString(value.msg) ?? asString(value.message);
  return place === '' || what === undefined ? what : `${place}: ${what}`;
}

/** Recorded: a router says only "Provider returned error" and puts what was returned into `metadata.raw`. */
function rawCause(metadata: JsonObject | undefined): string | undefined {
  const raw = asString(metadata?.raw);
  if (raw === undefined || raw === '') return undefined;
  return readFaultText(raw)?.message || raw;
}

/** `details: [{reason: "API_KEY_INVALID"}]`. */
function reasonIn(details: Json | undefined): string | undefined {
  for (const entry of asArray(details)) {
    const reason = word(asObject(entry)?.reason);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** A machine word; numbers and numerals are statuses, not words. */
function word(value: Json | undefined): string | undefined {
  const found = asString(value);
  return found === undefined || found === '' || !Number.isNaN(Number(found)) ? undefined : found;
}

function statusIn(error: JsonObject): number | undefined {
  for (const value of [
    error.status_code,
    error.code,
    error.status,
    error.http_code,
    error.statusCode,
  ]) {
    const status =
      asNumber(value) ?? (typeof value === 'string' && value !== '' ? Number(value) : Number.NaN);
    if (status >= 400 && status <= 599) return status;
  }
  return undefined;
}
