// The schema of a function's arguments, for wires that want it to be of an object, and said to be.
import type { JsonObject } from '../lib/json.ts';

/** Whatever else it may say, arguments are an object. What stands elsewhere (`$ref`) says its own type. */
export function objectSchema(parameters: JsonObject | undefined): JsonObject {
  if (parameters === undefined) return { type: 'object', properties: {} };
  return parameters.type === 'object' ? parameters : { ...parameters, type: 'object' };
}
