// objectIn: a request's body where it has to be a JSON object.
import { GatewayError } from '../core/errors.ts';
import { asObject, type JsonObject, parseJson } from '../lib/json.ts';

/** Throws `invalid_json`. */
export function objectIn(text: string): JsonObject {
  const body = asObject(parseJson(text));
  if (!body) throw new GatewayError('invalid_json', 'The request body must be a JSON object.');
  return body;
}
