// The body of a request about routers: a JSON object of modest size, or an error that says where it breaks.
import { GatewayError } from '../core/errors.ts';
import { isObject, type JsonObject, parseJson } from '../lib/json.ts';
import { brokenAt } from '../lib/json-position.ts';

/** Four times the largest router: indented, and with what the API adds. */
const MAX_BODY_CHARS = 1024 * 1024;

export function routerBody(text: string): JsonObject {
  if (text.length > MAX_BODY_CHARS)
    throw new GatewayError(
      'request_too_large',
      `The request body is larger than ${MAX_BODY_CHARS / 1024} KB: no router is.`,
    );
  const body = parseJson(text);
  if (isObject(body)) return body;
  throw new GatewayError(
    'invalid_json',
    `The request body must be a JSON object${body === undefined ? placeOf(text) : ''}.`,
  );
}

function placeOf(text: string): string {
  const at = brokenAt(text);
  if (at === null) return '';
  const before = text.slice(0, at);
  const line = before.split('\n').length;
  return ` (it breaks at line ${line}, column ${at - before.lastIndexOf('\n')})`;
}
